//! The rows of `READERS`, held against the readers themselves: what makes one lose a store, and what does not.

mod judges;
mod survival;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pgtrust::format::{Format, Member};
use pgtrust::reader::{READERS, Reader, Unusable, unreadable, unusable};
use pgtrust::{Catalog, Certificate};

use crate::support::odd::{OddRoot, anchors, odd_roots, sound_root};
use crate::support::tools;
use judges::{Jvm, certutil_takes, openssl_counts, openssl_verifies, psycopg_reads, stored};

/// Those that are made here.
fn made() -> Vec<(String, Certificate)> {
    odd_roots().into_iter().filter_map(read).collect()
}

/// Those of the exam.
fn exam() -> Vec<(String, Certificate)> {
    let exam = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/exam/odd-roots");
    let files = match fs::read_dir(&exam) {
        Ok(files) => files.map(|file| file.unwrap().path()),
        Err(error) => {
            tools::report(&format!("readers: without the roots of {}: {error}", exam.display()));
            return Vec::new();
        }
    };
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "der"));
    files
        .map(|file| OddRoot { name: file.display().to_string(), der: fs::read(file).unwrap() })
        .filter_map(read)
        .collect()
}

fn read(root: OddRoot) -> Option<(String, Certificate)> {
    Some((root.name, Certificate::from_der(root.der).ok()?))
}

fn roots() -> Vec<(String, Certificate)> {
    [made(), exam()].concat()
}

fn reader(name: &str) -> &'static Reader {
    READERS.iter().find(|reader| reader.name == name).unwrap()
}

/// Where the rows are stricter than the reader on purpose: its own rules are intricate there, and no CA does such things.
const STRICTER: &[(&str, &str)] = &[
    ("openssl", "ec name of tag 2c"),
    ("openssl", "ec name of tag 33"),
    ("openssl", "ec UTF8String in pieces of another kind"),
    ("openssl", "ec UTF8String in endless pieces"),
    ("openssl", "ec BMPString in pieces"),
    ("openssl", "ec algorithm with a tag above 30"),
    ("openssl", "ec long form of a tag"),
];

/// Fails with all that the rows say of a reader and that it does not do.
#[track_caller]
fn agree(reader: &Reader, judged: impl Iterator<Item = (impl AsRef<str>, Certificate, Result<(), String>)>) {
    let mut wrong = Vec::new();
    let mut stricter_over = BTreeSet::new();
    let mut refused = 0;
    let mut all = 0;
    for (name, certificate, verdict) in judged {
        let name = name.as_ref();
        let reasons = reader.reasons(&certificate);
        all += 1;
        refused += usize::from(verdict.is_err());
        let stricter = verdict.is_ok() && !reasons.is_empty();
        if stricter && STRICTER.contains(&(reader.name, name)) {
            stricter_over.insert(name.to_owned());
        } else if verdict.is_ok() != reasons.is_empty() {
            wrong.push(format!("{name}: {verdict:?}, and the rows say {reasons:?}"));
        }
    }
    for (_, name) in STRICTER.iter().filter(|(by, _)| *by == reader.name) {
        if !stricter_over.contains(*name) {
            wrong.push(format!("{name}: the rows are not stricter"));
        }
    }
    assert!(wrong.is_empty(), "{}: {} of {all}:\n{}", reader.name, wrong.len(), wrong.join("\n"));
    assert!(refused > 0 && refused < all, "{}: {refused} of {all}", reader.name);
    tools::report(&format!("readers: {} does with {all} roots what its rows say, and refuses {refused}", reader.title));
}

#[test]
fn openssl_loses_a_pem_file_over_what_its_rows_say() {
    let Some(python) = tools::python() else { return };
    let roots = roots();
    let sound = Certificate::from_der(sound_root("sound")).unwrap();
    let files: Vec<_> = roots.iter().map(|(_, odd)| stored("pem", &[&sound, odd])).collect();
    let counts = openssl_counts(&python, &files);
    let judged = roots.into_iter().zip(counts).map(|((name, odd), count)| (name, odd, both(&count)));
    agree(reader("openssl"), judged);
}

/// The wheel of psycopg brings a newer OpenSSL.
#[test]
fn a_newer_openssl_refuses_what_is_warned_of() {
    let Some(python) = tools::python() else { return };
    let roots = roots_of_openssl();
    let Some(verdicts) = psycopg_reads(&python, roots.iter().map(|(_, root)| root)) else { return };
    let judged = roots.into_iter().zip(verdicts).map(|((name, root), verdict)| (name, root, verdict));
    agree(reader("openssl-3.5"), judged);
}

/// Those that OpenSSL 3.0 reads, and the rows for it as well.
fn roots_of_openssl() -> Vec<(String, Certificate)> {
    let openssl = reader("openssl");
    roots().into_iter().filter(|(_, root)| openssl.reasons(root).is_empty()).collect()
}

#[test]
fn java_loses_key_stores_and_pem_over_what_its_rows_say() {
    let Some(jvms) = Jvm::all() else { return };
    let roots = roots();
    let sound = Certificate::from_der(sound_root("sound")).unwrap();
    for (format, kind) in [("jks", "JKS"), ("pkcs12", "PKCS12"), ("pem", "X.509")] {
        let stores: Vec<_> = roots.iter().map(|(_, odd)| (kind, vec![stored(format, &[&sound, odd])])).collect();
        let mut verdicts = vec![Ok(()); roots.len()];
        for jvm in &jvms {
            for (verdict, count) in verdicts.iter_mut().zip(jvm.answers(&stores)) {
                *verdict = verdict.clone().and_then(|()| both(&count));
            }
        }
        let judged = roots.iter().zip(verdicts).map(|((name, odd), verdict)| (name, odd.clone(), verdict));
        agree(reader("java"), judged);
    }
}

