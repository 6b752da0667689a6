//! The hash of a subject, judged by `openssl rehash`: it names a link to each certificate by its hash.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use pgtrust::{Catalog, Certificate, CertificateSet, folder, load_system};

use crate::support::pgtrust::Run;
use crate::support::pki::Authority;
use crate::support::tools;

#[test]
fn every_root_of_the_catalogue_and_of_this_machine_has_the_hash_that_openssl_gives_it() {
    let Some(openssl) = tools::program("openssl") else { return };
    let catalog = Catalog::built_in();
    let mut certificates: Vec<Certificate> = Vec::new();
    for id in catalog.ids().unwrap().iter() {
        let provider = catalog.provider(id).unwrap();
        certificates.extend(provider.roots().unwrap().into_iter().map(|(_, certificate)| certificate));
    }
    let pinned = certificates.len();
    let mut machine = CertificateSet::new();
    load_system(&mut machine);
    certificates.extend(machine.certificates().cloned());
    assert!(pinned > 150 && certificates.len() > pinned + 50, "{pinned} of {}", certificates.len());
    assert_eq!(agreed(&openssl, &certificates), certificates.len());
}

#[test]
fn names_that_only_a_test_would_make_have_the_hash_that_openssl_gives_them() {
    let Some(openssl) = tools::program("openssl") else { return };
    let mut names = vec![
        // No name at all, and a set without attributes.
        vec![],
        vec![0x31, 0],
        // Two attributes in a set, in both orders.
        set(&[attribute(3, 0x0c, b"b"), attribute(11, 0x13, b"A")]),
        set(&[attribute(11, 0x13, b"A"), attribute(3, 0x0c, b"b")]),
        set(&[attribute(3, 0x0c, b" \t Some \x0b\x0c\r\n  CA\x1f \x1c ")]),
        set(&[attribute(3, 0x0c, "Zürich ÄÖÜ\u{a0}\u{2003}東京".as_bytes())]),
        set(&[attribute(3, 0x14, b"Z\xfcrich \xa0\x85")]),
        set(&[attribute(3, 0x1e, &utf16("Große  Freiheit "))]),
        set(&[attribute(3, 0x1c, &[0, 0, 0, b'A', 0, 1, 0xf6, 0])]),
        set(&[attribute(3, 0x12, b"  1  2 ")]),
        set(&[attribute(3, 0x03, b"\0 AB  ")]),
        set(&[attribute(3, 0x0c, b"")]),
        set(&[attribute(3, 0x0c, b"   ")]),
        set(&[attribute(3, 0x0c, &[b'X'; 300])]),
        // What OpenSSL does not read: half a character, a surrogate, beyond Unicode, broken UTF-8, VisibleString.
        set(&[attribute(3, 0x1e, b"\0A\0")]),
        set(&[attribute(3, 0x1e, b"\xd8\x00")]),
        set(&[attribute(3, 0x1c, b"\0\x11\0\0")]),
        set(&[attribute(3, 0x0c, b"\xff")]),
        set(&[attribute(3, 0x1a, b"Visible")]),
    ];
    let fixed = names.len();
    let mut random = Random(1);
    names.extend((0..400).map(|_| random.name()));
    let certificates: Vec<Certificate> = names.iter().map(|name| of_subject(name)).collect();
    assert!(certificates[fixed - 5..fixed].iter().all(|certificate| folder::hash(certificate).is_none()));
    let agreed = agreed(&openssl, &certificates);
    assert!(agreed > 250, "openssl read {agreed} of {}", names.len());
}

