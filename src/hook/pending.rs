//! What hooks have not been told yet.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Change;
use crate::hook::Error;
use crate::manifest::Hook;
use crate::system;
use crate::system::file;

/// The changes that hooks wait for and have not taken yet: `hooks.json` in the state folder, which is there only while
/// there are some. So a hook that failed, or that a crash kept from running, runs again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owed {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    run: Vec<String>,
    changes: Vec<Change>,
}

impl Entry {
    fn is_of(&self, hook: &Hook) -> bool {
        self.run == hook.run && self.target == hook.target
    }
}

impl Owed {
    /// Reads what is owed. A file that cannot be understood counts as none.
    pub(crate) fn load(state: &Path) -> Result<Self, Error> {
        let path = state.join("hooks.json");
        let entries = file::read(&path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Ok(Self { path, entries })
    }

    /// What this hook has to be told, oldest first.
    pub(crate) fn of(&self, hook: &Hook) -> &[Change] {
        self.entries.iter().find(|entry| entry.is_of(hook)).map_or(&[], |entry| &entry.changes)
    }

    /// Owes a hook those of these changes that concern it.
    pub(crate) fn add(&mut self, hook: &Hook, changes: &[Change]) {
        let mut new: Vec<Change> = changes.iter().filter(|change| hook.concerns(change)).cloned().collect();
        match self.entries.iter_mut().find(|entry| entry.is_of(hook)) {
            Some(entry) => entry.changes.append(&mut new),
            None if new.is_empty() => {}
            None => self.entries.push(Entry { target: hook.target.clone(), run: hook.run.clone(), changes: new }),
        }
    }

    /// Takes what a hook has been told from what it is owed.
    pub(crate) fn settle(&mut self, hook: &Hook, told: &[Change]) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_of(hook)) {
            entry.changes.retain(|change| !told.contains(change));
        }
        self.entries.retain(|entry| !entry.changes.is_empty());
    }

    /// Owes nothing to hooks that are no more.
    pub(crate) fn forget_all_but(&mut self, hooks: &[Hook]) {
        self.entries.retain(|entry| hooks.iter().any(|hook| entry.is_of(hook)));
    }

    /// Writes it, or removes the file when nothing is owed. Call it under the lock of the journal.
    pub(crate) fn save(&self) -> Result<(), Error> {
        if self.entries.is_empty() {
            return Ok(file::remove(&self.path)?);
        }
        let bytes = serde_json::to_vec_pretty(&self.entries)
            .map_err(|error| system::Error::io("write", &self.path)(error.into()))?;
        Ok(file::replace_bytes(&self.path, &bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::toml;

    #[test]
    fn a_hook_is_owed_what_it_waits_for_until_it_was_told() {
        let folder = tempfile::tempdir().unwrap();
        let hook: Hook = toml::read("on = \"change\"\ntarget = \"java\"\nrun = [\"x\"]").unwrap();
        let other: Hook = toml::read("on = \"change\"\nrun = [\"x\"]").unwrap();
        let change = |store: &str, target: &str| Change::new(Path::new(store), Some(target), "refresh");
        let (first, second) = (change("/a", "java"), change("/b", "postgres"));
        let mut owed = Owed::load(folder.path()).unwrap();
        owed.add(&hook, std::slice::from_ref(&second));
        owed.save().unwrap();
        assert!(!owed.path.exists());
        let both = [first.clone(), second];
        owed.add(&hook, &both);
        owed.add(&other, &both);
        owed.save().unwrap();

        let mut owed = Owed::load(folder.path()).unwrap();
        assert_eq!((owed.of(&hook), owed.of(&other)), (std::slice::from_ref(&first), both.as_slice()));
        let later = change("/c", "java");
        owed.add(&hook, std::slice::from_ref(&later));
        owed.settle(&hook, &[first]);
        assert_eq!(owed.of(&hook), [later]);
        owed.forget_all_but(std::slice::from_ref(&other));
        assert!(owed.of(&hook).is_empty());
        owed.settle(&other, &both);
        owed.save().unwrap();
        assert!(!owed.path.exists());
    }
}
