//! `pgtrust undo`

use pgtrust::Machine;
use pgtrust::undo::{self, Conflict, Request};

use super::args::Undo;
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &Undo) -> Result<Status, Failure> {
    let request = Request { change: args.what.clone(), force: args.force, dry_run: args.dry_run };
    let report = undo::undo(machine, &request)?;
    let status = notes::show(&report.notes);
    if let Some(Conflict { error, removed, added, .. }) = report.conflict {
        for (sign, roots) in [('-', removed), ('+', added)] {
            roots.iter().for_each(|root| ui::note(&format!("  {sign} {} {}", root.sha256, root.subject)));
        }
        return Err(error.into());
    }
    let record = &report.record;
    for change in &report.changes {
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
    Ok(status)
}
