//! What goes in, what is refused, and what is said of it.

use std::fs;

use crate::support::der::revocation_list;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Chain;
use crate::support::store::{in_order, install_files, roots, snapshot, sorted};
use crate::support::tools;

#[test]
fn intermediates_leaves_and_expired_roots_are_refused_with_the_reason() {
    let chain = Chain::new();
    let [a] = roots(["A"]);
    let home = Home::new();
    home.write("mixed.pem", format!("{}{}{}", a.pem, chain.intermediate.pem, chain.leaf.pem));
    let run = home.pgtrust(&["install", "mixed.pem", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint()]);
    assert!(run.stderr.contains("pgtrust test intermediate") && run.stderr.contains("--allow-non-roots"), "{run}");
    home.pgtrust(&["install", "mixed.pem", "--output", "store.pem", "--allow-non-roots"]).expect(0);
    assert_eq!(in_order(&home, "store.pem").len(), 3);

    home.write("roots.pem", format!("{}{}", a.pem, chain.root.pem));
    for arguments in [
        &["install", "roots.pem", "--output", "late.pem", "--at", "2061-01-01", "--allow-non-roots"] as &[&str],
        &["bundle", "roots.pem", "-o", "late.pem", "--at", "2061-01-01"],
    ] {
        let run = home.pgtrust(arguments).expect(2);
        assert!(run.stderr.contains("expired on 2060-01-01"), "{run}");
    }
    assert!(!home.path().join("late.pem").exists());
    // An expired root that stands in a store stays there.
    let [b] = roots(["B"]);
    home.write("B.pem", &b.pem);
    home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem").len(), 4);
}

#[test]
fn a_trusted_certificate_that_says_not_for_servers_is_not_turned_into_a_root() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a] = roots(["A"]);
    let home = Home::new();
    home.write("a.pem", &a.pem);
    for setting in ["-addreject serverAuth", "-addtrust emailProtection", "-addreject anyExtendedKeyUsage"] {
        let make = format!("x509 -in a.pem -trustout {setting} -out excluded.pem");
        Run::of(home.command("openssl").args(make.split(' '))).expect(0);
        for arguments in [&["bundle", "excluded.pem"] as &[&str], &["install", "excluded.pem"]] {
            let run = home.pgtrust(arguments).expect(2);
            assert!(run.stderr.contains("CN=A"), "{setting}: {run}");
        }
    }
    for setting in ["-addtrust serverAuth", "-addtrust anyExtendedKeyUsage", "-addreject emailProtection"] {
        let make = format!("x509 -in a.pem -trustout {setting} -out included.pem");
        Run::of(home.command("openssl").args(make.split(' '))).expect(0);
        let run = home.pgtrust(&["bundle", "included.pem"]).expect(0);
        assert!(run.stdout.contains(&a.fingerprint()), "{setting}: {run}");
    }
}

#[test]
fn der_and_pem_turn_into_each_other_and_der_holds_one() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&a, &b]);
    home.pgtrust(&["bundle", "A.pem", "-o", "a.der"]).expect(0);
    assert_eq!(fs::read(home.path().join("a.der")).unwrap(), a.der);
    home.pgtrust(&["bundle", "a.der", "-o", "back.pem"]).expect(0);
    assert_eq!(in_order(&home, "back.pem"), [a.fingerprint()]);
    home.pgtrust(&["install", "A.pem", "--output", "store.der"]).expect(0);
    assert_eq!(fs::read(home.path().join("store.der")).unwrap(), a.der);
    for arguments in
        [&["install", "B.pem", "--output", "store.der"] as &[&str], &["bundle", "A.pem", "B.pem", "-o", "store.der"]]
    {
        let run = home.pgtrust(arguments).expect(2);
        assert!(
            run.stderr.contains("store.der") && run.stderr.contains("one certificate") && run.stderr.contains(".pem"),
            "{run}"
        );
        assert_eq!(fs::read(home.path().join("store.der")).unwrap(), a.der);
    }
    // What libpq reads must be PEM, whatever stood there.
    home.write(".postgresql/root.crt", &a.der);
    home.pgtrust(&["install", "B.pem"]).expect(0);
    assert_eq!(in_order(&home, ".postgresql/root.crt"), [a.fingerprint(), b.fingerprint()]);
    assert!(fs::read_to_string(home.root_crt()).is_ok());
    let run = home.pgtrust(&["bundle", "A.pem", "-o", "no-extension"]).expect(2);
    assert!(run.stderr.contains("`.pem`"), "{run}");
}

