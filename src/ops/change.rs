//! Changes of stores: checked, journalled, told to the system and to hooks.

use super::Error;
use super::hooks::Changes;
use super::machine::Machine;
use super::note::Note;
use super::stores::NamedStore;
use crate::hook;
use crate::journal::{Change, Listed, Step};
use crate::manifest::Manifest;
use crate::store::known::system;
use crate::system::permissions::{Guard, check_writable};

/// Makes a change, and lets the system take notice of changed anchors. Where it does not, the change goes back: the next
/// run would find nothing to do, and nobody would trust what stands there.
pub(super) fn make(machine: &Machine<'_>, step: Step<'_>, made: &mut Changes) -> Result<(), Error> {
    // Anchors are files in a folder, which is their store.
    let in_folder = step.changes.first().is_some_and(|change| change.path != step.store);
    let commands =
        if in_folder { system::commands_after(machine.root(), machine.layout()?, step.changes)? } else { Vec::new() };
    check(machine, step.changes)?;
    let (journal, changes) = (machine.journal()?, step.changes);
    let record = journal.apply(step)?;
    if let Err(error) = system::run(&commands, machine.programs()) {
        journal.roll_back(&record, changes)?;
        return Err(error.into());
    }
    if machine.is_image() {
        made.add_programs_of_image(&commands);
    }
    made.add_made(&record);
    Ok(())
}

/// Fails when others could write one of these files too, or this user cannot.
fn check(machine: &Machine<'_>, changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        machine.refuse_shared(&change.path, Guard::Store)?;
        check_writable(&change.path)?;
    }
    Ok(())
}

/// Notes in a dry run why the real one would fail.
pub(super) fn warn_if_blocked(machine: &Machine<'_>, changes: &[Change], notes: &mut Vec<Note>) {
    notes.extend(check(machine, changes).err().map(Note::Blocked));
}

/// Adds what a dry run would change in a store.
pub(super) fn plan(
    machine: &Machine<'_>,
    named: &NamedStore,
    added: &[Listed],
    removed: &[Listed],
    changes: &mut Changes,
) {
    let change = hook::HookEvent::new(&named.store.path, named.target().as_deref(), &machine.command);
    changes.add_planned(Some(change.with(added, removed)));
}

/// Returns the change of the manifest that goes with a change of a store.
pub(super) fn of_manifest(manifest: &Manifest) -> Result<Vec<Change>, Error> {
    let change = |after: String| {
        let before = manifest.on_disk().map(|text| text.as_bytes().to_vec());
        Change { path: manifest.path().to_owned(), before, after: Some(after.into_bytes()) }
    };
    Ok(manifest.changed()?.map(change).into_iter().collect())
}

/// Does it once more where another program changed the store between reading and writing.
pub(super) fn retry<T>(mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..TRIES {
        match work() {
            Err(error) if error.is_of_a_race() => {}
            result => return result,
        }
    }
    work()
}

/// The number of tries. Only a program that writes all the time is faster this often.
const TRIES: usize = 50;
