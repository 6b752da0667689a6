use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::mutation;
use super::*;
use crate::catalog::Catalog;
use crate::format::Passwords;
use crate::x509::Certificate;

/// An archive as it is written.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Archive {
    fn stored(self, name: &str, content: &[u8]) -> Self {
        self.file(name, content, content, STORED, 0, content.len())
    }

    fn deflated(self, name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        self.file(name, content, &packed, DEFLATED, 0, content.len())
    }

    fn file(mut self, name: &str, content: &[u8], packed: &[u8], method: u16, flags: u16, unpacked: usize) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let mut record = [20u16, flags, method, 0, 0].map(u16::to_le_bytes).concat();
        record.extend(crc.sum().to_le_bytes());
        record.extend((packed.len() as u32).to_le_bytes());
        record.extend((unpacked as u32).to_le_bytes());
        record.extend((name.len() as u16).to_le_bytes());
        record.extend([0; 2]);
        let at = self.bytes.len() as u32;
        self.bytes.extend([&FILE[..], &record, name.as_bytes(), packed].concat());
        self.directory.extend([&RECORD[..], &[20, 0], &record, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
        self.count += 1;
        self
    }

    fn finish(self) -> Vec<u8> {
        let mut end = [DIRECTORY_END, [0; 4]].concat();
        end.extend([self.count, self.count].map(u16::to_le_bytes).concat());
        end.extend([self.directory.len() as u32, self.bytes.len() as u32].map(u32::to_le_bytes).concat());
        end.extend([0; 2]);
        [self.bytes, self.directory, end].concat()
    }
}

fn pem(count: usize) -> Vec<u8> {
    let rds = Catalog::built_in().provider("aws-rds").unwrap();
    let certificates: Vec<Certificate> =
        rds.roots().unwrap().into_iter().take(count).map(|(_, certificate)| certificate).collect();
    let mut bytes = Vec::new();
    let mut entries = certificates.iter().map(|certificate| Entry { certificate, origin: "" });
    (Format::pem().encode)(&mut entries, None, &mut bytes).unwrap();
    bytes
}

fn list(bytes: &[u8]) -> Result<(usize, Vec<String>), Error> {
    let (mut certificates, mut others) = (0, Vec::new());
    ZIP.decode(&mut &bytes[..], None, &mut |member| match member {
        Member::Certificate { .. } => certificates += 1,
        Member::Other { alias, kind, .. } => others.push(format!("{}: {kind}", alias.unwrap_or_default())),
        Member::PrivateKey(key) => others.push(format!("{}: private-key", key.alias.unwrap_or_default())),
        Member::Distrusted { reason, .. } => others.push(reason.to_owned()),
        Member::Rejected { reason, .. } | Member::Unchecked { reason } => others.push(reason),
    })?;
    Ok((certificates, others))
}

#[test]
fn members_of_any_format_are_read() {
    let der = include_bytes!("../../../tests/data/isrg-root-x1.der");
    let jks = include_bytes!("../../../tests/data/secret-keys.jceks");
    let archive = Archive::default()
        .stored("certs/", b"")
        .deflated("certs/ca.pem", &pem(3))
        .stored("ca.der", der)
        .deflated("ca.jceks", jks)
        .deflated("README.txt", b"for Java, take the store\n")
        .finish();
    let (certificates, others) = list(&archive).unwrap();
    assert_eq!(certificates, 5);
    let keys = ["sec-hmacsha256", "pw", "sec-des", "sec-aes"].map(|key| format!("{key}: secret-key"));
    assert_eq!(others[..4], keys);
    assert_eq!(others[4..], ["README.txt: unknown"]);
}

