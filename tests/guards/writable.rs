//! Stores that this user cannot write: said before anything is done for them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::TestCertificate;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{as_nobody, home_of_nobody, install_files, lock, nobody, roots};
use crate::support::tools;

const ELSEWHERE: [&str; 4] = ["--output FILE", "PGSSLROOTCERT", "JAVA_TOOL_OPTIONS", "--target java"];

fn journal(home: &Home) -> String {
    fs::read_to_string(home.path().join(".local/state/pgtrust/journal.jsonl")).unwrap_or_default()
}

/// A home of another user, with a provider that a server publishes.
fn published() -> Option<(ProviderServer, Home, TestCertificate)> {
    let mut home = home_of_nobody()?;
    let server = ProviderServer::start();
    home.trust_for_https(server.ca_pem());
    let [root] = roots(["published"]);
    server.serve("/root.pem", Reply::bytes(root.pem.as_str()));
    home.add_provider(&Provider::new("testprov").root_at(&root, &server.url("/root.pem")));
    Some((server, home, root))
}

#[test]
fn nothing_is_downloaded_or_recorded_for_a_store_that_cannot_be_written() {
    let [x] = roots(["X"]);
    let Some((server, home, _)) = published() else { return };
    let store = home.write("locked/store.pem", &x.pem);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    lock(&home, "locked", true);
    let arguments = ["install", "testprov", "--output", "locked/store.pem"];
    let run = nobody(&home, &arguments).expect(2);
    assert!(
        run.stderr.contains("could not write `locked/store.pem`: permission denied: `locked` belongs to "),
        "{run}"
    );
    assert!(run.stderr.contains("mode 0555\nhint: `chmod u+w locked`; or "), "{run}");
    assert!(ELSEWHERE.iter().all(|word| run.stderr.contains(word)), "{run}");
    assert_eq!((server.requests("/root.pem").len(), journal(&home)), (0, String::new()));
    assert!(!home.path().join(".local/share/pgtrust/testprov.pem").exists());
    let run = nobody(&home, &[&arguments[..], &["--dry-run"]].concat()).expect(0);
    assert!(run.stdout.contains("would be updated: 1 root added"), "{run}");
    assert!(run.stderr.contains("warning: could not write `locked/store.pem`: permission denied"), "{run}");

    // The others get their roots.
    let both = [&arguments[..], &["--output", "open.pem"]].concat();
    let run = nobody(&home, &both).expect(2);
    assert!(run.stdout.starts_with("open.pem: created: 1 root added"), "{run}");
    assert_eq!((server.requests("/root.pem").len(), journal(&home).lines().count()), (1, 1));

    // Where there is nothing to change nobody has to write.
    lock(&home, "locked", false);
    nobody(&home, &arguments).expect(0);
    lock(&home, "locked", true);
    let (bytes, recorded) = (fs::read(&store).unwrap(), journal(&home));
    let run = nobody(&home, &arguments).expect(0);
    assert!(run.stdout.contains("unchanged: 0 roots added"), "{run}");
    for arguments in [&["undo", "locked/store.pem"] as &[&str], &["uninstall", "--output", "locked/store.pem"]] {
        let run = nobody(&home, arguments).expect(2);
        assert!(run.stderr.contains("locked/store.pem`: permission denied"), "{run}");
        assert_eq!((fs::read(&store).unwrap(), journal(&home)), (bytes.clone(), recorded.clone()));
    }
    lock(&home, "locked", false);
}

#[test]
fn a_store_of_root_is_told_from_ones_own() {
    let [x, a] = roots(["X", "A"]);
    let Some(home) = home_of_nobody() else { return };
    let store = home.write("jdk/lib/security/cacerts", &x.pem);
    install_files(&home, &[&a]);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    if std::os::unix::fs::chown(&store, Some(0), Some(0)).is_err() {
        return;
    }
    let arguments = ["install", "A.pem", "--output", "jdk/lib/security/cacerts"];
    let run = nobody(&home, &arguments).expect(2);
    assert!(run.stderr.contains("permission denied: `jdk/lib/security/cacerts` belongs to `root`"), "{run}");
    assert!(run.stderr.contains("hint: run it as `root`, as with `sudo`; or "), "{run}");
    assert_eq!(journal(&home), "");
    // A mode of one's own is no obstacle, as the file is replaced as a whole.
    as_nobody(&home, &["65534:65534", "jdk/lib/security/cacerts"]);
    fs::set_permissions(&store, std::os::unix::fs::PermissionsExt::from_mode(0o444)).unwrap();
    nobody(&home, &arguments).expect(0);
}

