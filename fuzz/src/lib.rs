//! What the fuzz targets share: where their input goes, and what must hold beside that nothing stops the program.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use pgtrust::format::{Entry, Format, Member, Passwords, decode};
use pgtrust::{Certificate, Fingerprint};
use tempfile::TempDir;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, SubjectKeyIdentifier};
use x509_cert::time::Time;

/// Reads an input as the program reads a file of any format, then changes it as a store of this format. What can be
/// read in full and extended must keep all that it had: no other store is ever changed.
pub fn store(format: &str, bytes: &[u8]) {
    let decoded = decode(&mut &bytes[..], LIMIT, Passwords::usual(), &mut |member| look_at(&member));
    let format = Format::named(format).expect("a format of this name");
    let entry = Entry { certificate: &ROOT, origin: "letsencrypt current" };
    for password in format.usual_passwords.iter().copied() {
        let before = certificates(format, bytes, password);
        let merged = (format.merge)(bytes, password, &[entry]);
        let (Ok(_), Some(mut expected), Ok(merged)) = (&decoded, before, merged) else { continue };
        expected.insert(ROOT.fingerprint());
        assert_eq!(certificates(format, &merged, password).as_ref(), Some(&expected), "extended");
        let again = (format.merge)(&merged, password, &[entry]).expect("what was extended can be extended");
        assert!(again == merged, "the second addition of a root changes nothing");
        let Ok(removed) = (format.remove)(&merged, password, &mut |found| found.is_own(&[ROOT.fingerprint()])) else {
            continue;
        };
        if removed.is_empty() {
            assert_eq!(expected.len(), 1, "an empty file had this root alone");
            continue;
        }
        let mut left = certificates(format, &removed, password).expect("what is left can be read");
        left.insert(ROOT.fingerprint());
        assert_eq!(left, expected, "the others are left");
    }
}

/// Reads one certificate and all that is told of it.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::from_der(bytes) else { return };
    tell(&certificate);
    hold_against_x509_cert(&certificate);
    let _ = certificate.signature_by(&certificate);
    let _ = certificate.signature_by(&ROOT);
}

/// What another library reads of it is the same.
fn hold_against_x509_cert(certificate: &Certificate) {
    let Ok(other) = CertificateInner::<Raw>::from_der(certificate.der()) else { return };
    let contents = other.tbs_certificate();
    assert_eq!(certificate.version(), contents.version() as u8 + 1);
    let (from, to) = (contents.validity().not_before, contents.validity().not_after);
    let seconds = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).expect("a date");
    assert_eq!(certificate.not_before().unix_timestamp(), seconds(from));
    assert_eq!(certificate.not_after().unix_timestamp(), seconds(to));
    assert!(contents.subject().to_der().expect("a name").ends_with(certificate.subject().as_bytes()));
    assert!(contents.issuer().to_der().expect("a name").ends_with(certificate.issuer().as_bytes()));
    let key = contents.subject_public_key_info().to_der().expect("a key");
    assert_eq!(certificate.spki_sha256(), *Fingerprint::of(&key).as_bytes());
    if let Ok(Some((_, constraints))) = contents.get_extension::<BasicConstraints>() {
        assert_eq!(certificate.is_ca(), constraints.ca);
    }
    if let Ok(Some((_, id))) = contents.get_extension::<SubjectKeyIdentifier>() {
        assert_eq!(certificate.subject_key_id(), Some(id.0.as_bytes()));
    }
}

/// What the pem crate takes for a certificate is read. It does not know UTF-16, which a file with zeros may be taken for,
/// nor that a line with `#` before its BEGIN is a comment.
pub fn hold_against_pem(bytes: &[u8]) {
    let is_comment =
        |line: &[u8]| line.trim_ascii_start().starts_with(b"#") && line.windows(6).any(|word| word == b"BEGIN ");
    if bytes.contains(&0) || bytes.split(|byte| b"\r\n".contains(byte)).any(is_comment) {
        return;
    }
    let Some(found) = certificates(Format::pem(), bytes, None) else { return };
    for block in pem::parse_many(bytes).unwrap_or_default() {
        if block.tag() == "CERTIFICATE" && Certificate::from_der(block.contents()).is_ok() {
            assert!(found.contains(&Fingerprint::of(block.contents())), "{block}");
        }
    }
}

/// A folder of this process alone.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder for temporary files"));
    FOLDER.path()
}

/// What a store holds; None when some of it cannot be read.
fn certificates(format: &Format, bytes: &[u8], password: Option<&str>) -> Option<HashSet<Fingerprint>> {
    let (mut found, mut whole) = (HashSet::new(), true);
    let read = format.decode(&mut &bytes[..], password, &mut |member| match member {
        Member::Certificate { certificate, .. } => drop(found.insert(certificate.fingerprint())),
        Member::Rejected { .. } => whole = false,
        _ => {}
    });
    read.ok().filter(|()| whole).map(|()| found)
}

fn look_at(member: &Member) {
    match member {
        Member::Certificate { alias, certificate, .. } => {
            tell(certificate);
            printable(alias.as_deref().unwrap_or_default());
        }
        Member::Other { alias, .. } => printable(alias.as_deref().unwrap_or_default()),
        Member::Rejected { position, reason } => printable(&format!("{position}: {reason}")),
        _ => {}
    }
}

fn tell(certificate: &Certificate) {
    let mut text = format!("{} {}", certificate.subject(), certificate.issuer());
    write!(text, " {} {}", certificate.subject().short(), certificate.serial()).expect("memory");
    write!(text, " {} {}", certificate.not_before(), certificate.not_after()).expect("memory");
    write!(text, " {} {}", certificate.key(), certificate.signature_algorithm()).expect("memory");
    printable(&text);
    let _ = (certificate.spki_sha256(), certificate.path_length(), certificate.is_self_issued());
    let _ = (certificate.subject_key_id(), certificate.authority_key_id());
}

/// What is told can be printed: nothing in it acts on a terminal.
fn printable(text: &str) {
    let shown = pgtrust::sanitise(text);
    assert!(!shown.contains(|character: char| character.is_control()), "{shown:?}");
}

/// What a server said is short, and made safe already.
pub fn shown(text: &str) {
    assert!(!text.contains(pgtrust::is_unsafe) && text.chars().count() <= 400, "{text:?}");
}

static ROOT: LazyLock<Certificate> = LazyLock::new(|| {
    let der = include_bytes!("../../tests/data/isrg-root-x1.der");
    Certificate::from_der(&der[..]).expect("a certificate")
});

const LIMIT: u64 = 1 << 20;
