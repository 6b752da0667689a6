//! Notes: what a person should know of a run that went on.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::Error;
use super::finding::Finding;
use super::modes::WrongMode;
use crate::bundle::{Bundle, Rejected};
use crate::source::Problem;
#[cfg(feature = "fetch")]
use crate::source::TenantError;
use crate::store::known::{Advice, Usage};
use crate::store::reader;
use crate::system::permissions::is_readable_by_all;
use crate::x509::{Certificate, Fingerprint};

/// One thing that a person should know. Reports have them in the order in which they came up.
#[derive(Debug)]
#[non_exhaustive]
pub enum Note {
    /// Something that goes with a change of this kind of store.
    Advice(Advice),
    /// Two roots of one subject that OpenSSL cannot tell apart: it tries only the first.
    Ambiguous {
        /// Their subject.
        subject: String,
        /// The one that OpenSSL tries.
        first: Fingerprint,
        /// The one that it does not.
        second: Fingerprint,
    },
    /// A dry run shows what the real one could not do.
    Blocked(Error),
    /// A part of the work failed, and the rest went on.
    Failure(Error),
    /// Something that is not as it should be.
    Finding(Finding),
    /// A hook is owed more changes than are kept for it: the oldest are forgotten.
    ForgottenChanges {
        /// Its command line.
        hook: String,
        /// How many are forgotten.
        count: usize,
    },
    /// A line that a hook wrote.
    HookOutput {
        /// Its command line.
        hook: String,
        /// The line.
        line: String,
    },
    /// A dry run shows a hook that the real one would run.
    HookPlanned {
        /// Its command line.
        hook: String,
    },
    /// The hooks of an image are programs of that image, so they are not run here.
    HooksOfImage {
        /// The image's folder.
        root: PathBuf,
    },
    /// Lines of the journal cannot be read, and no crash explains it.
    JournalDamaged {
        /// How many.
        lines: usize,
    },
    /// A journal that cannot be read has another name now, and a new one is begun.
    JournalSetAside {
        /// Why it cannot be read.
        error: Error,
        /// Its new name.
        aside: PathBuf,
    },
    /// A file that only remembers cannot be read: it counts as absent, and is written anew.
    Lost(Error),
    /// A file in a folder of stores is not a store.
    NotLooked(Error),
    /// A tenant's API serves a certificate that is not a root.
    NotAllRoots,
    /// A file was replaced without a record, as there is no place for a journal.
    NotRecorded {
        /// The file.
        path: PathBuf,
    },
    /// A file came back, and not to its old owner: it is this user's now.
    OwnerLost {
        /// The file.
        path: PathBuf,
    },
    /// The CA of a tenant was pinned, the first time that it was seen.
    Pinned {
        /// The tenant.
        tenant: String,
        /// The certificate, as people compare it.
        root: String,
    },
    /// A part of an input cannot be read.
    Problem(Problem),
    /// The clock is so far from that of the last run that one of them is wrong: nothing counts as expired by it.
    Clock {
        /// When the last run ended.
        last: OffsetDateTime,
        /// What the clock shows.
        now: OffsetDateTime,
    },
    /// Certificates that did not become roots.
    Rejected(Vec<Rejected>),
    /// A root that a source serves is accepted, as the manifest says.
    Accepted {
        /// The provider.
        provider: String,
        /// The certificate, as people compare it.
        root: String,
    },
    /// A tenant's CA could not be fetched for a reason that may pass; what is kept stays.
    #[cfg(feature = "fetch")]
    Stale(TenantError),
    /// Something that a root removed from a store leaves behind.
    Trace(String),
    /// A store was read without the password that proves it whole.
    Unchecked {
        /// The store.
        origin: String,
        /// What was not checked.
        reason: String,
    },
    /// Roots did not get into a store, as a program for which it is could not read them.
    Unreadable {
        /// The store.
        store: PathBuf,
        /// The roots.
        rejected: Vec<Rejected>,
    },
    /// Some programs cannot do with roots what they are there for.
    Unfit {
        /// Their subjects.
        subjects: Vec<String>,
        /// The programs, what they do, and why, in words.
        why: String,
    },
    /// A file or folder of pgtrust's own had another mode than it should have, and has that now.
    ModeMended(WrongMode),
    /// A program of an image ran, as root of that.
    RanInImage {
        /// The command line.
        command: String,
    },
    /// A file that the request names, and that the manifest keeps, could be another's doing.
    SharedSource(Error),
    /// A file with a token or a password can be read by everyone.
    ReadableByAll {
        /// The file.
        path: PathBuf,
    },
    /// A root was taken whose own signature pgtrust cannot verify.
    Unverified {
        /// Its subject.
        subject: String,
        /// The algorithm and its own key, in words.
        signature: String,
    },
    /// How clients come to use what was made.
    Usage(Usage),
}

