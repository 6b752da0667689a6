//! What `uninstall` and `prune` have in common: roots that pgtrust added go from stores.

use std::path::Path;

use pgtrust::journal::{Added, Listed, Step};
use pgtrust::manifest::Opening;
use pgtrust::store::plan::{Outcome, Removal, Store};
use pgtrust::system::permissions;
use pgtrust::{Error, Fingerprint};
use serde::Serialize;

use super::Status;
use super::args::Removing;
use super::context::Context;
use super::install::{again, change, foresee, manifest_change, planned};
use super::place::{Finder, Place};
use super::ui::{self, Failure};

/// Which of the roots that pgtrust added to a store go.
pub(super) struct Chosen {
    pub(super) roots: Added,
    /// Why, where that is not plain.
    pub(super) reasons: Vec<(Fingerprint, String)>,
}

type Choose<'a> = &'a dyn Fn(&Path, &Store, Added) -> Result<Chosen, Failure>;

/// `forget` takes the stores from the manifest too.
pub(super) fn run(context: &Context, args: &Removing, choose: Choose<'_>, forget: bool) -> Result<Status, Failure> {
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
    if !args.dry_run {
        permissions::check_place(&context.layout()?.state)?;
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (index, place) in places.iter().enumerate() {
        // A target of several stores is kept until nothing is left in any of them.
        let is_last = places[index + 1..].iter().all(|other| other.key != place.key) && !failed.contains(&&place.key);
        match again(|| remove(context, args, place, choose, forget && is_last)) {
            Ok(changed) => done.push(changed),
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
        done.iter().try_for_each(|changed| show(changed, args.dry_run))?;
    }
    Ok(status)
}

/// What became of one store.
#[derive(Serialize)]
struct Changed {
    path: String,
    format: Option<&'static str>,
    outcome: Outcome,
    removed: Vec<Gone>,
    kept: usize,
}

#[derive(Serialize)]
struct Gone {
    #[serde(flatten)]
    root: Listed,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    stores: &'a [Changed],
}

fn remove(
    context: &Context,
    args: &Removing,
    place: &Place,
    choose: Choose<'_>,
    forget: bool,
) -> Result<Changed, Failure> {
    context.refuse_shared(&place.store.path)?;
    let journal = context.journal()?;
    // A dry run writes nothing at all, the lock's file included.
    let _locks = if args.dry_run { None } else { Some((context.lock()?, context.lock_store(&place.store.path)?)) };
    let mut manifest = context.manifest()?;
    let path = &place.store.path;
    let (mut removal, mut reasons) = (None, Vec::new());
    let unknown = |source| Error::Io { action: "find", path: path.clone(), source };
    if path.try_exists().map_err(unknown)? {
        let store = Store::open(&place.store, &place.access(context))?;
        let added = journal.added_to(path)?;
        store.look_for(&added)?;
        let chosen = choose(path, &store, added)?;
        removal = Some(Removal::new(&store, &chosen.roots)?);
        reasons = chosen.reasons;
    }
    if args.dry_run {
        foresee(context, removal.as_ref().map(Removal::changes).unwrap_or_default());
        if let Some(removal) = removal.as_ref().filter(|removal| !removal.changes().is_empty()) {
            planned(context, place, &[], &removal.listed());
        }
    } else {
        let (key, text) = &place.key;
        if forget {
            manifest.drop_target(key, text)?;
        }
        let store_changes = removal.as_ref().map(Removal::changes).unwrap_or_default();
        let changes = [store_changes, &manifest_change(&manifest)?].concat();
        if !changes.is_empty() {
            let removed = removal.as_ref().map(Removal::listed).unwrap_or_default();
            change(context, Step { removed, target: place.target(), ..context.step(path, &changes) })?;
        }
    }
    for note in removal.iter().flat_map(Removal::notes) {
        ui::warning(note);
    }
    let gone = |root: Listed| {
        let reason = reasons.iter().find(|(fingerprint, _)| *fingerprint == root.sha256);
        Gone { reason: reason.map(|(_, reason)| reason.clone()), root }
    };
    Ok(Changed {
        path: path.display().to_string(),
        format: removal.as_ref().map(Removal::format),
        outcome: removal.as_ref().map_or(Outcome::Unchanged, Removal::outcome),
        removed: removal.iter().flat_map(Removal::listed).map(gone).collect(),
        kept: removal.as_ref().map_or(0, Removal::kept),
    })
}

fn show(changed: &Changed, dry_run: bool) -> Result<(), Failure> {
    let verb = match (changed.outcome, dry_run) {
        (Outcome::Unchanged, _) => "unchanged",
        (Outcome::Removed, true) => "would be removed",
        (Outcome::Removed, false) => "removed",
        (_, true) => "would be updated",
        (_, false) => "updated",
    };
    let removed = ui::count(changed.removed.len(), "root");
    ui::data(&format!("{}: {verb}: {removed} removed, {} kept", changed.path, changed.kept))?;
    changed.removed.iter().try_for_each(|Gone { root, reason }| {
        let reason = reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        ui::data(&format!("  - {} {}{reason}", root.sha256, root.subject))
    })
}
