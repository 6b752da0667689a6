//! Puts a store back as it was.

use std::path::Path;

use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::note::{Failed, Note};
use super::stores::Finder;
use super::{Error, change};
use crate::bundle::{CertificateSet, Origin};
use crate::format::Passwords;
use crate::journal::{self, Change, Journal, Listed, Record, Step};
use crate::system::file;
use crate::system::permissions::{Guard, check_place, owner_of, refuse_shared};
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
    notes.extend(damage(journal)?);
    let _store_lock = if request.dry_run { None } else { Some(machine.lock_store(&record.store)) };
    let changes = match journal.undo(&record, request.force) {
        Err(error @ (journal::Error::ChangedSince { .. } | journal::Error::GoneSince { .. })) => {
            let (mut removed, mut added) = (Vec::new(), Vec::new());
            for change in journal.undo(&record, true)? {
                difference(&change, &mut removed, &mut added);
            }
            let conflict = Some(Conflict { error: error.into(), removed, added });
            return Ok(Report { record, changes: Vec::new(), conflict, notes: Vec::new() });
        }
        changes => changes?,
    };
    refuse_forged(machine, &changes)?;
    if request.dry_run {
        change::warn_if_blocked(machine, &changes, notes);
        made.add_planned(hook::HookEvent::of(&record));
    } else {
        let step = machine.step(&record.store, &changes);
        let (added, removed, target) = (record.removed.clone(), record.added.clone(), record.target.clone());
        change::make(machine, Step { undoes: Some(record.id), added, removed, target, ..step }, made)?;
        let lost = changes.iter().filter(|change| change.before.is_none() && record.loses_owner(&change.path));
        notes.extend(lost.map(|change| Note::OwnerLost { path: change.path.clone() }));
    }
    Ok(Report { record, changes, conflict: None, notes: Vec::new() })
}

/// Notes that records may be missing.
pub(super) fn damage(journal: &Journal) -> Result<Option<Note>, Error> {
    let lines = journal.history()?.damaged();
    Ok((lines > 0).then_some(Note::JournalDamaged { lines }))
}

/// Fails for a file that only a journal names which others could write, or which is another user's: unless the manifest keeps
/// it too, or it is that user's own. Such a journal is looked at only where that was allowed.
fn refuse_forged(machine: &Machine<'_>, changes: &[Change]) -> Result<(), Error> {
    let layout = machine.layout()?;
    let file = layout.state.join(journal::FILE);
    let owner = owner_of(&file).filter(|owner| !owner.is_trusted());
    if owner.is_none() && refuse_shared(&file, Guard::Settings).is_ok() {
        return Ok(());
    }
    let manifest = machine.manifest()?;
    let stores = Finder::new(machine, &manifest).kept(&mut Vec::new())?;
    let is_kept =
        |path: &Path| path == layout.manifest || stores.iter().any(|named| path.starts_with(&named.store.path));
    for Change { path, .. } in changes {
        let is_owners = || owner.is_some() && owner_of(path).or_else(|| owner_of(file::folder_of(path))) == owner;
        if !is_kept(path) && !is_owners() {
            return Err(journal::Error::NotItsOwn { path: path.clone(), journal: file }.into());
        }
    }
    Ok(())
}

/// Compares the certificates of a file before and after its old bytes are put back.
fn difference(change: &Change, removed: &mut Vec<Listed>, added: &mut Vec<Listed>) {
    let certificates = |bytes: &Option<Vec<u8>>| {
        let mut set = CertificateSet::new();
        let mut bytes = bytes.as_deref().unwrap_or_default();
        // Of what cannot be read, as with a password of its own, nothing can be shown.
        let _ = source::load(&mut set, &mut bytes, Origin::File(change.path.clone()), Passwords::usual());
        set
    };
    let (before, after) = (certificates(&change.before), certificates(&change.after));
    removed.extend(before.certificates().filter(|certificate| !after.contains(certificate)).map(Listed::of));
    added.extend(after.certificates().filter(|certificate| !before.contains(certificate)).map(Listed::of));
}
