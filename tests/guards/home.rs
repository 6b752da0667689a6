//! Whose home it is, and whose files are in it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::roots;
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

#[test]
fn root_in_a_users_home_says_whose_it_is_and_leaves_nothing_of_its_own() {
    let server = ProviderServer::start();
    let [pinned, new] = roots(["pinned", "new"]);
    server.serve("/all.pem", Reply::bytes(format!("{}{}", pinned.pem, new.pem)).header("ETag", "\"1\""));
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.add_provider(&Provider::new("testprov").root(&pinned).source(&server.url("/all.pem")));
    home.write("pinned.pem", &pinned.pem);
    let give = |path: &Path| chown(path, Some(NOBODY), Some(NOBODY));
    if give(home.path()).is_err() {
        return;
    }
    all_below(home.path()).iter().for_each(|path| give(path).unwrap());

    let run = home.pgtrust(&["fetch", "testprov"]).expect(1);
    let whose =
        format!("HOME is `{}`, which belongs to `nobody`: the stores in it are those of", home.path().display());
    assert!(run.stderr.contains(&whose) && run.stderr.contains("not of `root`\nhint: "), "{run}");
    let mut commands = vec!["install testprov", "install testprov --output certs --format hashed"];
    commands.extend(["install testprov --target java", "uninstall --output certs", "undo", "prune"]);
    if let Some(certutil) = tools::program("certutil") {
        fs::create_dir(home.path().join("db")).unwrap();
        Run::of(home.command(certutil).args(["-N", "-d", "sql:db", "--empty-password"])).expect(0);
        for path in ["db", "db/cert9.db", "db/key4.db", "db/pkcs11.txt"] {
            give(&home.path().join(path)).unwrap();
        }
        commands.push("install pinned.pem --output db");
    }
    for command in commands {
        let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>());
        assert!(run.status < 2 && run.stderr.contains(&whose), "{run}");
    }
    home.pgtrust(&["accept", &new.fingerprint()]).expect(0);

    let all = all_below(home.path());
    for part in ["journal.jsonl", "lock", "backups", "pgtrust.toml", "held", "downloads", "root.crt", "java.p12"] {
        assert!(all.iter().any(|path| path.ends_with(part)), "{part}: {all:?}");
    }
    for path in all {
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY), "{}", path.display());
    }
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
