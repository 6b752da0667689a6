//! Why a library has nothing of a store.

use std::fmt;
use std::path::PathBuf;

use crate::system::permissions::Unreachable;

/// A library has nothing of a store. Displayed in words that follow the path: `does not exist`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unusable {
    /// There is no such file.
    Missing,
    /// The user may not pass a folder on the way: to them it is as if there were no file.
    Closed {
        /// The first such folder.
        folder: PathBuf,
    },
    /// The user may not read the file.
    Denied,
    /// It is a folder.
    Folder,
    /// It is a pipe or a device.
    Device,
    /// The library gives up at this place, and has nothing of the file.
    Damaged {
        /// The line on which it gives up or what it gives up over begins, from 1, where there are lines.
        line: Option<u64>,
        /// Why, in words.
        reason: String,
    },
    /// No certificate stands in it.
    Empty,
    /// The store asks for a password that was not given, or another one.
    Password,
    /// The system does not let it be read.
    Unread {
        /// Why, in words.
        reason: String,
    },
}

impl Unusable {
    pub(super) fn damaged(line: impl Into<Option<u64>>, reason: impl Into<String>) -> Self {
        Self::Damaged { line: line.into(), reason: reason.into() }
    }
}

impl From<Unreachable> for Unusable {
    fn from(unreachable: Unreachable) -> Self {
        match unreachable {
            Unreachable::Missing => Self::Missing,
            Unreachable::Closed { folder } => Self::Closed { folder },
            Unreachable::Denied => Self::Denied,
            Unreachable::Unseen { at } => {
                Self::Unread { reason: format!("cannot be judged: `{}` may not be looked at", at.display()) }
            }
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Closed { folder } => write!(f, "is out of reach: `{}` is closed to this user", folder.display()),
            Self::Denied => f.write_str("may not be read by this user"),
            Self::Folder => f.write_str("is a folder"),
            Self::Device => f.write_str("is not a regular file"),
            Self::Damaged { line: Some(line), reason } => write!(f, "is damaged: line {line}: {reason}"),
            Self::Damaged { line: None, reason } => write!(f, "is damaged: {reason}"),
            Self::Empty => f.write_str("holds no certificate"),
            Self::Password => f.write_str("does not open with this password"),
            Self::Unread { reason } => f.write_str(reason),
        }
    }
}
