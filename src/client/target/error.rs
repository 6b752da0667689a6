//! Why a text is no target. Nothing of it is shown that may be a part of a password.

use std::fmt;

use super::Form;
use crate::client::parameters::{Mode, NotAMode};
use crate::client::surroundings::SurroundingsError;
use crate::system::limits;

/// A text does not name servers.
#[derive(Debug, thiserror::Error)]
#[error("`{shown}`{}: {reason}", At(*.column))]
#[non_exhaustive]
pub struct TargetError {
    /// The text, as far as no part of it can be a secret.
    pub shown: String,
    /// What the text was taken for.
    pub form: Form,
    /// The character at which it cannot be read on, counted from 1.
    pub column: Option<usize>,
    /// What is wrong, and what mends it.
    pub reason: Reason,
}

struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |column| write!(f, ", column {column}"))
    }
}

/// What is wrong with a target, and what mends it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// `hostaddr` is none.
    #[error("`hostaddr` takes IPv4 and IPv6 addresses, with no zone; a name goes into `host`")]
    Address,
    /// A password in a URL is not encoded.
    #[error("an `@` too many: in a user or a password, write `@` as `%40`, `/` as `%2F` and `:` as `%3A`")]
    At,
    /// A list has another length than that of the hosts.
    #[error("{count} {what} for {hosts} hosts: give one for each, with commas between them")]
    Counts {
        /// What the list has.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many hosts there are.
        hosts: usize,
    },
    /// There is nothing.
    #[error("it is empty: name a host, a URL or a service")]
    Empty,
    /// A `%` is not followed by what it should be.
    #[error("`%` begins a byte in hexadecimal, as in `%40`, and the bytes are UTF-8: write `%` itself as `%25`")]
    Escape,
    /// It is for another database.
    #[error("`{name}` is not for PostgreSQL: a URL begins with `postgresql://` or `jdbc:postgresql:`")]
    Foreign {
        /// What it is for.
        name: String,
    },
    /// A text is no host.
    #[error(
        "a host is a name of letters, digits, `-`, `_` and dots, an IP address, or a folder; IPv6 goes into `[]`, and in a \
         password of a URL `@` is written as `%40`, `/` as `%2F`"
    )]
    Host,
    /// There are too many hosts.
    #[error("it names more than {} servers", limits::HOSTS)]
    Hosts,
    /// A host has letters beyond ASCII, which libpq does not translate.
    #[error("a host beyond ASCII is written in its encoded form, `xn--…`")]
    International,
    /// It is longer than any connection string.
    #[error("it has more than {} bytes", limits::TARGET)]
    Long,
    /// There is no such mode.
    #[error(transparent)]
    Mode(#[from] NotAMode),
    /// What `sslnegotiation` names is not there.
    #[error("`sslnegotiation` is `postgres` or `direct`")]
    Negotiation,
    /// There is no such mode in Npgsql.
    #[error(
        "Npgsql's modes are Disable, Allow, Prefer, Require, VerifyCA and VerifyFull{}",
        .suggestion.map(|mode| format!("; `{}` is meant?", mode.as_str().replace('-', ""))).unwrap_or_default()
    )]
    NetMode {
        /// What may be meant.
        suggestion: Option<Mode>,
    },
    /// A name has no value.
    #[error("a name without `=` behind it: put a value that has spaces between `'`")]
    NoEquals,
    /// There is no host where the client takes none for granted.
    #[error("it names no host")]
    NoHost,
    /// No service file has it.
    #[error(
        "no service file has a section `[{name}]`: libpq looks for it in `PGSERVICEFILE`, `~/.pg_service.conf` and `pg_service.conf` of the system"
    )]
    NoService {
        /// The name.
        name: String,
    },
    /// A text is no port.
    #[error("a port is a number from 1 to 65535; a database is given in a URL, as `postgresql://host:port/database`")]
    Port,
    /// A quotation mark is never closed, or more stands behind it.
    #[error("a quotation mark is never closed, or something stands right behind it")]
    Quote,
    /// A service cannot be used.
    #[error(transparent)]
    Service(Box<SurroundingsError>),
    /// A URL has no `/` where pgjdbc wants one, or more than one.
    #[error("pgjdbc reads `jdbc:postgresql://host:port/database`, with one `/` before the database")]
    Slash,
    /// No parameter has that name, and no host is named.
    #[error("it names no host, and libpq has no parameter{}", .name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default())]
    Unknown {
        /// The name, where it cannot be a part of a password.
        name: Option<String>,
    },
    /// A JDBC URL has a user before the host.
    #[error(
        "pgjdbc takes no user before the host: give `?user=…` behind the database, and in a value write `@` as `%40`"
    )]
    User,
    /// A string is for a program around the driver.
    #[error("`{name}` wraps another connection: give what it wraps, {inside}")]
    Wrapper {
        /// The program, or the key.
        name: String,
        /// What to give instead.
        inside: &'static str,
    },
    /// There is a NUL in it.
    #[error("it holds a NUL")]
    Zero,
}

/// Where a parser stopped and why.
pub(super) struct Fault {
    pub(super) column: Option<usize>,
    pub(super) reason: Reason,
}

impl Fault {
    pub(super) fn at(column: usize, reason: Reason) -> Self {
        Self { column: Some(column), reason }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { column: None, reason }
    }
}
