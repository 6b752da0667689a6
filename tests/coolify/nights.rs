//! What `refresh` does for servers that have a CA each.

use std::fs;

use super::machine::{Coolify, Sshd};
use super::{MANIFEST, server_provider};
use crate::support::pgtrust::Run;
use crate::support::store::{differences, in_order, snapshot};

const KEPT: &str = ".local/share/pgtrust/selfhost.pem";
const REGENERATED: &str = "the same name, another key";

/// A server of its own whose CA is installed into a store.
fn installed() -> Option<(Coolify, String)> {
    let coolify = Coolify::new()?;
    let ca = coolify.regenerate("ssl/ca.crt", 3650);
    server_provider(&coolify.home);
    coolify.home.pgtrust(&["install", "selfhost", "--output", "store.pem"]).expect(0);
    silent(&coolify.home.pgtrust(&["refresh"]).expect(0));
    Some((coolify, ca))
}

#[track_caller]
fn silent(run: &Run) {
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
}

#[test]
fn a_regenerated_ca_is_told_once_and_stands_before_the_old_one_in_every_store() {
    let Some((coolify, old)) = installed() else { return };
    let home = &coolify.home;
    let new = coolify.regenerate("ssl/ca.crt", 3650);
    coolify.leaf("ssl/ca.crt", "leaf.pem");
    let store = home.path().join("store.pem");
    assert!(!coolify.verifies(&store, "leaf.pem"));

    let before = snapshot(home.path());
    let run = home.pgtrust(&["refresh", "--check"]).expect(1);
    assert!(run.stderr.contains(REGENERATED) && run.stdout.contains("selfhost.pem: would be updated"), "{run}");
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);

    let run = home.pgtrust(&["refresh"]).expect(0);
    assert_eq!(run.stderr.matches(REGENERATED).count(), 1, "{run}");
    assert!(run.stderr.contains(&new) && run.stderr.contains("docker ps --filter volume="), "{run}");
    for file in [KEPT, "store.pem"] {
        assert_eq!(in_order(home, file), [new.as_str(), old.as_str()], "{file}");
    }
    assert!(coolify.verifies(&store, "leaf.pem"));
    silent(&home.pgtrust(&["refresh"]).expect(0));
    assert_eq!(home.pgtrust(&["refresh", "--json"]).expect(0).json()["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_file_that_cannot_be_read_is_told_once_and_what_is_kept_stays() {
    let Some((coolify, ca)) = installed() else { return };
    let home = &coolify.home;
    fs::remove_file(home.path().join("ssl/ca.crt")).unwrap();
    let run = home.pgtrust(&["refresh"]).expect(2);
    assert!(run.stderr.contains("no such file"), "{run}");
    silent(&home.pgtrust(&["refresh"]).expect(2));
    let finding = home.pgtrust(&["refresh", "--json"]).expect(2).json()["findings"][0].clone();
    assert_eq!((&finding["kind"], &finding["about"]), (&"source".into(), &"selfhost".into()), "{finding}");
    assert_eq!([in_order(home, KEPT), in_order(home, "store.pem")], [[ca.as_str()], [ca.as_str()]]);
}

#[test]
fn an_end_that_comes_near_is_told_once_and_stands() {
    let Some((coolify, _)) = installed() else { return };
    let home = &coolify.home;
    coolify.regenerate("ssl/ca.crt", 300);
    let run = home.pgtrust(&["refresh"]).expect(1);
    assert!(run.stderr.contains("nothing renews it by itself"), "{run}");
    silent(&home.pgtrust(&["refresh"]).expect(1));
    let findings = home.pgtrust(&["refresh", "--json"]).expect(1).json()["findings"].clone();
    assert_eq!((&findings[0]["kind"], findings.as_array().unwrap().len()), (&"ends".into(), 1), "{findings}");
    coolify.regenerate("ssl/ca.crt", 3650);
    home.pgtrust(&["refresh"]).expect(0);
    silent(&home.pgtrust(&["refresh"]).expect(0));
}

#[test]
fn servers_behind_ssh_are_followed_and_one_that_is_unclear_stops_no_other() {
    let Some(coolify) = Coolify::new() else { return };
    let Some(_sshd) = Sshd::start(&coolify) else { return };
    let home = &coolify.home;
    let old = coolify.regenerate("ssl/ca.crt", 3650);
    let path = home.path().join("ssl/ca.crt").display().to_string();
    home.pgtrust(&["fetch", "coolify", "--ssh", "db1", "--ca-file", &path]).expect(0);
    let manifest = fs::read_to_string(home.path().join(MANIFEST)).unwrap();
    let unclear = "[[source]]\nname = \"coolify/db2\"\nca-file = \"relative\"\n";
    home.write(MANIFEST, format!("{manifest}\n{unclear}"));
    let new = coolify.regenerate("ssl/ca.crt", 3650);
    let asked = coolify.log("ssh").len();
    home.pgtrust(&["refresh", "--offline"]).expect(2);
    assert_eq!(coolify.log("ssh").len(), asked, "nobody is asked without a network");

    let run = home.pgtrust(&["refresh"]).expect(2);
    assert!(run.stderr.contains(REGENERATED) && run.stderr.contains("`coolify/db1`"), "{run}");
    assert_eq!(in_order(home, ".local/share/pgtrust/coolify/db1.pem"), [new, old]);
    assert_eq!(coolify.log("ssh").len(), asked + 1);
    let findings = home.pgtrust(&["refresh", "--json"]).expect(2).json()["findings"].clone();
    assert_eq!((&findings[0]["about"], &findings[0]["kind"]), (&"coolify/db2".into(), &"source".into()), "{findings}");
    assert!(findings[0]["message"].as_str().unwrap().contains("not an absolute path"), "{findings}");
}
