//! The events that hooks have not taken yet.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::HookEvent;
use crate::hook::Error;
use crate::manifest::{Hook, HookTrigger};
use crate::system::{self, limits, remembered};

/// The changes that hooks wait for and have not taken yet: `hooks.json` in the state folder, which is there only while
/// there are some. So a hook that failed, or that a crash kept from running, runs again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    path: PathBuf,
    entries: Vec<PendingHook>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PendingHook {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    run: Vec<String>,
    changes: Vec<HookEvent>,
}

impl PendingHook {
    fn is_of(&self, hook: &Hook) -> bool {
        hook.on == HookTrigger::Change && self.run == hook.run && self.target == hook.target
    }
}

impl Pending {
    /// Reads the file. One that cannot be read counts as none, and is returned beside it.
    pub(crate) fn load(state: &Path) -> (Self, Option<system::Error>) {
        let path = state.join(FILE);
        let (entries, lost) = remembered::read(&path);
        (Self { path, entries }, lost)
    }

    /// Returns the events that this hook has not taken yet, oldest first.
    pub(crate) fn of(&self, hook: &Hook) -> &[HookEvent] {
        self.entries.iter().find(|entry| entry.is_of(hook)).map_or(&[], |entry| &entry.changes)
    }

    /// Adds those of these changes that concern a hook. Returns how many of the oldest give way to them.
    pub(crate) fn add(&mut self, hook: &Hook, changes: &[HookEvent]) -> usize {
        let mut new: Vec<HookEvent> = changes.iter().filter(|change| hook.concerns(change)).cloned().collect();
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.is_of(hook)) else {
            let (target, run) = (hook.target.clone(), hook.run.clone());
            let owed = new.split_off(new.len().saturating_sub(limits::OWED));
            if !owed.is_empty() {
                self.entries.push(PendingHook { target, run, changes: owed });
            }
            return new.len();
        };
        entry.changes.append(&mut new);
        entry.changes.drain(..entry.changes.len().saturating_sub(limits::OWED)).count()
    }

    /// Removes the events that a hook has taken.
    pub(crate) fn remove_reported(&mut self, hook: &Hook, reported: &[HookEvent]) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_of(hook)) {
            entry.changes.retain(|change| !reported.contains(change));
        }
        self.entries.retain(|entry| !entry.changes.is_empty());
    }

    /// Removes the events of hooks that are no longer in the manifest.
    pub(crate) fn retain_of(&mut self, hooks: &[Hook]) {
        self.entries.retain(|entry| hooks.iter().any(|hook| entry.is_of(hook)));
    }

    /// Writes the file, or removes it when no event is left. Call it under the lock of the journal.
    pub(crate) fn save(&self) -> Result<(), Error> {
        if self.entries.is_empty() {
            return Ok(remembered::remove(&self.path)?);
        }
        Ok(remembered::write(&self.path, &self.entries)?)
    }
}

/// The name of the file in the state folder.
pub(crate) const FILE: &str = "hooks.json";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::toml;

    #[test]
    fn an_event_is_pending_until_its_hook_took_it() {
        let folder = tempfile::tempdir().unwrap();
        let hook: Hook = toml::read("on = \"change\"\ntarget = \"java\"\nrun = [\"x\"]").unwrap();
        let other: Hook = toml::read("on = \"change\"\nrun = [\"x\"]").unwrap();
        let change = |store: &str, target: &str| HookEvent::new(Path::new(store), Some(target), "refresh");
        let (first, second) = (change("/a", "java"), change("/b", "postgres"));
        let mut pending = Pending::load(folder.path()).0;
        pending.add(&hook, std::slice::from_ref(&second));
        pending.save().unwrap();
        assert!(!pending.path.exists());
        let both = [first.clone(), second];
        pending.add(&hook, &both);
        pending.add(&other, &both);
        pending.save().unwrap();

        let mut pending = Pending::load(folder.path()).0;
        assert_eq!((pending.of(&hook), pending.of(&other)), (std::slice::from_ref(&first), both.as_slice()));
        let later = change("/c", "java");
        pending.add(&hook, std::slice::from_ref(&later));
        pending.remove_reported(&hook, &[first]);
        assert_eq!(pending.of(&hook), [later]);
        pending.retain_of(std::slice::from_ref(&other));
        assert!(pending.of(&hook).is_empty());
        pending.remove_reported(&other, &both);
        pending.save().unwrap();
        assert!(!pending.path.exists());
    }
}
