//! Every target and every kind of store through the binary, judged by the programs that read them.

mod folders;
mod java;
mod java_cacerts;
mod jvm;
mod several;
#[cfg(target_os = "linux")]
mod system;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::keytool::{JavaEntry, keytool_list};
use crate::support::pgtrust::Home;

fn manifest(home: &Home) -> String {
    fs::read_to_string(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap_or_default()
}

/// Alias, kind and certificate of every entry, in no order.
fn entries(home: &Home, keytool: &Path, store: &Path) -> BTreeSet<(String, String, Option<String>)> {
    let listed = keytool_list(home, keytool, store, "changeit").into_iter();
    listed.map(|JavaEntry { alias, kind, sha256 }| (alias, kind, sha256)).collect()
}
