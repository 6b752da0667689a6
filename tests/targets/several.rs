//! Several stores in one run, and several runs at once.

use std::fs;
use std::process::Command;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::store::snapshot;

use super::manifest;

#[test]
fn each_store_has_its_line_and_the_one_that_fails_its_error() {
    let home = Home::new();
    home.write("broken.jks", b"\xfe\xed\xfe\xed and no more");
    Run::of(home.command("mkfifo").arg("pipe.pem")).expect(0);
    let install = ["install", "azure", "--offline", "--target", "postgres", "--target", "java", "--output", "x.jks"];
    let wrong = ["--output", "broken", "--output", "broken.jks", "--output", "pipe.pem", "--output", "/dev/null"];
    let before = snapshot(home.path());
    let dry = home.pgtrust(&[&install[..], &wrong, &["--dry-run"]].concat()).expect(2);
    assert!(snapshot(home.path()) == before, "{dry}");
    let run = home.pgtrust(&[&install[..], &wrong].concat()).expect(2);
    let lines: Vec<&str> = run.stdout.lines().filter(|line| !line.starts_with("  + ")).collect();
    let [postgres, java, jks] = &lines[..] else { panic!("{run}") };
    assert!(postgres.ends_with("/.postgresql/root.crt: created: 8 roots added, 0 kept"), "{run}");
    assert!(java.ends_with("/java.p12: created: 8 roots added, 0 kept"), "{run}");
    assert_eq!(*jks, "x.jks: created: 8 roots added, 0 kept");
    assert_eq!(dry.stdout.replace("would be created", "created"), run.stdout);
    let errors: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 4, "{run}");
    for (name, reason) in [
        ("broken", "its name does not say which format to write"),
        ("broken.jks", ""),
        ("pipe.pem", "not a regular file"),
        ("/dev/null", "not a regular file"),
    ] {
        assert!(errors.iter().any(|line| line.contains(&format!("`{name}`: {reason}"))), "{name}: {run}");
    }
    assert!(!manifest(&home).contains("broken") && !home.path().join("broken").exists());
    // As JSON, and each as what it is by then.
    let again = home.pgtrust(&[&install[..], &wrong, &["--json"]].concat()).expect(2);
    let report = again.json();
    let stores = report["stores"].as_array().unwrap();
    assert_eq!(stores.len(), 3, "{again}");
    assert!(stores.iter().all(|store| store["outcome"] == "unchanged"), "{again}");
}

#[test]
fn one_kept_store_that_cannot_be_found_does_not_keep_the_others_from_being_emptied() {
    let mut home = Home::new();
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    home.write("jdk/bin/java", "");
    home.pgtrust(&["bundle", "ours.pem", "-o", "jdk/lib/security/cacerts", "--format", "jks"]).expect(0);
    home.write("new.pem", &Authority::root("new").certificate.pem);
    home.set("JAVA_HOME", home.path().join("jdk"));
    home.pgtrust(&["install", "new.pem", "--target", "java-cacerts", "--output", "new-store.pem"]).expect(0);
    home.set("JAVA_HOME", "/nowhere");
    let run = home.pgtrust(&["uninstall"]).expect(2);
    assert!(run.stderr.contains("`/nowhere` (JAVA_HOME) is no Java installation"), "{run}");
    assert!(!home.path().join("new-store.pem").exists(), "{run}");
    home.set("JAVA_HOME", home.path().join("jdk"));
    let run = home.pgtrust(&["uninstall"]).expect(0);
    assert!(run.stdout.contains("cacerts: updated: 1 root removed, 1 kept"), "{run}");
}

#[test]
fn runs_at_once_lose_nothing_of_each_other() {
    let home = Home::new();
    let names: Vec<String> = (0..8).map(|index| format!("root-{index}.pem")).collect();
    for name in &names {
        home.write(name, &Authority::root(name).certificate.pem);
    }
    let start = |name: &String| {
        let mut command: Command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
        let flags = ["--target", "java", "--target", "postgres", "--output", "all.jks", "--json"];
        command.args(["install", name]).args(flags).stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let runs: Vec<_> = names.iter().map(start).collect();
    assert!(runs.into_iter().all(|mut run| run.wait().unwrap().success()));
    for store in [".local/share/pgtrust/java.p12", ".postgresql/root.crt", "all.jks"] {
        let report = home.pgtrust(&["inspect", "--json", store]).expect(0).json();
        assert_eq!(report["stores"][0]["certificates"].as_array().unwrap().len(), 8, "{store}");
    }
    assert_eq!(manifest(&home).matches("[[source]]").count(), 8, "{}", manifest(&home));
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".pgtrust-")), "{left:?}");
}
