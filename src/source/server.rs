//! A live PostgreSQL server: the certificates that it presents, and whether it lets clients in without TLS.
//!
//! What a server presents is recorded and not trusted. It is never sent a password; a user name only by [`plaintext`].

mod chain;
#[cfg(feature = "fetch")]
mod connection;
mod error;
#[cfg(feature = "fetch")]
mod first_flight;
pub mod flight;
pub mod greeting;
#[cfg(feature = "fetch")]
mod handshake;
#[cfg(feature = "fetch")]
mod key_exchange;
#[cfg(feature = "fetch")]
mod login;
mod observed;
#[cfg(feature = "fetch")]
mod parallel;
#[cfg(feature = "fetch")]
mod recorder;

use std::fmt;
use std::net::IpAddr;

pub use chain::{Served, Unreadable};
pub use error::{ServerError, ServerReason, Step};
#[cfg(feature = "fetch")]
pub use handshake::ask;
#[cfg(feature = "fetch")]
pub use login::{Login, Plaintext, plaintext};
pub use observed::{Observed, Unreached};
#[cfg(feature = "fetch")]
pub use parallel::{Answer, Question, ask_all};

/// Where a server is, as a libpq connection string names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `host`: the name, or the address in place of one. It is what the server is told as the name of the wanted host
    /// (SNI), unless it is an address.
    pub host: String,
    /// `hostaddr`: the address to connect to, without looking up the name.
    pub address: Option<IpAddr>,
    /// `port`.
    pub port: u16,
}

impl fmt::Display for Address {
    /// `db.example:5432`, `[::1]:5432`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = crate::system::text::sanitise(&self.host);
        let (left, right) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(formatter, "{left}{}{right}:{}", crate::system::text::shortened(&host), self.port)
    }
}

/// Returns the name that the server is told (RFC 6066 section 3): as libpq does, none for an address. The dot at the end,
/// which libpq sends, has no place in it, and servers do not find such a name.
fn sni(server: &Address) -> Option<&str> {
    let host = server.host.trim_end_matches('.');
    let is_address = host.parse::<IpAddr>().is_ok()
        || host.contains(':')
        || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (!is_address).then_some(host)
}

/// How TLS is begun: libpq's `sslnegotiation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Negotiation {
    /// With PostgreSQL's SSLRequest, a question in plain text whether the server speaks TLS.
    #[default]
    Postgres,
    /// At once, with `postgresql` as the protocol (ALPN). Servers know it since PostgreSQL 17.
    Direct,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0, RFC 2246.
    V1_0,
    /// TLS 1.1, RFC 4346.
    V1_1,
    /// TLS 1.2, RFC 5246.
    V1_2,
    /// TLS 1.3, RFC 8446.
    V1_3,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        })
    }
}
