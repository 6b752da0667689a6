//! How each client's library reads a store, and in what state the file is for the user that the client runs as.
//!
//! [`format`](crate::format) reads a file as forgivingly as it can. The libraries do not, and each in another way: of one
//! file one trusts all, one the first certificate, one nothing. What each does is written after its source, which
//! `tests/dialects.rs` holds against the library itself.

mod dotnet;
mod folder;
mod go;
mod java;
mod jvm;
mod openssl;
mod rustls;
mod system;
mod unusable;

use std::path::Path;

use crate::store::reader::READERS;
pub use crate::system::permissions::Who;
use crate::system::permissions::obstacle;
use crate::system::{Error, file, limits};
use crate::x509::Certificate;
pub use jvm::trust_store;
pub use system::{Surroundings, SystemStore, openssl_folder, system};
pub use unusable::Unusable;

/// The rules by which a library reads a file of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenSSL's `SSL_CTX_load_verify_locations`: libpq, Python, PgBouncer, openssl. All or nothing.
    OpenSsl,
    /// OpenSSL's `PEM_read_bio_X509`, as in native-tls' `Certificate::from_pem`: the first certificate of the file.
    OpenSslFirst,
    /// The option `ca` of Node.js, read into a text as node-postgres does. It goes up to what it cannot read. Only of an empty
    /// file it says so ([`Unusable::Empty`]), and trusts its own roots then.
    Node,
    /// Java's `CertificateFactory`, with which pgjdbc reads `sslrootcert`: PEM, DER and PKCS#7, all or nothing.
    Java {
        /// The release of Java, such as 17. Release 25 reads PEM in a new way.
        release: u16,
    },
    /// Go's `CertPool.AppendCertsFromPEM`: pgx, lib/pq. It goes on without what it cannot read.
    Go,
    /// rustls-pki-types and `RootCertStore::add`, as in sqlx: all or nothing, and an empty file is no error.
    Rustls,
    /// .NET's `X509Certificate2Collection.ImportFromPemFile`, as in Npgsql.
    DotNet,
}

/// The certificates that a library has of a store.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// In the order in which the library tries them.
    pub certificates: Vec<Certificate>,
    /// What it goes on without, and tells nobody.
    pub passed_over: Vec<PassedOver>,
}

/// A part of a store that a library silently does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassedOver {
    /// The line on which it begins, from 1, where there are lines.
    pub line: Option<u64>,
    /// Why, in words.
    pub reason: String,
}

/// Reads a file as a client does that runs as this user.
pub fn read(path: &Path, dialect: Dialect, who: &Who) -> Result<Loaded, Unusable> {
    parse(&bytes(path, who)?, dialect)
}

/// Returns what keeps this user from reading a file; None where nothing does, or only the attempt tells.
pub fn state(path: &Path, who: &Who) -> Option<Unusable> {
    obstacle(path, who).map(Unusable::from)
}

/// Reads the bytes of a file as a library does.
pub fn parse(bytes: &[u8], dialect: Dialect) -> Result<Loaded, Unusable> {
    match dialect {
        Dialect::OpenSsl => openssl::all(bytes),
        Dialect::OpenSslFirst => openssl::first(bytes),
        Dialect::Node => openssl::node(bytes),
        Dialect::Java { release } => java::read(bytes, release),
        Dialect::Go => go::read(bytes),
        Dialect::Rustls => rustls::read(bytes),
        Dialect::DotNet => dotnet::read(bytes),
    }
}

/// Reads the bytes of a file, if this user may.
fn bytes(path: &Path, who: &Who) -> Result<Vec<u8>, Unusable> {
    if let Some(obstacle) = obstacle(path, who) {
        return Err(obstacle.into());
    }
    match file::read_with_metadata(path, limits::WHOLE) {
        Ok(Some((bytes, _))) => Ok(bytes),
        Ok(None) => Err(Unusable::Missing),
        Err(Error::IsFolder { .. }) => Err(Unusable::Folder),
        Err(Error::NotAFile { .. }) => Err(Unusable::Device),
        Err(Error::Io(error)) if error.source.kind() == std::io::ErrorKind::PermissionDenied => Err(Unusable::Denied),
        Err(error) => Err(Unusable::Unread { reason: error.to_string() }),
    }
}

impl Loaded {
    fn push(&mut self, certificate: Certificate) {
        self.certificates.push(certificate);
    }

    fn pass_over(&mut self, line: impl Into<Option<u64>>, reason: impl Into<String>) {
        self.passed_over.push(PassedOver { line: line.into(), reason: reason.into() });
    }
}

/// Reads a certificate that the reader of this name in [`READERS`] would read too; else why it would not.
fn certificate(der: Vec<u8>, reader: &str) -> Result<Certificate, String> {
    let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
    let reasons = READERS.iter().filter(|known| known.name == reader).flat_map(|known| known.reasons(&certificate));
    match reasons.into_iter().next() {
        Some(reason) => Err(format!("it has {reason}")),
        None => Ok(certificate),
    }
}

/// The number of the line that this byte stands on, from 1.
fn line_of(text: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', text.get(..at).unwrap_or(text)).count() as u64 + 1
}