#[test]
fn what_cannot_be_read_leaves_the_others() {
    let content = pem(1);
    let inner = Archive::default().stored("ca.pem", &content).finish();
    let archive = Archive::default()
        .stored("in\u{1b}ner.zip", &inner)
        .file("secret.pem", &content, &content, STORED, ENCRYPTED, content.len())
        .file("lzma.pem", &content, &content, 14, 0, content.len())
        .file("crc.pem", b"other", &content, STORED, 0, content.len())
        .file("size.pem", &content, &content, STORED, 0, content.len() - 1)
        .file("noise.pem", &content, &[0xff; 50], DEFLATED, 0, content.len())
        .stored("cut.pem", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        .stored("cut.jks", &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2])
        .stored("../../etc/good.pem", &content)
        .finish();
    let (certificates, others) = list(&archive).unwrap();
    assert_eq!(certificates, 1);
    let expected = [
        "`in\\u{1b}ner.zip`: an archive inside an archive is not opened",
        "`secret.pem`: it is encrypted",
        "`lzma.pem`: it is packed by method 14, not by deflate",
        "`crc.pem`: its content is damaged",
        "`size.pem`: its content is damaged",
        "`noise.pem`: its content is damaged",
        "`cut.pem`: line 1: not an X.509 certificate: the TBSCertificate is missing",
        "`cut.jks`: byte 8: the number of entries of 4 bytes is cut off after 0",
    ];
    assert_eq!(others, expected);
}

#[test]
fn a_private_key_is_named_and_refused_as_an_input() {
    let archive = Archive::default().stored("a.txt", b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    let archive = archive.finish();
    assert_eq!(list(&archive).unwrap(), (0, vec!["a.txt: private-key".to_owned()]));
    let refused = super::super::decode(&mut &archive[..], 1 << 20, Passwords::usual(), &mut |_| ());
    assert!(matches!(refused, Err(Error::PrivateKey { .. })), "{refused:?}");
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0; 1 << 20];
    let mut bomb = Archive::default();
    for name in ["a", "b", "c", "d", "e"] {
        bomb = bomb.deflated(name, &zeros);
    }
    let bomb = bomb.finish();
    let mut others = 0;
    let unpacked = unpack(&bomb, 5 << 20, None, &Derivations::default(), &mut |_| others += 1);
    assert!(unpacked.is_ok() && others == 5, "{unpacked:?} {others}");
    let unpacked = unpack(&bomb, (5 << 20) - 1, None, &Derivations::default(), &mut |_| ());
    assert!(matches!(unpacked, Err(Error::TooLarge { .. })), "{unpacked:?}");

    let mut many = Archive::default();
    for _ in 0..=limits::ARCHIVE_FILES {
        many = many.stored("a", b"");
    }
    assert!(matches!(list(&many.finish()), Err(Error::Limit { found: 1001, .. })));
}

#[test]
fn a_comment_behind_it_does_no_harm() {
    let mut archive = Archive::default().deflated("ca.pem", &pem(2)).finish();
    let end = archive.len() - 2;
    archive[end..].copy_from_slice(&[4, 0]);
    archive.extend(b"ours");
    assert_eq!(list(&archive).unwrap(), (2, vec![]));
    assert_eq!(list(&Archive::default().finish()).unwrap(), (0, vec![]));
}

/// Of two archives in a row the directory at the end knows only the second.
#[test]
fn an_archive_behind_something_else_is_an_error() {
    let archive = Archive::default().deflated("ca.pem", &pem(2)).finish();
    for before in [b"#!/bin/sh\n".to_vec(), Archive::default().stored("other.pem", &pem(1)).finish()] {
        let both = list(&[before, archive.clone()].concat());
        assert!(matches!(both, Err(Error::Damaged { .. })), "{both:?}");
    }
}

#[test]
fn a_damaged_directory_is_an_error() {
    let good = Archive::default().deflated("ca.pem", &pem(2)).finish();
    // The last two bytes are the length of a comment, which nobody needs.
    for length in 0..good.len() - 2 {
        assert!(matches!(list(&good[..length]), Err(Error::Damaged { .. })), "cut at {length}");
    }
    let mut big = good.clone();
    let end = big.len() - 22;
    big[end + 10..end + 12].fill(0xff);
    assert!(matches!(list(&big), Err(Error::Unsupported { .. })));
}

#[test]
fn damaged_archives_never_panic() {
    let good = Archive::default().deflated("ca.pem", &pem(1)).stored("b.pem", &pem(1)).finish();
    assert!(mutation::survive(&ZIP, &good, None, 6_000) > 100);
}
