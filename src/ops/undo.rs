//! Puts a store back as it was.

use std::path::Path;

use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::note::{Failed, Note};
use super::{Error, change};
use crate::bundle::{CertificateSet, Origin};
use crate::format::Passwords;
use crate::journal::{self, Change, Listed, Record, Step};
use crate::system::permissions::check_place;
use crate::{hook, source};

/// The change to undo.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The number of a change, or a store for its last change; the last change of all, when not given.
    pub change: Option<String>,
    /// Undo it even where others changed the store since, and their change is lost.
    pub force: bool,
    /// Write nothing, and tell what would be put back.
    pub dry_run: bool,
}

/// The result of an undo.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The change that is undone.
    pub record: Record,
    /// The files that are as before it; their bytes are None where there was no file.
    pub changes: Vec<Change>,
    /// Where others changed the store since: what forcing it would do, with nothing done.
    pub conflict: Option<Conflict>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// Others changed the store since.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conflict {
    /// The error that says so.
    pub error: Error,
    /// Certificates that would go.
    pub removed: Vec<Listed>,
    /// Certificates that would come back.
    pub added: Vec<Listed>,
}

/// Undoes a change, and runs the hooks that wait for it.
pub fn undo(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (mut report, notes) = with_hooks(machine, |changes, notes| restore(machine, request, changes, notes))?;
    report.notes = notes;
    Ok(report)
}

fn restore(
    machine: &Machine<'_>,
    request: &Request,
    made: &mut Changes,
    notes: &mut Vec<Note>,
) -> Result<Report, Error> {
    if !request.dry_run {
        check_place(&machine.layout()?.state)?;
    }
    let journal = machine.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if request.dry_run { None } else { Some(machine.lock()?) };
    let record = match &request.change {
        None => journal.last()?,
        Some(id) if id.bytes().all(|byte| byte.is_ascii_digit()) => journal.change(id.parse().unwrap_or(u64::MAX))?,
        Some(store) => journal.last_of(&machine.place(Path::new(store)))?,
    };
    let _store_lock = if request.dry_run { None } else { Some(machine.lock_store(&record.store)) };
    let changes = match journal.undo(&record, request.force) {
        Err(error @ journal::Error::ChangedSince { .. }) => {
            let (mut removed, mut added) = (Vec::new(), Vec::new());
            for change in journal.undo(&record, true)? {
                difference(&change, &mut removed, &mut added);
            }
            let conflict = Some(Conflict { error: error.into(), removed, added });
            return Ok(Report { record, changes: Vec::new(), conflict, notes: Vec::new() });
        }
        changes => changes?,
    };
    if request.dry_run {
        change::warn_if_blocked(machine, &changes, notes);
        made.add_planned(hook::HookEvent::of(&record));
    } else {
        let step = machine.step(&record.store, &changes);
        let (added, removed, target) = (record.removed.clone(), record.added.clone(), record.target.clone());
        change::make(machine, Step { undoes: Some(record.id), added, removed, target, ..step }, made)?;
    }
    Ok(Report { record, changes, conflict: None, notes: Vec::new() })
}

/// Compares the certificates of a file before and after its old bytes are put back.
fn difference(change: &Change, removed: &mut Vec<Listed>, added: &mut Vec<Listed>) {
    let certificates = |bytes: &Option<Vec<u8>>| {
        let mut set = CertificateSet::new();
        let mut bytes = bytes.as_deref().unwrap_or_default();
        // Of what cannot be read, as with a password of its own, nothing can be shown.
        let _ = source::load(&mut set, &mut bytes, Origin::File(change.path.clone()), Passwords::Usual);
        set
    };
    let (before, after) = (certificates(&change.before), certificates(&change.after));
    removed.extend(before.certificates().filter(|certificate| !after.contains(certificate)).map(Listed::of));
    added.extend(after.certificates().filter(|certificate| !before.contains(certificate)).map(Listed::of));
}
