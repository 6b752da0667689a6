//! The formats that certificates come in and go out in.
//!
//! To add one: a file below `format/` and its entry in [`FORMATS`]. Content decides what a file is, never its name;
//! the name decides only the format of a file that is not there yet.

mod alias;
mod der;
mod pem;

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;

use crate::asn1;
use crate::certificate::Certificate;
pub(crate) use alias::aliases;

/// Every format, in the order in which they are tried on an input.
pub static FORMATS: &[&Format] = &[&der::DER, &pem::PEM];

/// What pgtrust knows of one format.
pub struct Format {
    /// The name in messages, flags and JSON.
    pub name: &'static str,
    /// Extensions of files in this format, without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// Whether a file that begins so is in this format.
    pub recognise: fn(head: &[u8]) -> bool,
    /// Reads to the end and hands over every member in the order of the file.
    pub decode: Decode,
    /// Writes a new file. The same entries give the same bytes.
    pub encode: Encode,
    /// The file `existing` with these entries added: everything else in it stays, duplicates go.
    pub merge: Merge,
}

/// See [`Format::decode`].
pub type Decode = fn(input: &mut dyn Read, visit: &mut dyn FnMut(Member)) -> Result<(), Error>;
/// See [`Format::encode`].
pub type Encode = fn(entries: &mut dyn Iterator<Item = Entry<'_>>, output: &mut dyn Write) -> Result<(), Error>;
/// See [`Format::merge`].
pub type Merge = fn(existing: &[u8], add: &[Entry<'_>]) -> Result<Vec<u8>, Error>;

impl Format {
    /// The format of a file that begins so.
    pub fn of(head: &[u8]) -> Option<&'static Self> {
        FORMATS.iter().copied().find(|format| (format.recognise)(head))
    }

    /// The format that this file name asks for.
    pub fn of_name(path: &Path) -> Option<&'static Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMATS.iter().copied().find(|format| format.extensions.contains(&extension.as_str()))
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().copied().find(|format| format.name == name)
    }

    /// PEM (RFC 7468): what libpq reads.
    pub fn pem() -> &'static Self {
        &pem::PEM
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What a file holds, piece by piece.
#[derive(Debug)]
#[non_exhaustive]
pub enum Member {
    /// A certificate.
    Certificate {
        /// The certificate itself.
        certificate: Certificate,
        /// Where it stands.
        place: Place,
        /// Why some clients fail to read it where it stands, although pgtrust does.
        flaw: Option<&'static str>,
    },
    /// Something that is rightly there and is not a certificate, such as a revocation list.
    Other {
        /// What it is, in words.
        kind: &'static str,
        /// Where it stands.
        place: Place,
    },
    /// Something that should be a certificate and cannot be read.
    Rejected {
        /// Where it stands.
        place: Place,
        /// Why, in words.
        reason: String,
    },
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line on which it begins, from 1; none in binary formats.
    pub line: Option<u64>,
    /// The bytes that it takes up.
    pub bytes: Range<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "byte {}", self.bytes.start),
        }
    }
}

/// A certificate to be written.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// What formats with comments say of its origin, such as `azure current`; may be empty.
    pub origin: &'a str,
}

/// Why bytes could not be read or written in a format. Where they stand is added by [`crate::Error`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The format holds a single certificate.
    #[error("a {format} file holds one certificate, not {count}")]
    HoldsOne {
        /// The format's name.
        format: &'static str,
        /// How many were to be written.
        count: usize,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The input is something else.
    #[error("is {what}, not a certificate or a store of certificates")]
    NotAStore {
        /// What it is, with its article.
        what: &'static str,
    },
    /// A private key, which no trust store may hold.
    #[error("{place}: contains a private key")]
    PrivateKey {
        /// Where the key stands.
        place: Place,
    },
    /// The input is larger than anything that pgtrust reads.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit that it exceeds.
        limit: u64,
    },
}

/// Reads a whole input of any format. Returns its format, and hands over every member. An input that holds no
/// certificate, not even one that cannot be read, is an error.
///
/// `limit` bytes are read at most: a longer input is an error, not a shorter result.
pub fn decode(input: &mut dyn Read, limit: u64, visit: &mut dyn FnMut(Member)) -> Result<&'static Format, Error> {
    let mut head = Vec::with_capacity(HEAD);
    input.take(HEAD as u64).read_to_end(&mut head)?;
    let beyond = head.len() == HEAD && !head.contains(&0);
    let format = Format::of(&head).or_else(|| beyond.then(Format::pem));
    let format = format.ok_or_else(|| Error::NotAStore { what: what_is(&head) })?;
    let mut rest = Capped { input: (&head[..]).chain(input), left: limit };
    let mut found = None;
    let result = (format.decode)(&mut rest, &mut |member| {
        match &member {
            Member::Other { kind, .. } => found = found.or_else(|| Some(with_article(kind))),
            Member::Certificate { .. } | Member::Rejected { .. } => found = Some(""),
        }
        visit(member);
    });
    match (result, found) {
        (Err(Error::Io(error)), _) if error.kind() == io::ErrorKind::FileTooLarge => Err(Error::TooLarge { limit }),
        (Err(error), _) => Err(error),
        (Ok(()), None) => Err(Error::NotAStore { what: what_is(&head) }),
        (Ok(()), Some("")) => Ok(format),
        (Ok(()), Some(what)) => Err(Error::NotAStore { what }),
    }
}

