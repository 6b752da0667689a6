//! A real JVM that meets a server.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::pgtrust::{Home, Run};
use crate::support::provider_server::ProviderServer;

/// A program for any Java, and a server with a CA of its own.
pub(super) struct Judge {
    classes: TempDir,
    server: ProviderServer,
}

impl Judge {
    pub(super) fn new() -> Self {
        let classes = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/targets/Trusts.java");
        let mut javac = Command::new("javac");
        Run::of(javac.args(["--release", "11", "-d"]).arg(classes.path()).arg(source)).expect(0);
        Self { classes, server: ProviderServer::start() }
    }

    /// The root of the server.
    pub(super) fn root(&self) -> &str {
        self.server.ca_pem()
    }

    fn run(&self, home: &Home, java: &Path, options: &[&str]) -> Run {
        let url = self.server.url("");
        let (host, port) = url.strip_prefix("https://").unwrap().split_once(':').unwrap();
        let mut command = home.command(java);
        command.args(options).arg("-cp").arg(self.classes.path()).args(["Trusts", host, port]);
        Run::of(&mut command)
    }

    /// The roots that this JVM trusts; it must come to terms with the server.
    #[track_caller]
    pub(super) fn trusted(&self, home: &Home, java: &Path, options: &[&str]) -> BTreeSet<String> {
        let run = self.run(home, java, options).expect(0);
        run.stdout.lines().map(str::to_owned).collect()
    }

    /// The roots that this JVM trusts; it must refuse the server.
    #[track_caller]
    pub(super) fn refused(&self, home: &Home, java: &Path, options: &[&str]) -> BTreeSet<String> {
        let run = self.run(home, java, options).expect(1);
        assert!(run.stderr.contains("unable to find valid certification path"), "{run}");
        run.stdout.lines().map(str::to_owned).collect()
    }
}
