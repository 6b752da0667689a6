//! The entries of a JKS or JCEKS store, one after the other, with every length checked before it is used.

use super::reader::{JksReader, damaged, position};
use super::{SEALED_MAGIC, VERSION, sealed};
use crate::format::{Error, MemberKind, Position};
use crate::system::limits;
use crate::x509::Certificate;

pub(super) const PRIVATE_KEY: u32 = 1;
pub(super) const TRUSTED: u32 = 2;
pub(super) const SECRET_KEY: u32 = 3;
/// The type of all certificates in use, as Java writes it.
pub(super) const X509: &str = "X.509";
/// Another name that Java has for it. It does not tell upper from lower case in either.
const X509_ALIAS: &[u8] = b"X509";

/// One entry.
pub(super) struct JksEntry<'a> {
    pub(super) alias: String,
    pub(super) position: Position,
    pub(super) body: Body<'a>,
}

pub(super) enum Body<'a> {
    /// A trusted certificate.
    Certificate(&'a [u8]),
    /// A private key with its chain. All of it is kept as it is.
    PrivateKey(Vec<TypedCertificate<'a>>),
    /// What is kept as it is, by kind.
    Other(MemberKind),
}

/// A certificate of an entry.
#[derive(Clone, Copy)]
pub(super) struct TypedCertificate<'a> {
    /// Whether its type is X.509.
    is_x509: bool,
    bytes: &'a [u8],
}

impl TypedCertificate<'_> {
    pub(super) fn read(self) -> Result<Certificate, String> {
        if !self.is_x509 {
            return Err("a certificate of another type than X.509".to_owned());
        }
        Certificate::from_der(self.bytes).map_err(|error| error.to_string())
    }
}

/// Iterates over the entries; ends behind the first that cannot be read.
#[derive(Clone)]
pub(super) struct Entries<'a> {
    reader: JksReader<'a>,
    version: u32,
    sealed: bool,
    count: u32,
    left: u32,
}

impl<'a> Entries<'a> {
    pub(super) fn new(store: &'a [u8]) -> Result<Self, Error> {
        let mut reader = JksReader::new(store);
        let sealed = reader.take(4, "the magic number")? == SEALED_MAGIC;
        let version = reader.u32("the version")?;
        if !(1..=VERSION).contains(&version) {
            return Err(Error::Unsupported { what: format!("version {version} of the Java key store format") });
        }
        let count = reader.u32("the number of entries")?;
        if count > limits::STORE_ENTRIES {
            return Err(Error::Limit { what: "entries", limit: limits::STORE_ENTRIES.into(), found: count.into() });
        }
        Ok(Self { reader, version, sealed, count, left: count })
    }

    /// Returns how many entries the store declares.
    pub(super) fn declared(&self) -> u32 {
        self.count
    }

    /// Tells whether certificates are preceded by their type.
    pub(super) fn has_types(&self) -> bool {
        self.version > 1
    }

    /// Returns where the last entry ends.
    pub(super) fn end(&self) -> Result<usize, Error> {
        let mut entries = self.clone();
        entries.try_for_each(|entry| entry.map(drop))?;
        Ok(entries.reader.at)
    }

    fn entry(&mut self) -> Result<JksEntry<'a>, Error> {
        let start = self.reader.at;
        let tag = self.reader.u32("an entry")?;
        let alias = modified_utf8(self.reader.utf("an alias")?);
        self.reader.take(8, "a creation date")?;
        let body = match tag {
            PRIVATE_KEY => {
                self.reader.block("a private key")?;
                let mut chain = Vec::new();
                for _ in 0..self.reader.u32("the length of a chain")? {
                    chain.push(self.certificate()?);
                }
                Body::PrivateKey(chain)
            }
            TRUSTED => match self.certificate()? {
                TypedCertificate { is_x509: true, bytes } => Body::Certificate(bytes),
                _ => Body::Other(MemberKind::Unknown),
            },
            SECRET_KEY if self.sealed => {
                sealed::skip(&mut self.reader)?;
                Body::Other(MemberKind::SecretKey)
            }
            _ => {
                let reason = format!("an entry of the kind {tag}, which Java does not have");
                return Err(damaged(start, self.reader.at, reason));
            }
        };
        Ok(JksEntry { alias, position: position(start, self.reader.at), body })
    }

    fn certificate(&mut self) -> Result<TypedCertificate<'a>, Error> {
        let is_x509 = !self.has_types() || {
            let name = self.reader.utf("a certificate type")?;
            name.eq_ignore_ascii_case(X509.as_bytes()) || name.eq_ignore_ascii_case(X509_ALIAS)
        };
        Ok(TypedCertificate { is_x509, bytes: self.reader.block("a certificate")? })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<JksEntry<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.entry();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }
}

/// Java's modified UTF-8: UTF-16 units in one to three bytes each, so that a character beyond the basic plane is two
/// surrogates of three bytes, and NUL is two bytes. What is none becomes U+FFFD: aliases are shown and compared, and
/// their bytes stay as they are.
pub(super) fn modified_utf8(bytes: &[u8]) -> String {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return String::from_utf16_lossy(&units),
            [a @ 0..0x80, rest @ ..] => {
                units.push(u16::from(*a));
                rest
            }
            [a @ 0xc0..0xe0, b @ 0x80..0xc0, rest @ ..] => {
                units.push(u16::from(a & 0x1f) << 6 | u16::from(b & 0x3f));
                rest
            }
            [a @ 0xe0..0xf0, b @ 0x80..0xc0, c @ 0x80..0xc0, rest @ ..] => {
                units.push(u16::from(a & 0x0f) << 12 | u16::from(b & 0x3f) << 6 | u16::from(c & 0x3f));
                rest
            }
            [_, rest @ ..] => {
                units.push(0xfffd);
                rest
            }
        };
    }
}
