//! How long the bytes that changes replaced are kept.

use std::fs::{self, File};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::pgtrust::Home;
use crate::support::store::{in_order, install, roots};

fn state(home: &Home) -> PathBuf {
    home.path().join(".local/state/pgtrust")
}

fn records(home: &Home) -> Vec<Value> {
    let text = fs::read_to_string(state(home).join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write_records(home: &Home, records: &[Value]) {
    let text: String = records.iter().map(|record| record.to_string() + "\n").collect();
    fs::write(state(home).join("journal.jsonl"), text).unwrap();
}

/// The numbers of the changes whose bytes are gone.
fn gone(home: &Home) -> Vec<u64> {
    let report = home.pgtrust(&["history", "--json"]).expect(0).json();
    let changes = report["changes"].as_array().unwrap().iter();
    changes.filter(|change| change["bytes_gone"] == true).map(|change| change["id"].as_u64().unwrap()).collect()
}

#[test]
fn old_bytes_go_and_history_and_undo_say_so() {
    let [x, a, b, c, d, e] = roots(["X", "A", "B", "C", "D", "E"]);
    let home = Home::new();
    home.write("store.pem", &x.pem);
    for root in [&a, &b, &c, &d] {
        install(&home, &[root], "store.pem").expect(0);
    }
    let mut aged = records(&home);
    aged[..3].iter_mut().for_each(|record| record["time"] = json!("2020-02-29T00:00:00Z"));
    write_records(&home, &aged);
    assert_eq!(gone(&home), [0; 0]);
    install(&home, &[&e], "store.pem").expect(0);
    // The newest three stay, whatever their age.
    assert_eq!(gone(&home), [1, 2]);
    let text = home.pgtrust(&["history"]).expect(0).stdout;
    assert_eq!(text.matches("cannot be undone: its old bytes are kept no longer").count(), 2, "{text}");

    for _ in 0..3 {
        home.pgtrust(&["undo"]).expect(0);
    }
    let run = home.pgtrust(&["undo"]).expect(2);
    assert!(run.stderr.contains("change 2 cannot be undone: the bytes that") && run.stderr.contains("hint: "), "{run}");
    home.pgtrust(&["undo", "--force"]).expect(2);
    assert_eq!(in_order(&home, "store.pem").len(), 3);
    // What the hint says.
    home.pgtrust(&["uninstall", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [x.fingerprint()]);
}

#[test]
fn the_last_bytes_of_a_store_stay_however_old_they_are() {
    let [x, a, b] = roots(["X", "A", "B"]);
    let home = Home::new();
    home.write("quiet.pem", &x.pem);
    install(&home, &[&a], "quiet.pem").expect(0);
    let mut aged = records(&home);
    aged.iter_mut().for_each(|record| record["time"] = json!("2001-01-01T00:00:00Z"));
    write_records(&home, &aged);
    for root in [&a, &b] {
        install(&home, &[root], "other.pem").expect(0);
    }
    assert_eq!(gone(&home), [0; 0]);
    home.pgtrust(&["undo", "quiet.pem"]).expect(0);
    assert_eq!(fs::read_to_string(home.path().join("quiet.pem")).unwrap(), x.pem);
}

/// What a clock that jumped wrote, and what comes after it.
#[test]
fn a_clock_that_jumps_once_makes_no_bytes_old() {
    let [x, a, b, c, d, e] = roots(["X", "A", "B", "C", "D", "E"]);
    let home = Home::new();
    home.write("store.pem", &x.pem);
    for root in [&a, &b, &c, &d] {
        install(&home, &[root], "store.pem").expect(0);
    }
    let all = records(&home);
    // As if all this had been long ago, and this the first run with another clock.
    let long_ago = |records: &[Value]| {
        let mut records = records.to_vec();
        records.iter_mut().for_each(|record| record["time"] = json!("2020-02-29T00:00:00Z"));
        records
    };
    write_records(&home, &long_ago(&all));
    install(&home, &[&e], "store.pem").expect(0);
    assert_eq!(gone(&home), [0; 0]);
    // The clock of the last run was wrong, and this one is right again.
    let mut jumped = all.clone();
    jumped[3]["time"] = json!("2999-01-01T00:00:00Z");
    write_records(&home, &jumped);
    home.write("store.pem", &x.pem);
    home.pgtrust(&["install", "A.pem", "B.pem", "--output", "store.pem"]).expect(0);
    assert_eq!(gone(&home), [0; 0]);
}

/// A store that was changed as often, with backups of this size, and then once more.
fn changed_often(changes: u64, size: u64) -> (Home, Vec<u64>) {
    let [x, a, b] = roots(["X", "A", "B"]);
    let home = Home::new();
    home.write("store.pem", &x.pem);
    install(&home, &[&a], "store.pem").expect(0);
    let mut all = records(&home);
    let real = all.pop().unwrap();
    for id in 1..=changes {
        let digest = format!("{id:064x}");
        let mut record = real.clone();
        record["id"] = json!(id);
        record["files"] = json!([{"path": real["store"], "before": digest, "after": real["files"][0]["after"]}]);
        all.push(record);
        let backup = File::create(state(&home).join("backups").join(digest)).unwrap();
        // A hole: it takes no room.
        backup.set_len(size).unwrap();
    }
    write_records(&home, &all);
    install(&home, &[&b], "store.pem").expect(0);
    let gone = gone(&home);
    (home, gone)
}

#[test]
fn the_bytes_of_a_hundred_changes_of_a_store_stay() {
    let (home, gone) = changed_often(120, 1);
    assert_eq!(gone, (1..=21).collect::<Vec<_>>());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(in_order(&home, "store.pem").len(), 2);
}

#[test]
fn all_bytes_together_have_a_limit() {
    let (home, gone) = changed_often(5, 200 << 20);
    assert_eq!(gone, [1, 2, 3]);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(in_order(&home, "store.pem").len(), 2);
}