impl Note {
    /// Tells whether something could not be done.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failure(_))
    }

    /// Makes a note of a file with a token or a password, where everyone can read it. For a run that names it: `status` tells of
    /// it later, and `refresh` does not.
    pub(super) fn of_secret(file: Option<&Path>) -> Option<Self> {
        let path = file.filter(|file| is_readable_by_all(file))?.to_owned();
        Some(Self::ReadableByAll { path })
    }

    /// Makes the notes of a new bundle: what was left out, and which roots some clients cannot tell apart.
    pub(crate) fn of_bundle(bundle: &Bundle, rejected: Vec<Rejected>) -> impl Iterator<Item = Self> {
        let ambiguous: Vec<Self> = bundle
            .ambiguous()
            .into_iter()
            .map(|(first, second)| Self::Ambiguous {
                subject: first.title(),
                first: first.fingerprint(),
                second: second.fingerprint(),
            })
            .collect();
        let unverified =
            bundle.unverified().map(|root| Self::Unverified { subject: root.title(), signature: root.own_signature() });
        std::iter::once(Self::Rejected(rejected)).chain(ambiguous).chain(unverified)
    }
}

/// Which programs will not read the roots that go into a store of this format, or not use them, and which roots were
/// rejected for that.
pub(super) fn of_readers<'a>(
    roots: impl Iterator<Item = &'a Certificate>,
    rejected: Vec<Rejected>,
    store: &Path,
    format: &str,
) -> Vec<Note> {
    let mut notes: Vec<(String, Vec<String>)> = Vec::new();
    for root in roots {
        let unreadable = reader::unreadable(root, format).into_iter().filter(|unreadable| !unreadable.refused);
        let unreadable = unreadable.map(|unreadable| unreadable.to_string());
        let unusable = reader::unusable(root).into_iter().map(|unusable| unusable.to_string());
        for why in unreadable.chain(unusable) {
            let subject = root.title();
            match notes.iter_mut().find(|(known, _)| *known == why) {
                Some((_, subjects)) => subjects.push(subject),
                None => notes.push((why, vec![subject])),
            }
        }
    }
    let unfit = notes.into_iter().map(|(why, subjects)| Note::Unfit { subjects, why });
    let unreadable = (!rejected.is_empty()).then(|| Note::Unreadable { store: store.to_owned(), rejected });
    unfit.chain(unreadable).collect()
}

/// A run that failed, with what a person should know of it besides.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed {
    /// Why.
    pub error: Box<Error>,
    /// What came up before. Changes that were made stay, and their hooks ran.
    pub notes: Vec<Note>,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error: Box::new(error), notes: Vec::new() }
    }
}

/// The failure of one part must not keep the others.
pub(super) trait OrNote<T> {
    /// Notes the failure of a part. What is wrong with the request itself stays an error.
    fn or_note(self, notes: &mut Vec<Note>) -> Result<Option<T>, Error>;
}

impl<T> OrNote<T> for Result<T, Error> {
    fn or_note(self, notes: &mut Vec<Note>) -> Result<Option<T>, Error> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_of_whole_request() => Err(error),
            Err(error) => {
                notes.push(Note::Failure(error));
                Ok(None)
            }
        }
    }
}