/// Both certificates are there, or the reader says why not.
fn both(count: &str) -> Result<(), String> {
    if count == "2" { Ok(()) } else { Err(count.to_owned()) }
}

/// A process for each, so only every row's roots and some others.
#[test]
fn certutil_refuses_what_the_rows_say() {
    let Some(certutil) = tools::program("certutil") else { return };
    let nss = reader("nss");
    let some = |(index, (_, root)): &(usize, (String, Certificate))| index % 16 == 0 || !nss.reasons(root).is_empty();
    let roots = roots().into_iter().enumerate().filter(some).map(|(_, root)| root);
    agree(nss, roots.map(|(name, root)| (name, root.clone(), certutil_takes(&certutil, &root))));
}

#[test]
fn every_row_has_a_root_that_it_refuses() {
    let roots = roots();
    for reader in READERS {
        let used: BTreeSet<&str> = roots.iter().flat_map(|(_, root)| reader.reasons(root)).collect();
        let unused: Vec<_> = reader.rows.iter().map(|row| row.reason).filter(|row| !used.contains(row)).collect();
        assert!(unused.is_empty(), "{}: {unused:?}", reader.name);
    }
}

/// The catalogue's roots, this machine's, and those of its Java.
#[test]
fn no_reader_refuses_a_root_in_use() {
    let catalog = Catalog::built_in();
    let mut roots: Vec<Certificate> = Vec::new();
    for id in catalog.ids().unwrap().iter() {
        let provider = catalog.provider(id).unwrap();
        roots.extend(provider.roots().unwrap().iter().map(|(_, certificate)| certificate.clone()));
    }
    assert!(roots.len() > 100, "{}", roots.len());
    for (format, store) in [("pem", "/etc/ssl/certs/ca-certificates.crt"), ("jks", "/etc/ssl/certs/java/cacerts")] {
        let Ok(bytes) = fs::read(store) else { continue };
        let visit = &mut |member: Member| {
            if let Member::Certificate { certificate, .. } = member {
                roots.push(certificate);
            }
        };
        Format::named(format).unwrap().decode(&mut &bytes[..], Some("changeit"), visit).unwrap();
    }
    for root in &roots {
        for reader in READERS {
            assert_eq!(reader.reasons(root), [""; 0], "{}: {}", reader.name, root.subject());
        }
    }
    tools::report(&format!("readers: {} roots in use are read by all", roots.len()));
}

#[test]
fn the_reader_that_a_format_is_for_decides() {
    let named = |name: &str| roots().into_iter().find(|(root, _)| root == name).unwrap().1;
    let said = |certificate: &Certificate, format: &str| -> Vec<(&str, bool, bool)> {
        let unreadable = unreadable(certificate, format);
        unreadable.iter().map(|found| (found.reader.name, found.loses_store, found.refused)).collect()
    };
    let padded = named("ec serial padded with 00");
    assert_eq!(said(&padded, "pem"), [("openssl", true, true), ("go", false, false)]);
    assert_eq!(said(&padded, "hashed"), [("openssl", false, true), ("go", false, false)]);
    assert_eq!(said(&padded, "jks"), []);
    let twice = named("ec basic constraints twice");
    for format in ["jks", "jceks", "pkcs12", "pkcs12-legacy"] {
        assert_eq!(said(&twice, format), [("java", true, true)], "{format}");
    }
    assert!(said(&twice, "pem").contains(&("java", true, false)));
    let empty = named("ec serial empty");
    assert_eq!(said(&empty, "nss"), [("nss", false, true)]);
}

#[test]
fn clients_do_not_use_what_the_rules_say() {
    let Some(openssl) = tools::program("openssl") else { return };
    let Some(jvms) = Jvm::all() else { return };
    let anchors: Vec<_> = anchors()
        .into_iter()
        .map(|(root, server)| (Certificate::from_der(root.der).unwrap(), root.name, server))
        .collect();
    let asked: Vec<_> =
        anchors.iter().map(|(root, _, server)| ("ANCHOR", vec![root.der().to_vec(), server.clone()])).collect();
    let java = jvms.iter().map(|jvm| jvm.answers(&asked)).collect::<Vec<_>>();
    let mut wrong = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, (root, name, server)) in anchors.iter().enumerate() {
        let rules = unusable(root);
        let clients: BTreeSet<&str> =
            rules.iter().flat_map(|Unusable { clients, .. }| clients.iter().copied()).collect();
        rules.iter().for_each(|rule| *used.entry(rule.reason).or_default() += 1);
        let verdicts = [
            ("openssl", openssl_verifies(&openssl, root, server, &[])),
            ("python", openssl_verifies(&openssl, root, server, &["-x509_strict"])),
            ("java", java.iter().all(|answers| answers[index] == "verified")),
        ];
        for (client, verified) in verdicts {
            if verified == clients.contains(client) {
                wrong.push(format!("{name}: {client} {verified}, and the rules say {rules:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(used.len() > 9, "{used:?}");
}
