//! Whose home it is, and whose files are in it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::TestCertificate;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{differences, roots, snapshot};
use crate::support::tools;

const NOBODY: u32 = 65534;

fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            all.extend(all_below(&entry.path()));
        }
        all.push(entry.path());
    }
    all
}

/// A home of another user, whose provider a server publishes, with what that user keeps there.
fn foreign() -> Option<(ProviderServer, Home, TestCertificate)> {
    let server = ProviderServer::start();
    let [pinned, new] = roots(["pinned", "new"]);
    server.serve("/all.pem", Reply::bytes(format!("{}{}", pinned.pem, new.pem)).header("ETag", "\"1\""));
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.add_provider(&Provider::new("testprov").root(&pinned).source(&server.url("/all.pem")));
    home.write("pinned.pem", &pinned.pem);
    home.pgtrust(&["install", "testprov"]).expect(1);
    home.pgtrust(&["refresh"]).expect(1);
    let all = [all_below(home.path()), vec![home.path().to_owned()]].concat();
    if all.iter().any(|path| chown(path, Some(NOBODY), Some(NOBODY)).is_err()) {
        tools::report("skipped: root in the home of another user: this user may not chown");
        return None;
    }
    Some((server, home, new))
}

#[test]
fn root_does_nothing_in_the_home_of_a_user() {
    let Some((server, home, new)) = foreign() else { return };
    let asked = server.requests("/all.pem").len();
    let before = snapshot(home.path());
    let accept = format!("accept {}", new.fingerprint());
    let refused = [
        "fetch testprov",
        "install testprov",
        "install pinned.pem --output certs --format hashed",
        "install testprov --target java",
        "install pinned.pem --output /tmp/pgtrust-of-nobody.pem",
        "refresh",
        "refresh --check",
        "uninstall",
        "undo",
        "prune",
        "repair .postgresql/root.crt",
        "env testprov",
        "snippet libpq-url",
        "schedule enable --via cron",
        "providers add corp --file pinned.pem",
        &accept,
    ];
    for command in refused {
        let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>()).expect(2);
        let whose = format!("HOME is `{}`, which belongs to `nobody`: `root` does not act", home.path().display());
        assert!(run.stderr.contains(&whose) && run.stdout.is_empty(), "{run}");
        let ways = ["`sudo -u nobody -H`", "`USER`", "`sudo -H`", "`--system`"];
        assert!(ways.iter().all(|way| run.stderr.contains(way)), "{run}");
    }
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
    assert_eq!(server.requests("/all.pem").len(), asked);
    // It looks, all the same.
    for command in ["status", "history", "providers", "inspect pinned.pem", "bundle pinned.pem", "bundle azure"] {
        let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>());
        assert!(run.status < 2, "{run}");
    }
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
}

#[test]
fn elsewhere_root_may_work_whatever_home_says() {
    let Some((_server, mut home, _)) = foreign() else { return };
    let elsewhere = Home::new();
    home.set("PGTRUST_HOME", elsewhere.path());
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    let store = elsewhere.path().join("store.pem");
    home.pgtrust(&["install", "azure", "--offline", "--output", store.to_str().unwrap()]).expect(0);
    let run = home.pgtrust(&["install", "azure", "--offline"]).expect(2);
    assert!(run.stderr.contains("which belongs to `nobody`"), "{run}");
}

#[test]
fn what_root_makes_in_the_home_of_a_user_that_it_may_is_its_own() {
    let Some((_server, home, _)) = foreign() else { return };
    let run = home.pgtrust(&["install", "pinned.pem", "--output", "new.pem", "--allow-writable"]).expect(0);
    assert_eq!(run.stderr.matches("which belongs to `nobody`").count(), 1, "{run}");
    assert_eq!(fs::metadata(home.path().join("new.pem")).unwrap().uid(), 0);
    // No link of theirs is followed, not even then.
    std::os::unix::fs::symlink("new.pem", home.path().join("link.pem")).unwrap();
    std::os::unix::fs::lchown(home.path().join("link.pem"), Some(NOBODY), Some(NOBODY)).unwrap();
    let run = home.pgtrust(&["install", "pinned.pem", "--output", "link.pem", "--allow-writable"]).expect(2);
    assert!(run.stderr.contains("is a link of `nobody`"), "{run}");
}

#[test]
fn ones_own_home_needs_no_word() {
    let home = Home::new();
    let run = home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn without_a_home_it_says_what_to_set() {
    let home = Home::new();
    let mut command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
    let run = Run::of(command.env_remove("HOME").args(["install", "azure", "--offline"])).expect(2);
    assert!(run.stderr.contains("neither HOME nor PGTRUST_HOME names a folder\nhint: set HOME"), "{run}");
}

#[test]
fn the_target_of_a_user_is_not_part_of_an_image() {
    let home = Home::new();
    fs::create_dir(home.path().join("image")).unwrap();
    let root = home.path().join("image");
    for arguments in [&["install", "azure", "--offline"] as &[&str], &["install", "azure", "--target", "postgres"]] {
        let run = home.pgtrust(&[&["--root", "image"], arguments].concat()).expect(2);
        let words = format!("nothing tells which user of `{}` is meant", root.display());
        assert!(run.stderr.contains(&words) && !run.stderr.contains("HOME"), "{run}");
        let hint = format!("`--output {}` for root", root.join("root/.postgresql/root.crt").display());
        assert!(run.stderr.contains(&hint), "{run}");
    }
    assert_eq!(fs::read_dir(root).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_no_java_is_told_by_its_flag() {
    let home = Home::new();
    fs::create_dir(home.path().join("empty")).unwrap();
    let run = home.pgtrust(&["install", "azure", "--offline", "--java-home", "empty"]).expect(2);
    assert!(run.stderr.contains("`empty` (--java-home) is no Java installation"), "{run}");
}
