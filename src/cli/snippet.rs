//! `pgtrust snippet`

use std::path::PathBuf;

use pgtrust::snippet::{Reads, SNIPPETS, Snippet, SnippetValues};
use pgtrust::{Error, Machine, RequestError, managed};
use serde::Serialize;

use super::ui::{self, Failure};
use super::{Status, args};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Snippet) -> Result<Status, Failure> {
    let Some(client) = &args.client else {
        list(args.json)?;
        return Ok(Status::Done);
    };
    let snippet = Snippet::named(client)?;
    let values = SnippetValues {
        file: file(machine, snippet, args.provider.as_deref())?,
        host: args.host.clone(),
        port: args.port,
        user: args.user.clone(),
        dbname: args.dbname.clone(),
    };
    let text = snippet.fill(&values)?;
    if args.json {
        let file = values.file.display().to_string();
        ui::json_of_settings(&Filled { snippet: ShownSnippet::of(snippet), file, text: &text })?;
    } else {
        ui::raw(text.as_bytes())?;
    }
    Ok(Status::Done)
}

fn file(machine: &Machine<'_>, snippet: &Snippet, provider: Option<&str>) -> Result<PathBuf, Error> {
    if snippet.reads == Reads::Pem {
        return managed::pem(machine, provider);
    }
    let store = managed::java_store(machine)?;
    if store.own_password {
        ui::warning("the Java trust store has a password of your own, not the one in the snippet");
    }
    if machine.has(&store.path) { Ok(store.path) } else { Err(RequestError::NoJavaStore { path: store.path }.into()) }
}

fn list(json: bool) -> Result<(), Failure> {
    if json {
        return ui::json(&Shown { snippets: SNIPPETS.iter().map(ShownSnippet::of).collect() });
    }
    let width = SNIPPETS.iter().map(|snippet| snippet.name.len()).max().unwrap_or(0);
    SNIPPETS.iter().try_for_each(|snippet| {
        ui::data(&format!("{:<width$}  {} ({})", snippet.name, snippet.title, snippet.language))
    })
}

#[derive(Serialize)]
struct Shown {
    snippets: Vec<ShownSnippet>,
}

#[derive(Serialize)]
struct ShownSnippet {
    client: &'static str,
    title: &'static str,
    language: &'static str,
}

impl ShownSnippet {
    fn of(snippet: &Snippet) -> Self {
        Self { client: snippet.name, title: snippet.title, language: snippet.language }
    }
}

#[derive(Serialize)]
struct Filled<'a> {
    #[serde(flatten)]
    snippet: ShownSnippet,
    file: String,
    text: &'a str,
}
