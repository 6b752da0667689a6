//! `pgtrust repair`

use pgtrust::Machine;
use pgtrust::repair::{self, Part, Repaired, Request};
use serde::Serialize;

use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Repair) -> Result<Status, Failure> {
    let report = repair::repair(
        machine,
        &Request {
            files: args.files.clone(),
            password_file: args.password_file.clone(),
            drop_dead: args.drop_dead,
            dry_run: args.dry_run,
        },
    )?;
    let status = notes::show(&report.notes);
    if args.json {
        ui::json(&Shown { dry_run: args.dry_run, stores: &report.stores })?;
    } else {
        report.stores.iter().try_for_each(|store| show(store, args.dry_run))?;
    }
    Ok(status)
}

#[derive(Serialize)]
struct Shown<'a> {
    dry_run: bool,
    stores: &'a [Repaired],
}

fn show(store: &Repaired, dry_run: bool) -> Result<(), Failure> {
    let verb = ui::verb(store.outcome, dry_run);
    let removed = ui::count(store.removed.len(), "part");
    ui::data(&format!("{}: {verb}: {removed} removed, {} kept", store.path, ui::count(store.kept, "certificate")))?;
    store.repairs.iter().try_for_each(|repair| ui::data(&format!("  ~ {repair}")))?;
    store.removed.iter().try_for_each(|Part { position, sha256, subject, reason, .. }| {
        let what = match (sha256, subject) {
            (Some(sha256), Some(subject)) => format!("{sha256} {subject} ({position}): "),
            _ => format!("{position}: "),
        };
        ui::data(&format!("  - {what}{reason}"))
    })
}
