//! The journal: what was written where, with the bytes that stood there before.
//!
//! `journal.jsonl` has one line per change; `backups/<sha256>` holds the bytes. Both are on the disk before the store
//! changes, so every change that happened can be undone, and a record whose change did not happen is told by the
//! store's own bytes.

mod backups;
mod error;
mod undo;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use crate::system::file::Ownership;
use crate::system::lock::Lock;
use crate::system::text::timestamp;
use crate::system::{self, file};
use crate::x509::{Certificate, Fingerprint};
pub use error::Error;

/// The journal in one state folder.
#[derive(Clone, Debug)]
pub struct Journal {
    state: PathBuf,
}

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
#[derive(Clone, Debug)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// The bytes that the file has.
    pub before: Option<Vec<u8>>,
    /// The bytes that it is to have; None removes it.
    pub after: Option<Vec<u8>>,
}

/// The contents of a journal.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// Every record that can be read, oldest first.
    pub records: Vec<Record>,
    /// How many lines cannot be read, as when a crash cut one short.
    pub torn: usize,
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
        let command = command.to_owned();
        Self { now, command, store, target: None, changes, added: vec![], removed: vec![], undoes: None }
    }
}

/// The roots that pgtrust added to a store, by its journal.
#[derive(Clone, Debug, Default)]
pub struct Added {
    roots: HashSet<Fingerprint>,
    created: bool,
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

impl Journal {
    /// Returns the journal in this state folder, which need not exist.
    pub fn new(state: &Path) -> Self {
        Self { state: state.to_owned() }
    }

    /// Holds everyone else of this user off until the lock is dropped. Waits that long at most.
    pub(crate) fn lock(&self, wait: Duration) -> Result<Lock, Error> {
        file::create_private_folder(&self.state)?;
        Ok(Lock::file(&self.state.join("lock"), wait)?)
    }

    /// Returns every record, oldest first.
    pub fn history(&self) -> Result<History, Error> {
        let bytes = file::read(&self.path())?.unwrap_or_default();
        let mut history = History::default();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(record) => history.records.push(record),
                Err(_) => history.torn += 1,
            }
        }
        Ok(history)
    }

    fn records(&self) -> Result<Vec<Record>, Error> {
        Ok(self.history()?.records)
    }

    /// Records the changes and then makes them, in order. The use cases call it under the lock of the journal.
    ///
    /// When one of the store's files cannot be written, those before it are put back. When one was changed since it was
    /// read, that is [`ChangedMeanwhile`](crate::SystemError::ChangedMeanwhile), and the caller may read and plan again.
    pub fn apply(&self, step: Step<'_>) -> Result<Record, Error> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(system::Error::unread("find", path));
        let mut files = Vec::new();
        for change in step.changes {
            let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(Fingerprint::of);
            if let (Some(bytes), Some(digest)) = (&change.before, digest(&change.before)) {
                let backup = self.backup(&digest);
                if !backup.exists() {
                    // The store may hold private keys.
                    file::replace_private(&backup, bytes)?;
                }
            }
            let path = absolute(&change.path)?;
            let ownership = Ownership::of(&path).map_err(system::Error::unread("read", &path))?;
            files.push(FileChange { path, before: digest(&change.before), after: digest(&change.after), ownership });
        }
        self.sweep(step.changes)?;
        let mut records = self.records()?;
        let undone = records.iter().find(|record| Some(record.id) == step.undoes).cloned();
        // Once another change follows, the files no longer tell that this one was cut short.
        if let Some(cut_short) = records.pop().filter(|last| last.failed.is_none() && !undo::was_applied(last)) {
            self.fail(&cut_short)?;
        }
        let record = Record {
            id: self.records()?.last().map_or(1, |last| last.id + 1),
            time: timestamp(step.now),
            command: step.command,
            store: absolute(step.store)?,
            target: step.target,
            files,
            added: step.added,
            removed: step.removed,
            undoes: step.undoes,
            failed: None,
        };
        self.append(&record)?;
        for (index, change) in step.changes.iter().enumerate() {
            let ownership = undone.as_ref().and_then(|undone| undone.ownership_of(&record.files[index].path));
            let made = file::swap(&change.path, change.before.as_deref(), change.after.as_deref(), ownership);
            if made.is_err() && record.files[index].path.starts_with(&record.store) {
                // The file that failed too: it may have come as far as its folder, which then could not be synced.
                self.roll_back(&record, &step.changes[..=index])?;
            }
            made?;
        }
        // The change is made. What stays for longer than it has to does no harm.
        let _ = self.prune(step.now);
        Ok(record)
    }

    /// Puts these changes of the last record back, as they did not come to what they were for, and records that it stands
    /// for nothing. Where one cannot be put back the record stands, so that it can be undone later.
    pub(crate) fn roll_back(&self, record: &Record, changes: &[Change]) -> Result<(), Error> {
        for (change, recorded) in changes.iter().zip(&record.files).rev() {
            // What others made of it since is theirs. What counts is what stands there afterwards.
            let (from, to) = (change.after.as_deref(), change.before.as_deref());
            let _ = file::swap(&change.path, from, to, recorded.ownership.as_ref());
        }
        let is_gone = |change: &Change| file::read(&change.path).is_ok_and(|now| now != change.after);
        if changes.iter().all(is_gone) { self.fail(record) } else { Ok(()) }
    }

    fn fail(&self, record: &Record) -> Result<(), Error> {
        self.append(&Record {
            id: record.id + 1,
            files: vec![],
            added: vec![],
            removed: vec![],
            failed: Some(record.id),
            ..record.clone()
        })
    }

    /// Removes what killed runs left beside these files, as far as it is in this journal.
    fn sweep(&self, changes: &[Change]) -> Result<(), Error> {
        let records = self.records()?;
        let files = || records.iter().flat_map(|record| &record.files);
        let is_known = |bytes: &[u8]| {
            let digest = Some(Fingerprint::of(bytes));
            files().any(|change| change.before == digest || change.after == digest)
        };
        let mut folders = BTreeSet::new();
        for change in changes {
            folders.insert(file::folder_of(&file::behind_links(&change.path)?).to_owned());
        }
        folders.iter().for_each(|folder| file::sweep(folder, is_known));
        Ok(())
    }

    fn append(&self, record: &Record) -> Result<(), Error> {
        let path = self.path();
        let folder = file::folder_of(&path);
        file::create_private_folder(folder)?;
        let torn = file::read(&path)?.is_some_and(|bytes| bytes.last().is_some_and(|last| *last != b'\n'));
        let mut line = if torn { vec![b'\n'] } else { vec![] };
        serde_json::to_writer(&mut line, record).map_err(|error| system::Error::io("write", &path)(error.into()))?;
        line.push(b'\n');
        let journal = file::open_or_make(&path, File::options().append(true));
        let mut journal = journal?;
        let written = journal.write_all(&line).and_then(|()| journal.sync_all());
        Ok(written.map_err(system::Error::io("write", &path))?)
    }

    fn backup(&self, digest: &Fingerprint) -> PathBuf {
        self.state.join("backups").join(digest.to_string())
    }

    fn path(&self) -> PathBuf {
        self.state.join(FILE)
    }
}

