//! The entries of a JKS or JCEKS store, one after the other, with every length checked before it is used.

use super::reader::{JksReader, damaged, position};
use super::{SEALED_MAGIC, VERSION, sealed};
use crate::format::{Error, MemberKind, Position};
use crate::system::limits;

pub(super) const PRIVATE_KEY: u32 = 1;
pub(super) const TRUSTED: u32 = 2;
pub(super) const SECRET_KEY: u32 = 3;
/// The one certificate type in use.
pub(super) const X509: &str = "X.509";

/// One entry.
pub(super) struct JksEntry<'a> {
    pub(super) alias: String,
    pub(super) position: Position,
    pub(super) body: Body<'a>,
}

pub(super) enum Body<'a> {
    /// A trusted certificate.
    Certificate(&'a [u8]),
    /// What is kept as it is, by kind. The chain of a private key is part of it.
    Other(MemberKind),
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
                for _ in 0..self.reader.u32("the length of a chain")? {
                    self.certificate()?;
                }
                Body::Other(MemberKind::PrivateKey)
            }
            TRUSTED => match self.certificate()? {
                (true, der) => Body::Certificate(der),
                (false, _) => Body::Other(MemberKind::Unknown),
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

    /// Reads a certificate: whether its type is X.509, and its bytes.
    fn certificate(&mut self) -> Result<(bool, &'a [u8]), Error> {
        let x509 = !self.has_types() || self.reader.utf("a certificate type")? == X509.as_bytes();
        Ok((x509, self.reader.block("a certificate")?))
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
