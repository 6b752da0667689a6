//! `pgtrust install`

use pgtrust::install::{self, Installed, Request};
use pgtrust::{Machine, Opening};
use serde::Serialize;

use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Install) -> Result<Status, Failure> {
    let request = Request {
        sources: args.sources.clone(),
        stores: args.stores.request(),
        opening: Opening {
            format: args.format.clone(),
            password_file: args.password.password_file.clone(),
            no_password: args.password.no_password,
            all_jdks: args.stores.all_jdks,
        },
        include_system: args.include_system,
        include_jdk_roots: args.include_jdk_roots,
        allow_non_roots: args.allow_non_roots,
        download: args.download.request(),
        dry_run: args.dry_run,
    };
    let report = install::install(machine, &request)?;
    let status = notes::show(&report.notes);
    if args.json {
        ui::json(&Shown { dry_run: args.dry_run, stores: &report.stores })?;
    } else {
        for installed in &report.stores {
            ui::data(&summary(installed, args.dry_run))?;
            show_details(installed)?;
        }
    }
    Ok(status)
}

#[derive(Serialize)]
struct Shown<'a> {
    dry_run: bool,
    stores: &'a [Installed],
}

/// One line.
pub(super) fn summary(installed: &Installed, dry_run: bool) -> String {
    let verb = ui::verb(installed.outcome, dry_run);
    let added = ui::count(installed.added.len(), "root");
    format!("{}: {verb}: {added} added, {} kept", installed.path, installed.kept)
}

/// Shows what is added and what is repaired, a line each.
pub(super) fn show_details(installed: &Installed) -> Result<(), Failure> {
    for added in &installed.added {
        let origin = if added.origin.is_empty() { String::new() } else { format!(" ({})", added.origin) };
        ui::data(&format!("  + {} {}{origin}", added.root.sha256, added.root.subject))?;
    }
    installed.repairs.iter().try_for_each(|repair| ui::data(&format!("  ~ {repair}")))
}
