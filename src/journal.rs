//! The journal: what was written where, with the bytes that stood there before.
//!
//! `journal.jsonl` has one line per change; `backups/<sha256>` holds the bytes. Both are on the disk before the store
//! changes, so every change that happened can be undone, and a record whose change did not happen is told by the
//! store's own bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::certificate::{Certificate, Fingerprint, sha256};
use crate::error::Error;
use crate::file;

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
    /// The files.
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

/// How one file changed. Absent files have no digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the bytes before, which is also the name of their backup.
    pub before: Option<Fingerprint>,
    /// SHA-256 of the bytes after.
    pub after: Option<Fingerprint>,
}

/// A certificate in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// What is to be written to a file: None removes it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// The bytes that stand there.
    pub before: Option<Vec<u8>>,
    /// The bytes that shall stand there.
    pub after: Option<Vec<u8>>,
}

/// What pgtrust added to a store, by its journal.
#[derive(Clone, Debug, Default)]
pub struct Added {
    roots: HashSet<Fingerprint>,
    created: bool,
}

impl Added {
    /// Whether this certificate was added.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.roots.contains(fingerprint)
    }

    /// Whether there was no such store before.
    pub fn created(&self) -> bool {
        self.created
    }
}

impl Journal {
    /// The journal in this state folder, which need not exist.
    pub fn new(state: &Path) -> Self {
        Self { state: state.to_owned() }
    }

    /// Holds everyone else of this user off until the lock is dropped.
    pub fn lock(&self) -> Result<File, Error> {
        file::lock(&self.state.join("lock"))
    }

    /// Every record that can be read, oldest first. A line that a crash cut short is passed over.
    pub fn records(&self) -> Result<Vec<Record>, Error> {
        let bytes = file::read(&self.path())?.unwrap_or_default();
        Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Records the changes and then makes them, in order. Call it under the [`lock`](Self::lock).
    pub fn apply(
        &self,
        now: OffsetDateTime,
        command: &str,
        changes: &[Change],
        added: Vec<Listed>,
        undoes: Option<u64>,
    ) -> Result<Record, Error> {
        self.make(now, command, changes, (added, vec![]), undoes)
    }

    /// [`apply`](Self::apply) of a change that takes these certificates out again.
    pub fn apply_removal(
        &self,
        now: OffsetDateTime,
        command: &str,
        changes: &[Change],
        removed: Vec<Listed>,
    ) -> Result<Record, Error> {
        self.make(now, command, changes, (vec![], removed), None)
    }

    fn make(
        &self,
        now: OffsetDateTime,
        command: &str,
        changes: &[Change],
        (added, removed): (Vec<Listed>, Vec<Listed>),
        undoes: Option<u64>,
    ) -> Result<Record, Error> {
        let mut files = Vec::new();
        for change in changes {
            let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(Fingerprint::of);
            if let (Some(bytes), Some(digest)) = (&change.before, digest(&change.before)) {
                let backup = self.backup(&digest);
                if !backup.exists() {
                    // The store may hold private keys.
                    file::replace_private(&backup, bytes)?;
                }
            }
            let path = std::path::absolute(&change.path).map_err(Error::io("find", &change.path))?;
            files.push(FileChange { path, before: digest(&change.before), after: digest(&change.after) });
        }
        let id = self.records()?.last().map_or(1, |last| last.id + 1);
        let time = now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(now);
        let time = time.format(&Rfc3339).unwrap_or_default();
        let record = Record { id, time, command: command.to_owned(), files, added, removed, undoes, failed: None };
        self.append(&record)?;
        for (index, change) in changes.iter().enumerate() {
            let made = match &change.after {
                Some(bytes) => file::replace_bytes(&change.path, bytes),
                None => file::remove(&change.path),
            };
            if made.is_err() && index == 0 {
                let files = Vec::new();
                self.append(&Record {
                    id: id + 1,
                    files,
                    added: vec![],
                    removed: vec![],
                    failed: Some(id),
                    ..record.clone()
                })?;
            }
            made?;
        }
        Ok(record)
    }

    /// The change that an undo puts back: the last one that no undo has put back yet.
    pub fn last(&self) -> Result<Record, Error> {
        self.standing()?.pop().ok_or(Error::NothingToUndo)
    }

    /// What pgtrust added to this store and did not take out again.
    pub fn added_to(&self, store: &Path) -> Result<Added, Error> {
        let store = std::path::absolute(store).map_err(Error::io("find", store))?;
        let mut added = Added::default();
        for record in self.standing()? {
            let Some(change) = record.files.first().filter(|change| change.path == store) else { continue };
            if change.before.is_none() {
                // What was added to an earlier file is not in this one.
                added = Added { roots: HashSet::new(), created: true };
            }
            added.roots.extend(record.added.iter().map(|root| root.sha256));
            for root in &record.removed {
                added.roots.remove(&root.sha256);
            }
            if change.after.is_none() {
                added = Added::default();
            }
        }
        Ok(added)
    }

    /// The changes that were made and not put back, oldest first.
    fn standing(&self) -> Result<Vec<Record>, Error> {
        let mut records = self.records()?;
        let failed: Vec<u64> = records.iter().filter_map(|record| record.failed).collect();
        records.retain(|record| record.failed.is_none() && !failed.contains(&record.id));
        // A crash may have come between the last record and its change; every earlier one was made.
        while records.last().is_some_and(|last| !happened(last)) {
            records.pop();
        }
        let undone: Vec<u64> = records.iter().filter_map(|record| record.undoes).collect();
        records.retain(|record| record.undoes.is_none() && !undone.contains(&record.id));
        Ok(records)
    }

    /// What undoes a change. Fails when others changed the store since, unless `force` is given; a manifest that
    /// others changed since is left as it is.
    pub fn undo(&self, record: &Record, force: bool) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for (index, change) in record.files.iter().enumerate() {
            let now = file::read(&change.path)?;
            if now.as_deref().map(Fingerprint::of) != change.after && !force {
                match index {
                    0 => return Err(Error::ChangedSince { path: change.path.clone() }),
                    _ => continue,
                }
            }
            let before = match &change.before {
                None => None,
                Some(digest) => {
                    let backup = self.backup(digest);
                    let bytes = file::read(&backup)?.filter(|bytes| Fingerprint::of(bytes) == *digest);
                    let missing = || Error::io("read", &backup)(std::io::ErrorKind::NotFound.into());
                    Some(bytes.ok_or_else(missing)?)
                }
            };
            changes.push(Change { path: change.path.clone(), before: now, after: before });
        }
        Ok(changes)
    }