/// What a file is that holds nothing but this.
fn with_article(kind: &str) -> &'static str {
    match kind {
        "certificate-request" => "a certificate request",
        "pkcs7" => "a PKCS#7 bundle",
        "public-key" => "a public key",
        "revocation-list" => "a revocation list",
        _ => "something else in PEM",
    }
}

/// Fails instead of ending early.
struct Capped<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(count)
    }
}

/// What an input is that no format recognises, with its article, for people who passed the wrong file.
pub(crate) fn what_is(head: &[u8]) -> &'static str {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let trimmed = head.trim_ascii_start();
    let starts = |prefix: &[u8]| trimmed.len() >= prefix.len() && trimmed[..prefix.len()].eq_ignore_ascii_case(prefix);
    match head {
        [] => "empty",
        [0xfe, 0xed, 0xfe, 0xed, ..] => "a Java key store (JKS)",
        [0xce, 0xce, 0xce, 0xce, ..] => "a Java key store (JCEKS)",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive",
        [0x1f, 0x8b, ..] => "gzip data",
        [0x30, ..] => what_asn1(head).unwrap_or("binary data"),
        _ if trimmed.is_empty() => "empty",
        _ if starts(b"<!doctype html") || starts(b"<html") => "an HTML page",
        _ if starts(b"<?xml") || starts(b"<") => "an XML document",
        _ if starts(b"{") || starts(b"[") => "JSON",
        _ if starts(b"ssh-") || starts(b"ecdsa-sha2-") => "an SSH public key",
        _ if head.contains(&0) => "binary data",
        _ => "text without a certificate",
    }
}

/// What an ASN.1 structure is, by its first fields. None for what may be a certificate.
fn what_asn1(head: &[u8]) -> Option<&'static str> {
    use asn1::tag;
    let (_, outer) = asn1::open(head)?;
    let (first, content) = asn1::open(outer)?;
    let mut fields = asn1::Reader::new(outer);
    match (first, content) {
        (tag::INTEGER, [3]) => return Some("a PKCS#12 store"),
        (tag::INTEGER, [0 | 1]) => return Some("a private key"),
        (tag::OID, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, ..]) => return Some("a PKCS#7 bundle"),
        (tag::SEQUENCE, _) => {}
        _ => return None,
    }
    let mut inner = asn1::Reader::new(content);
    if inner.peek_tag() == Some(tag::OID) {
        fields.element().ok()?;
        return match fields.peek_tag()? {
            // EncryptedPrivateKeyInfo (RFC 5958 section 3)
            tag::OCTET_STRING => Some("an encrypted private key"),
            tag::BIT_STRING => Some("a public key"),
            _ => None,
        };
    }
    // Signed structures: CertificationRequestInfo (RFC 2986), TBSCertList and TBSCertificate (RFC 5280). A certificate
    // of version 1 begins as they do, with a number and names, and differs in what follows.
    inner.optional(tag::INTEGER).ok()?;
    let mut after = Vec::new();
    while let (Ok(element), true) = (inner.element(), after.len() < 3) {
        after.push(element.tag);
    }
    match after[..] {
        [_, _, tag::UTC_TIME | tag::GENERALIZED_TIME] => Some("a revocation list"),
        [tag::SEQUENCE, tag::SEQUENCE, last] if last == tag::context_constructed(0) => Some("a certificate request"),
        _ => None,
    }
}

/// Enough to see past the text that people put before the first certificate.
const HEAD: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Vec<Certificate>) {
        let mut certificates = Vec::new();
        let format = decode(&mut &bytes[..], 1 << 20, &mut |member| {
            if let Member::Certificate { certificate, .. } = member {
                certificates.push(certificate);
            }
        });
        (format.unwrap().name.to_owned(), certificates)
    }

    #[test]
    fn every_format_reads_what_it_writes_and_writes_the_same_twice() {
        let root = Certificate::from_der(&include_bytes!("../tests/data/isrg-root-x1.der")[..]).unwrap();
        for format in FORMATS {
            let write = || {
                let mut bytes = Vec::new();
                let entry = Entry { certificate: &root, origin: "letsencrypt current" };
                (format.encode)(&mut [entry].into_iter(), &mut bytes).unwrap();
                bytes
            };
            let bytes = write();
            assert_eq!(bytes, write(), "{}", format.name);
            assert_eq!(decoded(&bytes), (format.name.to_owned(), vec![root.clone()]), "{}", format.name);
            assert_eq!((format.merge)(&bytes, &[]).unwrap(), bytes, "{}", format.name);
            let recognised = FORMATS.iter().filter(|other| (other.recognise)(&bytes)).count();
            assert_eq!(recognised, 1, "{} is recognised as one format", format.name);
        }
    }

    #[test]
    fn an_input_beyond_the_limit_is_an_error() {
        let text = format!("{}\n-----BEGIN CERTIFICATE-----\n", "x".repeat(100));
        let result = decode(&mut text.as_bytes(), 64, &mut |_| ());
        assert!(matches!(result, Err(Error::TooLarge { limit: 64 })), "{result:?}");
    }
}
