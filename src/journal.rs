//! The journal: what was written where, with the bytes that stood there before.
//!
//! `journal.jsonl` has one line per change; `backups/<sha256>` holds the bytes. Both are on the disk before the store
//! changes, so every change that happened can be undone, and a record whose change did not happen is told by the
//! store's own bytes.

mod backups;
mod command;
mod compaction;
mod error;
mod log;
mod record;
mod undo;

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use crate::system::file::Ownership;
use crate::system::lock::Lock;
use crate::system::text::timestamp;
use crate::system::{self, file};
use crate::x509::Fingerprint;
pub use command::command_line;
pub use error::Error;
pub use log::History;
use log::Log;
pub use record::{Added, Change, FileChange, Listed, Record, Step};

/// The journal in one state folder.
#[derive(Clone, Debug)]
pub struct Journal {
    state: PathBuf,
    log: Log,
    /// The first record that was written by way of this value.
    first_of_run: Cell<Option<u64>>,
}

impl Journal {
    /// Returns the journal in this state folder, which need not exist.
    pub fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), log: Log::new(state.join(FILE)), first_of_run: Cell::new(None) }
    }

    /// Holds everyone else of this user off until the lock is dropped. Waits that long at most.
    pub(crate) fn lock(&self, wait: Duration) -> Result<Lock, Error> {
        file::create_private_folder(&self.state)?;
        Ok(Lock::file(&self.state.join("lock"), wait)?)
    }

    /// Returns every record, oldest first.
    pub fn history(&self) -> Result<Arc<History>, Error> {
        self.log.read()
    }

    /// Gives a journal that cannot be read another name, so that there may be a new one. Returns that name.
    pub(crate) fn set_aside_unreadable(&self, wait: Duration) -> Result<Option<(Error, PathBuf)>, Error> {
        if self.history().is_ok() {
            return Ok(None);
        }
        let _lock = self.lock(wait)?;
        match self.history() {
            Ok(_) => Ok(None),
            Err(error) => Ok(Some((error, self.log.set_aside()?))),
        }
    }

    /// Records the changes and then makes them, in order. The use cases call it under the lock of the journal.
    ///
    /// When one of the store's files cannot be written, those before it are put back. When one was changed since it was
    /// read, that is [`ChangedMeanwhile`](crate::SystemError::ChangedMeanwhile), and the caller may read and plan again.
    pub fn apply(&self, step: Step<'_>) -> Result<Record, Error> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(system::Error::unread("find", path));
        let history = self.history()?;
        let mut files = Vec::new();
        for change in step.changes {
            let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(Fingerprint::of);
            if let (Some(bytes), Some(digest)) = (&change.before, digest(&change.before)) {
                let kept = self.back_up(bytes, &digest);
                // No undo asks for what an undo replaced, and a full disk must not stand in its way.
                if step.undoes.is_none() {
                    kept?;
                }
            }
            let path = absolute(&change.path)?;
            let ownership = Ownership::of(&path).map_err(system::Error::unread("read", &path))?;
            files.push(FileChange { path, before: digest(&change.before), after: digest(&change.after), ownership });
        }
        self.sweep(step.changes)?;
        let undone = history.records.iter().find(|record| Some(record.id) == step.undoes).cloned();
        let cut_short =
            history.records.last().filter(|last| last.failed.is_none() && !undo::was_applied(last)).cloned();
        drop(history);
        // Once another change follows, the files no longer tell that this one was cut short.
        if let Some(cut_short) = cut_short {
            self.fail(&cut_short)?;
        }
        let record = Record {
            id: self.history()?.records.last().map_or(1, |last| last.id.saturating_add(1)),
            time: timestamp(step.now),
            command: step.command,
            store: absolute(step.store)?,
            target: step.target,
            files,
            added: step.added,
            removed: step.removed,
            undoes: step.undoes,
            failed: None,
            merged: None,
        };
        self.append(&record)?;
        self.make(&record, undone.as_ref(), step.changes)?;
        // The change is made. What stays for longer than it has to does no harm.
        let _ = self.prune(step.now).and_then(|()| self.compact());
        Ok(record)
    }

    fn make(&self, record: &Record, undone: Option<&Record>, changes: &[Change]) -> Result<(), Error> {
        for (index, (change, recorded)) in changes.iter().zip(&record.files).enumerate() {
            let ownership = undone.and_then(|undone| undone.ownership_before(&recorded.path));
            let made = file::swap(&change.path, change.before.as_deref(), change.after.as_deref(), ownership.as_ref());
            if made.is_err() && recorded.path.starts_with(&record.store) {
                // The file that failed too: it may have come as far as its folder, which then could not be synced.
                self.roll_back(record, &changes[..=index])?;
            }
            made?;
        }
        Ok(())
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
            id: record.id.saturating_add(1),
            files: vec![],
            added: vec![],
            removed: vec![],
            failed: Some(record.id),
            ..record.clone()
        })
    }

    /// Removes what killed runs left beside these files, as far as it is in this journal.
    fn sweep(&self, changes: &[Change]) -> Result<(), Error> {
        let history = self.history()?;
        let files = || history.records.iter().flat_map(|record| &record.files);
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
        self.first_of_run.set(self.first_of_run.get().or(Some(record.id)));
        self.log.append(record)
    }

    /// Draws old records together where there are many, and takes secrets out of those that older versions wrote. The use
    /// cases call it under the lock of the journal.
    pub(crate) fn compact(&self) -> Result<(), Error> {
        let history = self.history()?;
        let standing: HashSet<u64> = undo::standing(&history.records).iter().map(|record| record.id).collect();
        let short = compaction::compacted(&history.records, &standing);
        match short {
            Some(short) => self.log.replace(&short, &history.damaged),
            None if history.has_secrets => self.log.replace(&history.records, &history.damaged),
            None => Ok(()),
        }
    }

    /// Tells whether an older version wrote secrets into it.
    pub(crate) fn has_secrets(&self) -> Result<bool, Error> {
        Ok(self.history()?.has_secrets)
    }

    fn back_up(&self, bytes: &[u8], digest: &Fingerprint) -> Result<(), Error> {
        let backup = self.backup(digest);
        // The store may hold private keys.
        if file::exists(&backup) { Ok(()) } else { Ok(file::replace_private(&backup, bytes)?) }
    }

    fn backup(&self, digest: &Fingerprint) -> PathBuf {
        self.state.join("backups").join(digest.to_string())
    }
}

/// The name of the journal in its folder.
pub(crate) const FILE: &str = "journal.jsonl";

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

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
        let mut bytes = file::read(&folder.path().join(FILE)).unwrap().unwrap();
        let half = bytes[..bytes.len() / 2].to_vec();
        bytes.extend_from_slice(&half);
        file::replace_bytes(&folder.path().join(FILE), &bytes).unwrap();
        write(&journal, &store, Some(b"1"), b"2");
        assert_eq!(journal.history().unwrap().records.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2]);
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
