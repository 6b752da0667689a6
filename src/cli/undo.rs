//! `pgtrust undo`

use pgtrust::journal::Step;

use super::Status;
use super::args::Undo;
use super::context::Context;
use super::install;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Undo) -> Result<Status, Failure> {
    let journal = context.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if args.dry_run { None } else { Some(context.lock()?) };
    let record = journal.last()?;
    let _store_lock = if args.dry_run { None } else { Some(context.lock_store(&record.store)?) };
    let changes = journal.undo(&record, args.force)?;
    if !args.dry_run {
        let step = context.step(&record.store, &changes);
        install::change(context, Step { undoes: Some(record.id), ..step })?;
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
