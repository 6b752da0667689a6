//! The journal itself: it stays short, and one that cannot be read is neither overwritten nor taken for none.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::pgtrust::Home;
use crate::support::store::{in_order, install, install_files, roots, sorted};

fn file(home: &Home) -> PathBuf {
    home.path().join(".local/state/pgtrust/journal.jsonl")
}

fn records(home: &Home) -> Vec<Value> {
    fs::read_to_string(file(home)).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Puts as many records before the one that there is: of a store that others had, and to which pgtrust added roots and took one
/// out again, many times.
fn grow(home: &Home, count: u64) {
    let real = records(home).pop().unwrap();
    let mut text = String::new();
    for id in 1..=count {
        let mut record = real.clone();
        record["id"] = json!(id);
        record["files"] =
            json!([{"path": real["store"], "before": format!("{id:064x}"), "after": format!("{:064x}", id + 1)}]);
        let digit = |number: u64| json!([{"sha256": format!("{number:064x}"), "subject": format!("CN={number}")}]);
        record["added"] = if id == 1 { real["added"].clone() } else { digit(id % 7) };
        record["removed"] = if id == 1 { json!([]) } else { digit(id % 7) };
        text += &(record.to_string() + "\n");
    }
    let mut last = real;
    last["id"] = json!(count + 1);
    last["added"] = json!([]);
    fs::write(file(home), text + &last.to_string() + "\n").unwrap();
}

#[test]
fn a_long_journal_becomes_short_and_says_what_it_said() {
    let [x, a, b] = roots(["X", "A", "B"]);
    let home = Home::new();
    home.write("store.pem", &x.pem);
    install(&home, &[&a], "store.pem").expect(0);
    grow(&home, 10_000);
    install(&home, &[&b], "store.pem").expect(0);
    let short = records(&home);
    assert!(short.len() < 300, "{}", short.len());
    let ids: Vec<u64> = short.iter().map(|record| record["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted() && ids.last() == Some(&10_002), "{ids:?}");
    let history = home.pgtrust(&["history"]).expect(0).stdout;
    let merged = history.lines().filter(|line| line.contains(", the last of ")).count();
    assert_eq!(merged, 1, "{history}");
    assert!(history.contains("changes, cannot be undone: its old bytes are kept no longer"), "{history}");
    // What was added long ago is still pgtrust's, and what others had is not.
    home.pgtrust(&["undo"]).expect(0);
    home.pgtrust(&["uninstall", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [x.fingerprint()]);
}

#[test]
fn every_store_keeps_its_last_hundred_changes() {
    let [x, a, b] = roots(["X", "A", "B"]);
    let home = Home::new();
    for store in ["one.pem", "two.pem"] {
        home.write(store, &x.pem);
    }
    install(&home, &[&b], "two.pem").expect(0);
    let two = records(&home).pop().unwrap();
    install(&home, &[&a], "one.pem").expect(0);
    grow(&home, 5_000);
    // The one change of the other store, from before all these.
    let all = fs::read_to_string(file(&home)).unwrap();
    fs::write(file(&home), format!("{two}\n{}", all.split_once('\n').unwrap().1)).unwrap();
    install(&home, &[&b], "one.pem").expect(0);
    assert!(records(&home).len() < 300);
    home.pgtrust(&["undo", "two.pem"]).expect(0);
    assert_eq!(in_order(&home, "two.pem"), [x.fingerprint()]);
    home.pgtrust(&["undo", "one.pem"]).expect(0);
    assert_eq!(sorted(in_order(&home, "one.pem")), sorted(vec![x.fingerprint(), a.fingerprint()]));
}

type Damage = fn(&PathBuf);

/// What stands where the journal should be, and why nobody can read it.
const UNREADABLE: &[(&str, Damage)] = &[
    ("no line of it is a record", |file| fs::write(file, b"\x7fELF\x02\x01\nmore\n").unwrap()),
    ("no line of it is a record", |file| fs::write(file, "not a journal").unwrap()),
    ("it has more than 268435456 bytes", |file| {
        fs::File::options().write(true).open(file).unwrap().set_len((256 << 20) + 1).unwrap();
    }),
    ("is a directory", |file| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
    }),
];

#[test]
fn a_journal_that_cannot_be_read_stops_a_person_and_not_cron() {
    let [a, b] = roots(["A", "B"]);
    for (reason, damage) in UNREADABLE {
        let home = Home::new();
        install_files(&home, &[&b]);
        install(&home, &[&a], "store.pem").expect(0);
        damage(&file(&home));
        let length = fs::metadata(file(&home)).unwrap().len();
        let store = fs::read(home.path().join("store.pem")).unwrap();
        for command in [
            &["install", "B.pem", "--output", "store.pem"] as &[&str],
            &["undo"],
            &["uninstall"],
            &["history"],
            &["prune"],
        ] {
            let run = home.pgtrust(command).expect(2);
            assert!(run.stderr.contains("journal.jsonl` cannot be read: ") && run.stderr.contains(reason), "{run}");
            assert!(run.stderr.contains("hint: ") && run.stderr.contains("pgtrust refresh"), "{run}");
            assert_eq!(fs::metadata(file(&home)).unwrap().len(), length, "{command:?}");
            assert_eq!(fs::read(home.path().join("store.pem")).unwrap(), store);
        }
        let run = home.pgtrust(&["status"]).expect(1);
        assert!(run.stdout.contains("journal") && run.stdout.contains(reason), "{run}");
        // It is there still, under another name, and the stores come up to date.
        fs::remove_file(home.path().join("store.pem")).unwrap();
        let run = home.pgtrust(&["refresh", "--offline"]).expect(0);
        assert!(run.stderr.contains("unreadable-1.jsonl` now, and a new one is begun"), "{run}");
        let aside = file(&home).with_extension("unreadable-1.jsonl");
        assert_eq!(fs::metadata(aside).unwrap().len(), length);
        assert_eq!(in_order(&home, "store.pem"), [a.fingerprint()]);
        assert_eq!(records(&home).len(), 1);
        assert_eq!(home.pgtrust(&["refresh", "--offline"]).expect(0).stderr, "");
        home.pgtrust(&["undo"]).expect(0);
        assert!(!home.path().join("store.pem").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_journal_that_this_user_may_not_read_is_set_aside_by_refresh() {
    use crate::support::store::home_of_nobody;
    use std::os::unix::fs::PermissionsExt;
    let Some(home) = home_of_nobody() else { return };
    let nobody = |arguments: &[&str]| {
        let mut command = home.command("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_pgtrust")])
            .args(arguments);
        crate::support::pgtrust::Run::of(&mut command)
    };
    nobody(&["install", "azure", "--offline", "--output", "store.pem"]).expect(0);
    // As after a run of root in this home.
    std::os::unix::fs::chown(file(&home), Some(0), Some(0)).unwrap();
    fs::set_permissions(file(&home), PermissionsExt::from_mode(0o600)).unwrap();
    let run = nobody(&["undo"]).expect(2);
    assert!(run.stderr.contains("cannot be read: permission denied"), "{run}");
    fs::remove_file(home.path().join("store.pem")).unwrap();
    let run = nobody(&["refresh", "--offline"]).expect(0);
    assert!(run.stderr.contains("a new one is begun") && home.path().join("store.pem").exists(), "{run}");
}

#[test]
fn a_line_that_no_crash_explains_is_said_and_kept() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install(&home, &[&a], "store.pem").expect(0);
    grow(&home, 2_000);
    let text = fs::read_to_string(file(&home)).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    fs::write(file(&home), format!("{first}\nwhat is this\n{rest}")).unwrap();
    let said = "1 line of the journal cannot be read: what they recorded is not known";
    assert!(home.pgtrust(&["history"]).expect(1).stderr.contains(said));
    install(&home, &[&b], "store.pem").expect(0);
    let text = fs::read_to_string(file(&home)).unwrap();
    assert!(text.lines().count() < 300 && text.contains("what is this\n"), "{text}");
    let run = home.pgtrust(&["undo"]).expect(0);
    assert!(run.stderr.contains(said), "{run}");
}

#[test]
fn a_store_that_is_gone_or_was_never_there_is_told_apart() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    home.write("store.pem", &x.pem);
    install(&home, &[&a], "store.pem").expect(0);
    fs::remove_file(home.path().join("store.pem")).unwrap();
    let run = home.pgtrust(&["undo"]).expect(2);
    assert!(run.stderr.contains("store.pem` is gone: it was removed since pgtrust wrote it"), "{run}");
    home.pgtrust(&["undo", "--force"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [x.fingerprint()]);

    home.write("other.pem", &x.pem);
    let run = home.pgtrust(&["history", "other.pem"]).expect(1);
    assert!(run.stdout.is_empty() && run.stderr.contains("other.pem` has no change in the journal"), "{run}");
    let run = home.pgtrust(&["history", "nowhere.pem"]).expect(1);
    assert!(run.stderr.contains("nowhere.pem` does not exist, and has no change in the journal"), "{run}");
    let run = home.pgtrust(&["undo", "nowhere.pem"]).expect(2);
    assert!(run.stderr.contains("there is no change of `") && run.stderr.contains("hint: "), "{run}");
}

#[cfg(unix)]
#[test]
fn only_this_user_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install(&home, &[&a], "store.pem").expect(0);
    let mode = || fs::metadata(file(&home)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    // As older versions made it.
    fs::set_permissions(file(&home), PermissionsExt::from_mode(0o644)).unwrap();
    install(&home, &[&b], "store.pem").expect(0);
    assert_eq!(mode(), 0o600);
}

/// What older versions wrote goes with the next run that may write, `refresh` without a change too.
#[test]
fn secrets_of_older_versions_go() {
    let [a, b] = roots(["A", "B"]);
    for command in [&["install", "B.pem", "--output", "store.pem"] as &[&str], &["refresh", "--offline"]] {
        let home = Home::new();
        install_files(&home, &[&b]);
        install(&home, &[&a], "store.pem").expect(0);
        let mut old = records(&home);
        old[0]["command"] =
            json!("install a --mirror https://bob:hunter2@mirror.example --token-command vault -t hunter2 --output x");
        fs::write(file(&home), old[0].to_string() + "\n").unwrap();
        home.pgtrust(command).expect(0);
        let text = fs::read_to_string(file(&home)).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(records(&home)[0]["command"], "install a --mirror https://mirror.example --token-command vault …");
    }
}

/// No undo asks for what an undo replaced. What stands in the way of a backup, as a full disk does, is no reason not to put the
/// old bytes back.
#[test]
fn undo_needs_no_room_for_a_backup() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    install(&home, &[&a], "new.pem").expect(0);
    // Nothing can be put there.
    fs::write(file(&home).with_file_name("backups"), "").unwrap();
    home.pgtrust(&["undo"]).expect(0);
    assert!(!home.path().join("new.pem").exists());
    // An install has to.
    home.write("store.pem", &x.pem);
    let run = home.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(2);
    assert!(run.stderr.contains("backups"), "{run}");
    assert_eq!(in_order(&home, "store.pem"), [x.fingerprint()]);
}
