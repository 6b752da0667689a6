//! Why a server shows no certificate.

use std::fmt;
use std::time::Duration;

use super::TlsVersion;
use super::greeting::Protocol;

/// A server shows no certificate, or does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{server}`: {reason}")]
#[non_exhaustive]
pub struct ServerError {
    /// The host and port that were asked.
    pub server: String,
    /// Why.
    pub reason: ServerReason,
}

/// The reason why a server shows no certificate. Texts of the server are shortened and cannot act on a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerReason {
    /// The server refuses the TLS handshake by an alert (RFC 8446 section 6).
    #[error("the server refuses the TLS handshake: {meaning} (alert {code})")]
    Alert {
        /// Its number.
        code: u8,
        /// What it means here.
        meaning: String,
    },
    /// The server closes the connection.
    #[error("the server closes the connection {during}")]
    Closed {
        /// When.
        during: Step,
    },
    /// Something stands in plain text behind the server's word that it speaks TLS. It may be from someone between: clients
    /// that took it for a part of what is encrypted could be deceived (CVE-2021-23222).
    #[error("plain text follows the server's answer that it speaks TLS; someone between may have put it there")]
    Injected,
    /// The server answers that it speaks no TLS.
    #[error("the server offers no TLS")]
    NoTls,
    /// It is no PostgreSQL server.
    #[error("not a PostgreSQL server: {speaks}")]
    NotPostgres {
        /// What it is instead.
        speaks: Protocol,
    },
    /// The server speaks TLS only in a way that pgtrust and clients of today do not.
    #[error("the server speaks only TLS {version}{}", .cipher.map(|cipher| format!(" with cipher suite 0x{cipher:04x}")).unwrap_or_default())]
    Outdated {
        /// The version.
        version: TlsVersion,
        /// The cipher suite, where the version alone would do.
        cipher: Option<u16>,
    },
    /// Nothing listens there.
    #[error("the connection is refused: nothing listens on this port")]
    Refused,
    /// The connection was reset.
    #[error("the connection is reset {during}")]
    Reset {
        /// When.
        during: Step,
    },
    /// The server answers with an error of PostgreSQL. Until TLS is up, anyone between could have written it.
    #[error("the server answers with an error: `{message}`{}", .sqlstate.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Said {
        /// The error's text.
        message: String,
        /// Its code, such as `53300`; old servers send none.
        sqlstate: Option<String>,
    },
    /// The server did not answer in time.
    #[error("no answer within {limit:?} {during}")]
    Timeout {
        /// What was waited for.
        during: Step,
        /// The limit that passed.
        limit: Duration,
    },
    /// No TLS handshake can be made with what the server sends.
    #[error("no TLS handshake: {detail}")]
    Tls {
        /// What is wrong.
        detail: String,
    },
    /// The server sends more than a handshake may have.
    #[error(
        "the server's certificates have more than {limit} bytes: clients with rustls refuse that, OpenSSL's do from 100 KB on"
    )]
    TooLarge {
        /// The limit that was passed.
        limit: usize,
    },
    /// The server sends more certificates than are read.
    #[error("the server sends more than {limit} certificates")]
    TooMany {
        /// The limit that was passed.
        limit: usize,
    },
    /// The name has no address.
    #[error("the name has no address: {detail}")]
    UnknownHost {
        /// The system's words.
        detail: String,
    },
    /// None of its addresses can be reached.
    #[error("cannot connect: {detail}")]
    Unreachable {
        /// The system's words.
        detail: String,
    },
}

/// The steps of asking a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The name is looked up.
    LookUp,
    /// A connection is made.
    Connect,
    /// The server is to say whether it speaks TLS.
    Request,
    /// The TLS handshake.
    Handshake,
    /// The server is to answer a client that wants to log in without TLS.
    Login,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LookUp => "while its name is looked up",
            Self::Connect => "while connecting",
            Self::Request => "when asked whether it speaks TLS",
            Self::Handshake => "in the TLS handshake",
            Self::Login => "when asked for a login without TLS",
        })
    }
}
