//! Errors of what a client finds.

use std::path::PathBuf;

/// What a client finds cannot be used, and the client would say so too.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurroundingsError {
    /// A line cannot be read.
    #[error("`{}`, line {line}: {reason}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong with it, and what mends it.
        reason: BadLine,
    },
    /// There is no such account.
    #[error("`/etc/passwd` has no user `{name}`: a directory service is not asked; run this as that user")]
    NoSuchUser {
        /// The name.
        name: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}

/// What is wrong with a line of a service file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadLine {
    /// Its variables make it too long.
    #[error("with its variables the file has more than {} bytes", crate::system::limits::CONNECTIONS)]
    Large,
    /// The parameters stand in a directory.
    #[error("the service stands in LDAP, which is not asked: name its server as `host:port`")]
    Ldap,
    /// It is longer than libpq reads.
    #[error("libpq reads no line of more than {} bytes", LONGEST_LINE)]
    Long,
    /// A service names another.
    #[error("a service cannot name another: libpq refuses `service=` here")]
    Nested,
    /// There is no `=`.
    #[error("no `=`: a line is `name=value`, with no space before the `=`")]
    NoEquals,
    /// libpq has no such parameter.
    #[error(
        "libpq has no such parameter, and refuses the service: names are in lower case, with no space before the `=`"
    )]
    Unknown,
    /// A value is never closed.
    #[error("its quotation mark is never closed")]
    Unclosed,
}

/// Bytes of a line of a service file, with its end, that libpq does not read any more.
pub(super) const LONGEST_LINE: usize = 1023;
