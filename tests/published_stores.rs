//! Stores of other libraries: those of the published test suite of pyca cryptography (the package
//! `cryptography_vectors`), and those that pyjks and node-forge make. What the library or openssl finds in one before
//! and after an addition is what pgtrust finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::keytool::{fingerprints, keytool_list, run};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::tools::{self, report};

#[test]
fn the_pkcs12_files_of_pyca_are_read_as_openssl_reads_them_and_grow() {
    let (Some(suite), Some(openssl)) = (suite_of_pyca("pkcs12"), tools::program("openssl")) else { return };
    let count = files(&suite, "p12").iter().filter(|path| is_read_as_by_openssl_and_grows(&openssl, path)).count();
    assert_eq!(count, 31);
    report(&format!("PKCS#12 stores of pyca's published test suite, read and added to: {count}"));
}

#[test]
fn the_pkcs7_files_of_pyca_are_read_as_openssl_reads_them() {
    let (Some(suite), Some(openssl)) = (suite_of_pyca("pkcs7"), tools::program("openssl")) else { return };
    let home = Home::new();
    let (mut read, mut refused) = (0, 0);
    let paths = ["der", "p7b", "pem"].iter().flat_map(|extension| files(&suite, extension));
    for path in paths.filter(|path| !path.to_str().unwrap().ends_with("-san.pem")) {
        let file = path.to_str().unwrap();
        let print = |form: &str| run(&home, &openssl, &["pkcs7", "-inform", form, "-in", file, "-print_certs"]).stdout;
        let expected = certificates_in(&home, &format!("{}{}", print("DER"), print("PEM")));
        let inspected = home.pgtrust(&["inspect", "--json", file]);
        if expected.is_empty() {
            assert_ne!(inspected.status, 0, "{inspected}");
            assert!(
                format!("{}{}", inspected.stdout, inspected.stderr).contains("without certificates"),
                "{inspected}"
            );
            refused += 1;
        } else {
            assert_eq!(found(&inspected.expect(0)).0, expected, "{file}");
            read += 1;
        }
    }
    assert_eq!((read, refused), (4, 4));
    report(&format!(
        "PKCS#7 files of pyca's published test suite: {read} read, {refused} without certificates refused"
    ));
}

#[test]
fn the_stores_of_node_forge_are_read_as_openssl_reads_them_and_grow() {
    let (Some(node), Some(modules)) = (tools::program("node"), tools::node_modules()) else { return };
    let (Some(home), Some(openssl)) = (home_with_roots_and_key(), tools::program("openssl")) else { return };
    let mut command = home.command(node);
    Run::of(command.env("NODE_PATH", modules).arg(source("forge.js")).arg(home.path())).expect(0);
    let count = files(home.path(), "p12").iter().filter(|path| is_read_as_by_openssl_and_grows(&openssl, path)).count();
    assert_eq!(count, 8);
    report(&format!("stores made by node-forge, read and added to: {count}"));
}

#[test]
fn the_stores_of_pyjks_are_read_and_grow_and_it_reads_ours() {
    let (Some(python), Some(home)) = (tools::python(), home_with_roots_and_key()) else { return };
    let script = |arguments: [&str; 2]| Run::of(home.command(&python).arg(source("java.py")).args(arguments)).expect(0);
    let listed =
        |name: &str| -> BTreeSet<String> { script(["list", name]).stdout.lines().map(str::to_owned).collect() };
    script(["make", "."]);
    let before = listed("by-pyjks.jks");
    let inspected = home.pgtrust(&["inspect", "--json", "by-pyjks.jks"]).expect(0);
    assert_eq!(inspected.json()["stores"][0]["other_entries"][0]["alias"], "sérver", "{inspected}");
    assert_eq!(found(&inspected), (trusted(&before), 1), "{inspected}");
    assert!(inspected.stderr.is_empty(), "{inspected}");

    home.pgtrust(&["install", "new.pem", "--output", "by-pyjks.jks"]).expect(0);
    let after = listed("by-pyjks.jks");
    assert!(after.is_superset(&before) && after.len() == before.len() + 1, "{after:?}");
    for keytool in tools::keytools() {
        let entries = keytool_list(&home, &keytool, &home.path().join("by-pyjks.jks"), "changeit");
        assert!(fingerprints(&entries).is_superset(&trusted(&after)), "{}: {entries:?}", keytool.display());
    }
    home.pgtrust(&["bundle", "aws-rds", "-o", "ours.jks"]).expect(0);
    assert_eq!(trusted(&listed("ours.jks")), found(&home.pgtrust(&["inspect", "--json", "ours.jks"]).expect(0)).0);
    report("stores made by pyjks, read and added to: 1");
}

