//! `undo` of a change that took a file away: mode, owner and access control list come back with the bytes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::pgtrust::{Home, Run};
use crate::support::store::{install, install_files, roots};
use crate::support::tools;

/// Mode, owner, group and access control list, as other programs tell them.
fn access(home: &Home, file: &Path) -> String {
    let stat = Run::of(home.command("stat").args(["-L", "-c", "%a %u %g"]).arg(file)).expect(0).stdout;
    stat + &Run::of(home.command("getfacl").args(["--absolute-names", "--numeric"]).arg(file)).expect(0).stdout
}

/// Gives a file what new files do not have.
fn distinguish(home: &Home, file: &Path) {
    fs::set_permissions(file, PermissionsExt::from_mode(0o640)).unwrap();
    // Only root may give a file away. It comes back to whoever has its folder.
    for path in [file, file.parent().unwrap()] {
        let _ = chown(path, Some(65534), Some(65534));
    }
    Run::of(home.command("setfacl").args(["-m", "u:daemon:r"]).arg(file)).expect(0);
}

#[test]
fn a_file_that_went_comes_back_with_its_access() {
    let (Some(_), Some(_)) = (tools::program("setfacl"), tools::program("getfacl")) else { return };
    let [a] = roots(["A"]);
    let home = Home::new();
    // Root works in nobody's home but its own.
    fs::create_dir(home.path().join("given")).unwrap();
    install(&home, &[&a], "given/store.pem").expect(0);
    let store = home.path().join("given/store.pem");
    distinguish(&home, &store);
    let (bytes, before) = (fs::read(&store).unwrap(), access(&home, &store));
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(!store.exists());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read(&store).unwrap(), bytes);
    assert_eq!(access(&home, &store), before);
    assert!(before.contains("user:1:r--") && before.starts_with("640 "), "{before}");
}

#[test]
fn the_file_behind_a_link_comes_back_there() {
    let (Some(_), Some(_)) = (tools::program("setfacl"), tools::program("getfacl")) else { return };
    let [a] = roots(["A"]);
    let home = Home::new();
    fs::create_dir(home.path().join("real")).unwrap();
    let (link, real) = (home.path().join("link.pem"), home.path().join("real/store.pem"));
    symlink("real/store.pem", &link).unwrap();
    install(&home, &[&a], "link.pem").expect(0);
    distinguish(&home, &real);
    let before = access(&home, &real);
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(!real.exists());
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("real/store.pem"));
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("real/store.pem"));
    assert_eq!(access(&home, &real), before);
}

#[test]
fn files_of_a_hashed_folder_come_back_with_their_access() {
    let (Some(_), Some(_)) = (tools::program("setfacl"), tools::program("getfacl")) else { return };
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&a, &b]);
    home.pgtrust(&["install", "A.pem", "B.pem", "--output", "certs", "--format", "hashed"]).expect(0);
    let all = || {
        let files = fs::read_dir(home.path().join("certs")).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = files.map(|file| (access(&home, &file), file)).collect();
        all.sort();
        all
    };
    all().iter().for_each(|(_, file)| distinguish(&home, file));
    let before = all();
    assert_eq!(before.len(), 2);
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(all().is_empty());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(all(), before);
}

#[test]
fn a_journal_that_does_not_tell_the_access_is_still_good() {
    let [a] = roots(["A"]);
    let home = Home::new();
    install(&home, &[&a], "store.pem").expect(0);
    home.pgtrust(&["uninstall"]).expect(0);
    let journal = home.path().join(".local/state/pgtrust/journal.jsonl");
    let without = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let files = record["files"].as_array_mut().unwrap();
        assert!(files.iter_mut().all(|file| file.as_object_mut().unwrap().remove("access").is_some()), "{line}");
        record.to_string() + "\n"
    };
    let text = fs::read_to_string(&journal).unwrap();
    let (first, last) = text.trim_end().split_once('\n').unwrap();
    fs::write(&journal, format!("{first}\n{}", without(last))).unwrap();
    home.pgtrust(&["undo"]).expect(0);
    let mode = fs::metadata(home.path().join("store.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}
