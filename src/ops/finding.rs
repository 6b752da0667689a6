//! Findings: what a person should look at.

use serde::{Deserialize, Serialize};

use crate::ops::Error;
use crate::system::limits;
use crate::system::secrets::without_users;
use crate::system::text::cut;

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The source, the store or the hook.
    pub about: String,
    /// What tells it from others of its kind: a fingerprint, a URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it was found first; RFC 3339.
    #[serde(default)]
    pub since: String,
    /// What a program of others said beside it in this run, which may hold secrets.
    #[serde(skip)]
    pub said: Option<String>,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A source serves a certificate that no pin knows.
    Held,
    /// A URL serves something else than what is pinned.
    Mismatch,
    /// A URL has moved for good.
    Moved,
    /// There is nothing at a URL any more.
    Gone,
    /// A tenant's CA has changed, which was dealt with. Good to know, and no more.
    Changed,
    /// A CA ends before long, and nothing renews it by itself.
    Ends,
    /// A certificate of a source does not get into stores. Good to know, and no more.
    LeftOut,
    /// The pins of a provider were not checked for long. Good to know, and no more.
    OldPins,
    /// A source could not be asked, or not be read.
    Source,
    /// A store could not be brought up to date.
    Store,
    /// A hook failed.
    Hook,
}

impl FindingKind {
    /// Tells whether something could not be done. The others are what was found.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Source | Self::Store | Self::Hook)
    }

    /// Tells whether nobody needs to do anything about it.
    pub fn is_note(self) -> bool {
        matches!(self, Self::Changed | Self::LeftOut | Self::OldPins)
    }

    /// Tells whether it is said again while it stands.
    pub(crate) fn is_said_again(self) -> bool {
        self.is_failure() || self == Self::OldPins
    }

    /// Tells what gives way last where there are too many.
    pub(crate) fn rank(self) -> u8 {
        if self.is_failure() { 0 } else { 1 + u8::from(self.is_note()) }
    }

    pub(crate) fn is_of_source(self) -> bool {
        !matches!(self, Self::LeftOut | Self::OldPins | Self::Store | Self::Hook)
    }
}

impl Finding {
    /// Makes a finding of this run. What is too long to be kept is cut.
    pub fn new(kind: FindingKind, about: &str, key: &str, message: String, hint: Option<String>) -> Self {
        let cut = |text: &str| cut(text, limits::FINDING_TEXT).into_owned();
        let (message, hint) = (cut(&without_users(&message)), hint.as_deref().map(cut));
        Self { kind, about: about.to_owned(), key: cut(key), message, hint, since: String::new(), said: None }
    }

    /// Makes a failure with its remedy.
    pub(crate) fn of_error(kind: FindingKind, about: &str, error: &Error, hint: Option<String>) -> Self {
        let said = error.said().map(str::to_owned);
        Self { said, ..Self::new(kind, about, "", error.to_string(), hint) }
    }

    /// Makes the same finding, of something on this machine: it can be looked at again without a network.
    pub(crate) fn on_this_machine(self) -> Self {
        Self { key: ON_THIS_MACHINE.to_owned(), ..self }
    }

    pub(crate) fn is_on_this_machine(&self) -> bool {
        self.key == ON_THIS_MACHINE
    }

    /// Returns what tells it from all others, even if other words describe it: a server fails in many ways while it is down.
    pub(crate) fn identity(&self) -> (FindingKind, &str, &str) {
        (self.kind, &self.about, &self.key)
    }
}

/// A finding that stands, and what a run makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reported {
    /// What stands.
    #[serde(flatten)]
    pub finding: Finding,
    /// Whether it was not known before.
    pub new: bool,
    /// Whether this run says it: because it is new, or because it still fails and was not said for a while.
    #[serde(skip)]
    pub said: bool,
    /// Whether hooks are still to be told.
    #[serde(skip)]
    pub(crate) unheard: bool,
}

const ON_THIS_MACHINE: &str = "here";
