//! What is read of files that a user names: who must not wait, how much is told of what is wrong, and how much work it is.

use serde_json::Value;

use crate::hostile_stores::costly_store;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;

#[test]
fn pipes_and_devices_are_refused_at_once_and_what_the_shell_passes_is_read() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("a.pem", &root.pem);
    Run::of(home.command("mkfifo").arg("pipe")).expect(0);
    for special in ["pipe", "/dev/zero"] {
        for arguments in [
            &["inspect", special][..],
            &["bundle", special, "-o", "out.pem"],
            &["install", special],
            &["inspect", "a.pem", "--password-file", special],
            &["bundle", "a.pem", "-o", "out.pem", "--password-file", special],
        ] {
            let run = in_time(&home, arguments).expect(2);
            assert!(run.stderr.contains(&format!("`{special}`")) && run.stderr.contains("regular file"), "{run}");
        }
    }
    let pgtrust = env!("CARGO_BIN_EXE_pgtrust");
    for script in ["<(cat a.pem)", "/dev/stdin < a.pem", "- < a.pem", "a.pem --password-file <(echo secret)"] {
        let script = format!("'{pgtrust}' inspect --json {script}");
        let run = Run::of(home.command("bash").args(["-c", &script])).expect(0);
        assert_eq!(run.json()["stores"][0]["certificates"][0]["sha256"], root.fingerprint(), "{run}");
    }
}

/// However much is wrong with an input, a person is told the first of it and how much more there is.
#[test]
fn what_is_wrong_with_an_input_is_told_up_to_a_limit_and_counted_beyond() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("blocks.pem", "-----BEGIN CERTIFICATE-----x\n".repeat(5_000) + &root.pem);
    for number in 0..1_200 {
        home.write(&format!("folder/empty-{number}.pem"), "");
        home.write(&format!("broken/{number}.pem"), "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    }
    home.write("folder/a.pem", &root.pem);
    home.write("broken/a.pem", &root.pem);
    let old: String =
        (0..120).map(|number| Authority::expired_root(&format!("old {number}")).certificate.pem).collect();
    home.write("old.pem", old + &root.pem);
    for (name, status, more) in [
        ("blocks.pem", 1, "and 4900 more"),
        ("folder", 0, "and 1100 more"),
        ("broken", 1, "and 1100 more"),
        ("old.pem", 0, "and 20 more"),
    ] {
        let told = |arguments: &[&str], status: i32| {
            let run = home.pgtrust(arguments).expect(status);
            assert!(run.stderr.lines().count() < 110 && run.stderr.contains(more), "{run}");
            run
        };
        if name != "old.pem" {
            told(&["inspect", name], status);
            let store = told(&["inspect", "--json", name], status).json()["stores"].clone();
            let stores = store.as_array().unwrap();
            let sum = |of: &dyn Fn(&Value) -> u64| stores.iter().map(of).sum::<u64>();
            let rejected = sum(&|store| store["rejected"].as_array().unwrap().len() as u64);
            let certificates = sum(&|store| store["certificates"].as_array().unwrap().len() as u64);
            assert!(rejected <= 100 && certificates == 1, "{rejected} {certificates}");
            let all = if name == "blocks.pem" { 5_000 } else { 1_200 };
            let counted = rejected + sum(&|store| store["rejected_more"].as_u64().unwrap_or_default());
            assert_eq!(counted, if name == "folder" { 0 } else { all });
        }
        // What was lost of a folder of files is a finding for those who build of it.
        let status = if name == "old.pem" { 0 } else { 1 };
        told(&["bundle", name, "-o", "out.pem"], status);
        told(&["install", name, "--output", &format!("{name}-store.pem")], status);
    }
}

#[test]
fn a_long_subject_is_shortened_in_messages_and_told_by_its_fingerprint() {
    let home = Home::new();
    let old = Authority::expired_root(&"long ".repeat(6_000)).certificate;
    let root = Authority::root("pgtrust test root").certificate;
    home.write("old.pem", format!("{}{}", old.pem, root.pem));
    let run = home.pgtrust(&["bundle", "old.pem", "-o", "out.pem"]).expect(0);
    assert!(run.stderr.len() < 2_000 && run.stderr.contains('…') && run.stderr.contains(&old.fingerprint()), "{run}");
    let alone = home.write("alone.pem", &old.pem);
    let run = home.pgtrust(&["bundle", alone.to_str().unwrap(), "-o", "none.pem"]).expect(2);
    assert!(run.stderr.len() < 2_000 && run.stderr.contains(&old.fingerprint()), "{run}");
    let listed = home.pgtrust(&["inspect", "--json", "old.pem"]).expect(0).json();
    assert!(listed["stores"][0]["certificates"][0]["subject"].as_str().unwrap().len() > 29_000);
}

/// The stores of one run share what may be spent on their passwords.
#[test]
fn key_derivations_have_one_limit_for_a_run() {
    let home = Home::new();
    // Each asks for as many iterations as Java accepts, for its key and for its vector.
    (0..12).for_each(|number| drop(home.write(&format!("stores/{number:02}.p12"), costly_store())));
    home.write("stores/a.pem", &Authority::root("pgtrust test root").certificate.pem);
    let unread = |run: &Run| run.stderr.lines().filter(|line| line.contains("iterations of key derivations")).count();
    let run = home.pgtrust(&["inspect", "stores"]).expect(2);
    assert!(unread(&run) >= 9 && run.stderr.contains("`stores/11.p12`"), "{run}");
    assert!(run.stdout.contains("a.pem: pem, 1 certificate"), "{run}");
    let run = home.pgtrust(&["bundle", "stores", "-o", "out.pem"]).expect(1);
    assert!(unread(&run) >= 9 && run.stderr.contains("`stores/11.p12`"), "{run}");
}

/// Past so many certificates they are shown as they are read; nothing of them is missing.
#[test]
fn a_store_of_very_many_certificates_is_shown_whole() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    let last = Authority::root("the last").certificate;
    home.write("big.pem", root.pem.repeat(2_500) + &last.pem);
    let run = home.pgtrust(&["inspect", "--json", "big.pem"]).expect(0);
    let certificates = run.json()["stores"][0]["certificates"].as_array().unwrap().clone();
    assert_eq!(certificates.len(), 2_501);
    assert_eq!(certificates[2_500]["sha256"], last.fingerprint());
    let run = home.pgtrust(&["inspect", "big.pem"]).expect(0);
    assert_eq!(run.stdout.lines().filter(|line| line.contains(" sha256 ")).count(), 2_501);
    assert!(run.stdout.ends_with("big.pem: 2501 certificates in all\n") && run.stderr.is_empty());
}

/// Runs `pgtrust` where waiting for nothing would end the test.
fn in_time(home: &Home, arguments: &[&str]) -> Run {
    let mut command = home.command("timeout");
    Run::of(command.args(["20", env!("CARGO_BIN_EXE_pgtrust")]).args(arguments))
}
