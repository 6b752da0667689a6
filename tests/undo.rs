//! `--dry-run` and `undo`: nothing is touched, and everything is put back.

use std::fs;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Chain;
use crate::support::store::{differences, install, install_files, roots, snapshot};

#[test]
fn a_dry_run_leaves_no_trace_and_tells_what_the_real_run_does() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("store.pem", &a.pem);
    install_files(&home, &[&b]);
    let before = snapshot(home.path());
    for arguments in [
        &["install", "B.pem", "--output", "store.pem", "--dry-run"] as &[&str],
        &["install", "B.pem", "azure", "--output", "new/store.pem", "-n"],
        &["install", "B.pem", "-n", "--json"],
        &["install", "azure", "--dry-run", "--offline"],
        &["bundle", "B.pem"],
        &["inspect", "B.pem"],
        &["providers"],
    ] {
        home.pgtrust(arguments).expect(0);
        assert_eq!(differences(&before, &snapshot(home.path())), [""; 0], "{arguments:?}");
    }
    let dry = home.pgtrust(&["install", "B.pem", "--output", "store.pem", "--dry-run"]).expect(0).stdout;
    let real = home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0).stdout;
    assert!(dry.contains(&b.fingerprint()) && dry.contains("CN=B"), "{dry}");
    assert_eq!(dry.replace("would be updated", "updated"), real);
    let before = snapshot(home.path());
    home.pgtrust(&["undo", "--dry-run"]).expect(0);
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
}

#[test]
fn undo_goes_back_step_by_step_and_only_over_its_own_steps() {
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    install_files(&home, &[&a, &b, &c]);
    let store = home.path().join("store.pem");
    let content = || fs::read(&store).ok();
    let mut states = vec![content()];
    for file in ["A.pem", "B.pem", "C.pem"] {
        home.pgtrust(&["install", file, "--output", "store.pem"]).expect(0);
        states.push(content());
    }
    let latest = states.pop().unwrap();
    // Someone else's change.
    fs::write(&store, [latest.clone().unwrap(), b"# edited\n".to_vec()].concat()).unwrap();
    let edited = content();
    let run = home.pgtrust(&["undo"]).expect(2);
    assert!(run.stderr.contains("store.pem") && run.stderr.contains("--force"), "{run}");
    assert_eq!(content(), edited);
    home.pgtrust(&["undo", "--force"]).expect(0);
    assert_eq!(content(), states.pop().unwrap());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(content(), states.pop().unwrap());
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(content(), None);
    let run = home.pgtrust(&["undo"]).expect(2);
    assert!(run.stderr.contains("no change to undo"), "{run}");
    // And on again from there.
    home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(content(), None);
    assert!(!home.path().join(".config/pgtrust/pgtrust.toml").exists(), "the manifest goes back too");
}

#[test]
fn undo_puts_back_stores_in_any_form_byte_for_byte() {
    let [b] = roots(["B"]);
    let chain = Chain::new();
    let olds: [&[u8]; 5] = [
        b"",
        b"\r\n",
        &[b"\xef\xbb\xbf".as_slice(), chain.root.pem.replace('\n', "\r\n").as_bytes()].concat(),
        &chain.root.pem.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        chain.root.pem.trim_end().as_bytes(),
    ];
    for old in olds {
        let home = Home::new();
        let store = home.write("store.pem", old);
        install(&home, &[&b], "store.pem").expect(0);
        assert_ne!(fs::read(&store).unwrap(), old);
        home.pgtrust(&["undo"]).expect(0);
        assert_eq!(fs::read(&store).unwrap(), old);
    }
}

#[test]
fn what_a_bundle_replaced_comes_back() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&b]);
    for name in ["one.pem", "one.jks", "one.p12"] {
        if name == "one.pem" {
            home.write(name, format!("# by hand\n{}", a.pem));
        } else {
            home.write("A.pem", &a.pem);
            home.pgtrust(&["bundle", "A.pem", "-o", name]).expect(0);
        }
        let before = fs::read(home.path().join(name)).unwrap();
        home.pgtrust(&["bundle", "B.pem", "-o", name]).expect(0);
        assert_ne!(fs::read(home.path().join(name)).unwrap(), before);
        let history = home.pgtrust(&["history"]).expect(0).stdout;
        assert!(
            history.contains(&format!("{name}: pgtrust bundle B.pem -o {name}\n  + {}", b.fingerprint())),
            "{history}"
        );
        assert!(history.contains(&format!("  - {} CN=A", a.fingerprint())), "{history}");
        home.pgtrust(&["undo", name]).expect(0);
        assert_eq!(fs::read(home.path().join(name)).unwrap(), before);
    }
    // The same once more is no change.
    home.pgtrust(&["bundle", "A.pem", "-o", "one.pem"]).expect(0);
    let before = snapshot(home.path());
    home.pgtrust(&["bundle", "A.pem", "-o", "one.pem"]).expect(0);
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
}

#[test]
fn a_bundle_needs_no_place_for_a_journal() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("A.pem", &a.pem);
    home.write("out.pem", &b.pem);
    let run = Run::of(
        home.command(env!("CARGO_BIN_EXE_pgtrust")).env_remove("HOME").args(["bundle", "A.pem", "-o", "out.pem"]),
    );
    let warning =
        "warning: `out.pem` was replaced, and there is no place for a journal: `pgtrust undo` does not know of it";
    assert!(run.status == 0 && run.stderr.contains(warning), "{run}");
    assert!(fs::read_to_string(home.path().join("out.pem")).unwrap().contains(a.pem.trim()));
}
