//! The difference between a store and what it should hold, and the changes that close it.

mod addition;
mod file;
mod removal;
mod repair;

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use crate::bundle::{self, Bundle, Reason, Rejected};
use crate::format::Entry;
use crate::journal::{Added, Change, Listed};
use crate::store::folder::{Difference, Directory, Naming};
use crate::store::known::system::refuse_generated;
use crate::store::known::{StoreKind, StoreSpec};
use crate::store::nss::{Certutil, Database};
use crate::store::{Error, reader};
use crate::system::process::Programs;
use crate::x509::{Certificate, Fingerprint};
use addition::Addition;
pub use file::FileStore;
use removal::FileRemoval;
pub use repair::{Repair, Taken};

/// The way in which a store is opened, and written where there is none yet.
#[derive(Clone, Copy, Default)]
pub struct StoreAccess<'a> {
    /// The one password that is tried, and that protects a new store. Without it the usual ones of the format are tried.
    pub password: Option<&'a str>,
    /// The file that it stands in, for the programs of others.
    pub password_file: Option<&'a Path>,
    /// Whether a new store has no password. Otherwise it has the usual one of its format where none is given.
    pub no_password: bool,
    /// The programs of others; none is found without them.
    pub programs: Option<&'a Programs>,
}

/// The password is never printed.
impl fmt::Debug for StoreAccess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreAccess").field("no_password", &self.no_password).finish_non_exhaustive()
    }
}

/// A store as it stands.
#[derive(Debug)]
pub enum Store {
    /// One file.
    File(FileStore),
    /// A folder of certificate files.
    Folder(Directory, Naming),
    /// An NSS database.
    Database(Database),
}

impl Store {
    /// Reads the store that a spec names, which need not exist.
    pub fn open(spec: &StoreSpec, access: &StoreAccess<'_>) -> Result<Self, Error> {
        Ok(match spec.kind {
            StoreKind::File(format) => Self::File(FileStore::read(&spec.path, format, access)?),
            StoreKind::Cacerts => Self::File(FileStore::read_cacerts(&spec.path, access)?),
            StoreKind::Folder(naming) => Self::Folder(Directory::read(&spec.path)?, naming),
            StoreKind::Database => {
                let none = Programs::on("");
                let certutil = Certutil::find(access.programs.unwrap_or(&none))?;
                Self::Database(Database::read(&spec.path, &certutil, access.password_file)?)
            }
        })
    }

    /// Returns the name of its format.
    pub fn format(&self) -> &'static str {
        match self {
            Self::File(store) => store.format.name,
            Self::Folder(_, naming) => naming.name(),
            Self::Database(_) => "nss",
        }
    }

    /// Fails when a file of it could not be read.
    pub(crate) fn all_read(&self) -> Result<(), Error> {
        match self {
            Self::Folder(directory, _) => directory.all_read(),
            Self::File(_) | Self::Database(_) => Ok(()),
        }
    }

    /// Fails when something that was added to it is not found and may be in a file that could not be read.
    pub(crate) fn look_for(&self, added: &Added) -> Result<(), Error> {
        match self {
            Self::Folder(directory, _) => directory.look_for(&added.roots()),
            Self::File(_) | Self::Database(_) => Ok(()),
        }
    }

    /// Returns the certificates in it.
    pub fn certificates(&self) -> Vec<&Certificate> {
        match self {
            Self::File(store) => store.certificates.iter().collect(),
            Self::Folder(directory, _) => directory.certificates().map(|(_, certificate)| certificate).collect(),
            Self::Database(database) => database.entries().iter().map(|entry| &entry.certificate).collect(),
        }
    }
}

/// The changes that an install makes to one store: it only adds, and never removes what others put there.
#[derive(Debug)]
pub struct Plan {
    format: &'static str,
    outcome: Outcome,
    added: Vec<(Certificate, String)>,
    kept: usize,
    repairs: Vec<String>,
    changes: Vec<Change>,
    rejected: Vec<Rejected>,
}

/// The outcome for a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was none.
    Created,
    /// There is none any more.
    Removed,
    /// The same certificates once decoded: its files and their times are untouched.
    Unchanged,
    /// Files of it were replaced.
    Updated,
}

