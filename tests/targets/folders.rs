//! Stores of several files: NSS databases and hashed folders, judged by NSS's `certutil` and by openssl.

use std::fs;
use std::path::Path;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::store::{differences, snapshot};
use crate::support::tools;

use super::manifest;

#[test]
fn an_nss_database_trusts_a_root_until_it_is_taken_back() {
    let Some(certutil) = tools::program("certutil") else { return };
    let (home, ours, new) = (Home::new(), Authority::root("ours").certificate, Authority::root("new").certificate);
    home.write("ours.pem", &ours.pem);
    home.write("new.pem", &new.pem);
    fs::create_dir(home.path().join("db")).unwrap();
    let run = |arguments: &[&str]| Run::of(home.command(&certutil).args(arguments).args(["-d", "sql:db"])).expect(0);
    run(&["-N", "--empty-password"]);
    let roots = || {
        let table = run(&["-L"]).stdout;
        let row = |line: &str| line.split_once(" ").map(|(name, flags)| format!("{name} {}", flags.trim()));
        table.lines().filter(|line| line.starts_with("pgtrust-")).filter_map(row).collect::<Vec<_>>()
    };
    let root = |name: &str, sha256: &str| format!("pgtrust-{name}-{} C,,", &sha256[..8]);
    let [ours, new] = [("ours", &ours), ("new", &new)].map(|(name, root_of)| root(name, &root_of.fingerprint()));

    let dry = home.pgtrust(&["install", "ours.pem", "--output", "db", "--dry-run"]).expect(0);
    assert!(dry.stdout.starts_with("db: would be updated: 1 root added, 0 kept\n") && roots().is_empty(), "{dry}");
    let done = home.pgtrust(&["install", "ours.pem", "--output", "db", "--json"]).expect(0);
    assert_eq!(done.json()["stores"][0]["format"], "nss", "{done}");
    assert!(done.stderr.contains("programs that have `db` open go on with the old database"), "{done}");
    assert_eq!(roots(), std::slice::from_ref(&ours));
    // One store under both of its names.
    home.pgtrust(&["install", "new.pem", "--output", "sql:db"]).expect(0);
    let mut both = vec![ours.clone(), new];
    both.sort();
    let sorted = || {
        let mut roots = roots();
        roots.sort();
        roots
    };
    assert_eq!(sorted(), both);
    assert_eq!(manifest(&home).matches("[[target]]").count(), 1, "{}", manifest(&home));
    let again = home.pgtrust(&["install", "--output", "db"]).expect(0);
    assert!(again.stdout.starts_with("db: unchanged: 0 roots added, 2 kept\n") && again.stderr.is_empty(), "{again}");
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(roots(), [ours]);
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(roots().is_empty());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(roots().len(), 1);

    for (arguments, reason) in [
        (["--output", "sql:nowhere", "--json"], "`nowhere` is not an NSS database"),
        (["--output", "db", "--format=pem"], "`db` is an NSS database and not `pem`"),
    ] {
        let refused = home.pgtrust(&[&["install", "new.pem"][..], &arguments].concat()).expect(2);
        assert!(refused.stderr.contains(reason) && refused.stderr.contains("hint: "), "{refused}");
    }
}

#[test]
fn a_hashed_folder_is_made_added_to_and_taken_back() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let authorities = ["shared", "shared", "other"].map(Authority::root);
    for (authority, name) in authorities.iter().zip(["a", "b", "c"]) {
        home.write(&format!("{name}.pem"), &authority.certificate.pem);
        home.write(&format!("{name}-server.pem"), authority.server(&["localhost"]).0.pem);
    }
    let trusted = |folder: &str| {
        ["a", "b", "c"].map(|name| {
            let mut verify = home.command(&openssl);
            verify.args(["verify", "-no-CAfile", "-no-CAstore", "-CApath", folder, &format!("{name}-server.pem")]);
            Run::of(&mut verify).status == 0
        })
    };
    let made = home.pgtrust(&["install", "a.pem", "--output", "ca", "--format", "hashed"]).expect(0);
    assert!(made.stdout.starts_with("ca: created: 1 root added, 0 kept\n"), "{made}");
    assert_eq!(trusted("ca"), [true, false, false]);
    // What stands there tells what it is.
    let more = home.pgtrust(&["install", "b.pem", "c.pem", "--output", "ca", "--json"]).expect(0);
    assert_eq!(more.json()["stores"][0]["format"], "hashed", "{more}");
    assert_eq!(trusted("ca"), [true; 3]);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!((trusted("ca"), names(&home, "ca").len()), ([true, false, false], 1));
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(names(&home, "ca"), [""; 0]);

    // An empty folder does not say what it is to be; from then on the manifest does.
    let refused = home.pgtrust(&["install", "a.pem", "--output", "ca"]).expect(2);
    assert!(refused.stderr.starts_with("error: could not use `ca`: is a directory\nhint: "), "{refused}");
    assert!(refused.stderr.contains("--format hashed"), "{refused}");
    home.pgtrust(&["install", "a.pem", "b.pem", "--output", "ca", "--format", "hashed"]).expect(0);
    fs::remove_dir_all(home.path().join("ca")).unwrap();
    home.pgtrust(&["install", "--output", "ca"]).expect(0);
    assert_eq!(trusted("ca"), [true, true, false]);
    home.pgtrust(&["uninstall"]).expect(0);
    assert_eq!(names(&home, "ca"), [""; 0]);
}

#[test]
fn a_bundle_is_a_hashed_folder_of_its_own() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let root = Authority::root("root");
    home.write("root.pem", &root.certificate.pem);
    home.write("server.pem", root.server(&["localhost"]).0.pem);
    fs::create_dir(home.path().join("empty")).unwrap();
    for folder in ["empty", "new/folder"] {
        let run = home.pgtrust(&["bundle", "root.pem", "-o", folder, "--format", "hashed"]).expect(0);
        assert_eq!(run.stderr, format!("{folder}: 1 root\n"));
        Run::of(home.command(&openssl).args(["verify", "-no-CAfile", "-no-CAstore", "-CApath", folder, "server.pem"]))
            .expect(0);
    }
    let before = snapshot(home.path());
    for (output, reason) in [
        (&["-o", "empty"] as &[&str], "`empty` exists and is not an empty folder"),
        (&["-o", "root.pem"], "`root.pem` exists and is not an empty folder"),
        (&["-o", "/dev/null"], "`/dev/null` exists and is not an empty folder"),
        (&[], "a hashed folder needs a name"),
    ] {
        let refused = home.pgtrust(&[&["bundle", "root.pem", "--format", "hashed"], output].concat()).expect(2);
        assert!(refused.stderr.contains(reason) && refused.stderr.contains("hint: "), "{refused}");
        assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
    }
}

fn names(home: &Home, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(home.path().join(Path::new(folder))).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
