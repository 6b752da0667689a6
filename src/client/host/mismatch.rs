//! Why a certificate is not that of a host.

use std::fmt;

use super::names::Names;
use crate::system::text::{cut, sanitise};

/// A certificate is not for the host. Displayed in words that follow the certificate: ``is for `a.example` ``.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is for other hosts.
    Names {
        /// The first of their names, safe to show.
        names: Vec<String>,
        /// How many there are besides.
        more: usize,
    },
    /// It names no host.
    NoNames,
    /// Its names cannot be read to the end.
    Unreadable,
    /// The client refuses the host, whatever the certificate says.
    Host {
        /// Why, in words.
        reason: &'static str,
    },
    /// The client translates the host first, by rules of internationalised names that pgtrust does not follow: it is not
    /// known whether the certificate is for it.
    Internationalised,
}

impl Mismatch {
    /// The names that there are.
    pub(super) fn of(names: &Names<'_>) -> Self {
        let all = names.shown();
        if all.is_empty() {
            return Self::NoNames;
        }
        let shown = |name: &String| cut(&sanitise(cut(name, LENGTH).as_ref()), LENGTH).into_owned();
        Self::Names { names: all.iter().take(SHOWN).map(shown).collect(), more: all.len().saturating_sub(SHOWN) }
    }

    /// Tells whether the client may take the certificate all the same.
    pub fn is_undetermined(&self) -> bool {
        *self == Self::Internationalised
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names { names, more } => {
                write!(f, "is for `{}`", names.join("`, `"))?;
                if *more > 0 { write!(f, " and {more} more") } else { Ok(()) }
            }
            Self::NoNames => f.write_str("names no host"),
            Self::Unreadable => f.write_str("has names that cannot be read"),
            Self::Host { reason } => write!(f, "is not compared: the client refuses the host, because {reason}"),
            Self::Internationalised => {
                f.write_str("may be for the host, whose international name is not compared here")
            }
        }
    }
}

/// Names that a message has room for.
const SHOWN: usize = 3;
/// Characters of each.
const LENGTH: usize = 80;
