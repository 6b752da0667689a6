//! Runs of pgtrust under strace, which counts system calls and interferes with one of them.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Command;

use super::scene::Scene;
use crate::support::pgtrust::Home;
use crate::support::tools;

/// One system call of a run.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Counts from 1, among those of the same name.
    pub(crate) number: usize,
    pub(crate) arguments: String,
}

impl Call {
    pub(crate) fn is_on_standard_stream(&self) -> bool {
        ["0,", "1,", "2,"].iter().any(|stream| self.arguments.starts_with(stream))
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, number, arguments } = self;
        write!(f, "{name} {number} ({})", arguments.chars().take(200).collect::<String>())
    }
}

pub(crate) struct Strace(PathBuf);

impl Strace {
    /// None, with the reason, where there is no strace or it may not trace.
    pub(crate) fn find() -> Option<Self> {
        let strace = tools::program("strace")?;
        if Command::new(&strace).args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success()) {
            return Some(Self(strace));
        }
        io::stderr().write_all(b"skipped: this machine does not let strace trace\n").unwrap();
        None
    }

    /// The calls by which the command of a scene touches files, from the start of `main` on.
    pub(crate) fn calls(&self, scene: &Scene<'_>) -> Vec<Call> {
        scene.set_again();
        let outside = Home::new();
        let trace = outside.path().join("trace");
        let mut command = scene.home.command(&self.0);
        command.args(["-f", "-qq", "-e", "trace=%file,%desc", "-o"]).arg(&trace);
        command.arg(env!("CARGO_BIN_EXE_pgtrust")).args(scene.arguments());
        assert!(command.output().unwrap().status.success());
        let trace = fs::read_to_string(trace).unwrap();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let (mut calls, mut in_main) = (Vec::new(), false);
        for line in trace.lines() {
            let Some((_, call)) = line.split_once(' ') else { continue };
            let Some((name, arguments)) = call.trim_start().split_once('(') else { continue };
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                continue;
            }
            let number = numbers.entry(name).or_default();
            *number += 1;
            // Before `main` Rust's runtime looks at the standard streams, and before that the loader reads libraries.
            if in_main && !matches!(name, "mmap" | "close") {
                let (name, arguments) = (name.to_owned(), arguments.to_owned());
                calls.push(Call { name, number: *number, arguments });
            }
            in_main |= name == "poll";
        }
        calls
    }

    /// The command of a scene, which is set again, with this done at a call.
    pub(crate) fn inject(&self, scene: &Scene<'_>, call: &Call, what: &str) -> Command {
        scene.set_again();
        let mut command = scene.home.command(&self.0);
        command.args(["-f", "-qq", "-e", &format!("trace={}", call.name)]);
        command.args(["-e", &format!("inject={}:{what}:when={}", call.name, call.number)]);
        command
    }

    /// pgtrust, as an argument of what [`inject`](Self::inject) begins.
    pub(crate) fn program(command: &mut Command, scene: &Scene<'_>) {
        command.arg(env!("CARGO_BIN_EXE_pgtrust")).args(scene.arguments());
    }
}
