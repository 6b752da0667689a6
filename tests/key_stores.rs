//! Stores of every format through the binary: converted, combined, listed, added to. keytool of four releases and
//! openssl say what is in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::keytool::{JavaEntry, keytool_list, run};
use crate::support::pgtrust::Home;
use crate::support::pki::{Authority, Chain};
use crate::support::tools;

#[test]
fn anything_is_converted_and_combined() {
    let home = Home::new();
    let roots: Vec<_> = (0..5).map(|index| Authority::root(&format!("pgtrust test {index}")).certificate).collect();
    for (index, root) in roots.iter().enumerate() {
        home.write(&format!("{index}.pem"), &root.pem);
    }
    home.write("secret", "s3cret-of-a\r\nand more\n");
    home.write("4.der", &roots[4].der);
    home.pgtrust(&["bundle", "0.pem", "-o", "a.jks", "--password-file", "secret"]).expect(0);
    home.pgtrust(&["bundle", "1.pem", "-o", "b.p12"]).expect(0);
    home.pgtrust(&["bundle", "2.pem", "-o", "c.p7b"]).expect(0);
    home.pgtrust(&["bundle", "3.pem", "-o", "open.p12", "--no-password"]).expect(0);

    let inputs = ["bundle", "a.jks", "b.p12", "c.p7b", "open.p12", "4.der", "--password-file", "secret"];
    let expected: BTreeSet<String> = roots.iter().map(|root| root.fingerprint()).collect();
    for (output, password) in
        [("all.jks", "s3cret-of-a"), ("all.p12", "s3cret-of-a"), ("old.p12", "s3cret-of-a"), ("all.pem", "")]
    {
        let format: &[&str] = if output == "old.p12" { &["--format", "pkcs12-legacy"] } else { &[] };
        home.pgtrust(&[&inputs, &["-o", output][..], format].concat()).expect(0);
        let listed = home.pgtrust(&["inspect", "--json", output, "--password-file", "secret"]).expect(0);
        assert_eq!(fingerprints_of(&listed.json()["stores"][0]), expected, "{listed}");
        for keytool in tools::keytools().iter().filter(|_| !password.is_empty()) {
            let entries = keytool_list(&home, keytool, &home.path().join(output), password);
            let found: BTreeSet<String> = entries.iter().filter_map(|entry| entry.sha256.clone()).collect();
            assert_eq!(found, expected, "{output} by {}", keytool.display());
            assert!(entries.iter().all(|entry| entry.kind == "trustedCertEntry"), "{entries:?}");
        }
    }
    // Anything includes what is read from standard input and written to standard output.
    let bytes = home.path().join("piped.p7b");
    let script = format!("'{0}' bundle - --format pkcs7 < all.pem > piped.p7b", env!("CARGO_BIN_EXE_pgtrust"));
    run(&home, Path::new("sh"), &["-c", &script]).expect(0);
    let listed = home.pgtrust(&["inspect", "--json", bytes.to_str().unwrap()]).expect(0);
    assert_eq!(listed.json()["stores"][0]["format"], json!("pkcs7"));
    assert_eq!(fingerprints_of(&listed.json()["stores"][0]), expected);
}

#[test]
fn names_and_other_entries_are_listed() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    for (store, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        let home = with_key(&keytool, store, kind, "changeit");
        let listed = home.pgtrust(&["inspect", "--json", store]).expect(0);
        let found = &listed.json()["stores"][0];
        assert_eq!(found["format"], json!(kind.to_lowercase()), "{listed}");
        assert_eq!(found["certificates"][0]["alias"], json!("corp"), "{listed}");
        assert_eq!(found["other_entries"][0]["alias"], json!("server"), "{listed}");
        assert_eq!(found["other_entries"][0]["kind"], json!("private-key"), "{listed}");
        let text = home.pgtrust(&["inspect", store]).expect(0);
        assert!(text.stdout.contains("alias      corp\n"), "{text}");
        assert!(text.stdout.contains("\n  server: private-key\n"), "{text}");
        assert!(text.stderr.is_empty(), "{text}");
    }
}