/// How many of the certificates openssl has a hash for. Fails where ours is another.
fn agreed(openssl: &Path, certificates: &[Certificate]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for certificate in certificates {
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", certificate.der()));
        fs::write(folder.path().join(format!("{}.pem", certificate.fingerprint())), pem).unwrap();
    }
    // Its status tells that it passed over what it could not read.
    Run::of(Command::new(openssl).arg("rehash").arg(folder.path()));
    let mut theirs: HashMap<String, u32> = HashMap::new();
    for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if let Ok(target) = fs::read_link(entry.path()) {
            let name = entry.file_name().into_string().unwrap();
            theirs.insert(target.to_str().unwrap().to_owned(), u32::from_str_radix(&name[..8], 16).unwrap());
        }
    }
    for certificate in certificates {
        let hash = theirs.get(&format!("{}.pem", certificate.fingerprint())).copied();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let subject = hex(certificate.subject().as_bytes());
        assert_eq!(folder::hash(certificate), hash, "{} {subject}", certificate.subject());
    }
    certificates.iter().filter(|certificate| folder::hash(certificate).is_some()).count()
}

/// The same names in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn name(&mut self) -> Vec<u8> {
        (0..self.below(4)).flat_map(|_| self.set()).collect()
    }

    fn set(&mut self) -> Vec<u8> {
        let attributes: Vec<Vec<u8>> = (0..=self.below(3)).map(|_| self.attribute()).collect();
        set(&attributes)
    }

    fn attribute(&mut self) -> Vec<u8> {
        let kind = [3, 6, 10, 11][self.below(4)];
        let text: String = (0..self.below(12)).map(|_| LETTERS[self.below(LETTERS.len())]).collect();
        match self.below(8) {
            0 => attribute(kind, 0x1e, &utf16(&text.replace('🐘', "e"))),
            1 => attribute(kind, 0x1c, &text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<u8>>()),
            2 => attribute(kind, 0x12, text.as_bytes()),
            3 => attribute(kind, 0x13, text.as_bytes()),
            4 => attribute(kind, 0x14, text.as_bytes()),
            5 => attribute(kind, 0x16, text.as_bytes()),
            _ => attribute(kind, 0x0c, text.as_bytes()),
        }
    }
}

/// A certificate with this subject; everything else in it is of another.
fn of_subject(rdns: &[u8]) -> Certificate {
    thread_local! { static OTHER: Vec<u8> = Authority::root("other").certificate.der }
    OTHER.with(|other| {
        let fields = children(children(other)[0]);
        // Version, serial number, algorithm, issuer, validity, subject, key.
        let subject = der(0x30, rdns);
        let tbs = [&whole(&fields[..5]), &subject, &whole(&fields[6..7])].map(Vec::as_slice).concat();
        let rest = whole(&children(other)[1..]);
        Certificate::from_der(der(0x30, &[der(0x30, &tbs), rest].concat())).unwrap()
    })
}

fn whole(elements: &[&[u8]]) -> Vec<u8> {
    elements.concat()
}

/// The elements in a SEQUENCE, each with its header.
fn children(sequence: &[u8]) -> Vec<&[u8]> {
    let mut rest = &sequence[header(sequence)..];
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let start = header(rest);
        let length = match start {
            2 => usize::from(rest[1]),
            _ => rest[2..start].iter().fold(0, |length, octet| (length << 8) | usize::from(*octet)),
        };
        let (element, after) = rest.split_at(start + length);
        elements.push(element);
        rest = after;
    }
    elements
}

fn header(element: &[u8]) -> usize {
    if element[1] < 0x80 { 2 } else { 2 + usize::from(element[1] & 0x7f) }
}

fn set(attributes: &[Vec<u8>]) -> Vec<u8> {
    der(0x31, &attributes.concat())
}

/// An attribute of X.520 (2.5.4).
fn attribute(kind: u8, tag: u8, value: &[u8]) -> Vec<u8> {
    der(0x30, &[der(0x06, &[0x55, 0x04, kind]), der(tag, value)].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, short @ 0..0x80] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [&header[..], content].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

const LETTERS: &[char] = &[
    ' ', ' ', ' ', '\t', '\n', '\u{b}', '\u{c}', '\r', '\0', '\u{1f}', '\u{7f}', '\u{85}', '\u{a0}', '\u{3000}', 'A',
    'b', 'Z', 'z', '@', '[', '`', '{', '0', 'Ä', 'ß', 'İ', 'K', 'é', '東', '🐘', '\u{feff}',
];
