//! Undoing a recorded change, and finding out which changes still hold.

use std::collections::HashSet;
use std::path::Path;

use super::{Added, Change, FileChange, Journal, Ownership, Record};
use crate::journal::Error;
use crate::system::{self, file};
use crate::x509::{Fingerprint, sha256};

impl Record {
    /// Returns the owner and mode of a file before this change.
    pub(super) fn ownership_of(&self, path: &Path) -> Option<&Ownership> {
        self.files.iter().find(|change| change.path == path)?.ownership.as_ref()
    }
}

impl Journal {
    /// Returns the change that an undo puts back: the last one that no undo has put back yet.
    pub fn last(&self) -> Result<Record, Error> {
        self.standing()?.pop().ok_or(Error::NothingToUndo)
    }

    /// Returns the change of this number, if it is not undone.
    pub fn change(&self, id: u64) -> Result<Record, Error> {
        let standing = self.standing()?.into_iter().find(|record| record.id == id);
        standing.ok_or(Error::NoSuchChange { id })
    }

    /// Returns the last change of this store that no undo has put back yet.
    pub fn last_of(&self, store: &Path) -> Result<Record, Error> {
        let store = std::path::absolute(store).map_err(system::Error::unread("find", store))?;
        self.standing()?.into_iter().rfind(|record| record.store == store).ok_or(Error::NothingToUndo)
    }

    /// Returns what pgtrust added to this store and did not remove again.
    pub(crate) fn added_to(&self, store: &Path) -> Result<Added, Error> {
        let store = std::path::absolute(store).map_err(system::Error::unread("find", store))?;
        let mut added = Added::default();
        let standing = self.standing()?;
        for (index, record) in standing.iter().enumerate() {
            if record.store != store {
                continue;
            }
            // Of a folder the first of its files tells nothing.
            let file = record.files.first().filter(|change| change.path == store);
            if file.is_some_and(|change| change.before.is_none()) {
                // What was added to an earlier file is not in this one.
                added = Added { roots: HashSet::new(), created: true };
            }
            added.roots.extend(record.added.iter().map(|root| root.sha256));
            let mut in_store = record.files.iter().filter(|change| change.path.starts_with(&store));
            if index + 1 == standing.len() && !in_store.all(is_made) {
                // Cut short before the last file, so that some of what it was to remove is still there.
                continue;
            }
            for root in &record.removed {
                added.roots.remove(&root.sha256);
            }
            if file.is_some_and(|change| change.after.is_none()) {
                added = Added::default();
            }
        }
        Ok(added)
    }

    /// Returns the changes that were made and not put back, oldest first.
    pub(super) fn standing(&self) -> Result<Vec<Record>, Error> {
        let mut records = self.records()?;
        let failed: Vec<u64> = records.iter().filter_map(|record| record.failed).collect();
        records.retain(|record| record.failed.is_none() && !failed.contains(&record.id));
        // A crash may have come between the last record and its change; every earlier one was made.
        if records.last().is_some_and(|last| !was_applied(last)) {
            records.pop();
        }
        let undone: Vec<u64> = records.iter().filter_map(|record| record.undoes).collect();
        records.retain(|record| record.undoes.is_none() && !undone.contains(&record.id));
        Ok(records)
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
                if change.path.starts_with(&record.store) {
                    return Err(Error::ChangedSince { path: change.path.clone() });
                }
                continue;
            }
            let before = self.bytes_before(record, change)?;
            changes.push(Change { path: change.path.clone(), before: now, after: before });
        }
        Ok(changes)
    }
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
