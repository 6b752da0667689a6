//! What a server showed of itself.

use std::net::SocketAddr;

use super::{Served, ServerReason, TlsVersion};

/// What a server showed of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observed {
    /// The address that answered.
    pub address: SocketAddr,
    /// Addresses of the same name that were tried before and could not be reached. Clients wait for them too.
    pub unreached: Vec<Unreached>,
    /// The version of TLS, where the server came so far as to choose one.
    pub tls: Option<TlsVersion>,
    /// Its certificates, as it sent them: untrusted.
    pub chain: Served,
    /// Whether it took `postgresql` as the protocol, as servers do since PostgreSQL 17.
    pub alpn: bool,
    /// Whether it asked for a certificate of the client.
    pub wants_certificate: bool,
    /// Why the handshake did not come to its end, after the certificates were there.
    pub unfinished: Option<ServerReason>,
}

/// An address of a server that could not be reached, while another could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub reason: ServerReason,
}
