//! What `pgtrust check` says of the same connections.

use std::collections::{BTreeMap, BTreeSet, HashMap};
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

/// A connection as `pgtrust check` is asked for it, and the home of who asks.
type Asked = (PathBuf, String);

/// What `pgtrust check` tells of servers that are being presented now.
pub(crate) struct Model(HashMap<Asked, Value>);

impl Model {
    /// Asks once for all clients of the same store, mode and server.
    pub(crate) fn new(surroundings: &Surroundings, connections: &[(&Cell, &Store, u16)]) -> Self {
        let mut targets: BTreeMap<&Path, BTreeSet<String>> = BTreeMap::new();
        for (cell, store, port) in connections {
            targets.entry(&store.home).or_default().insert(target(cell, store, *port));
        }
        let mut told = HashMap::new();
        for (home, targets) in targets {
            let printed = check(surroundings, &targets, home);
            told.extend(targets.into_iter().map(|target| (home.to_owned(), target)).zip(printed));
        }
        Self(told)
    }

    pub(crate) fn verdict(&self, cell: &Cell, store: &Store, port: u16) -> Verdict {
        let printed = &self.0[&(store.home.clone(), target(cell, store, port))];
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

/// One object for each.
fn check(surroundings: &Surroundings, targets: &BTreeSet<String>, home: &Path) -> Vec<Value> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_pgtrust"));
    let mut command = surroundings.command(&[program], home);
    command.arg("check").args(targets).args(["--all", "--json"]);
    let output = command.output().unwrap();
    let printed: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect();
    let printed = printed.unwrap_or_else(|error| panic!("check: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(printed.len(), targets.len(), "check: {}", String::from_utf8_lossy(&output.stderr));
    printed
}