/// The name of the journal in its folder.
pub(crate) const FILE: &str = "journal.jsonl";

#[cfg(test)]
mod tests {
    use super::*;

    fn step<'a>(store: &'a Path, changes: &'a [Change]) -> Step<'a> {
        Step::new(OffsetDateTime::UNIX_EPOCH, "install x", store, changes)
    }

    fn write(journal: &Journal, path: &Path, before: Option<&[u8]>, after: &[u8]) -> u64 {
        let change = Change { path: path.to_owned(), before: before.map(<[u8]>::to_vec), after: Some(after.to_vec()) };
        journal.apply(step(path, &[change])).unwrap().id
    }

    #[test]
    fn a_torn_line_loses_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let store = folder.path().join("root.crt");
        write(&journal, &store, None, b"1");
        let mut bytes = file::read(&journal.path()).unwrap().unwrap();
        let half = bytes[..bytes.len() / 2].to_vec();
        bytes.extend_from_slice(&half);
        file::replace_bytes(&journal.path(), &bytes).unwrap();
        write(&journal, &store, Some(b"1"), b"2");
        assert_eq!(journal.records().unwrap().iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn undo_puts_back_exact_bytes_and_refuses_to_lose_what_others_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let store = folder.path().join("root.crt");
        file::replace_bytes(&store, b"old\r\n").unwrap();
        write(&journal, &store, Some(b"old\r\n"), b"new");
        let record = journal.last().unwrap();
        file::replace_bytes(&store, b"by others").unwrap();
        assert!(matches!(journal.undo(&record, false), Err(Error::ChangedSince { .. })));
        file::replace_bytes(&store, b"new").unwrap();
        let changes = journal.undo(&record, false).unwrap();
        journal.apply(Step { undoes: Some(record.id), ..step(&store, &changes) }).unwrap();
        assert_eq!(file::read(&store).unwrap().unwrap(), b"old\r\n");
        assert!(matches!(journal.last(), Err(Error::NothingToUndo)));
    }

    #[test]
    fn a_folder_of_which_one_file_cannot_be_written_goes_back_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(&folder.path().join("state"));
        let store = folder.path().join("store");
        let blocked = store.join("b.crt");
        std::fs::create_dir_all(blocked.join("in the way")).unwrap();
        file::replace_bytes(&store.join("a.crt"), b"old").unwrap();
        let change = |path: &Path, before: Option<&[u8]>| Change {
            path: path.to_owned(),
            before: before.map(<[u8]>::to_vec),
            after: Some(b"new".to_vec()),
        };
        let changes = [change(&store.join("a.crt"), Some(b"old")), change(&blocked, None)];
        assert!(journal.apply(step(&store, &changes)).is_err());
        assert_eq!(file::read(&store.join("a.crt")).unwrap().unwrap(), b"old");
        assert!(matches!(journal.last(), Err(Error::NothingToUndo)));
    }
}