/// Whether openssl reads the store with one of the passwords of these suites, and finds in it what pgtrust finds,
/// before and after an addition.
fn is_read_as_by_openssl_and_grows(openssl: &Path, path: &Path) -> bool {
    let home = Home::new();
    let new = Authority::root("pgtrust test new").certificate;
    home.write("new.pem", &new.pem);
    home.write("store.p12", fs::read(path).unwrap());
    let name = path.display();
    // What openssl prints of the store; none when it does not open.
    let by_openssl = |password: &str, what: &[&str]| {
        let password = format!("pass:{password}");
        let print = ["pkcs12", "-in", "store.p12", "-passin", &password, "-legacy", "-nodes", "-out", "printed.txt"];
        let print = [&print[..], what].concat();
        let mut printed = run(&home, openssl, &print);
        // A store without a check value it reads when told that there is none.
        if printed.stderr.contains("mac absent") {
            printed = run(&home, openssl, &[&print[..], &["-nomacver"]].concat());
        }
        // Names it prints in Latin-1.
        let text = fs::read(home.path().join("printed.txt")).unwrap_or_default();
        (printed.status == 0).then(|| String::from_utf8_lossy(&text).into_owned())
    };
    let opens = |password: &&str| by_openssl(password, &[]).is_some();
    let Some(password) = ["password", "cryptography", "changeit", ""].into_iter().find(opens) else { return false };
    home.write("password", password);
    let inspect = || found(&home.pgtrust(&["inspect", "--json", "store.p12", "--password-file", "password"]).expect(0));
    // Those of a private key's own chain stand with the key.
    let judge = || {
        let certificates = certificates_in(&home, &by_openssl(password, &["-cacerts", "-nokeys"]).unwrap());
        (certificates, by_openssl(password, &["-nocerts"]).unwrap().matches("PRIVATE KEY-----").count() / 2)
    };
    let (before, keys) = judge();
    assert_eq!(inspect(), (before.clone(), keys), "{name}");

    let run = home.pgtrust(&["install", "new.pem", "--output", "store.p12", "--password-file", "password"]).expect(0);
    assert!(run.stdout.contains(&format!("  + {} ", new.fingerprint())), "{name}: {run}");
    let after = judge();
    assert!(after.0.is_superset(&before) && after.0.contains(&new.fingerprint()), "{name}: {after:?}");
    assert_eq!((after.0.len(), after.1), (before.len() + 1, keys), "{name}");
    assert_eq!(inspect(), after, "{name}");
    true
}

/// What `inspect` lists: certificates, and how many other entries.
fn found(run: &Run) -> (BTreeSet<String>, usize) {
    let store = &run.json()["stores"][0];
    let certificates = store["certificates"].as_array().unwrap().iter();
    let found = certificates.map(|certificate| certificate["sha256"].as_str().unwrap().to_owned());
    (found.collect(), store["other_entries"].as_array().unwrap().len())
}

/// The certificates in a text.
fn certificates_in(home: &Home, text: &str) -> BTreeSet<String> {
    if !text.contains("BEGIN CERTIFICATE") {
        return BTreeSet::new();
    }
    home.write("printed.pem", text);
    found(&home.pgtrust(&["inspect", "--json", "printed.pem"]).expect(0)).0
}

/// Of lines of `java.py`.
fn trusted(lines: &BTreeSet<String>) -> BTreeSet<String> {
    lines.iter().filter_map(|line| Some(line.strip_prefix("trusted ")?.split(' ').next()?.to_owned())).collect()
}

/// A home with `roots.pem` and `roots.der`, both with RSA keys, a private key, and another root `new.pem`.
fn home_with_roots_and_key() -> Option<Home> {
    let openssl = tools::program("openssl")?;
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    let mut ders = Vec::new();
    for index in 0..3 {
        let subject = format!("/CN=pgtrust test {index}");
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-days", "9000"];
        run(&home, &openssl, &[&request[..], &["-subj", &subject, "-out", "root.pem"]].concat()).expect(0);
        run(&home, &openssl, &["x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"]).expect(0);
        ders.extend(fs::read(home.path().join("root.der")).unwrap());
        let roots = fs::read_to_string(home.path().join("roots.pem")).unwrap_or_default();
        home.write("roots.pem", roots + &fs::read_to_string(home.path().join("root.pem")).unwrap());
    }
    home.write("roots.der", ders);
    let convert = ["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der"];
    run(&home, &openssl, &convert).expect(0);
    Some(home)
}

fn suite_of_pyca(folder: &str) -> Option<PathBuf> {
    let python = tools::python()?;
    let program = "import os, cryptography_vectors; print(os.path.dirname(cryptography_vectors.__file__))";
    Some(Run::of(Home::new().command(python).args(["-c", program])).expect(0).printed_path().join(folder))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published_stores").join(name)
}
