//! The formats that certificates come in and go out in.
//!
//! To add one: a file below `format/` and its entry in [`FORMATS`]. Content decides what a file is, never its name;
//! the name decides only the format of a file that is not there yet.

mod alias;
mod archive;
mod armour;
mod base64_text;
mod ccadb;
mod decode;
mod der;
mod derivations;
mod error;
mod gzip;
mod identified;
mod identify;
mod jks;
mod member_kind;
#[cfg(test)]
mod mutation;
mod p11_kit;
mod password;
mod pem;
mod pkcs12;
mod pkcs7;
mod private_key;
mod purposes;
mod removable;
mod tar;
mod zip;

use std::fmt;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;

use crate::system::limits;
use crate::x509::Certificate;
pub(crate) use alias::aliases;
pub(crate) use armour::for_servers;
pub use decode::{Decoded, decode, look};
pub use derivations::Derivations;
pub use error::{DecodeError, Error};
pub use identified::Identified;
pub(crate) use identify::what_is;
pub use member_kind::MemberKind;
pub use password::Passwords;
pub(crate) use pem::order::in_order;
pub use private_key::PrivateKey;
use removable::goes_if;
pub use removable::{Goes, Removable};
pub(crate) use zip::contents as archive_contents;

/// Every format, in the order in which they are tried on an input.
pub static FORMATS: &[&Format] = &[
    &der::DER,
    &jks::JKS,
    &jks::JCEKS,
    &pkcs7::PKCS7,
    &pkcs12::PKCS12,
    &pkcs12::PKCS12_LEGACY,
    // An archive may hold PEM as it is.
    &zip::ZIP,
    &gzip::GZIP,
    &tar::TAR,
    &base64_text::BASE64_TEXT,
    // They are PEM too, for who does not see what stands beside it.
    &p11_kit::P11_KIT,
    &ccadb::CCADB,
    &pem::PEM,
];

/// A format, with the functions that read and write it.
pub struct Format {
    /// The name in messages, flags and JSON.
    pub name: &'static str,
    /// Extensions of files in this format, without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// Whether it is written too, and not only read.
    pub writable: bool,
    /// The format of which this one differs only in new stores: what stands there is recognised as that.
    pub profile_of: Option<&'static Self>,
    /// The passwords that its stores usually have, in the order in which they are tried; `None` stands for no password at all.
    /// The first of them protects a new store. Formats that know no passwords have `None` alone.
    pub usual_passwords: &'static [Option<&'static str>],
    /// Whether a file that begins so is in this format.
    pub recognise: fn(head: &[u8]) -> bool,
    /// Reads to the end and hands over every member in the order of the file. Its key derivations are a part of this work.
    pub decode_within: DecodeWithin,
    /// Writes a new file. The same entries give the same bytes, but for the random salts of PKCS#12 with a password.
    pub encode: Encode,
    /// The file `existing` with these entries added: everything else in it stays, duplicates go.
    pub merge: Merge,
    /// The file `existing` without what goes: everything else in it stays. None need be left.
    pub remove: Remove,
}

