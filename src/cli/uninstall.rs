//! `pgtrust uninstall`

use pgtrust::Error;
use pgtrust::journal::{Change, Listed, Step};
use pgtrust::manifest::{Manifest, Opening};
use pgtrust::plan::{Outcome, Removal, Store};
use serde::Serialize;

use super::Status;
use super::args;
use super::context::Context;
use super::place::{self, Opened, Place};
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Uninstall) -> Result<Status, Failure> {
    let mut places = place::named(context, &args.target, &args.output)?;
    if places.is_empty() {
        places = kept(context, &context.manifest()?)?;
    }
    if places.is_empty() {
        let message = "the manifest keeps no store".to_owned();
        let hint = "`--output FILE` names one that pgtrust added to".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    let (mut done, mut status) = (Vec::new(), Status::Done);
    for place in &places {
        match uninstall(context, args, place) {
            Ok(uninstalled) => done.push(uninstalled),
            // One store that cannot be written must not keep the others.
            Err(Failure::Library(error)) => {
                ui::problem(&error);
                status = Status::Failed;
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

/// All stores of the manifest.
fn kept(context: &Context, manifest: &Manifest) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    for target in manifest.targets() {
        match (&target.name, &target.path) {
            (Some(name), _) => places.extend(Place::named(context, name)?),
            (None, Some(path)) => places.push(Place::at(path)),
            (None, None) => {}
        }
    }
    Ok(places)
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

fn uninstall(context: &Context, args: &args::Uninstall, place: &Place) -> Result<Uninstalled, Failure> {
    let journal = context.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if args.dry_run { None } else { Some(journal.lock()?) };
    let mut manifest = context.manifest()?;
    let given = Opening { password_file: args.password_file.clone(), ..Opening::default() };
    let opened = Opened::new(place, &given, &manifest)?;
    let removal = if place.path.exists() {
        let store = Store::read(&place.path, &opened.access())?;
        Some(Removal::new(store, &journal.added_to(&place.path)?)?)
    } else {
        None
    };
    if !args.dry_run {
        let (key, text) = place.in_manifest();
        manifest.drop_target(key, &text)?;
        let mut changes: Vec<Change> = removal.as_ref().and_then(Removal::change).into_iter().collect();
        if let Some(after) = manifest.changed() {
            let before = manifest.on_disk().map(|text| text.as_bytes().to_vec());
            changes.push(Change { path: manifest.path().to_owned(), before, after: Some(after.into_bytes()) });
        }
        if !changes.is_empty() {
            let listed = removal.as_ref().map(Removal::listed).unwrap_or_default();
            journal.apply(Step { removed: listed, ..context.step(&place.path, &changes) })?;
        }
    }
    Ok(Uninstalled {
        path: place.path.display().to_string(),
        format: removal.as_ref().map(|removal| removal.store().format().name),
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
