//! `pgtrust uninstall`

use pgtrust::journal::{Listed, Step};
use pgtrust::manifest::Opening;
use pgtrust::plan::{Outcome, Removal, Store};
use serde::Serialize;

use super::Status;
use super::args;
use super::context::Context;
use super::install::{again, change, manifest_change};
use super::place::{Finder, Place};
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Uninstall) -> Result<Status, Failure> {
    let manifest = context.manifest()?;
    let given = Opening { password_file: args.password_file.clone(), ..Opening::default() };
    let finder = Finder { context, manifest: &manifest, given, with_public_roots: false };
    let (mut places, mut status) = finder.named(&args.stores)?;
    if places.is_empty() && status == Status::Done {
        (places, status) = finder.kept()?;
    }
    if places.is_empty() && status == Status::Done {
        let message = "the manifest keeps no store".to_owned();
        let hint = "`--output FILE` names one that pgtrust added to".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (index, place) in places.iter().enumerate() {
        // A target of several stores is kept until nothing is left in any of them.
        let is_last = places[index + 1..].iter().all(|other| other.key != place.key) && !failed.contains(&&place.key);
        match again(|| uninstall(context, args, place, is_last)) {
            Ok(uninstalled) => done.push(uninstalled),
            // One store that cannot be written must not keep the others.
            Err(Failure::Library(error)) => {
                ui::problem(&error);
                status = Status::Failed;
                failed.push(&place.key);
            }
            Err(failure) => return Err(failure),
        }
    }
    if args.json {
        ui::json(&Report { dry_run: args.dry_run, stores: &done })?;
    } else {
        done.iter().try_for_each(|uninstalled| show(uninstalled, args.dry_run))?;
    }
    Ok(status)
}

/// What became of one store.
#[derive(Serialize)]
struct Uninstalled {
    path: String,
    format: Option<&'static str>,
    outcome: Outcome,
    removed: Vec<Listed>,
    kept: usize,
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    stores: &'a [Uninstalled],
}

fn uninstall(context: &Context, args: &args::Uninstall, place: &Place, is_last: bool) -> Result<Uninstalled, Failure> {
    let journal = context.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _locks = if args.dry_run { None } else { Some((context.lock()?, context.lock_store(&place.store.path)?)) };
    let mut manifest = context.manifest()?;
    let path = &place.store.path;
    let removal = if path.exists() {
        let store = Store::open(&place.store, &place.access(context))?;
        Some(Removal::new(&store, &journal.added_to(path)?)?)
    } else {
        None
    };
    if !args.dry_run {
        let (key, text) = &place.key;
        if is_last {
            manifest.drop_target(key, text)?;
        }
        let store_changes = removal.as_ref().map(Removal::changes).unwrap_or_default();
        let changes = [store_changes, &manifest_change(&manifest)].concat();
        if !changes.is_empty() {
            let removed = removal.as_ref().map(Removal::listed).unwrap_or_default();
            change(context, Step { removed, ..context.step(path, &changes) })?;
        }
    }
    for note in removal.iter().flat_map(Removal::notes) {
        ui::warning(note);
    }
    Ok(Uninstalled {
        path: path.display().to_string(),
        format: removal.as_ref().map(Removal::format),
        outcome: removal.as_ref().map_or(Outcome::Unchanged, Removal::outcome),
        removed: removal.as_ref().map(Removal::listed).unwrap_or_default(),
        kept: removal.as_ref().map_or(0, Removal::kept),
    })
}

fn show(uninstalled: &Uninstalled, dry_run: bool) -> Result<(), Failure> {
    let verb = match (uninstalled.outcome, dry_run) {
        (Outcome::Unchanged, _) => "unchanged",
        (Outcome::Removed, true) => "would be removed",
        (Outcome::Removed, false) => "removed",
        (_, true) => "would be updated",
        (_, false) => "updated",
    };
    let removed = ui::count(uninstalled.removed.len(), "root");
    ui::data(&format!("{}: {verb}: {removed} removed, {} kept", uninstalled.path, uninstalled.kept))?;
    uninstalled.removed.iter().try_for_each(|root| ui::data(&format!("  - {} {}", root.sha256, root.subject)))
}
