//! Errors of formats.

use std::io;
use std::path::{Path, PathBuf};

use super::{Identified, Position};
use crate::x509::asn1;

/// Why bytes could not be read or written in a format. [`DecodeError`] adds the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What stands there breaks the format.
    #[error("{position}: {reason}")]
    Damaged {
        /// Where.
        position: Position,
        /// What is wrong.
        reason: String,
    },
    /// The format holds a single certificate.
    #[error("a {format} file holds one certificate, not {count}")]
    HoldsOne {
        /// The format's name.
        format: &'static str,
        /// How many were to be written.
        count: usize,
    },
    /// A certificate is a value in text of another kind, such as YAML or a `.env` file.
    #[error("{position}: a certificate inside other text cannot be written anew")]
    InsideText {
        /// Where it stands.
        position: Position,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A number in the input asks for more work or memory than pgtrust spends.
    #[error("{what}: {found} is above the limit of {limit}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// What the input says.
        found: u64,
    },
    /// The input is something else.
    #[error("is {what}, not a certificate or a store of certificates")]
    NotAStore {
        /// What it is.
        what: Identified,
    },
    /// The store cannot be opened without its password.
    #[error("a password is needed for {what}")]
    PasswordNeeded {
        /// What it protects.
        what: &'static str,
    },
    /// A private key, which no trust store may hold.
    #[error("{position}: contains a private key")]
    PrivateKey {
        /// Where the key stands.
        position: Position,
    },
    /// The input is larger than anything that pgtrust reads.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit that it exceeds.
        limit: u64,
    },
    /// The store is sound, and pgtrust does not know what it is made with or cannot write what is asked for.
    #[error("{what} is not supported")]
    Unsupported {
        /// What.
        what: String,
    },
    /// The password does not open the store.
    #[error("wrong password, or the store was changed")]
    WrongPassword,
}

/// A file, or another input, could not be read or written in its format.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {source}", .origin.display())]
pub struct DecodeError {
    /// The path, or another name of the input.
    pub origin: PathBuf,
    /// Why.
    pub source: Error,
}

impl DecodeError {
    /// For `map_err` on what could not be read from this file, or written to it.
    pub fn of(origin: impl AsRef<Path>) -> impl Fn(Error) -> Self {
        let origin = origin.as_ref().to_owned();
        move |source| Self { origin: origin.clone(), source }
    }
}

impl From<asn1::Error> for Error {
    fn from(error: asn1::Error) -> Self {
        match error {
            asn1::Error::Malformed { bytes, reason } => Self::Damaged { position: Position::binary(bytes), reason },
            asn1::Error::Limit { what, limit, found } => Self::Limit { what, limit, found },
        }
    }
}
