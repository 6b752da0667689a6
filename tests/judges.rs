//! What pgtrust reads and writes, against other libraries that read it: x509-cert, p12-keystore, pem.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKey, PrivateKeyChain};
use pgtrust::format::{Entry, Format, Member};
use pgtrust::{Catalog, Certificate};
use rcgen::KeyPair;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, SubjectKeyIdentifier};

use crate::support::pki::{Authority, Chain, ed25519_root, p521_root, self_issued_not_self_signed};

#[test]
fn certificates_have_the_facts_that_x509_cert_reads() {
    let mut all = catalogue();
    all.extend(made());
    all.extend(files().iter().flat_map(|file| blocks(file)));
    let all: BTreeSet<Vec<u8>> = all.into_iter().collect();
    let mut failures = Vec::new();
    for der in &all {
        let certificate = Certificate::from_der(&der[..]).unwrap();
        let Ok(other) = CertificateInner::<Raw>::from_der(der) else {
            failures.push(format!("x509-cert does not read {}", certificate.subject()));
            continue;
        };
        for (ours, theirs) in facts(&certificate).into_iter().zip(facts_of_x509_cert(&other)) {
            if ours != theirs {
                failures.push(format!("{ours:?}, not {theirs:?}, of {}", certificate.subject()));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {}: {}", failures.len(), all.len(), failures.join("\n"));
    report(&format!("judges: {} certificates are what x509-cert makes of them", all.len()));
}

fn facts(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let hex = |id: Option<&[u8]>| id.map(|id| HEXLOWER.encode(id)).unwrap_or_default();
    vec![
        ("version", certificate.version().to_string()),
        ("serial", certificate.serial()),
        ("subject", certificate.subject().to_string()),
        ("issuer", certificate.issuer().to_string()),
        ("not before", certificate.not_before().unix_timestamp().to_string()),
        ("not after", certificate.not_after().unix_timestamp().to_string()),
        ("key", HEXLOWER.encode(&certificate.spki_sha256())),
        ("ca", certificate.is_ca().to_string()),
        ("path length", certificate.path_length().map(|length| length.to_string()).unwrap_or_default()),
        ("subject key", hex(certificate.subject_key_id())),
        ("authority key", hex(certificate.authority_key_id())),
    ]
}

fn facts_of_x509_cert(certificate: &CertificateInner<Raw>) -> Vec<(&'static str, String)> {
    let contents = certificate.tbs_certificate();
    let validity = contents.validity();
    let constraints = contents.get_extension::<BasicConstraints>().ok().flatten().map(|(_, constraints)| constraints);
    let length = constraints.as_ref().and_then(|constraints| constraints.path_len_constraint);
    let subject_key = contents.get_extension::<SubjectKeyIdentifier>().ok().flatten();
    let authority_key = contents.get_extension::<AuthorityKeyIdentifier>().ok().flatten();
    let authority_key = authority_key.and_then(|(_, id)| id.key_identifier);
    let serial = contents.serial_number().as_bytes();
    let zeros = serial.iter().take(serial.len() - 1).take_while(|octet| **octet == 0).count();
    let key = contents.subject_public_key_info().to_der().unwrap();
    vec![
        ("version", (contents.version() as u8 + 1).to_string()),
        ("serial", HEXLOWER.encode(&serial[zeros..])),
        ("subject", contents.subject().to_string()),
        ("issuer", contents.issuer().to_string()),
        ("not before", validity.not_before.to_unix_duration().as_secs().to_string()),
        ("not after", validity.not_after.to_unix_duration().as_secs().to_string()),
        ("key", HEXLOWER.encode(digest::digest(&digest::SHA256, &key).as_ref())),
        ("ca", constraints.is_some_and(|constraints| constraints.ca).to_string()),
        ("path length", length.map(|length| length.to_string()).unwrap_or_default()),
        ("subject key", subject_key.map(|(_, id)| HEXLOWER.encode(id.0.as_bytes())).unwrap_or_default()),
        ("authority key", authority_key.map(|id| HEXLOWER.encode(id.as_bytes())).unwrap_or_default()),
    ]
}

#[test]
fn published_files_hold_what_the_pem_crate_finds_in_them() {
    for file in files() {
        let text = fs::read(&file).unwrap();
        if Format::of(&text) != Some(Format::pem()) {
            continue;
        }
        let mut found = Vec::new();
        Format::pem()
            .decode(&mut &text[..], None, &mut |member| match member {
                Member::Certificate { certificate, .. } => found.push(certificate.der().to_vec()),
                other => panic!("{}: {other:?}", file.display()),
            })
            .unwrap();
        assert_eq!(found, blocks(&file), "{}", file.display());
    }
}

#[test]
fn what_is_written_in_pkcs12_is_read_by_p12_keystore() {
    let roots = roots();
    let (first, others) = roots.split_at(roots.len() / 2);
    let pkcs12 = Format::named("pkcs12").unwrap();
    for (format, password) in [("pkcs12", Some("changeit")), ("pkcs12", None), ("pkcs12-legacy", Some("a b\"c"))] {
        let mut store = Vec::new();
        (Format::named(format).unwrap().encode)(&mut entries(first).into_iter(), password, &mut store).unwrap();
        assert_eq!(ours(&store, password), theirs(&store, password), "{format}: written");
        let merged = (pkcs12.merge)(&store, password, &entries(others)).unwrap();
        assert_eq!(theirs(&merged, password).len(), roots.len(), "{format}: extended");
        assert_eq!(ours(&merged, password), theirs(&merged, password), "{format}: extended");
        let gone: Vec<_> = first.iter().map(Certificate::fingerprint).collect();
        let left = (pkcs12.remove)(&merged, password, &mut |found| found.is_own(&gone)).unwrap();
        assert_eq!(theirs(&left, password).len(), others.len(), "{format}: reduced");
        assert_eq!(ours(&left, password), theirs(&left, password), "{format}: reduced");
    }
}

#[test]
fn a_store_of_p12_keystore_keeps_its_keys_and_gets_roots() {
    let chain = Chain::new();
    let key = KeyPair::generate().unwrap().serialize_der();
    let certificate = |der: &[u8]| p12_keystore::Certificate::from_der(der).unwrap();
    let own = [&chain.leaf.der, &chain.intermediate.der].map(|der| certificate(der));
    let own = KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("id", PrivateKey::from_der(&key).unwrap(), own));
    let mut store = KeyStore::new();
    store.add_entry("server", own.clone());
    store.add_entry("root", KeyStoreEntry::Certificate(certificate(&chain.root.der)));
    let store = store.writer("changeit").write().unwrap();
    let roots = roots();

    let merged = (Format::named("pkcs12").unwrap().merge)(&store, Some("changeit"), &entries(&roots)).unwrap();
    let read = KeyStore::from_pkcs12(&merged, "changeit", Pkcs12ImportPolicy::Strict).unwrap();
    assert_eq!(read.entry("server"), Some(&own));
    let certificates = theirs(&merged, Some("changeit"));
    assert_eq!(certificates.len(), roots.len() + 1);
    assert_eq!(certificates["root"], chain.root.der);
    assert_eq!(certificates, ours(&merged, Some("changeit")));
}

fn entries(certificates: &[Certificate]) -> Vec<Entry<'_>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "" }).collect()
}

/// Certificates by alias.
fn ours(store: &[u8], password: Option<&str>) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let visit = &mut |member| match member {
        Member::Certificate { alias, certificate, flaw: None, .. } => {
            found.insert(alias.unwrap(), certificate.der().to_vec());
        }
        Member::PrivateKey(_) => {}
        other => panic!("{other:?}"),
    };
    Format::named("pkcs12").unwrap().decode(&mut &store[..], password, visit).unwrap();
    found
}

