//! The parsers of real clients.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

/// What libpq and asyncpg make of each text.
pub(super) fn python(texts: &[&str]) -> Option<Vec<Value>> {
    let python = tools::python()?;
    let home = Home::new();
    let file = home.write("texts.json", serde_json::to_string(texts).unwrap());
    Some(lines(home.command(python).arg(source("parse.py")).arg(file), texts.len()))
}

/// What pg-connection-string makes of each text.
pub(super) fn node(texts: &[&str]) -> Option<Vec<Value>> {
    let (node, modules) = (tools::program("node")?, tools::node_modules()?);
    let home = Home::new();
    let file = home.write("texts.json", serde_json::to_string(texts).unwrap());
    Some(lines(home.command(node).env("NODE_PATH", modules).arg(source("parse.js")).arg(file), texts.len()))
}

/// What pgjdbc makes of each text, which is one line.
pub(super) fn java(texts: &[&str]) -> Option<Vec<String>> {
    let (java, driver) = (tools::program("java")?, tools::pgjdbc()?);
    let home = Home::new();
    let file = home.write("texts", texts.join("\n"));
    let run = Run::of(home.command(java).arg("-cp").arg(driver).arg(source("Parse.java")).arg(file)).expect(0);
    let lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), texts.len(), "{run}");
    Some(lines)
}

/// What libpq and python-dotenv find in files of this home.
pub(super) fn surroundings(home: &Home, arguments: &[&str]) -> Option<Value> {
    let python = tools::python()?;
    Some(lines(home.command(python).arg(source("surroundings.py")).args(arguments), 1).remove(0))
}

fn lines(command: &mut Command, count: usize) -> Vec<Value> {
    let run = Run::of(command).expect(0);
    let values: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values.len(), count, "{run}");
    values
}

fn source(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/connection_strings").join(name)
}
