//! Java programs with the stores that pgtrust made or changed: pgjdbc connects to a real PostgreSQL server whose chain
//! is root → intermediate → leaf, and to no other; a TLS server still serves from a store with its private key.

mod key_entries;
mod names;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::postgres::Postgres;
use crate::support::tools;

/// How a store is made, and how Java opens it.
struct Kind {
    store: &'static str,
    arguments: &'static [&'static str],
    password: Option<&'static str>,
}

const KINDS: [Kind; 4] = [
    Kind { store: "trust.jks", arguments: &[], password: Some("changeit") },
    Kind { store: "trust.p12", arguments: &[], password: Some("changeit") },
    Kind { store: "open.p12", arguments: &["--no-password"], password: None },
    Kind { store: "legacy.p12", arguments: &["--format", "pkcs12-legacy"], password: Some("changeit") },
];

#[test]
fn pgjdbc_connects_with_stores_of_every_kind_and_to_no_other_server() {
    let (Some(server), Some(classes)) = (Postgres::shared(), Classes::compiled()) else { return };
    let (right, wrong) = (home_with(&server.chain.root), home_with(&Authority::root("pgtrust test other").certificate));
    for Kind { store, arguments, .. } in &KINDS {
        for home in [&right, &wrong] {
            home.pgtrust(&[&["install", "supabase", "testprov", "--offline", "--output", store], *arguments].concat())
                .expect(0);
        }
    }
    let judge = |jdk: &Path| {
        for Kind { store, password, .. } in &KINDS {
            let query = |home: &Home| {
                let path = home.path().join(store);
                let mut options = vec![format!("-Djavax.net.ssl.trustStore={}", path.display())];
                options.extend(password.map(|password| format!("-Djavax.net.ssl.trustStorePassword={password}")));
                classes.query(home, jdk, &options, server.port)
            };
            connects(&query(&right), store);
            refuses(&query(&wrong), store);
        }
    };
    on_every_jdk(&judge);
}

/// Nothing is said to Java: it reads its own store. The store of JDK 21 here is PKCS#12 without a password, those of
/// the others are JKS.
#[test]
fn pgjdbc_connects_with_the_store_of_the_jdk_and_to_no_other_server() {
    let (Some(server), Some(classes)) = (Postgres::shared(), Classes::compiled()) else { return };
    let (right, wrong) = (home_with(&server.chain.root), home_with(&Authority::root("pgtrust test other").certificate));
    let judge = |jdk: &Path| {
        let cacerts = |jdk: &Path| fs::read(jdk.join("lib/security/cacerts")).unwrap();
        let query = |home: &Home, copy: &Path| classes.query(home, copy, &[], server.port);
        let (copy, _) = installed_into_copy(&wrong, jdk);
        refuses(&query(&wrong, &copy), "cacerts");
        let (copy, store) = installed_into_copy(&right, jdk);
        connects(&query(&right, &copy), "cacerts");
        right.pgtrust(&["uninstall", "--output", &store]).expect(0);
        assert_eq!(cacerts(&copy), cacerts(jdk), "{store}");
        refuses(&query(&right, &copy), "cacerts");
    };
    on_every_jdk(&judge);
}

/// The copy of a JDK with the root of `testprov` in its store, and the store.
fn installed_into_copy(home: &Home, jdk: &Path) -> (PathBuf, String) {
    let version = jdk.ancestors().nth(2).and_then(Path::file_name).unwrap().to_str().unwrap();
    let copy = home.path().join(version);
    assert!(Command::new("cp").arg("-R").args([jdk, &copy]).status().unwrap().success());
    let store = format!("{version}/lib/security/cacerts");
    let before = count(home, &store);
    let run = home.pgtrust(&["install", "testprov", "--offline", "--output", &store]).expect(0);
    assert!(run.stdout.starts_with(&format!("{store}: updated: 1 root added")), "{run}");
    assert_eq!(count(home, &store), before + 1, "{store}");
    (copy, store)
}

fn on_every_jdk(judge: &(dyn Fn(&Path) + Sync)) {
    thread::scope(|scope| {
        for jdk in tools::jdks() {
            scope.spawn(move || judge(&jdk));
        }
    });
}

/// A home that knows the provider `testprov` with this root.
fn home_with(root: &TestCertificate) -> Home {
    let home = Home::new();
    home.add_provider(&Provider::new("testprov").root(root));
    home
}

/// How many certificates stand in a store.
fn count(home: &Home, store: &str) -> usize {
    let report = home.pgtrust(&["inspect", "--json", store]).expect(0).json();
    report["stores"][0]["certificates"].as_array().unwrap().len()
}

#[track_caller]
fn connects(run: &Run, store: &str) {
    assert_eq!((run.status, run.stdout.trim()), (0, "encrypted"), "{store}: {run}");
}

#[track_caller]
fn refuses(run: &Run, store: &str) {
    assert_ne!(run.status, 0, "{store}: {run}");
    assert!(run.stderr.contains("unable to find valid certification path"), "{store}: {run}");
}

/// The programs of these tests, compiled once for all JDKs, and the driver.
struct Classes {
    folder: tempfile::TempDir,
    driver: PathBuf,
}

impl Classes {
    fn compiled() -> Option<&'static Self> {
        static COMPILED: OnceLock<Option<Classes>> = OnceLock::new();
        let compile = || {
            let (javac, driver) = (tools::program("javac")?, tools::pgjdbc()?);
            let folder = tempfile::tempdir().unwrap();
            let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
            let sources = ["clients/Connect.java", "java_clients/Server.java"].map(|source| tests.join(source));
            let mut command = Command::new(javac);
            command.args(["--release", "11", "-encoding", "UTF-8", "-d"]).arg(folder.path()).args(sources);
            Run::of(&mut command).expect(0);
            Some(Self { folder, driver })
        };
        COMPILED.get_or_init(compile).as_ref()
    }

    /// One of the programs, on this JDK.
    fn command(&self, home: &Home, jdk: &Path) -> Command {
        let mut command = home.command(jdk.join("bin/java"));
        // Nothing here runs long enough for the second compiler.
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]);
        command.arg(format!("{}:{}", self.folder.path().display(), self.driver.display()));
        command
    }

    /// A query with `sslmode=verify-full` through Java's own TLS settings.
    fn query(&self, home: &Home, jdk: &Path, options: &[String], port: u16) -> Run {
        const QUERY: &str = "select case when ssl then 'encrypted' end from pg_stat_ssl where pid = pg_backend_pid()";
        const FACTORY: &str = "org.postgresql.ssl.DefaultJavaSSLFactory";
        let url =
            format!("postgresql://localhost:{port}/postgres?user=postgres&sslmode=verify-full&sslfactory={FACTORY}");
        Run::of(self.command(home, jdk).args(options).args(["Connect", &url, QUERY]))
    }
}
