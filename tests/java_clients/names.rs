//! What keytool of every release lists of stores with names of all sorts.

use std::collections::BTreeSet;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use serde_json::Value;

use super::{KINDS, Kind, on_every_jdk};
use crate::support::keytool::{fingerprints, keytool_list, run};
use crate::support::pgtrust::Home;
use crate::support::tools;

#[test]
fn every_keytool_lists_every_root_whatever_its_name() {
    const NAMES: [&str; 10] = [
        "Case",
        "case",
        "CASE",
        "Wurzel für Ünïcödé",
        "Корневой сертификат",
        "根证书 🔑",
        "İstanbul ẞ",
        "\u{202e}right to left",
        "",
        "a name that goes on and on, and on, and on, and on, and on, and on",
    ];
    let home = Home::new();
    let names = NAMES.iter().chain(&NAMES[..1]);
    home.write("names.pem", names.map(|name| root(name)).collect::<String>());
    // All that were ever published; those that have expired by now are left out.
    let rds = concat!(env!("CARGO_MANIFEST_DIR"), "/bundles/aws-rds/roots.pem");
    for Kind { store, arguments, .. } in &KINDS {
        let install = ["install", rds, "names.pem", "--at", "2026-11-21", "--output", store];
        home.pgtrust(&[&install[..], arguments].concat()).expect(0);
    }
    let judge = |jdk: &Path| {
        for Kind { store, .. } in &KINDS {
            let ours = certificates(&home, store);
            assert_eq!(ours.len(), 108 + NAMES.len() + 1, "{store}");
            let listed = keytool_list(&home, &jdk.join("bin/keytool"), &home.path().join(store), "changeit");
            assert!(listed.iter().all(|entry| entry.kind == "trustedCertEntry"), "{store} by {}", jdk.display());
            assert_eq!(listed.len(), ours.len(), "{store} by {}", jdk.display());
            assert_eq!(fingerprints(&listed), values(&ours, "sha256"), "{store} by {}", jdk.display());
            let aliases = listed.into_iter().map(|entry| entry.alias).collect();
            assert_eq!(values(&ours, "alias"), aliases, "{store} by {}", jdk.display());
        }
    };
    on_every_jdk(&judge);
}

/// pyca keeps the case of names, and Java does not: an entry of another's has the alias that is to be ours.
#[test]
fn a_name_that_differs_only_by_case_is_taken() {
    let Some(python) = tools::python() else { return };
    let home = Home::new();
    home.write("new.pem", root("Case"));
    home.write("theirs.pem", root("theirs"));
    home.pgtrust(&["bundle", "new.pem", "-o", "new.p12"]).expect(0);
    let alias = certificates(&home, "new.p12")[0]["alias"].as_str().unwrap().to_uppercase();
    let program = "import sys\nfrom cryptography import x509\n\
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12\n\
        root = x509.load_pem_x509_certificate(open('theirs.pem', 'rb').read())\n\
        named = pkcs12.PKCS12Certificate(root, sys.argv[1].encode())\n\
        store = pkcs12.serialize_java_truststore([named], BestAvailableEncryption(b'changeit'))\n\
        open('store.p12', 'wb').write(store)";
    run(&home, &python, &["-c", program, &alias]).expect(0);
    home.pgtrust(&["install", "new.pem", "--output", "store.p12"]).expect(0);
    let ours = certificates(&home, "store.p12");
    assert!(ours.len() == 2 && ours[0]["alias"] == alias, "{ours:?}");
    on_every_jdk(&|jdk: &Path| {
        let listed = keytool_list(&home, &jdk.join("bin/keytool"), &home.path().join("store.p12"), "changeit");
        assert_eq!(fingerprints(&listed), values(&ours, "sha256"), "{}: {listed:?}", jdk.display());
    });
}

/// A self-signed CA with nothing but this common name, in PEM.
fn root(name: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

fn certificates(home: &Home, store: &str) -> Vec<Value> {
    let report = home.pgtrust(&["inspect", "--json", store]).expect(0).json();
    report["stores"][0]["certificates"].as_array().unwrap().clone()
}

fn values(certificates: &[Value], field: &str) -> BTreeSet<String> {
    certificates.iter().map(|certificate| certificate[field].as_str().unwrap().to_owned()).collect()
}
