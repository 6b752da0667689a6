//! `pgtrust undo`

use std::path::Path;

use pgtrust::Error;
use pgtrust::bundle::{CertificateSet, Origin};
use pgtrust::format::Passwords;
use pgtrust::hook;
use pgtrust::journal::{Change, Step};
use pgtrust::source;
use pgtrust::system::permissions;

use super::Status;
use super::args::Undo;
use super::context::Context;
use super::install;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Undo) -> Result<Status, Failure> {
    if !args.dry_run {
        permissions::check_place(&context.layout()?.state)?;
    }
    let journal = context.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if args.dry_run { None } else { Some(context.lock()?) };
    let record = match &args.what {
        None => journal.last()?,
        Some(id) if id.bytes().all(|byte| byte.is_ascii_digit()) => journal.change(id.parse().unwrap_or(u64::MAX))?,
        Some(store) => journal.last_of(Path::new(store))?,
    };
    let _store_lock = if args.dry_run { None } else { Some(context.lock_store(&record.store)?) };
    let changes = match journal.undo(&record, args.force) {
        Err(error @ Error::ChangedSince { .. }) => {
            journal.undo(&record, true)?.iter().for_each(difference);
            return Err(error.into());
        }
        changes => changes?,
    };
    if args.dry_run {
        install::foresee(context, &changes);
        context.changes.borrow_mut().planned.extend(hook::Change::of(&record));
    } else {
        let step = context.step(&record.store, &changes);
        let (added, removed, target) = (record.removed.clone(), record.added.clone(), record.target.clone());
        install::change(context, Step { undoes: Some(record.id), added, removed, target, ..step })?;
    }
    for change in &changes {
        let verb = match (args.dry_run, change.after.is_some()) {
            (true, true) => "would be put back",
            (true, false) => "would be removed again",
            (false, true) => "put back",
            (false, false) => "removed again",
        };
        ui::data(&format!("{}: {verb} (`pgtrust {}`, {})", change.path.display(), record.command, record.time))?;
    }
    for (sign, roots) in [('-', &record.added), ('+', &record.removed)] {
        roots.iter().try_for_each(|root| ui::data(&format!("  {sign} {} {}", root.sha256, root.subject)))?;
    }
    Ok(Status::Done)
}

/// Shows what putting old bytes back would do to the certificates in a file.
fn difference(change: &Change) {
    let certificates = |bytes: &Option<Vec<u8>>| {
        let mut set = CertificateSet::new();
        let mut bytes = bytes.as_deref().unwrap_or_default();
        // Of what cannot be read, as with a password of its own, nothing can be shown.
        let _ = source::load(&mut set, &mut bytes, Origin::File(change.path.clone()), Passwords::Usual);
        set
    };
    let (before, after) = (certificates(&change.before), certificates(&change.after));
    for (sign, some, others) in [('-', &before, &after), ('+', &after, &before)] {
        for certificate in some.certificates().filter(|certificate| !others.contains(certificate)) {
            ui::note(&format!("  {sign} {} {}", certificate.fingerprint(), certificate.subject()));
        }
    }
}
