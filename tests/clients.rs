//! Real clients against a real PostgreSQL server whose chain is root → intermediate → leaf: with the bundle that
//! pgtrust made from the right root they connect, with any other they refuse.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::postgres::Postgres;
use crate::support::tools;

#[test]
fn psql_trusts_the_installed_roots_and_no_others() {
    let Some(program) = tools::program("psql") else { return };
    trusts_the_installed_roots_and_no_others(&Client {
        command: &|home, url, query| {
            let mut command = home.command(&program);
            command.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", query, url]);
            command
        },
        default_file: true,
        refusal: "certificate verify failed",
    });
}

#[test]
fn psycopg_trusts_the_installed_roots_and_no_others() {
    let Some(python) = tools::python() else { return };
    trusts_the_installed_roots_and_no_others(&Client {
        command: &|home, url, query| {
            let mut command = home.command(&python);
            command.arg(source("connect.py")).args([url, query]);
            command
        },
        default_file: true,
        refusal: "certificate verify failed",
    });
}

#[test]
fn node_postgres_trusts_the_fetched_roots_and_no_others() {
    let (Some(node), Some(modules)) = (tools::program("node"), tools::node_modules()) else { return };
    trusts_the_installed_roots_and_no_others(&Client {
        command: &|home, url, query| {
            let mut command = home.command(&node);
            command.env("NODE_PATH", &modules).arg(source("connect.js")).args([url, query]);
            command
        },
        // It reads no file by default; without `sslrootcert` it takes its own list of public roots.
        default_file: false,
        refusal: "unable to get local issuer certificate",
    });
}

#[test]
fn pgjdbc_trusts_the_installed_roots_and_no_others() {
    let (Some(java), Some(driver)) = (tools::program("java"), tools::pgjdbc()) else { return };
    trusts_the_installed_roots_and_no_others(&Client {
        command: &|home, url, query| {
            let mut command = home.command(&java);
            // Java takes the home of the account, not of the environment.
            command.arg(format!("-Duser.home={}", home.path().display())).arg("-cp").arg(&driver);
            command.arg(source("Connect.java")).args([&url.replace("postgres@", ""), query]);
            command
        },
        default_file: true,
        refusal: "unable to find valid certification path",
    });
}

struct Client<'a> {
    /// The home, the URL of the server and the query to run there.
    command: &'a dyn Fn(&Home, &str, &str) -> Command,
    /// Whether it reads `~/.postgresql/root.crt` when the URL names no file.
    default_file: bool,
    /// What it says about a server that it does not trust.
    refusal: &'a str,
}

#[track_caller]
fn trusts_the_installed_roots_and_no_others(client: &Client<'_>) {
    let Some(server) = Postgres::shared() else { return };

    let right = Home::new();
    right.add_provider(&Provider::new("testprov").root(&server.chain.root));
    let (installed, fetched) = install_and_fetch(&right, "testprov");
    if client.default_file {
        client.connects(&right, &server, None);
    }
    client.connects(&right, &server, Some(&installed));
    client.connects(&right, &server, Some(&fetched));

    let wrong = Home::new();
    let (installed, fetched) = install_and_fetch(&wrong, "azure");
    if client.default_file {
        client.refuses(&wrong, &server, None);
    }
    client.refuses(&wrong, &server, Some(&installed));
    client.refuses(&wrong, &server, Some(&fetched));
}

/// The paths of the user's `root.crt` and of the provider's own file.
#[track_caller]
fn install_and_fetch(home: &Home, provider: &str) -> (PathBuf, PathBuf) {
    home.pgtrust(&["install", provider, "--offline"]).expect(0);
    (home.root_crt(), home.pgtrust(&["fetch", provider, "--offline"]).expect(0).printed_path())
}

impl Client<'_> {
    #[track_caller]
    fn connects(&self, home: &Home, server: &Postgres, file: Option<&Path>) {
        let run = self.query(home, server, file).expect(0);
        assert_eq!(run.stdout.trim(), "encrypted", "{run}");
    }

    #[track_caller]
    fn refuses(&self, home: &Home, server: &Postgres, file: Option<&Path>) {
        let run = self.query(home, server, file);
        assert_ne!(run.status, 0, "{run}");
        assert!(run.stderr.contains(self.refusal), "{run}");
    }

    fn query(&self, home: &Home, server: &Postgres, file: Option<&Path>) -> Run {
        const QUERY: &str = "select case when ssl then 'encrypted' end from pg_stat_ssl where pid = pg_backend_pid()";
        let mut url =
            format!("postgresql://postgres@localhost:{}/postgres?user=postgres&sslmode=verify-full", server.port);
        if let Some(file) = file {
            url += &format!("&sslrootcert={}", file.display());
        }
        Run::of(&mut (self.command)(home, &url, QUERY))
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}
