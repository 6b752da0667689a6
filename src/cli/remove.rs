//! `pgtrust uninstall` and `pgtrust prune`

use pgtrust::remove::{self, Gone, Removed, Report, Request};
use pgtrust::{Machine, Opening};
use serde::Serialize;

use super::args::{self, Removing};
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn uninstall(machine: &Machine<'_>, args: &args::Uninstall) -> Result<Status, Failure> {
    let report = remove::uninstall(machine, &request(&args.removing))?;
    show(&args.removing, &report)
}

pub(crate) fn prune(machine: &Machine<'_>, args: &args::Prune) -> Result<Status, Failure> {
    let report = remove::prune(machine, &request(&args.removing))?;
    show(&args.removing, &report)
}

fn request(args: &Removing) -> Request {
    let opening = Opening { password_file: args.password_file.clone(), ..Opening::default() };
    Request { stores: args.stores.request(), opening, dry_run: args.dry_run }
}

#[derive(Serialize)]
struct Shown<'a> {
    dry_run: bool,
    stores: &'a [Removed],
}

fn show(args: &Removing, report: &Report) -> Result<Status, Failure> {
    let status = notes::show(&report.notes);
    if args.json {
        ui::json(&Shown { dry_run: args.dry_run, stores: &report.stores })?;
    } else {
        report.stores.iter().try_for_each(|removed| show_one(removed, args.dry_run))?;
    }
    Ok(status)
}

fn show_one(store: &Removed, dry_run: bool) -> Result<(), Failure> {
    let verb = ui::verb(store.outcome, dry_run);
    let removed = ui::count(store.removed.len(), "root");
    ui::data(&format!("{}: {verb}: {removed} removed, {} kept", store.path, store.kept))?;
    store.removed.iter().try_for_each(|Gone { root, reason, .. }| {
        let reason = reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        ui::data(&format!("  - {} {}{reason}", root.sha256, root.subject))
    })
}
