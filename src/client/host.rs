//! How each client's library compares the host with the names of the server's certificate.
//!
//! Written after each library's source; `tests/host_names.rs` holds the rules against the libraries themselves.

mod address;
mod go;
mod libpq;
mod mismatch;
mod names;
mod node;
mod openssl;
mod pgbouncer;
mod pgjdbc;
mod webpki;

use self::names::Names;
use crate::x509::Certificate;
pub use mismatch::Mismatch;

/// The rule by which a client takes a certificate for that of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameRule {
    /// libpq from version 15 on: `pq_verify_peer_name_matches_certificate`.
    Libpq,
    /// Python's `ssl`, as asyncpg and pg8000 use it: OpenSSL's `X509_check_host` and `X509_check_ip`.
    Python,
    /// Node.js's `tls.checkServerIdentity`: node-postgres, postgres.js.
    Node {
        /// Its release, such as 20. From 24 on it reads the host as a browser does.
        major: u16,
    },
    /// `PGjdbcHostnameVerifier`.
    Pgjdbc,
    /// Go's `Certificate.VerifyHostname`: pgx, lib/pq.
    Go,
    /// OpenSSL as native-tls calls it: sqlx, tokio-postgres, Prisma.
    OpenSslHost,
    /// rustls-webpki, called itself: sqlx, tokio-postgres.
    Webpki,
    /// `SslStream` of .NET on Linux: Npgsql. After its source; the tests do not ask it.
    DotNet,
    /// The libtls in PgBouncer: `tls_check_name` of libusual. After its source; the tests do not ask it.
    PgBouncer,
}

impl NameRule {
    /// Tells whether a client with this rule takes the certificate for that of this host, a name or an address.
    pub fn accepts(self, certificate: &Certificate, host: &str) -> Result<(), Mismatch> {
        let names = Names::of(certificate).ok_or(Mismatch::Unreadable)?;
        if host.is_empty() {
            return Err(Mismatch::Host { reason: "it is empty" });
        }
        if host.contains('\0') {
            return Err(Mismatch::Host { reason: "a zero byte is in it" });
        }
        let accepted = match self {
            Self::Libpq => libpq::accepts(&names, host),
            Self::Python => openssl::python(&names, host)?,
            Self::Node { major } => node::accepts(&names, host, major)?,
            Self::Pgjdbc => pgjdbc::accepts(&names, host)?,
            Self::Go => go::accepts(&names, host),
            Self::OpenSslHost => openssl::native_tls(&names, host),
            Self::Webpki => webpki::accepts(certificate, host)?,
            Self::DotNet => openssl::dotnet(&names, host)?,
            Self::PgBouncer => pgbouncer::accepts(&names, host),
        };
        if accepted { Ok(()) } else { Err(Mismatch::of(&names)) }
    }
}
