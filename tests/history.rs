//! `history`, `undo` of a change by its number or its store, and `prune`.

use std::fs;

use serde_json::{Value, json};

use crate::support::pgtrust::{Home, Run};
use crate::support::store::{differences, in_order, install, install_files, roots, snapshot};

fn changes(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let run = home.pgtrust(&[&["history", "--json"], arguments].concat()).expect(0);
    run.json()["changes"].as_array().unwrap().clone()
}

#[test]
fn every_change_is_told_with_what_became_of_it() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    assert_eq!(home.pgtrust(&["history"]).expect(0).stdout, "");
    install(&home, &[&a], "one.pem").expect(0);
    install(&home, &[&b], "two.pem").expect(0);
    home.pgtrust(&["uninstall", "--output", "one.pem"]).expect(0);
    home.pgtrust(&["undo", "two.pem"]).expect(0);

    let all = changes(&home, &[]);
    let of = |key: &str| all.iter().map(|change| change[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("id"), [1, 2, 3, 4]);
    assert_eq!(of("undoes"), [json!(null), json!(null), json!(null), json!(2)]);
    assert_eq!(of("undone_by"), [json!(null), json!(4), json!(null), json!(null)]);
    assert_eq!(all[0]["command"], "install --output one.pem A.pem");
    assert_eq!(all[0]["added"], json!([{"sha256": a.fingerprint(), "subject": "CN=A,O=pgtrust tests"}]));
    assert_eq!(all[2]["removed"], json!([{"sha256": a.fingerprint(), "subject": "CN=A,O=pgtrust tests"}]));

    let ids: Vec<Value> = changes(&home, &["one.pem"]).iter().map(|change| change["id"].clone()).collect();
    assert_eq!(ids, [1, 3]);
    let text = home.pgtrust(&["history", "two.pem"]).expect(0).stdout;
    assert!(text.contains(": pgtrust install --output two.pem B.pem, put back by 4\n"), "{text}");
    assert!(text.contains(&format!("  + {} CN=B,O=pgtrust tests\n", b.fingerprint())), "{text}");
}

#[test]
fn a_line_that_a_crash_cut_short_is_reported_and_hides_no_other() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install(&home, &[&a], "one.pem").expect(0);
    let journal = home.path().join(".local/state/pgtrust/journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, [&whole, &whole[..whole.len() / 2]].concat()).unwrap();
    let run = home.pgtrust(&["history"]).expect(1);
    assert!(run.stdout.starts_with("1 ") && run.stderr.contains("1 line of the journal cannot be read"), "{run}");
    install(&home, &[&b], "one.pem").expect(0);
    let run = home.pgtrust(&["history", "--json"]).expect(1);
    assert_eq!(run.json()["changes"].as_array().unwrap().len(), 2, "{run}");
}

#[test]
fn a_change_is_undone_by_its_number_or_its_store() {
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    install(&home, &[&a], "one.pem").expect(0);
    install(&home, &[&b], "two.pem").expect(0);
    install(&home, &[&c], "one.pem").expect(0);
    let refused = |run: Run, words: &str| assert!(run.stderr.contains(words), "{run}");
    refused(home.pgtrust(&["undo", "99"]).expect(2), "there is no change 99 to undo");
    refused(home.pgtrust(&["undo", "18446744073709551616"]).expect(2), "there is no change");
    refused(home.pgtrust(&["undo", "three.pem"]).expect(2), "three.pem` to undo");
    // A later change stands on it.
    let run = home.pgtrust(&["undo", "1"]).expect(2);
    refused(run, "one.pem` has changed since");
    home.pgtrust(&["undo", "2"]).expect(0);
    assert!(!home.path().join("two.pem").exists());
    home.pgtrust(&["undo", "one.pem"]).expect(0);
    assert_eq!(in_order(&home, "one.pem"), [a.fingerprint()]);
    home.pgtrust(&["undo", "1"]).expect(0);
    assert!(!home.path().join("one.pem").exists());
    refused(home.pgtrust(&["undo", "1"]).expect(2), "change 1 is put back already, by change 6");
}

#[test]
fn an_undo_that_is_refused_shows_what_it_would_take_away() {
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    install(&home, &[&a], "one.pem").expect(0);
    install(&home, &[&b], "one.pem").expect(0);
    let store = home.path().join("one.pem");
    fs::write(&store, [fs::read_to_string(&store).unwrap(), c.pem.clone()].concat()).unwrap();
    let run = home.pgtrust(&["undo"]).expect(2);
    assert_eq!(run.stdout, "");
    for gone in [&b, &c] {
        assert!(run.stderr.contains(&format!("  - {}", gone.fingerprint())), "{run}");
    }
    assert!(!run.stderr.contains(&a.fingerprint()), "{run}");
}

#[test]
fn prune_takes_what_was_added_and_is_stale_and_nothing_else() {
    let [mine] = roots(["Mine"]);
    let home = Home::new();
    // Azure's root of 2031, put there by someone else.
    let azure = home.pgtrust(&["bundle", "azure", "--only", "CN=DigiCert Global Root CA,*"]).expect(0).stdout;
    home.write("store.pem", &azure);
    let foreign = in_order(&home, "store.pem");
    assert_eq!(foreign.len(), 1);
    install_files(&home, &[&mine]);
    home.pgtrust(&["install", "azure", "Mine.pem", "--offline", "--output", "store.pem"]).expect(0);
    let before = in_order(&home, "store.pem");
    let nothing = home.pgtrust(&["prune"]).expect(0);
    assert!(nothing.stdout.contains("unchanged: 0 roots removed"), "{nothing}");

    let untouched = snapshot(home.path());
    let dry = home.pgtrust(&["--at", "2039-01-01", "prune", "--dry-run"]).expect(0).stdout;
    assert_eq!(differences(&untouched, &snapshot(home.path())), [""; 0]);
    assert!(dry.contains("(expired on 2038-01-15, current by azure, current by "), "{dry}");
    let run = home.pgtrust(&["--at", "2039-01-01", "prune"]).expect(0).stdout;
    assert_eq!(dry.replace("would be updated", "updated"), run);
    let left = in_order(&home, "store.pem");
    assert!(left.contains(&foreign[0]) && left.len() < before.len(), "{left:?}");
    // Still kept: the next install has nothing new.
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), before);

    // Nothing in it would be left that is good for anything: a client without roots may check nothing.
    home.pgtrust(&["install", "supabase", "--offline", "--output", "other.pem"]).expect(0);
    let run = home.pgtrust(&["--at", "2090-01-01", "prune", "--output", "other.pem"]).expect(2);
    assert!(run.stderr.contains("every root in") && run.stderr.contains("hint: "), "{run}");
    assert_eq!(in_order(&home, "other.pem").len(), 1);
}