/// The same by p12-keystore, which takes any password where there is none.
fn theirs(store: &[u8], password: Option<&str>) -> BTreeMap<String, Vec<u8>> {
    let store = KeyStore::from_pkcs12(store, password.unwrap_or_default(), Pkcs12ImportPolicy::Strict).unwrap();
    let certificate = |(alias, entry): (&String, &KeyStoreEntry)| match entry {
        KeyStoreEntry::Certificate(certificate) => Some((alias.clone(), certificate.as_der().to_vec())),
        _ => None,
    };
    store.entries().filter_map(certificate).collect()
}

fn roots() -> Vec<Certificate> {
    catalogue().into_iter().take(40).map(|der| Certificate::from_der(der).unwrap()).collect()
}

fn catalogue() -> Vec<Vec<u8>> {
    let catalog = Catalog::built_in();
    let providers = catalog.ids().unwrap().into_iter().map(|id| catalog.provider(&id).unwrap());
    let roots = providers.flat_map(|provider| {
        provider.roots().unwrap().into_iter().map(|(_, certificate)| certificate.der().to_vec()).collect::<Vec<_>>()
    });
    roots.collect::<BTreeSet<_>>().into_iter().collect()
}

fn made() -> Vec<Vec<u8>> {
    let chain = Chain::new();
    let odd = ["", " ", "#a", "a+b,c", "Ünï 😀", "\"<>\\;="].map(|name| Authority::root(name).certificate);
    let others =
        [p521_root(), ed25519_root(), self_issued_not_self_signed(), Authority::expired_root("old").certificate];
    let all = [chain.root, chain.intermediate, chain.leaf].into_iter().chain(odd).chain(others);
    all.map(|certificate| certificate.der).collect()
}

/// Roots as their owners publish them. They are not part of the package.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/roots");
    if !folder.is_dir() {
        report(&format!("judges: published roots are left out, there is no {}", folder.display()));
    }
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// The certificates in a file, none in one that is of something else.
fn blocks(file: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).unwrap();
    match bytes.first() {
        Some(0x30) => vec![bytes],
        _ => pem::parse_many(bytes).unwrap().into_iter().map(pem::Pem::into_contents).collect(),
    }
}

/// Past the test runner, which keeps the output of tests that pass.
fn report(line: &str) {
    use std::io::Write as _;
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
