//! What the journal says: records, and the steps that become some.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::command::without_secrets;
use crate::system::file::Ownership;
use crate::x509::{Certificate, Fingerprint};

/// One change of one or more files that belong together, the store first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// Counts from 1.
    pub id: u64,
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// The command, without its program name.
    pub command: String,
    /// The store: one of the files, or the folder that they are in.
    pub store: PathBuf,
    /// The name of the target that the store is, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The files, those of the store first.
    pub files: Vec<FileChange>,
    /// The certificates that the store gained.
    #[serde(default)]
    pub added: Vec<Listed>,
    /// The certificates that the store lost again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Listed>,
    /// The change that this one put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// The change that was recorded and then failed. Such a record stands for nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// How many changes of this store it stands for, where old ones were drawn together: what the first of them found, and what
    /// the last of them left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<u64>,
}

impl Record {
    /// Changes all paths in it.
    pub(super) fn with_paths(mut self, changed: &dyn Fn(&Path) -> PathBuf) -> Self {
        self.store = changed(&self.store);
        self.files.iter_mut().for_each(|file| file.path = changed(&file.path));
        self
    }

    /// Returns the change of the store itself, where that is a file.
    pub(super) fn of_store(&self) -> Option<&FileChange> {
        self.files.first().filter(|change| change.path == self.store)
    }
}

/// The change of one file in a record. Absent files have no digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the bytes before, which is also the name of their backup.
    pub before: Option<Fingerprint>,
    /// SHA-256 of the bytes after.
    pub after: Option<Fingerprint>,
    /// The owner and the mode of the file before. Old journals have none.
    #[serde(rename = "access", default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
}

/// A certificate in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Listed {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

impl Listed {
    /// This certificate, as a record lists it.
    pub fn of(certificate: &Certificate) -> Self {
        Self { sha256: certificate.fingerprint(), subject: certificate.subject().to_string() }
    }
}

/// A change that is to be made to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// The bytes that the file has.
    pub before: Option<Vec<u8>>,
    /// The bytes that it is to have; None removes it.
    pub after: Option<Vec<u8>>,
}

/// The changes that a command makes to a store.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// When.
    pub now: OffsetDateTime,
    /// The command, without its program name.
    pub command: String,
    /// The store: one of the files, or the folder that they are in.
    pub store: &'a Path,
    /// The name of the target that the store is, where it has one.
    pub target: Option<String>,
    /// The files, those of the store first.
    pub changes: &'a [Change],
    /// The certificates that the store gains.
    pub added: Vec<Listed>,
    /// The certificates that it loses.
    pub removed: Vec<Listed>,
    /// The record that this puts back.
    pub undoes: Option<u64>,
}

impl<'a> Step<'a> {
    /// Makes a step that so far says nothing of certificates.
    pub fn new(now: OffsetDateTime, command: &str, store: &'a Path, changes: &'a [Change]) -> Self {
        let command = without_secrets(command).into_owned();
        Self { now, command, store, target: None, changes, added: vec![], removed: vec![], undoes: None }
    }
}

/// The roots that pgtrust added to a store, by its journal.
#[derive(Clone, Debug, Default)]
pub struct Added {
    pub(super) roots: HashSet<Fingerprint>,
    pub(super) created: bool,
}

impl Added {
    /// Tells whether this certificate was added.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.roots.contains(fingerprint)
    }

    /// Keeps only the certificates for which this holds.
    #[must_use]
    pub fn only(mut self, mut wanted: impl FnMut(&Fingerprint) -> bool) -> Self {
        self.roots.retain(|root| wanted(root));
        self
    }

    /// Returns the certificates, in no order.
    pub fn roots(&self) -> Vec<Fingerprint> {
        self.roots.iter().copied().collect()
    }

    /// Tells whether there was no such store before.
    pub fn created(&self) -> bool {
        self.created
    }
}