#[test]
fn a_file_that_may_not_be_read_is_told_from_one_that_may_not_be_written() {
    let [x] = roots(["X"]);
    let Some(home) = home_of_nobody() else { return };
    let file = home.write("X.pem", &x.pem);
    as_nobody(&home, &["65534:65534", "X.pem"]);
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    for command in [&["inspect", "X.pem"][..], &["bundle", "X.pem"], &["install", "X.pem"]] {
        let run = nobody(&home, command).expect(2);
        let hint = "error: could not read `X.pem`: permission denied\nhint: run it as a user who may read it";
        assert!(run.stderr.contains(hint), "{run}");
    }
}

#[test]
fn where_pgtrust_cannot_keep_its_own_nothing_is_downloaded() {
    let Some((server, home, _)) = published() else { return };
    fs::create_dir_all(home.path().join(".local/state")).unwrap();
    as_nobody(&home, &["-R", "65534:65534", "."]);
    lock(&home, ".local/state", true);
    let download: [&[&str]; 2] = [&["install", "testprov", "--output", "store.pem"], &["fetch", "testprov"]];
    for arguments in [download[0], download[1], &["install", "https-ca.pem", "--output", "store.pem"]] {
        let run = nobody(&home, arguments).expect(2);
        let words = ".local/state/pgtrust`, where pgtrust keeps its own: permission denied";
        assert!(run.stderr.contains(words) && run.stderr.contains("hint: PGTRUST_HOME"), "{run}");
        assert_eq!(server.requests("/root.pem").len(), 0);
    }
    assert!(!home.path().join("store.pem").exists());
    lock(&home, ".local/state", false);
}

/// Runs a script as root in a name space of mounts of its own; None where this user may not.
#[cfg(target_os = "linux")]
fn with_mounts(home: &Home, script: &str) -> Option<Run> {
    let unshare = tools::program("unshare")?;
    let allowed = Command::new(&unshare).args(["-m", "mount", "--bind", "/tmp", "/tmp"]).output().unwrap();
    if !allowed.status.success() {
        tools::report("skipped: mounts: this user may not mount");
        return None;
    }
    let script = script.replace("PGTRUST", env!("CARGO_BIN_EXE_pgtrust"));
    Some(Run::of(home.command(unshare).args(["-m", "sh", "-ec", &script])))
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_file_system_is_said_before_anything() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    home.write("image/store.pem", &x.pem);
    install_files(&home, &[&a]);
    let bind = "mount --bind image image; mount -o remount,ro,bind image;";
    for store in ["image/store.pem", "image/new/store.pem"] {
        let script = format!("{bind} exec PGTRUST install A.pem --output {store}");
        let Some(run) = with_mounts(&home, &script) else { return };
        let run = run.expect(2);
        assert!(run.stderr.contains(&format!("could not write `{store}`: `image")), "{run}");
        assert!(
            run.stderr.contains("is on a read-only file system\nhint: ") && run.stderr.contains("--root DIR"),
            "{run}"
        );
        assert!(ELSEWHERE.iter().all(|word| run.stderr.contains(word)), "{run}");
        assert_eq!(journal(&home), "");
    }
    // A single file that is mounted into a container cannot be replaced, only overwritten.
    let script = "mount --bind image/store.pem image/store.pem; exec PGTRUST install A.pem --output image/store.pem";
    let Some(run) = with_mounts(&home, script) else { return };
    let run = run.expect(2);
    assert!(run.stderr.contains("it is a mount of its own, so no new file can take its place"), "{run}");
    assert_eq!(
        (fs::read_to_string(home.path().join("image/store.pem")).unwrap(), journal(&home)),
        (x.pem, String::new())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_immutable_file_is_said_before_anything() {
    let [x, a] = roots(["X", "A"]);
    let Some(chattr) = tools::program("chattr") else { return };
    let home = Home::new();
    let store = home.write("store.pem", &x.pem);
    install_files(&home, &[&a]);
    let set = |flag: &str, path: &Path| Command::new(&chattr).arg(flag).arg(path).output().unwrap().status.success();
    if !set("+i", &store) {
        tools::report("skipped: immutable: this user or file system has no such attribute");
        return;
    }
    let run = home.pgtrust(&["install", "A.pem", "--output", "store.pem"]);
    assert!(set("-i", &store));
    let run = run.expect(2);
    assert!(run.stderr.contains("it is immutable: `store.pem`\nhint: `chattr -i store.pem`; or "), "{run}");
    assert_eq!(journal(&home), "");
}
