//! Undoing a recorded change, and finding out which changes still hold.

use std::collections::HashSet;
use std::path::Path;

use super::{Added, Change, FileChange, Journal, Ownership, Record};
use crate::journal::Error;
use crate::system::{self, file};
use crate::x509::{Fingerprint, sha256};

impl Record {
    /// Returns the owner and mode with which a file may come back that was there before this change.
    pub(super) fn ownership_before(&self, path: &Path) -> Option<Ownership> {
        let recorded = self.files.iter().find(|change| change.path == path)?.ownership.as_ref()?;
        Some(recorded.restorable(file::folder_of(&file::behind_links(path).ok()?)))
    }

    /// Tells whether a file that was there before this change comes back to another owner.
    pub(crate) fn loses_owner(&self, path: &Path) -> bool {
        let recorded =
            self.files.iter().find(|change| change.path == path).and_then(|change| change.ownership.as_ref());
        recorded.zip(self.ownership_before(path)).is_some_and(|(recorded, restored)| recorded.owner != restored.owner)
    }
}

impl Journal {
    /// Returns the change that an undo puts back: the last one that no undo has put back yet.
    pub fn last(&self) -> Result<Record, Error> {
        standing(&self.history()?.records).pop().cloned().ok_or(Error::NothingToUndo)
    }

    /// Returns the change of this number, if it is not undone.
    pub fn change(&self, id: u64) -> Result<Record, Error> {
        let history = self.history()?;
        let undone = history.records.iter().find(|record| record.undoes == Some(id));
        let standing = standing(&history.records).into_iter().find(|record| record.id == id);
        standing.cloned().ok_or(match undone {
            Some(by) => Error::PutBackAlready { id, by: by.id },
            None => Error::NoSuchChange { id },
        })
    }

    /// Returns the last change of this store that no undo has put back yet.
    pub fn last_of(&self, store: &Path) -> Result<Record, Error> {
        let store = std::path::absolute(store).map_err(system::Error::unread("find", store))?;
        let history = self.history()?;
        let last = standing(&history.records).into_iter().rfind(|record| record.store == store);
        last.cloned().ok_or(Error::NothingToUndoOf { store })
    }

    /// Returns what pgtrust added to this store and did not remove again.
    pub(crate) fn added_to(&self, store: &Path) -> Result<Added, Error> {
        let store = std::path::absolute(store).map_err(system::Error::unread("find", store))?;
        let mut added = Added::default();
        let history = self.history()?;
        let standing = standing(&history.records);
        for (index, record) in standing.iter().enumerate() {
            if record.store != store {
                continue;
            }
            // Of a folder the first of its files tells nothing.
            let file = record.of_store();
            if file.is_some_and(|change| change.before.is_none()) {
                // What was added to an earlier file is not in this one.
                added = Added { roots: HashSet::new(), created: true };
            }
            if record.merged.is_none() {
                added.roots.extend(record.added.iter().map(|root| root.sha256));
            }
            let mut in_store = record.files.iter().filter(|change| change.path.starts_with(&store));
            if index + 1 == standing.len() && !in_store.all(is_made) {
                // Cut short before the last file, so that some of what it was to remove is still there.
                continue;
            }
            for root in &record.removed {
                added.roots.remove(&root.sha256);
            }
            if record.merged.is_some() {
                // Of several changes the later ones may have added what the earlier ones removed.
                added.roots.extend(record.added.iter().map(|root| root.sha256));
            }
            if file.is_some_and(|change| change.after.is_none()) {
                added = Added::default();
            }
        }
        Ok(added)
    }

    /// Returns what undoes a change. Fails when others changed the store since, unless `force` is given; a manifest
    /// that others changed since is left as it is.
    pub fn undo(&self, record: &Record, force: bool) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for change in &record.files {
            let now = file::read(&change.path)?;
            let digest = now.as_deref().map(Fingerprint::of);
            if digest == change.before {
                // A run was cut short before this file, or an undo behind it.
                continue;
            }
            if digest != change.after && !force {
                if !change.path.starts_with(&record.store) {
                    continue;
                }
                let path = change.path.clone();
                return Err(if now.is_some() { Error::ChangedSince { path } } else { Error::GoneSince { path } });
            }
            let before = self.bytes_before(record, change)?;
            changes.push(Change { path: change.path.clone(), before: now, after: before });
        }
        Ok(changes)
    }
}

/// Returns the changes that were made and not put back, oldest first.
pub(super) fn standing(records: &[Record]) -> Vec<&Record> {
    let failed: HashSet<u64> = records.iter().filter_map(|record| record.failed).collect();
    let mut standing: Vec<&Record> =
        records.iter().filter(|record| record.failed.is_none() && !failed.contains(&record.id)).collect();
    // A crash may have come between the last record and its change; every earlier one was made.
    if standing.last().is_some_and(|last| !was_applied(last)) {
        standing.pop();
    }
    let undone: HashSet<u64> = standing.iter().filter_map(|record| record.undoes).collect();
    standing.retain(|record| record.undoes.is_none() && !undone.contains(&record.id));
    standing
}

/// Tells whether a recorded change was made, as far as the files show it. An undo that was cut short can be tried
/// again; what was installed before a cut stays.
pub(super) fn was_applied(record: &Record) -> bool {
    match record.undoes {
        Some(_) => record.files.iter().all(is_made),
        None => record.files.first().is_some_and(is_made),
    }
}

fn is_made(change: &FileChange) -> bool {
    match file::read(&change.path) {
        Ok(bytes) => bytes.map(|bytes| sha256(&bytes)) != change.before.map(|digest| *digest.as_bytes()),
        Err(_) => true,
    }
}
