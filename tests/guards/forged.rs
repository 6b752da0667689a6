//! A journal that others wrote: `undo` makes no program of a file, and takes nobody's.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::pgtrust::Home;
use crate::support::store::{install, roots};

fn journal(home: &Home) -> PathBuf {
    home.path().join(".local/state/pgtrust/journal.jsonl")
}

/// Changes the last record.
fn forge(home: &Home, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(journal(home)).unwrap();
    let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(records.last_mut().unwrap());
    fs::write(journal(home), records.iter().map(|record| record.to_string() + "\n").collect::<String>()).unwrap();
}

#[test]
fn what_comes_back_is_no_program_that_runs_as_another() {
    let [a] = roots(["A"]);
    for (mode, owner) in [(0o4755, None), (0o2755, None), (0o6777, Some(65534)), (0o7640, Some(1))] {
        let home = Home::new();
        install(&home, &[&a], "store.pem").expect(0);
        home.pgtrust(&["uninstall"]).expect(0);
        forge(&home, |record| {
            record["files"][0]["access"]["mode"] = json!(mode);
            record["files"][0]["access"]["attributes"] =
                json!({"trusted.x": "eA==", "security.capability": "AQAAAgAgAAAAAAAAAAAAAAAAAAA="});
            if let Some(owner) = owner {
                record["files"][0]["access"]["owner"] = json!(owner);
            }
        });
        let run = home.pgtrust(&["undo"]).expect(0);
        let store = fs::metadata(home.path().join("store.pem")).unwrap();
        assert_eq!(store.mode() & 0o7777, mode & 0o777, "{run}");
        assert_eq!(store.uid(), fs::metadata(home.path()).unwrap().uid(), "{run}");
        assert_eq!(run.stderr.contains("store.pem` is yours now"), owner.is_some(), "{run}");
        assert_eq!(xattr::get(home.path().join("store.pem"), "security.capability").unwrap(), None);
    }
}

#[test]
fn of_a_journal_that_others_can_write_only_stores_of_the_manifest_come_back() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    let kept = home.write("store.pem", &x.pem);
    let other = home.write("other.pem", &x.pem);
    install(&home, &[&a], "store.pem").expect(0);
    install(&home, &[&a], "other.pem").expect(0);
    let written = fs::read(&other).unwrap();
    // Never a store of this manifest.
    let manifest = home.path().join(".config/pgtrust/pgtrust.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.split("[[target]]").take(2).collect::<Vec<_>>().join("[[target]]")).unwrap();
    fs::set_permissions(journal(&home), Permissions::from_mode(0o666)).unwrap();
    home.pgtrust(&["undo"]).expect(2);
    let run = home.pgtrust(&["undo", "--allow-writable"]).expect(2);
    let refused = format!("`{}` is left alone: only ", other.display());
    assert!(run.stderr.contains(&refused) && run.stderr.contains("hint: "), "{run}");
    assert_eq!(fs::read(&other).unwrap(), written);
    home.pgtrust(&["undo", "store.pem", "--allow-writable"]).expect(0);
    assert_eq!(fs::read_to_string(&kept).unwrap(), x.pem);
    // Its own again.
    fs::set_permissions(journal(&home), Permissions::from_mode(0o600)).unwrap();
    home.pgtrust(&["undo", "other.pem"]).expect(0);
    assert_eq!(fs::read_to_string(&other).unwrap(), x.pem);
}

/// Root may act for a user by this user's journal, where it says so: on what that user has, and on nothing else.
#[test]
fn of_another_users_journal_only_what_is_theirs_comes_back() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    let (theirs, roots) = (home.write("theirs/store.pem", &x.pem), home.write("roots/store.pem", &x.pem));
    for store in ["theirs/store.pem", "roots/store.pem"] {
        install(&home, &[&a], store).expect(0);
    }
    fs::remove_file(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap();
    let give = |path: &Path| chown(path, Some(65534), Some(65534));
    if give(&journal(&home)).is_err() {
        return;
    }
    give(&theirs).unwrap();
    give(theirs.parent().unwrap()).unwrap();
    let written = fs::read(&roots).unwrap();
    let run = home.pgtrust(&["undo", "roots/store.pem", "--allow-writable"]).expect(2);
    assert!(run.stderr.contains("is left alone"), "{run}");
    assert_eq!(fs::read(&roots).unwrap(), written);
    home.pgtrust(&["undo", "theirs/store.pem", "--allow-writable"]).expect(0);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), x.pem);
}