impl Plan {
    /// Compares a store with the roots that it should hold. Fails when it cannot hold them.
    ///
    /// A root that a program for which the store is cannot read is left out, unless it stands there already.
    pub fn new(store: &Store, bundle: &Bundle) -> Result<Self, Error> {
        let there = store.certificates();
        let format = store.format();
        if let Store::File(FileStore { path, .. }) = store {
            refuse_generated(path)?;
            // What is added to it would be in vain.
            if let Some((subject, reason)) = lost_over(&there, format) {
                return Err(Error::UnreadableStore { path: path.clone(), subject, reason });
            }
        }
        let there: HashSet<Fingerprint> = there.iter().map(|certificate| certificate.fingerprint()).collect();
        let rejected = bundle.rejected_by(&|certificate| {
            let is_new = !there.contains(&certificate.fingerprint());
            if is_new { reader::refusal(certificate, format) } else { None }
        });
        if rejected.len() == bundle.len() {
            return Err(bundle::Error::EmptyBundle { rejected }.into());
        }
        let gone: HashSet<Fingerprint> = rejected.iter().map(|rejected| rejected.certificate.fingerprint()).collect();
        let wanted: Vec<Entry<'_>> =
            bundle.entries().filter(|entry| !gone.contains(&entry.certificate.fingerprint())).collect();
        let plan = Self::of(store, &wanted, bundle)?;
        Ok(Self { rejected, ..plan })
    }

    fn of(store: &Store, wanted: &[Entry<'_>], bundle: &Bundle) -> Result<Self, Error> {
        let (is_new, difference) = match store {
            Store::File(store) => return Ok(Addition::new(store, wanted, bundle)?.plan()),
            Store::Folder(directory, naming) => {
                (!crate::system::file::exists(directory.path()), directory.add(*naming, &mut wanted.iter().copied())?)
            }
            Store::Database(database) => (false, database.add(wanted.iter().map(|entry| entry.certificate))?),
        };
        let new: HashSet<Fingerprint> = difference.certificates.iter().map(Certificate::fingerprint).collect();
        let added = wanted.iter().filter(|entry| new.contains(&entry.certificate.fingerprint()));
        Ok(Self {
            format: store.format(),
            outcome: match (difference.changes.is_empty(), is_new) {
                (true, _) => Outcome::Unchanged,
                (false, true) => Outcome::Created,
                (false, false) => Outcome::Updated,
            },
            added: added.map(|entry| (entry.certificate.clone(), entry.origin.to_owned())).collect(),
            kept: store.certificates().len(),
            repairs: difference.notes,
            changes: difference.changes,
            rejected: Vec::new(),
        })
    }

    /// Returns the name of the store's format.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Returns the roots that were left out, as a program for which the store is could not read them.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// Returns the roots that the store gains, each with its origin as a comment.
    pub fn added(&self) -> &[(Certificate, String)] {
        &self.added
    }

    /// Counts the certificates that are in the store and stay; second copies do not count.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Returns what else is repaired, and what a user must know, in words.
    pub fn repairs(&self) -> &[String] {
        &self.repairs
    }

    /// Returns what applying the plan does to the store.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Returns the changes for [`Journal::apply`](crate::journal::Journal::apply); none when nothing changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the added roots as the journal lists them.
    pub fn listed(&self) -> Vec<Listed> {
        self.added.iter().map(|(certificate, _)| Listed::of(certificate)).collect()
    }
}

/// The first certificate over which a program for which the store is reads nothing of it, and why.
fn lost_over(certificates: &[&Certificate], format: &str) -> Option<(String, Reason)> {
    certificates.iter().find_map(|certificate| {
        let reason = reader::refusal(certificate, format)?;
        matches!(reason, Reason::Unreadable { loses_store: true, .. })
            .then(|| (certificate.subject().to_string(), reason))
    })
}

/// The changes that an uninstall makes to one store.
#[derive(Debug)]
pub struct Removal {
    format: &'static str,
    outcome: Outcome,
    removed: Vec<Certificate>,
    kept: usize,
    notes: Vec<String>,
    changes: Vec<Change>,
}

impl Removal {
    /// Compares a store with what pgtrust added to it by its journal. A file that it created goes with the last entry.
    pub fn new(store: &Store, added: &Added) -> Result<Self, Error> {
        let difference = match store {
            Store::File(store) => return Ok(FileRemoval::new(store, added)?.removal()),
            Store::Folder(directory, naming) => directory.remove(*naming, &added.roots()),
            Store::Database(database) => database.remove(&added.roots())?,
        };
        let Difference { changes, certificates: removed, notes } = difference;
        let outcome = if changes.is_empty() { Outcome::Unchanged } else { Outcome::Updated };
        let kept = store.certificates().len().saturating_sub(removed.len());
        Ok(Self { format: store.format(), outcome, removed, kept, notes, changes })
    }

    /// Returns the name of the store's format.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Counts the certificates that stay.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Returns what a user must know, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns what applying the plan does to the store.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Returns the changes for the journal; none when nothing changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Lists the roots that go, for the journal.
    pub fn listed(&self) -> Vec<Listed> {
        self.removed.iter().map(Listed::of).collect()
    }
}
