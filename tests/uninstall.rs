//! What `uninstall` takes out and what it leaves, in every format, judged by those who read the stores.

use std::fs;

use serde_json::json;

use crate::key_stores::{import, with_key};
use crate::support::keytool::keytool_list;
use crate::support::pgtrust::Home;
use crate::support::pki::Authority;
use crate::support::tools;

#[test]
fn of_java_stores_only_what_was_added_goes() {
    let keytools = tools::keytools();
    let Some(keytool) = keytools.first() else { return };
    for (store, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        let home = with_key(keytool, store, kind, "changeit");
        let path = home.path().join(store);
        for name in ["new", "newer"] {
            home.write(&format!("{name}.pem"), &Authority::root(&format!("pgtrust test {name}")).certificate.pem);
        }
        let original = fs::read(&path).unwrap();
        let before = keytool_list(&home, keytool, &path, "changeit");
        home.pgtrust(&["install", "corp.pem", "new.pem", "newer.pem", "--output", store]).expect(0);
        let installed = fs::read(&path).unwrap();
        let dry = home.pgtrust(&["uninstall", "--dry-run"]).expect(0);
        assert!(dry.stdout.contains("would be updated: 2 roots removed, 1 kept\n"), "{dry}");
        assert_eq!(fs::read(&path).unwrap(), installed);
        assert!(manifest(&home).contains(store));

        let run = home.pgtrust(&["uninstall", "--output", store, "--json"]).expect(0);
        let report = &run.json()["stores"][0];
        assert_eq!((&report["outcome"], &report["kept"]), (&json!("updated"), &json!(1)), "{run}");
        assert_eq!(report["removed"].as_array().unwrap().len(), 2, "{run}");
        if kind == "JKS" {
            assert_eq!(fs::read(&path).unwrap(), original);
        }
        for keytool in &keytools {
            assert_eq!(keytool_list(&home, keytool, &path, "changeit"), before, "{}", keytool.display());
        }
        assert!(!manifest(&home).contains(store), "{}", manifest(&home));
        let again = home.pgtrust(&["uninstall", "--output", store]).expect(0);
        assert!(again.stdout.contains("unchanged: 0 roots removed, 1 kept"), "{again}");

        home.pgtrust(&["undo"]).expect(0);
        assert_eq!(fs::read(&path).unwrap(), installed);
        assert!(manifest(&home).contains(store), "{}", manifest(&home));

        // keytool writes the whole store anew, and someone puts the same root there under another name.
        let both = import(&home, keytool, store, "mine", "new.pem");
        home.pgtrust(&["uninstall", "--output", store]).expect(0);
        let left = keytool_list(&home, keytool, &path, "changeit");
        assert_eq!(left.len(), both.len() - 2, "{left:?}");
        assert!(left.iter().any(|entry| entry.alias == "mine"), "{left:?}");
        assert!(left.iter().all(|entry| !entry.alias.starts_with("pgtrust-")), "{left:?}");
    }
}

#[test]
fn what_was_created_goes_with_its_last_root() {
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.write("other.pem", &Authority::root("pgtrust test other").certificate.pem);
    for name in ["a.jks", "a.p12", "a.p7b", "a.pem", "a.der"] {
        home.pgtrust(&["install", "new.pem", "--output", name]).expect(0);
    }
    home.pgtrust(&["install", "new.pem"]).expect(0);
    let run = home.pgtrust(&["uninstall"]).expect(0);
    assert_eq!(run.stdout.matches("removed: 1 root removed, 0 kept").count(), 6, "{run}");
    for name in ["a.jks", "a.p12", "a.p7b", "a.pem", "a.der", ".postgresql/root.crt"] {
        assert!(!home.path().join(name).exists(), "{name}");
    }
    assert!(!manifest(&home).contains("[[target]]"), "{}", manifest(&home));
    home.pgtrust(&["uninstall"]).expect(2);
    // Each store is a change of its own.
    for left in (0..6).rev() {
        home.pgtrust(&["undo"]).expect(0);
        assert_eq!(manifest(&home).matches("[[target]]").count(), 6 - left);
    }
    assert!(home.root_crt().exists() && home.path().join("a.der").exists());
}

#[test]
fn of_text_every_other_byte_stays() {
    let home = Home::new();
    let corp = Authority::root("pgtrust test corp").certificate;
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.write("late.pem", &Authority::root("pgtrust test late").certificate.pem);
    let ours = format!("# the company's\n{}# end\n", corp.pem);
    home.write("ca.pem", &ours);
    home.write("corp.pem", &corp.pem);
    home.pgtrust(&["install", "corp.pem", "new.pem", "--output", "ca.pem"]).expect(0);
    // Others go on with it.
    let installed = fs::read_to_string(home.path().join("ca.pem")).unwrap();
    let late = format!("{installed}\r\n# by hand\r\n{}", fs::read_to_string(home.path().join("late.pem")).unwrap());
    home.write("ca.pem", &late);
    let run = home.pgtrust(&["uninstall", "--output", "ca.pem"]).expect(0);
    assert!(run.stdout.starts_with("ca.pem: updated: 1 root removed, 2 kept\n  - "), "{run}");
    let left = fs::read_to_string(home.path().join("ca.pem")).unwrap();
    assert_eq!(left, late.replace(&block_of(&installed, "pgtrust test new"), ""));
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read_to_string(home.path().join("ca.pem")).unwrap(), late);

    // What stood there before is never a root of ours, and a file that was never ours stays.
    home.write("theirs.pem", &ours);
    let run = home.pgtrust(&["uninstall", "--output", "theirs.pem"]).expect(0);
    assert!(run.stdout.starts_with("theirs.pem: unchanged: 0 roots removed, 1 kept"), "{run}");
    assert_eq!(fs::read_to_string(home.path().join("theirs.pem")).unwrap(), ours);
}

#[test]
fn one_store_that_fails_does_not_keep_the_others() {
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.pgtrust(&["install", "new.pem", "--output", "a.pem", "--output", "b.pem"]).expect(0);
    home.write("a.pem", b"\x00\x01 not a store");
    let run = home.pgtrust(&["uninstall"]).expect(2);
    assert!(run.stderr.contains("a.pem`: is binary data"), "{run}");
    assert!(!home.path().join("b.pem").exists(), "{run}");
    assert!(manifest(&home).contains("a.pem") && !manifest(&home).contains("b.pem"), "{}", manifest(&home));
}

/// The entry of this name with its comment and the blank line before it.
fn block_of(text: &str, name: &str) -> String {
    let start = text.find(&format!("\n# CN={name}")).unwrap();
    let end = start + text[start..].find("-----END CERTIFICATE-----\n").unwrap();
    text[start..end + "-----END CERTIFICATE-----\n".len()].to_owned()
}

fn manifest(home: &Home) -> String {
    fs::read_to_string(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap()
}
