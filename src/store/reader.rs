//! The programs that read stores, and what makes one of them refuse a certificate, or the whole store with it.
//!
//! To add a reader: an entry in [`READERS`]. To add a cause: a row in the list of its reader. `tests/readers.rs` holds the
//! rows against the readers themselves.

mod fields;
mod go;
mod java;
mod nss;
mod openssl;
mod rustls;
mod strings;
mod usage;

use std::fmt;

use crate::bundle::{self, Bundle, Reason, Rejected};
use crate::x509::Certificate;
use fields::Fields;
pub use usage::{Unusable, unusable};

/// Every reader, the one that most clients build on first.
pub static READERS: &[Reader] = &[openssl::OPENSSL, openssl::OPENSSL_3_5, java::JAVA, nss::NSS, go::GO, rustls::RUSTLS];

/// A program or library that reads stores.
pub struct Reader {
    /// The name in JSON.
    pub name: &'static str,
    /// The name in messages, with programs that are built on it.
    pub title: &'static str,
    /// The formats that it reads.
    pub formats: &'static [Reading],
    /// What makes it refuse a certificate.
    pub rows: &'static [Row],
}

/// How a reader goes about stores of one format.
pub struct Reading {
    /// A name of [`FORMATS`](crate::format::FORMATS) or of [`Naming`](crate::folder::Naming), or `nss`.
    pub format: &'static str,
    /// Whether it reads nothing of a store in which there is a certificate that it refuses. Otherwise it goes on without.
    pub loses_store: bool,
    /// Whether stores of this format are for this reader: nothing that it refuses is added to them.
    pub decides: bool,
}

/// One reason to refuse a certificate.
pub struct Row {
    /// What the certificate has, in words that follow `it has`.
    pub reason: &'static str,
    applies: fn(&Fields<'_>) -> bool,
}

/// A reader cannot read a certificate.
#[derive(Debug)]
pub struct Unreadable {
    /// Which reader.
    pub reader: &'static Reader,
    /// The first of the reasons, in words that follow `it has`.
    pub reason: &'static str,
    /// Whether the reader reads nothing of a store with this certificate.
    pub loses_store: bool,
    /// Whether the certificate must not get into stores of the format.
    pub refused: bool,
}

/// Returns the readers of stores of a format that cannot read this certificate, none for a sound one. Of a format that
/// is no reader's, such as DER, they are all that there are: such a file is on its way into a store.
pub fn unreadable(certificate: &Certificate, format: &str) -> Vec<Unreadable> {
    let Some(fields) = Fields::of(certificate) else { return Vec::new() };
    let is_read = READERS.iter().any(|reader| reader.reading(format).is_some());
    let unreadable = |reader: &'static Reader| {
        let reading = reader.reading(format);
        if is_read && reading.is_none() {
            return None;
        }
        let reason = reader.reasons_in(&fields).next()?;
        let loses_store = reading.is_some_and(|reading| reading.loses_store);
        Some(Unreadable { reader, reason, loses_store, refused: reading.is_some_and(|reading| reading.decides) })
    };
    READERS.iter().filter_map(unreadable).collect()
}

impl Reader {
    /// Returns how it reads stores of a format, if it does.
    pub fn reading(&self, format: &str) -> Option<&'static Reading> {
        self.formats.iter().find(|reading| reading.format == format)
    }

    /// Returns all that makes it refuse this certificate, none if it reads it.
    pub fn reasons(&self, certificate: &Certificate) -> Vec<&'static str> {
        Fields::of(certificate).map_or_else(Vec::new, |fields| self.reasons_in(&fields).collect())
    }

    fn reasons_in(&self, fields: &Fields<'_>) -> impl Iterator<Item = &'static str> {
        self.rows.iter().filter(|row| (row.applies)(fields)).map(|row| row.reason)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Row {
    const fn new(reason: &'static str, applies: fn(&Fields<'_>) -> bool) -> Self {
        Self { reason, applies }
    }
}

impl Reading {
    /// The reader for which the format is.
    const fn own(format: &'static str, loses_store: bool) -> Self {
        Self { format, loses_store, decides: true }
    }

    /// One that reads it as well.
    const fn too(format: &'static str, loses_store: bool) -> Self {
        Self { format, loses_store, decides: false }
    }
}

/// Returns the programs for which stores of this format are, in words.
pub(crate) fn of(format: &str) -> &'static str {
    let decides = |reader: &&Reader| reader.reading(format).is_some_and(|reading| reading.decides);
    READERS.iter().find(decides).map_or("a program", |reader| reader.title)
}

/// Returns why this certificate must not get into a store of this format, if so.
pub(crate) fn refusal(certificate: &Certificate, format: &str) -> Option<Reason> {
    let fields = Fields::of(certificate)?;
    READERS.iter().find_map(|reader| {
        let reading = reader.reading(format).filter(|reading| reading.decides)?;
        let why = reader.reasons_in(&fields).next()?;
        Some(Reason::Unreadable { reader: reader.title, why, loses_store: reading.loses_store })
    })
}

/// Leaves out of a bundle what must not get into a store of this format. Returns both; fails when nothing is left.
pub(crate) fn readable(bundle: Bundle, format: &str) -> Result<(Bundle, Vec<Rejected>), bundle::Error> {
    let rejected = bundle.rejected_by(&|root| refusal(root, format));
    if rejected.is_empty() { Ok((bundle, rejected)) } else { Ok((bundle.without(&rejected)?, rejected)) }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = if self.loses_store { "reads nothing of a store with it" } else { "cannot read it" };
        write!(f, "{} {lost}: it has {}", self.reader.title, self.reason)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = |client: &&str| match READERS.iter().find(|reader| reader.name == *client) {
            Some(reader) => reader.title,
            None => "Python 3.13 and later",
        };
        let titles: Vec<&str> = self.clients.iter().map(title).collect();
        write!(f, "no use as a root for {}: it has {}", titles.join(", "), self.reason)
    }
}