    fn append(&self, record: &Record) -> Result<(), Error> {
        let path = self.path();
        let folder = file::folder_of(&path);
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let torn = file::read(&path)?.is_some_and(|bytes| bytes.last().is_some_and(|last| *last != b'\n'));
        let mut line = if torn { vec![b'\n'] } else { vec![] };
        serde_json::to_writer(&mut line, record).map_err(|error| Error::io("write", &path)(error.into()))?;
        line.push(b'\n');
        let mut options = File::options();
        let mut journal = options.create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
        journal.write_all(&line).and_then(|()| journal.sync_all()).map_err(Error::io("write", &path))
    }

    fn backup(&self, digest: &Fingerprint) -> PathBuf {
        self.state.join("backups").join(digest.to_string())
    }

    fn path(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }
}

/// Whether a recorded change was made, as far as the store tells.
fn happened(record: &Record) -> bool {
    let Some(store) = record.files.first() else { return false };
    match file::read(&store.path) {
        Ok(bytes) => bytes.map(|bytes| sha256(&bytes)) != store.before.map(|digest| *digest.as_bytes()),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(journal: &Journal, path: &Path, before: Option<&[u8]>, after: &[u8]) -> u64 {
        let change = Change { path: path.to_owned(), before: before.map(<[u8]>::to_vec), after: Some(after.to_vec()) };
        journal.apply(OffsetDateTime::UNIX_EPOCH, "install x", &[change], vec![], None).unwrap().id
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
        journal.apply(OffsetDateTime::UNIX_EPOCH, "undo", &changes, vec![], Some(record.id)).unwrap();
        assert_eq!(file::read(&store).unwrap().unwrap(), b"old\r\n");
        assert!(matches!(journal.last(), Err(Error::NothingToUndo)));
    }
}
