//! What `pgtrust check` says of the same connections.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::asking::Surroundings;
use super::cells::Cell;
use super::clients::{ANY, Client, Program, UNSET};
use super::stores::Store;

/// A verdict of `pgtrust check`.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) outcome: String,
    pub(crate) reason: String,
}

/// The verdicts on servers that are being presented now.
pub(crate) struct Model<'a> {
    surroundings: &'a Surroundings,
    /// What was printed, by target.
    printed: HashMap<(String, PathBuf), Value>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(surroundings: &'a Surroundings) -> Self {
        Self { surroundings, printed: HashMap::new() }
    }

    /// Asks once for all clients of one store, mode and server.
    pub(crate) fn verdict(&mut self, cell: &Cell, store: &Store, port: u16) -> Verdict {
        let target = target(cell, store, port);
        let surroundings = self.surroundings;
        let printed = self
            .printed
            .entry((target.clone(), store.home.clone()))
            .or_insert_with(|| check(surroundings, &target, &store.home));
        let found = printed["clients"].as_array().and_then(|all| all.iter().find(|one| cell.client.is(one)));
        let Some(found) = found else { panic!("no verdict on {}: {printed}", cell.client.name) };
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        Verdict { outcome: text("outcome"), reason: text("reason") }
    }
}

impl Client {
    fn is(&self, entry: &Value) -> bool {
        let (name, version) = self.model;
        entry["client"] == name && (version == ANY || entry["version"] == version)
    }
}

fn target(cell: &Cell, store: &Store, port: u16) -> String {
    let mut text = format!("host={} port={port} user=postgres dbname={}", cell.chain.host, cell.server.database());
    if cell.mode != UNSET {
        text += &format!(" sslmode={}", cell.mode);
    }
    if let Some(file) = &store.file {
        let own = if cell.client.program == Program::NewJava { ".jks" } else { "" };
        text += &format!(" sslrootcert={}{own}", file.display());
    }
    text
}

fn check(surroundings: &Surroundings, target: &str, home: &Path) -> Value {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_pgtrust"));
    let mut command = surroundings.command(&[program], home);
    command.args(["check", target, "--all", "--json"]);
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("check {target}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}
