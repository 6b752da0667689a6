//! `repair`: what no program can read goes, all else stays, and `undo` brings it back.

use std::fs;
use std::path::Path;

use pgtrust::Certificate;
use pgtrust::format::{Entry, Format};

use crate::support::forms::certificates_for_libpq;
use crate::support::keytool::{keytool_list, run};
use crate::support::odd::{odd_roots, sound_root};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, Chain};
use crate::support::store::{differences, install_files, roots, snapshot};
use crate::support::tools;

const HALF: &str = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n";
const PAGE: &str = "<!DOCTYPE html>\n<html><body>\n# Sign in\n</body></html>\n";

/// A root over which OpenSSL loses the whole file.
fn lost_over() -> String {
    let odd = odd_roots().into_iter().find(|root| root.name == "ec serial empty").unwrap();
    pem::encode(&pem::Pem::new("CERTIFICATE", odd.der)).replace("\r\n", "\n")
}

#[test]
fn a_damaged_store_comes_back_to_its_readers() {
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    install_files(&home, &[&c]);
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good = format!("# ours\n{}# the second\n{}", a.pem, b.pem);
    let bad = [damaged, &lost_over(), PAGE, &a.pem, HALF];
    let store = home.write("store.pem", format!("{good}{}", bad.concat()));
    let before = fs::read(&store).unwrap();

    // An install says what its readers do with it, and where to go.
    let run = home.pgtrust(&["install", "C.pem", "--output", "store.pem"]).expect(2);
    assert!(run.stderr.contains("OpenSSL (psql, Python, Node.js) may read nothing of it"), "{run}");
    assert!(run.stderr.contains("hint: `pgtrust repair store.pem` takes it out"), "{run}");
    assert_eq!(fs::read(&store).unwrap(), before);

    let state = snapshot(home.path());
    let dry = home.pgtrust(&["repair", "store.pem", "-n"]).expect(0).stdout;
    assert_eq!(differences(&state, &snapshot(home.path())), [""; 0]);
    let run = home.pgtrust(&["repair", "store.pem"]).expect(0);
    assert_eq!(dry.replace("would be updated", "updated"), run.stdout);
    assert!(run.stdout.starts_with("store.pem: updated: 5 parts removed, 2 certificates kept\n"), "{run}");
    for why in ["a second copy", "an HTML page", "it has no END line", "an empty serial number", "not an X.509"] {
        assert_eq!(run.stdout.matches(why).count(), 1, "{why}: {run}");
    }
    assert_eq!(fs::read_to_string(&store).unwrap(), good);
    assert!(home.pgtrust(&["repair", "store.pem"]).expect(0).stdout.contains("unchanged: 0 parts"));
    home.pgtrust(&["install", "C.pem", "--output", "store.pem"]).expect(0);
    home.pgtrust(&["undo"]).expect(0);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read(&store).unwrap(), before);
    if let Some(python) = tools::python() {
        let count = || {
            let script = "import ssl; c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); c.load_verify_locations('store.pem'); print(c.cert_store_stats()['x509'])";
            Run::of(home.command(python.to_str().unwrap()).args(["-c", script]))
        };
        assert!(count().stderr.contains("PEM lib"));
        home.pgtrust(&["repair", "store.pem"]).expect(0);
        assert_eq!(count().stdout, "2\n");
    }
}

#[test]
fn what_is_dead_goes_when_asked() {
    let [a] = roots(["A"]);
    let (old, chain) = (Authority::expired_root("Old").certificate, Chain::new());
    for (name, format) in [("store.pem", "pem"), ("store.jks", "jks"), ("store.p12", "pkcs12"), ("store.p7b", "pkcs7")]
    {
        let home = Home::new();
        let all = [&a, &old, &chain.intermediate, &chain.leaf].map(|one| Certificate::from_der(&one.der[..]).unwrap());
        let mut bytes = Vec::new();
        let format = Format::named(format).unwrap();
        let entries = &mut all.iter().map(|certificate| Entry { certificate, origin: "" });
        (format.encode)(entries, format.new_password(), &mut bytes).unwrap();
        home.write(name, &bytes);
        assert!(home.pgtrust(&["repair", name]).expect(0).stdout.contains("unchanged"), "{name}");
        let found = home.pgtrust(&["repair", name, "--drop-dead", "--json"]).expect(0).json();
        let found = &found["stores"][0];
        assert_eq!((&found["kept"], found["removed"].as_array().unwrap().len()), (&1.into(), 3), "{name}: {found}");
        let left = home.pgtrust(&["inspect", "--json", name]).expect(0).json();
        assert_eq!(left["stores"][0]["certificates"][0]["sha256"], a.fingerprint());
        let history = home.pgtrust(&["history"]).expect(0).stdout;
        assert_eq!(history.matches("\n  - ").count(), 3, "{history}");
        home.pgtrust(&["undo", name]).expect(0);
        assert_eq!(fs::read(home.path().join(name)).unwrap(), bytes);
        // With nothing left it would be no store.
        home.write("dead.pem", &old.pem);
        let run = home.pgtrust(&["repair", "dead.pem", "--drop-dead"]).expect(2);
        assert!(run.stderr.contains("`dead.pem`: no certificate would be left in it\nhint: "), "{run}");
    }
}

