//! What a URL of a provider serves, held against the pins as it comes.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::super::download::{DownloadError, Downloaded};
use super::super::held::HeldRoom;
use crate::catalog::Root;
use crate::format::{self, Derivations, Identified, Member, Passwords};
use crate::system::limits;
use crate::x509::{Certificate, Fingerprint};

/// The state of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlState {
    /// It served what is pinned, or was not asked.
    AsPinned,
    /// It served that, and says that it has moved there for good.
    Moved(String),
    /// There is nothing any more.
    Gone(String),
    /// It serves something else.
    Else {
        /// The first fingerprints, in the order of the answer.
        found: Vec<Fingerprint>,
        /// How many more there are.
        more: usize,
    },
    /// It could not be reached, for this reason, which may pass.
    Unreachable(String),
}

/// Lists fingerprints in a message.
pub(crate) fn listed(found: &[Fingerprint], more: usize) -> String {
    let found = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if more == 0 { found } else { format!("{found} and {more} more") }
}

/// A URL of a provider.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) url: String,
    pub(super) serves: Serves,
    /// The pins of the provider.
    pub(super) known: Arc<HashSet<Fingerprint>>,
}

/// The roots that a URL is to serve.
#[derive(Clone)]
pub(super) enum Serves {
    /// A root, or several.
    Roots,
    /// A bundle that is followed, and the pattern for its new roots.
    Followed { pattern: Option<String> },
}

impl Wanted {
    pub(super) fn is_followed(&self) -> bool {
        matches!(self.serves, Serves::Followed { .. })
    }
}

/// The answer of a URL.
pub(super) struct Answer {
    pub(super) asked: Wanted,
    pub(super) from: String,
    pub(super) unchanged: bool,
    /// The provider's own server sent it, over verified TLS.
    pub(super) authentic: bool,
    pub(super) moved: Option<String>,
    pub(super) served: Result<Served, Missing>,
}

/// What is kept of an answer: it may have a hundred thousand certificates.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// The pins that it has.
    pub(super) pinned: HashSet<Fingerprint>,
    /// What no pin knows, each once, as far as there is room.
    pub(super) others: Vec<Certificate>,
    /// How many more there are.
    pub(super) more: usize,
    /// The first fingerprints, for messages, and how many more there are.
    pub(super) first: (Vec<Fingerprint>, usize),
}

/// Why an answer has no certificates.
#[derive(Debug)]
pub(super) enum Missing {
    Offline,
    Download(DownloadError),
    NoStore { from: String, error: format::Error },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("offline"),
            Self::Download(error) => error.fmt(f),
            Self::NoStore { from, error } => write!(f, "`{from}`: {error}"),
        }
    }
}

impl Answer {
    /// The built-in copies stand for it.
    pub(super) fn offline(asked: Wanted) -> Self {
        Self::missing(asked, Missing::Offline)
    }

    pub(super) fn of(asked: Wanted, answer: Result<Downloaded, DownloadError>) -> Self {
        match answer {
            Err(error) => Self::missing(asked, Missing::Download(error)),
            Ok(Downloaded { body, unchanged, from, authentic, moved }) => {
                let served = Served::of(&body, &asked.known, asked.is_followed());
                let served = served.map_err(|error| Missing::NoStore { from: from.clone(), error });
                Self { asked, from, unchanged, authentic, moved, served }
            }
        }
    }

    fn missing(asked: Wanted, missing: Missing) -> Self {
        let from = asked.url.clone();
        Self { asked, from, unchanged: false, authentic: false, moved: None, served: Err(missing) }
    }

    /// Tells whether it has this pin.
    pub(super) fn serves(&self, pin: &Fingerprint) -> bool {
        self.served.as_ref().is_ok_and(|served| served.pinned.contains(pin))
    }

    pub(super) fn state(&self, roots: &[(Root, Certificate)]) -> UrlState {
        let served = match &self.served {
            Ok(served) => served,
            Err(Missing::Offline) => return UrlState::AsPinned,
            Err(missing @ Missing::Download(DownloadError::Status { status: 404 | 410, .. })) => {
                return UrlState::Gone(missing.to_string());
            }
            Err(missing) => return UrlState::Unreachable(missing.to_string()),
        };
        let own = |(root, _): &&(Root, Certificate)| root.url.as_deref() == Some(&self.asked.url);
        let is_as_pinned = match &self.asked.serves {
            Serves::Roots => roots.iter().filter(own).all(|(root, _)| served.pinned.contains(&root.sha256)),
            // A bundle may lose members, but not all.
            Serves::Followed { .. } => roots.is_empty() || !served.pinned.is_empty(),
        };
        match &self.moved {
            _ if !is_as_pinned => UrlState::Else { found: served.first.0.clone(), more: served.first.1 },
            Some(to) => UrlState::Moved(to.clone()),
            None => UrlState::AsPinned,
        }
    }
}

impl Served {
    fn of(body: &[u8], known: &HashSet<Fingerprint>, is_followed: bool) -> Result<Self, format::Error> {
        let (mut served, mut room, mut seen) = (Self::default(), HeldRoom::of_provider(), HashSet::new());
        let derivations = Derivations::of(limits::DERIVATIONS_OF_ANSWER);
        let passwords = Passwords::usual().within(&derivations);
        format::decode(&mut &body[..], body.len() as u64, passwords, &mut |member| {
            let Member::Certificate { certificate, .. } = member else { return };
            let fingerprint = certificate.fingerprint();
            if !seen.insert(fingerprint) {
                return;
            }
            match &mut served.first {
                (first, _) if first.len() < limits::FINGERPRINTS_SHOWN => first.push(fingerprint),
                (_, more) => *more += 1,
            }
            if known.contains(&fingerprint) {
                served.pinned.insert(fingerprint);
            } else if room.takes(&certificate) {
                served.others.push(certificate);
            } else {
                served.more += 1;
            }
        })?;
        if served.pinned.is_empty() && !is_followed {
            // It is a mismatch, and no offer.
            served.others.clear();
        }
        if seen.is_empty() { Err(format::Error::NotAStore { what: Identified::Damaged }) } else { Ok(served) }
    }
}