#[test]
fn standard_input_folders_the_machine_and_patterns_are_sources() {
    let [a, b, c] = roots(["Alpha", "Beta", "Gamma"]);
    let mut home = Home::new();
    home.write("certs/a.crt", &a.pem);
    home.write("certs/b.der", &b.der);
    home.write("certs/deeper/c.pem", &c.pem);
    home.pgtrust(&["bundle", "certs", "-o", "folder.pem"]).expect(0);
    let all = sorted(vec![a.fingerprint(), b.fingerprint(), c.fingerprint()]);
    assert_eq!(sorted(in_order(&home, "folder.pem")), all);
    home.write("certs/server.pem", format!("{}-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", c.pem));
    let run = home.pgtrust(&["bundle", "certs", "-o", "folder.pem"]).expect(1);
    assert!(run.stderr.contains("server.pem") && run.stderr.contains("private key"), "{run}");
    assert_eq!(sorted(in_order(&home, "folder.pem")), all);

    for arguments in [&["bundle", "-", "-o", "stdin.pem"] as &[&str], &["install", "-", "--output", "stdin.pem"]] {
        let mut command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
        command.args(arguments).stdin(fs::File::open(home.path().join("certs/b.der")).unwrap());
        Run::of(&mut command).expect(0);
        assert_eq!(in_order(&home, "stdin.pem"), [b.fingerprint()]);
    }

    home.trust_for_https(&format!("{}{}", a.pem, c.pem));
    home.pgtrust(&["bundle", "system", "-o", "system.pem"]).expect(0);
    assert_eq!(sorted(in_order(&home, "system.pem")), sorted(vec![a.fingerprint(), c.fingerprint()]));
    home.pgtrust(&["install", "certs/b.der", "--include-system"]).expect(0);
    assert_eq!(in_order(&home, ".postgresql/root.crt").len(), 3);

    let picked = |arguments: &[&str]| {
        home.pgtrust(&[&["bundle", "system", "certs/b.der", "-o", "picked.pem"], arguments].concat()).expect(0);
        sorted(in_order(&home, "picked.pem"))
    };
    assert_eq!(picked(&["--only", "alpha"]), [a.fingerprint()]);
    assert_eq!(picked(&["--only", "*eta*"]), [b.fingerprint()]);
    assert_eq!(
        picked(&["--only", &a.fingerprint()[..8], "--only", &b.fingerprint().to_uppercase()]),
        sorted(vec![a.fingerprint(), b.fingerprint()])
    );
    assert_eq!(picked(&["--exclude", "CN=Alpha,*", "--exclude", "gamma"]), [b.fingerprint()]);
    assert_eq!(picked(&["--only", "*a", "--exclude", "*eta"]), sorted(vec![a.fingerprint(), c.fingerprint()]));
    home.pgtrust(&["bundle", "certs/b.der", "--only", "nothing", "-o", "none.pem"]).expect(2);
    assert!(!home.path().join("none.pem").exists());
}

#[test]
fn usage_errors_have_status_2_and_write_nothing() {
    let home = Home::new();
    for arguments in [
        &[] as &[&str],
        &["install"],
        &["install", "azura"],
        &["bundle"],
        &["inspect"],
        &["inspect", "missing.pem"],
        &["undo"],
        &["install", "azure", "--target", "nowhere"],
        &["providers", "azura"],
        &["accept", "12"],
        &["--at", "yesterday", "providers"],
    ] {
        let run = home.pgtrust(arguments).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{run}");
    }
    for arguments in [
        &["--version"] as &[&str],
        &["--help"],
        &["providers"],
        &["install", "--help"],
        &["completions", "bash"],
        &["man"],
    ] {
        let run = home.pgtrust(arguments).expect(0);
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
        assert!(!run.stdout.contains("\u{1b}["), "{run}");
    }
    let left: Vec<_> = snapshot(home.path()).into_keys().filter(|path| path.is_file()).collect();
    assert!(left.iter().all(|path| path.ends_with("lock")), "{left:?}");
}

#[test]
fn text_for_people_has_no_escapes_of_any_kind_when_it_goes_to_a_pipe() {
    let [a] = roots(["A"]);
    let crl = &revocation_list();
    let home = Home::new();
    home.write("input.pem", format!("{}{crl}{}", a.pem, a.pem.replacen("\nM", "\n?", 1)));
    home.write(".config/pgtrust/broken/pgtrust.toml", "");
    for arguments in [
        &["inspect", "input.pem"] as &[&str],
        &["bundle", "input.pem"],
        &["install", "nothing"],
        &["providers", "azure"],
    ] {
        let run = home.pgtrust(arguments);
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains('\u{1b}') && !text.contains("\\u{"), "{run}");
        }
    }
    home.write(".config/pgtrust/pgtrust.toml", "sorces = 1\n");
    let run = home.pgtrust(&["install", "azure", "--offline"]).expect(2);
    assert!(run.stderr.contains("sorces") && !run.stderr.contains("\\u{"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let home = Home::new();
    let mut failures = Vec::new();
    for arguments in [
        "providers",
        "providers --json",
        "bundle aws-rds azure",
        "inspect all.pem",
        "inspect --json all.pem",
        "man install",
        "completions bash",
    ] {
        if !home.path().join("all.pem").exists() {
            home.pgtrust(&["bundle", "aws-rds", "azure", "-o", "all.pem"]).expect(0);
        }
        // The reader is gone before the first byte.
        let script = format!(
            "({{ '{}' {arguments} 2>errors; echo $? >status; }} | exec true); cat errors status",
            env!("CARGO_BIN_EXE_pgtrust")
        );
        let run = Run::of(home.command("sh").args(["-c", &script]));
        let enough =
            format!("'{}' {arguments} 2>errors | head -n 1 >/dev/null; cat errors", env!("CARGO_BIN_EXE_pgtrust"));
        let head = Run::of(home.command("sh").args(["-c", &enough]));
        if run.stdout != "0\n" || !head.stdout.is_empty() {
            failures.push(format!("{arguments}: {}{}", run.stdout, head.stdout));
        }
        let full = format!("'{}' {arguments} >/dev/full", env!("CARGO_BIN_EXE_pgtrust"));
        let run = Run::of(home.command("sh").args(["-c", &full]));
        if run.status != 2 || !run.stderr.starts_with("error: ") {
            failures.push(format!("{arguments} to a full device: {run}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
