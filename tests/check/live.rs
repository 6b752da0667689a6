//! Live servers.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{check, outcomes, verdict};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::postgres::Postgres;
use crate::support::tools;

fn target(port: u16, more: &str) -> String {
    format!("host=localhost port={port} user=postgres password=s3cret {more}")
}

#[test]
fn a_live_server_is_judged_as_psql_finds_it() {
    let open = || Postgres::start_with(&[], "host all all all trust\n");
    let (Some(server), Some(psql)) = (open(), tools::program("psql")) else { return };
    let home = Home::new();
    let right = home.write("right.pem", &server.chain.root.pem);
    let wrong = home.write("wrong.pem", &Authority::root("pgtrust test other").certificate.pem);
    for (file, mode, outcome, encrypted) in [
        (&right, "prefer", "verified", Some("t")),
        (&wrong, "prefer", "plaintext", Some("f")),
        (&wrong, "require", "refused", None),
        (&right, "verify-full", "verified", Some("t")),
        (&PathBuf::from("/nowhere/root.crt"), "require", "unverified", Some("t")),
        (&PathBuf::from("/nowhere/root.crt"), "verify-full", "refused", None),
    ] {
        let asked = target(server.port, &format!("sslmode={mode} sslrootcert={}", file.display()));
        let run = check(&home, &[&asked, "--client", "libpq"]);
        let object = run.json();
        assert_eq!(verdict(&object, "libpq")["outcome"], outcome, "{mode} {file:?}: {run}");
        assert_eq!(run.status, i32::from(outcome != "verified"), "{run}");
        assert!(!run.stdout.contains("s3cret") && !run.stderr.contains("s3cret"), "{run}");
        let mut command: Command = home.command(&psql);
        command.args(["-XAtw", "-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()", &asked]);
        let real = Run::of(&mut command);
        assert_eq!(Some(real.stdout.trim()).filter(|_| real.status == 0), encrypted, "{mode} {file:?}: {real}");
    }
}

#[test]
fn what_a_server_sends_can_be_kept_and_judged_again() {
    let Some(server) = Postgres::shared() else { return };
    let home = Home::new();
    home.write("root.pem", &server.chain.root.pem);
    let asked = target(server.port, "sslmode=verify-full sslrootcert=root.pem");
    let live = check(&home, &[&asked, "--all", "--save-chain", "chain.pem", "--metrics", "check.prom"]);
    let again = check(&home, &[&asked, "--all", "--chain", "chain.pem"]);
    let [live, again] = [live, again].map(|run| run.json());
    assert_eq!(live["clients"], again["clients"]);
    assert_eq!(live["server"]["chain"], again["server"]["chain"]);
    assert!(live["server"]["tls"] == "1.3" && again["server"]["tls"].is_null());

    let metrics = std::fs::read_to_string(home.path().join("check.prom")).unwrap();
    let of_server = format!("{{host=\"localhost\",port=\"{}\"", server.port);
    for name in ["reached", "expiry_seconds", "verified", "survives_seconds"] {
        assert!(metrics.contains(&format!("\npgtrust_server_{name}{of_server}")), "{name}\n{metrics}");
    }
    if let Some(promtool) = tools::promtool() {
        let file = std::fs::File::open(home.path().join("check.prom")).unwrap();
        let run = Run::of(home.command(&promtool).args(["check", "metrics"]).stdin(file));
        assert!(run.status == 0 && run.stderr.is_empty(), "{run}");
    }
}

#[test]
fn a_server_without_tls_is_found_out_and_one_that_demands_it_too() {
    let Some(without) = Postgres::start_with(&["ssl=off"], "host all all all trust\n") else { return };
    let home = Home::new();
    let run = check(&home, &[&target(without.port, ""), "--all"]).expect(1);
    let object = run.json();
    assert!(object["server"]["tls"].is_null() && object["server"]["chain"] == Value::Array(Vec::new()), "{run}");
    assert_eq!(outcomes(&object, "libpq"), ["plaintext"; 3], "{run}");
    let strict = check(&home, &[&target(without.port, "sslmode=require"), "--all"]).expect(1).json();
    assert_eq!(outcomes(&strict, "libpq"), ["refused"; 3], "{strict:#}");
    assert_eq!(verdict(&strict, "libpq")["remedy"], "switch TLS on there: `ssl = on`");

    let Some(demands) = Postgres::start_with(&[], "hostssl all all all trust\n") else { return };
    home.write("wrong.pem", &Authority::root("pgtrust test other").certificate.pem);
    let asked = target(demands.port, "sslrootcert=wrong.pem");
    let object = check(&home, &[&asked, "--client", "libpq"]).expect(1).json();
    assert_eq!((&object["server"]["plaintext"], &object["clients"][0]["outcome"]), (&false.into(), &"refused".into()));
}

/// A file that a user cannot see is no file to libpq, and it says nothing.
#[test]
fn another_user_is_asked_with_what_their_rights_let_them_read() {
    let Some(server) = Postgres::shared() else { return };
    let home = Home::new();
    if Command::new("id").arg("-u").output().unwrap().stdout != b"0\n" {
        return tools::report("check: only root sees what others may read");
    }
    let file = home.write("closed/root.pem", &server.chain.root.pem);
    let asked = target(server.port, &format!("sslmode=require sslrootcert={}", file.display()));
    assert_eq!(check(&home, &[&asked, "--client", "libpq"]).expect(0).json()["clients"][0]["outcome"], "verified");
    std::fs::set_permissions(file.parent().unwrap(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let run = check(&home, &[&asked, "--client", "libpq", "--user", "nobody"]).expect(1);
    assert_eq!(run.json()["clients"][0]["outcome"], "unverified", "{run}");
}

#[test]
fn what_is_no_postgresql_server_is_named() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 8]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let run = home.pgtrust(&["check", &format!("127.0.0.1:{port}")]).expect(2);
    assert!(run.stderr.contains("not a PostgreSQL server") && run.stderr.contains("is it the right port?"), "{run}");
    server.join().unwrap();
}
