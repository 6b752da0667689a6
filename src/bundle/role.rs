//! Roles of the certificates that a provider pins.

use serde::{Deserialize, Serialize};

/// The role of a pinned certificate, which decides what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Servers use it: installed.
    Current,
    /// Servers are going to use it: installed.
    Upcoming,
    /// On its way out: kept where it stands, not newly added.
    Retiring,
    /// Known, so that stale stores are recognised; never installed.
    Legacy,
    /// No pin: the user accepted it by fingerprint. Installed.
    Accepted,
}

impl Role {
    /// Returns the word in definitions, comments and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Upcoming => "upcoming",
            Self::Retiring => "retiring",
            Self::Legacy => "legacy",
            Self::Accepted => "accepted",
        }
    }

    /// Tells whether certificates of this role go into stores.
    pub fn installed(self) -> bool {
        matches!(self, Self::Current | Self::Upcoming | Self::Accepted)
    }
}