#[test]
fn an_unknown_password_lists_and_does_not_write() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    let home = with_key(&keytool, "store.jks", "JKS", "nobody-knows");
    let before = fs::read(home.path().join("store.jks")).unwrap();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.write("wrong", "changeme");
    home.write("right", "nobody-knows");

    let listed = home.pgtrust(&["inspect", "--json", "store.jks"]).expect(0);
    assert_eq!(listed.json()["stores"][0]["certificates"][0]["alias"], json!("corp"), "{listed}");
    assert_eq!(listed.stderr, "warning: `store.jks`: integrity was not checked: no password\n");
    let bundled = home.pgtrust(&["bundle", "store.jks", "-o", "out.pem"]).expect(0);
    assert!(bundled.stderr.contains("integrity was not checked"), "{bundled}");

    let refused = home.pgtrust(&["install", "new.pem", "--output", "store.jks"]).expect(2);
    let said = "error: `store.jks`: a password is needed for a change to the store\nhint: `--password-file FILE`";
    assert!(refused.stderr.starts_with(said), "{refused}");
    for command in [&["install", "new.pem", "--output"][..], &["inspect"]] {
        let refused = home.pgtrust(&[command, &["store.jks", "--password-file", "wrong"]].concat()).expect(2);
        assert!(
            refused.stderr.starts_with("error: `store.jks`: wrong password, or the store was changed"),
            "{refused}"
        );
    }
    assert_eq!(fs::read(home.path().join("store.jks")).unwrap(), before);
    // What is there already needs no password.
    home.pgtrust(&["bundle", "store.jks", "-o", "corp.pem"]).expect(0);
    let unchanged = home.pgtrust(&["install", "corp.pem", "--output", "store.jks"]).expect(0);
    assert!(unchanged.stdout.starts_with("store.jks: unchanged"), "{unchanged}");

    home.pgtrust(&["install", "new.pem", "--output", "store.jks", "--password-file", "right"]).expect(0);
    assert_eq!(keytool_list(&home, &keytool, &home.path().join("store.jks"), "nobody-knows").len(), 3);
    // From now on the manifest knows where the password is.
    home.write("newer.pem", &Authority::root("pgtrust test newer").certificate.pem);
    home.pgtrust(&["install", "newer.pem", "--output", "store.jks"]).expect(0);
    assert_eq!(keytool_list(&home, &keytool, &home.path().join("store.jks"), "nobody-knows").len(), 4);
    let journal = fs::read_to_string(home.path().join(".local/state/pgtrust/journal.jsonl")).unwrap();
    let manifest = fs::read_to_string(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap();
    assert!(!journal.contains("nobody-knows") && !manifest.contains("nobody-knows"), "{journal}{manifest}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_password() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.write("marked", "\u{feff}secret1\r\n");
    for store in ["new.jks", "new.p12"] {
        home.pgtrust(&["bundle", "new.pem", "-o", store, "--password-file", "marked"]).expect(0);
        assert_eq!(keytool_list(&home, &keytool, &home.path().join(store), "secret1").len(), 1, "{store}");
    }
}

#[test]
fn every_store_keeps_its_format_and_password() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    for (store, kind, password) in
        [("a.jks", "JKS", "changeme"), ("misnamed.p12", "JKS", "changeit"), ("misnamed.jks", "PKCS12", "changeit")]
    {
        let home = with_key(&keytool, store, kind, password);
        home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
        let path = home.path().join(store);
        let before = keytool_list(&home, &keytool, &path, password);
        home.pgtrust(&["install", "new.pem", "--output", store]).expect(0);
        let listed = home.pgtrust(&["inspect", "--json", store]).expect(0);
        assert_eq!(listed.json()["stores"][0]["format"], json!(kind.to_lowercase()));
        for keytool in tools::keytools() {
            let after = keytool_list(&home, &keytool, &path, password);
            assert!(before.iter().all(|entry| after.contains(entry)), "{before:?} {after:?}");
            assert_eq!(after.len(), before.len() + 1);
        }
        let old = fs::read(&path).unwrap();
        let again = home.pgtrust(&["install", "new.pem", "--output", store]).expect(0);
        assert!(again.stdout.contains("unchanged"), "{again}");
        assert_eq!(fs::read(&path).unwrap(), old);
        // Its private key would be lost.
        let refused = home.pgtrust(&["install", "new.pem", "--output", store, "--format", "pem"]).expect(2);
        assert!(refused.stderr.contains("holds a private key, which pem has no place for"), "{refused}");
        let refused = home.pgtrust(&["bundle", "new.pem", "-o", store]).expect(2);
        assert!(refused.stderr.contains("holds more than certificates (private-key)"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), old);
    }
}

#[test]
fn a_store_without_a_password_stays_without() {
    let home = Home::new();
    for name in ["a", "b"] {
        home.write(&format!("{name}.pem"), &Authority::root(&format!("pgtrust test {name}")).certificate.pem);
    }
    let open = |keytool: &Path| {
        let listed = run(&home, keytool, &["-list", "-keystore", "open.p12", "-storetype", "PKCS12"]).expect(0);
        listed.stdout.matches("trustedCertEntry").count()
    };
    home.pgtrust(&["install", "a.pem", "--output", "open.p12", "--no-password"]).expect(0);
    home.pgtrust(&["install", "b.pem", "--output", "open.p12"]).expect(0);
    for keytool in tools::keytools() {
        assert_eq!(open(&keytool), 2, "{}", keytool.display());
    }
    // The manifest remembers it.
    fs::remove_file(home.path().join("open.p12")).unwrap();
    home.pgtrust(&["install", "--output", "open.p12"]).expect(0);
    for keytool in tools::keytools() {
        assert_eq!(open(&keytool), 2, "{}", keytool.display());
    }
    home.write("empty", "\n");
    let refused = home.pgtrust(&["bundle", "a.pem", "-o", "c.p12", "--password-file", "empty"]).expect(2);
    assert!(refused.stderr.contains("an empty password for a new PKCS#12 store is not supported"), "{refused}");
    home.pgtrust(&["bundle", "a.pem", "-o", "c.jks", "--no-password"]).expect(2);
}