/// See [`Format::decode_within`].
pub type DecodeWithin = fn(
    input: &mut dyn Read,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error>;
/// See [`Format::encode`].
pub type Encode = fn(
    entries: &mut dyn Iterator<Item = Entry<'_>>,
    password: Option<&str>,
    output: &mut dyn Write,
) -> Result<(), Error>;
/// See [`Format::merge`].
pub type Merge = fn(existing: &[u8], password: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error>;
/// See [`Format::remove`].
pub type Remove = fn(existing: &[u8], password: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error>;

impl Format {
    /// Does what [`decode_within`](Self::decode_within) does, with as much work as a run may take.
    pub fn decode(
        &self,
        input: &mut dyn Read,
        password: Option<&str>,
        visit: &mut dyn FnMut(Member),
    ) -> Result<(), Error> {
        (self.decode_within)(input, password, &Derivations::default(), visit)
    }

    /// Returns the format of a file that begins so.
    pub fn of(head: &[u8]) -> Option<&'static Self> {
        FORMATS.iter().copied().find(|format| (format.recognise)(head))
    }

    /// Returns the format that this file name asks for.
    pub fn of_name(path: &Path) -> Option<&'static Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMATS.iter().copied().find(|format| format.extensions.contains(&extension.as_str()))
    }

    /// Returns the format of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().copied().find(|format| format.name == name)
    }

    /// Tells whether its stores name their entries and may have a password. Such a store may hold a certificate under
    /// several names, and other things beside certificates.
    pub fn is_key_store(&self) -> bool {
        self.usual_passwords.iter().any(Option::is_some)
    }

    /// Tells whether it holds files.
    pub(super) fn is_archive(&self) -> bool {
        [&zip::ZIP, &gzip::GZIP, &tar::TAR].contains(&self)
    }

    /// Returns the password of a new store for which none is given: it proves that the store is whole, and keeps no
    /// secret.
    pub fn new_password(&self) -> Option<&'static str> {
        self.usual_passwords.iter().copied().flatten().next()
    }

    /// Tells whether a file that is found to be in `found` is in this format.
    pub fn covers(&self, found: &Self) -> bool {
        self == found || self.profile_of == Some(found)
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

/// One piece of what a file holds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Member {
    /// A certificate.
    Certificate {
        /// What the store calls it, where it has names.
        alias: Option<String>,
        /// The certificate itself.
        certificate: Certificate,
        /// Returns its path.
        position: Position,
        /// Why some clients fail to read it where it stands, although pgtrust does.
        flaw: Option<&'static str>,
    },
    /// A certificate beside which stands that it vouches for no TLS server. It never becomes a root.
    Distrusted {
        /// The certificate itself.
        certificate: Certificate,
        /// Returns its path.
        position: Position,
        /// What stands beside it, in words.
        reason: &'static str,
    },
    /// Something that is rightly there and is not a certificate, such as a revocation list.
    Other {
        /// What the store calls it, where it has names.
        alias: Option<String>,
        /// What it is.
        kind: MemberKind,
        /// Returns its path.
        position: Position,
    },
    /// A private key.
    PrivateKey(PrivateKey),
    /// Something that should be a certificate and cannot be read.
    Rejected {
        /// Returns its path.
        position: Position,
        /// Why, in words.
        reason: String,
    },
    /// The members are listed, but nobody knows whether they are what was written.
    Unchecked {
        /// Why, in words.
        reason: String,
    },
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line on which it begins, from 1; none in binary formats.
    pub line: Option<u64>,
    /// The bytes that it takes up.
    pub bytes: Range<u64>,
}

impl Position {
    /// A place in a binary format.
    const fn binary(bytes: Range<u64>) -> Self {
        Self { line: None, bytes }
    }
}

impl fmt::Display for Position {
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

/// The whole input, for formats that cannot be read piece by piece.
fn read_whole(input: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    input.take(limits::WHOLE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::WHOLE { Err(Error::TooLarge { limit: limits::WHOLE }) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (&'static str, Option<String>, Vec<Certificate>) {
        let mut certificates = Vec::new();
        let decoded = decode(&mut &bytes[..], 1 << 20, Passwords::usual(), &mut |member| {
            if let Member::Certificate { certificate, .. } = member {
                certificates.push(certificate);
            }
        });
        let decoded = decoded.unwrap();
        (decoded.format.name, decoded.password, certificates)
    }

    #[test]
    fn every_format_reads_what_it_writes_adds_and_removes() {
        let root = Certificate::from_der(&include_bytes!("../tests/data/isrg-root-x1.der")[..]).unwrap();
        let entry = Entry { certificate: &root, origin: "letsencrypt current" };
        for format in FORMATS.iter().filter(|format| format.writable) {
            let password = format.new_password();
            let write = |password: Option<&str>| {
                let mut bytes = Vec::new();
                (format.encode)(&mut [entry].into_iter(), password, &mut bytes).unwrap();
                bytes
            };
            let bytes = write(password);
            if !format.name.starts_with("pkcs12") {
                assert_eq!(bytes, write(password), "{}", format.name);
            }
            let (name, opened, certificates) = decoded(&bytes);
            assert!(format.covers(Format::named(name).unwrap()), "{} is read as {name}", format.name);
            assert_eq!((opened.as_deref(), certificates), (password, vec![root.clone()]), "{}", format.name);
            assert_eq!((format.merge)(&bytes, password, &[]).unwrap(), bytes, "{}", format.name);
            assert_eq!((format.remove)(&bytes, password, &mut |_| false).unwrap(), bytes, "{}", format.name);
            let recognised = FORMATS.iter().filter(|other| (other.recognise)(&bytes)).count();
            assert_eq!(recognised, 1, "{} is recognised as one format", format.name);

            let empty = (format.remove)(&bytes, password, &mut |found| found.is_own(&[root.fingerprint()])).unwrap();
            let mut left = 0;
            let read = format.decode(&mut &empty[..], password, &mut |_| left += 1);
            assert!(empty.is_empty() || read.is_ok() && left == 0, "{}: {read:?}, {left} left", format.name);
        }
    }

    #[test]
    fn an_input_beyond_the_limit_is_an_error() {
        let text = format!("{}\n-----BEGIN CERTIFICATE-----\n", "x".repeat(100));
        let result = decode(&mut text.as_bytes(), 64, Passwords::usual(), &mut |_| ());
        assert!(matches!(result, Err(Error::TooLarge { limit: 64 })), "{result:?}");
    }
}
