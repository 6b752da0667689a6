//! `pgtrust env`

use std::path::{Path, PathBuf};

use pgtrust::Error;
use pgtrust::settings::env::{self, JavaStore, Shell, Variable};
use pgtrust::source::Tenant;
use pgtrust::store::known::postgres;
use serde::Serialize;

use super::Status;
use super::args;
use super::context::Context;
use super::tenants::is_followed;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Env) -> Result<Status, Failure> {
    let pem = managed_pem(context, args.provider.as_deref())?;
    let java_store = Some(java_store(context)?).filter(|store| store.path.exists());
    if java_store.as_ref().is_some_and(|store| store.own_password) {
        ui::warning("the password of the Java trust store is not printed");
        ui::hint("add `-Djavax.net.ssl.trustStorePassword=` and the password");
    }
    let variables = env::variables(&pem, java_store.as_ref())?;
    if args.json {
        ui::json(&Report { variables: variables.iter().map(VariableReport::of).collect() })?;
    } else if let Some(shell) = Shell::named(&args.shell) {
        let lines: Vec<String> = variables.iter().map(|variable| shell.line(variable)).collect::<Result<_, _>>()?;
        ui::raw((lines.join("\n") + "\n").as_bytes())?;
    }
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Report<'a> {
    variables: Vec<VariableReport<'a>>,
}

#[derive(Serialize)]
struct VariableReport<'a> {
    name: &'a str,
    value: &'a str,
    read_by: &'a str,
}

impl<'a> VariableReport<'a> {
    fn of(variable: &'a Variable) -> Self {
        Self { name: variable.name, value: &variable.value, read_by: variable.read_by }
    }
}

/// The Java trust store that is kept, which need not exist.
pub(super) fn java_store(context: &Context) -> Result<JavaStore, Error> {
    let layout = context.layout()?;
    let manifest = context.manifest()?;
    let kept = manifest.targets().iter().find(|target| target.name.as_deref() == Some("java"));
    // One in another format may be left from before.
    let jks = kept.map_or_else(|| layout.java_store(true).exists(), |kept| kept.format.as_deref() == Some("jks"));
    let path = absolute(&layout.java_store(jks));
    Ok(JavaStore { path, own_password: kept.is_some_and(|kept| kept.password_file.is_some()) })
}

/// The PEM file that clients should read: the provider's, else the user's `root.crt`, else that of the only provider
/// that is kept.
pub(super) fn managed_pem(context: &Context, provider: Option<&str>) -> Result<PathBuf, Error> {
    let catalog = context.catalog()?;
    if let Some(id) = provider {
        if let Some(tenant) = Tenant::parse(id, &catalog)? {
            return fetched(context, tenant.name());
        }
        // Says what may be meant where there is no such provider.
        return fetched(context, &catalog.provider(id)?.id);
    }
    // The file of one account is not for the whole machine.
    if !context.system {
        let path = postgres::root_crt(&context.environment)?;
        if path.exists() {
            return Ok(absolute(&path));
        }
    }
    let manifest = context.manifest()?;
    let kept = manifest.sources().iter().map(|source| &source.name).filter(|name| is_followed(name, &catalog));
    match kept.cloned().collect::<Vec<_>>().as_slice() {
        [] => Err(Error::NothingKept),
        [id] => fetched(context, id),
        several => Err(Error::SeveralKept { ids: several.to_vec() }),
    }
}

fn fetched(context: &Context, id: &str) -> Result<PathBuf, Error> {
    let path = absolute(&context.layout()?.bundle_of(id));
    if path.exists() { Ok(path) } else { Err(Error::NotFetched { id: id.to_owned(), path }) }
}

/// What is printed is read by programs that stand in another folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