#[test]
fn one_certificate_under_two_names_is_left_alone() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    for (store, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        let home = with_key(&keytool, store, kind, "changeit");
        import(&home, &keytool, store, "corp-again", "corp.pem");
        let unchanged = home.pgtrust(&["install", "corp.pem", "--output", store]).expect(0);
        assert!(unchanged.stdout.contains("unchanged: 0 roots added, 1 kept"), "{unchanged}");
        home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
        home.pgtrust(&["install", "new.pem", "--output", store]).expect(0);
        assert_eq!(keytool_list(&home, &keytool, &home.path().join(store), "changeit").len(), 4);
    }
}

#[test]
fn what_java_does_not_see_becomes_visible() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let root = Authority::root("pgtrust test root");
    let intermediate = root.intermediate("pgtrust test intermediate").certificate;
    home.write("chain.pem", format!("{}{}", intermediate.pem, root.certificate.pem));
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    let export = ["pkcs12", "-export", "-nokeys", "-in", "chain.pem", "-out", "store.p12", "-passout", "pass:changeit"];
    run(&home, &openssl, &export).expect(0);
    let flaw = home.pgtrust(&["inspect", "store.p12"]).expect(0);
    assert!(flaw.stdout.contains("Java does not see it: it lacks the trusted attribute\n"), "{flaw}");
    for keytool in tools::keytools() {
        assert_eq!(keytool_list(&home, &keytool, &home.path().join("store.p12"), "changeit"), [], "{keytool:?}");
    }
    let run = home.pgtrust(&["install", "new.pem", "--output", "store.p12"]).expect(0);
    assert!(run.stdout.contains("its clients come to see `CN=pgtrust test root,O=pgtrust tests`"), "{run}");
    for keytool in tools::keytools() {
        // An intermediate is no root.
        assert_eq!(keytool_list(&home, &keytool, &home.path().join("store.p12"), "changeit").len(), 2, "{keytool:?}");
    }
    let again = home.pgtrust(&["install", "new.pem", "--output", "store.p12"]).expect(0);
    assert!(again.stdout.contains("unchanged"), "{again}");
}

#[test]
fn damaged_and_odd_files_are_refused_and_untouched() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    let chain = Chain::new();
    for (store, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        let home = with_key(&keytool, store, kind, "changeit");
        home.write("new.pem", &chain.root.pem);
        let good = fs::read(home.path().join(store)).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        let mut huge = good.clone();
        huge[16..20].fill(0xff);
        for bad in [&good[..good.len() - 1], &good[..100], &flipped, &huge, &[&good[..], b"x"].concat()] {
            let path = home.write(store, bad);
            let run = home.pgtrust(&["install", "new.pem", "--output", store]);
            // What follows PKCS#12 other programs do not read, and it stays.
            if run.status == 0 && kind == "PKCS12" && bad.ends_with(b"x") {
                assert!(fs::read(&path).unwrap().ends_with(b"x"));
                continue;
            }
            assert_eq!(run.status, 2, "{run}");
            assert!(run.stderr.starts_with(&format!("error: `{store}`: ")), "{run}");
            assert_eq!(fs::read(&path).unwrap(), bad);
        }
    }
}

/// A home with a store in which keytool put a private key `server` and a root `corp`, which is also in `corp.pem`.
pub(crate) fn with_key(keytool: &Path, store: &str, kind: &str, password: &str) -> Home {
    let home = Home::new();
    home.write("corp.pem", &Authority::root("pgtrust test corp").certificate.pem);
    let made = ["-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server", "-keypass", password];
    let here = ["-keystore", store, "-storetype", kind, "-storepass", password];
    run(&home, keytool, &[&made[..], &here].concat()).expect(0);
    let import = ["-importcert", "-noprompt", "-alias", "corp", "-file", "corp.pem"];
    run(&home, keytool, &[&import[..], &here].concat()).expect(0);
    home
}

/// Puts a certificate into a store with the password `changeit`.
pub(crate) fn import(home: &Home, keytool: &Path, store: &str, alias: &str, file: &str) -> Vec<JavaEntry> {
    let import = ["-importcert", "-noprompt", "-alias", alias, "-file", file];
    run(home, keytool, &[&import[..], &["-keystore", store, "-storepass", "changeit"]].concat()).expect(0);
    let path: PathBuf = home.path().join(store);
    keytool_list(home, keytool, &path, "changeit")
}

fn fingerprints_of(store: &Value) -> BTreeSet<String> {
    let certificates = store["certificates"].as_array().unwrap();
    certificates.iter().map(|certificate| certificate["sha256"].as_str().unwrap().to_owned()).collect()
}
