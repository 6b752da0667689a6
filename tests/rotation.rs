//! A provider's rotation, with real clients that connect all the time: no connection may fail.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::schedule::apart::Apart;
use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::Chain;
use crate::support::postgres::Postgres;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::tools;

#[test]
fn no_client_notices_that_the_server_goes_over_to_a_new_root() {
    let (Some(server), Some(mut apart)) = (Postgres::start_own(), Apart::new()) else { return };
    let new = Chain::named("pgtrust test new");
    let provider = ProviderServer::start();
    apart.home.trust_for_https(provider.ca_pem());
    let home = &apart.home;
    let url = provider.url("/roots.pem");
    home.add_provider(
        &Provider::new("prov").root(&server.chain.root).growing_source(&url, "CN=pgtrust test *,O=pgtrust tests"),
    );
    let serve = |roots: &[&str]| provider.serve("/roots.pem", Reply::bytes(roots.concat()));
    serve(&[&server.chain.root.pem]);
    home.pgtrust(&["install", "prov"]).expect(0);
    let manifest = home.path().join(".config/pgtrust/pgtrust.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("name = \"prov\"\n", "name = \"prov\"\nnew-roots = \"accept\"\n")).unwrap();

    let clients = clients();
    let ended = AtomicBool::new(false);
    let mut counts = vec![0; clients.len()];
    let (tell, told) = mpsc::channel::<(usize, Run)>();
    thread::scope(|scope| {
        for (index, client) in clients.iter().enumerate() {
            let (server, ended, tell) = (&server, &ended, tell.clone());
            scope.spawn(move || {
                while !ended.load(Ordering::SeqCst) {
                    let run = Run::of(&mut client.command(home, server.port));
                    tell.send((index, run)).unwrap();
                }
            });
        }
        drop(tell);
        let stop = Stop(&ended);
        let mut failed = Vec::new();
        let mut note = |(index, run): (usize, Run)| {
            counts[index] += 1;
            if run.status != 0 || run.stdout.trim() != "encrypted" {
                failed.push(run.to_string());
            }
        };
        // Every client begins and ends a connection from here on.
        let mut everyone_connects = || {
            let mut since = vec![0; clients.len()];
            while since.iter().any(|count| *count < 2) {
                let result = told.recv().unwrap();
                since[result.0] += 1;
                note(result);
            }
        };
        everyone_connects();
        serve(&[&server.chain.root.pem, &new.root.pem]);
        refresh_by_cron(&apart);
        everyone_connects();
        server.present(&new);
        everyone_connects();
        drop(stop);
        told.iter().for_each(note);
        assert!(failed.is_empty(), "{} connections failed, the first: {}", failed.len(), failed[0]);
    });
    let counts: Vec<String> =
        clients.iter().zip(counts).map(|(client, count)| format!("{} {count}", client.name)).collect();
    println!("connections through a rotation, none failed: {}", counts.join(", "));

    // Without the new root they would have been.
    let behind = Home::new();
    behind.add_provider(&Provider::new("prov").root(&server.chain.root));
    behind.pgtrust(&["install", "prov", "--offline"]).expect(0);
    for client in &clients {
        assert_ne!(Run::of(&mut client.command(&behind, server.port)).status, 0, "{}", client.name);
    }
}

/// Lets the real cron do it, from the line that `schedule` writes. A minute of its clock is a second.
fn refresh_by_cron(apart: &Apart) {
    let home = &apart.home;
    Run::of(home.command("mkfifo").arg("done")).expect(0);
    let shell = home.write("shell", "#!/bin/sh\ncd \"${0%/*}\"\n/bin/sh \"$@\" > out 2>&1\necho $? > done\n");
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
    let roots = home.path().join("https-ca.pem");
    apart.install(&format!("SHELL={}\nSSL_CERT_FILE={}\n", shell.display(), roots.display()));
    apart.pgtrust(&["schedule", "enable", "--via", "cron", "--every", "* * * * *"]).expect(0);
    let mut daemon = apart.command("faketime", &["-f", "+0 x60", "cron", "-f"]);
    daemon.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap())).stderr(Stdio::null());
    let mut daemon = daemon.spawn().unwrap();
    let told = Run::of(home.command("timeout").args(["60", "cat", "done"]));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let out = fs::read_to_string(home.path().join("out")).unwrap_or_default();
    assert!(told.stdout.starts_with('0') && out.contains("root.crt: updated: 1 root added"), "{told}\n{out}");
}

/// Ends the clients, after a failure too.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Client {
    name: &'static str,
    program: PathBuf,
    /// Where a language finds the driver.
    modules: PathBuf,
}

fn clients() -> Vec<Client> {
    let client = |name, program: Option<PathBuf>, modules: Option<PathBuf>| {
        Some(Client { name, program: program?, modules: modules? })
    };
    let nothing = || Some(PathBuf::new());
    let found = [
        client("psql", tools::program("psql"), nothing()),
        client("psycopg", tools::python(), nothing()),
        client("node-postgres", tools::program("node"), tools::node_modules()),
        client("pgjdbc", tools::program("java"), tools::pgjdbc()),
    ];
    found.into_iter().flatten().collect()
}

impl Client {
    fn command(&self, home: &Home, port: u16) -> Command {
        let mut command = home.command(&self.program);
        let url = format!(
            "postgresql://postgres@localhost:{port}/postgres?user=postgres&sslmode=verify-full&sslrootcert={}",
            home.root_crt().display()
        );
        match self.name {
            "psql" => {
                command.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", QUERY, &url])
            }
            "psycopg" => command.arg(source("connect.py")).args([&url, QUERY]),
            "node-postgres" => command.env("NODE_PATH", &self.modules).arg(source("connect.js")).args([&url, QUERY]),
            _ => command
                .arg("-cp")
                .arg(&self.modules)
                .arg(source("Connect.java"))
                .args([&url.replace("postgres@", ""), QUERY]),
        };
        command
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

const QUERY: &str = "select case when ssl then 'encrypted' end from pg_stat_ssl where pid = pg_backend_pid()";