#[test]
fn a_key_store_that_java_cannot_load_comes_back_with_its_key() {
    let Some(keytool) = tools::program("keytool") else { return };
    let home = Home::new();
    let make = "-genkeypair -alias server -keyalg EC -dname CN=server -keystore store.jks -storetype JKS -storepass changeit -keypass changeit";
    run(&home, &keytool, &make.split(' ').collect::<Vec<_>>()).expect(0);
    let sound = Certificate::from_der(sound_root("sound")).unwrap();
    let odd = odd_roots().into_iter().find(|root| root.name == "ec basic constraints twice").unwrap();
    let odd = Certificate::from_der(odd.der).unwrap();
    let store = home.path().join("store.jks");
    let add = [Entry { certificate: &sound, origin: "" }, Entry { certificate: &odd, origin: "" }];
    let jks = Format::named("jks").unwrap();
    fs::write(&store, (jks.merge)(&fs::read(&store).unwrap(), Some("changeit"), &add).unwrap()).unwrap();
    let refused = home.pgtrust(&["install", "supabase", "--output", "store.jks"]).expect(2);
    let why = "Java (pgjdbc, keytool) reads nothing of it, because of `CN=ec basic constraints twice`: it has an extension twice";
    assert!(refused.stderr.contains(why), "{refused}");
    home.pgtrust(&["repair", "store.jks"]).expect(0);
    home.pgtrust(&["install", "supabase", "--output", "store.jks"]).expect(0);
    let kinds: Vec<String> =
        keytool_list(&home, &keytool, &store, "changeit").into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "PrivateKeyEntry").count(), 1, "{kinds:?}");
    assert_eq!(kinds.len(), 3, "{kinds:?}");
}

/// What OpenSSL stops at, though it is no certificate.
#[test]
fn a_broken_block_of_any_kind_is_damage() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&b]);
    for broken in [
        "-----BEGIN FOO-----\nAAAA\n",
        "-----BEGIN FOO-----\n***\n-----END FOO-----\n",
        "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----\n",
    ] {
        home.write("store.pem", format!("{}{broken}", a.pem));
        assert_eq!(certificates_for_libpq(&home, Path::new("store.pem")), 0, "{broken}");
        home.pgtrust(&["inspect", "store.pem"]).expect(1);
        let run = home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(2);
        assert!(run.stderr.contains("hint: `pgtrust repair store.pem`"), "{run}");
        home.pgtrust(&["repair", "store.pem"]).expect(0);
        home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
        assert_eq!(certificates_for_libpq(&home, Path::new("store.pem")), 2, "{broken}");
    }
}

#[test]
fn what_clients_do_not_read_where_it_stands_is_written_anew() {
    let [a] = roots(["A"]);
    let home = Home::new();
    for odd in [a.pem.replace("-----", "–––––"), a.pem.replace('\n', "\\n"), a.pem.replace('\n', "\r")] {
        home.write("store.pem", odd);
        assert_eq!(certificates_for_libpq(&home, Path::new("store.pem")), 0);
        let run = home.pgtrust(&["repair", "store.pem"]).expect(0);
        assert!(
            run.stdout.starts_with("store.pem: updated: 0 parts removed, 1 certificate kept\n  ~ line 1: "),
            "{run}"
        );
        assert_eq!(certificates_for_libpq(&home, Path::new("store.pem")), 1);
    }
    // The text around them would be YAML or an environment no more.
    let indented: String = a.pem.lines().map(|line| format!("    {line}\n")).collect();
    for text in [format!("data:\n  ca.crt: |\n{indented}"), format!("DB=x\nDB_CA=\"{}\"\n", a.pem.trim())] {
        home.write("other.pem", &text);
        for command in [&["repair", "other.pem"][..], &["install", "supabase", "--offline", "--output", "other.pem"]] {
            let run = home.pgtrust(command).expect(2);
            assert!(run.stderr.contains("a certificate inside other text cannot be written anew\nhint: "), "{run}");
            assert_eq!(fs::read_to_string(home.path().join("other.pem")).unwrap(), text);
        }
    }
}
