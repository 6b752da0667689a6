//! What keytool makes of a store.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::pgtrust::{Home, Run};

/// An entry as keytool shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct JavaEntry {
    pub(crate) alias: String,
    pub(crate) kind: String,
    pub(crate) sha256: Option<String>,
}

pub(crate) fn keytool_list(home: &Home, keytool: &Path, store: &Path, password: &str) -> Vec<JavaEntry> {
    let listed =
        run(home, keytool, &["-list", "-v", "-keystore", store.to_str().unwrap(), "-storepass", password]).expect(0);
    let mut entries: Vec<JavaEntry> = Vec::new();
    for line in listed.stdout.lines().map(str::trim) {
        if let Some(alias) = line.strip_prefix("Alias name: ") {
            entries.push(JavaEntry { alias: alias.to_owned(), kind: String::new(), sha256: None });
        } else if let (Some(kind), Some(entry)) = (line.strip_prefix("Entry type: "), entries.last_mut()) {
            entry.kind = kind.to_owned();
        } else if let (Some(digest), Some(entry)) = (line.strip_prefix("SHA256:"), entries.last_mut()) {
            // The first of a chain.
            entry.sha256 = entry.sha256.take().or_else(|| hex(digest));
        }
    }
    entries
}

pub(crate) fn fingerprints(listed: &[JavaEntry]) -> BTreeSet<String> {
    listed.iter().filter_map(|entry| entry.sha256.clone()).collect()
}

/// `AB:CD` as `abcd`.
pub(crate) fn hex(colons: &str) -> Option<String> {
    let digits = colons.trim().replace(':', "").to_ascii_lowercase();
    (digits.len() == 64).then_some(digits)
}

/// Runs a program in English and with arguments in UTF-8.
pub(crate) fn run(home: &Home, program: &Path, arguments: &[&str]) -> Run {
    let mut command: Command = home.command(program);
    Run::of(command.args(arguments).env("LC_ALL", "C.UTF-8"))
}
