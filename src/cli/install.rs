//! `pgtrust install`

use pgtrust::bundle::CertificateSet;
use pgtrust::catalog::Selection;
use pgtrust::format::Passwords;
use pgtrust::hook;
use pgtrust::journal::{Change, Listed, Step};
use pgtrust::manifest::{Manifest, Opening};
use pgtrust::plan::{Outcome, Plan, Store};
use pgtrust::source::Source;
use pgtrust::target::{Advice, system};
use pgtrust::{Bundle, Catalog, Error, Policy, guard};
use serde::Serialize;

use super::Status;
use super::args;
use super::context::Context;
use super::fetch::Keep;
use super::place::{Finder, Place};
use super::ui::{self, Failure};
use super::{bundle, fetch, password, report, tenants};

pub(crate) fn run(context: &Context, args: &args::Install) -> Result<Status, Failure> {
    let manifest = context.manifest()?;
    let catalog = context.catalog()?;
    let named = tenants::meant(&args.sources, &catalog, &args.download)?;
    let (places, mut status) = find(context, args, &manifest)?;
    if !args.dry_run {
        guard::check_place(&context.layout()?.state)?;
    }
    let mut wanted = Vec::new();
    for place in places {
        if let Err(error) = context.refuse_shared(&place.store.path) {
            ui::problem(&error);
            status = Status::Failed;
            continue;
        }
        let mut sources: Vec<Source> = Vec::new();
        for name in names(&catalog, &manifest, args, &named, &place) {
            let source = Source::parse(&name, &catalog)?;
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        if sources.is_empty() {
            return Err(Error::NothingKept.into());
        }
        wanted.push((place, sources));
    }
    // What cannot be written comes first, and nothing is downloaded for it: either it says so or has nothing to change.
    let is_writable = |place: &Place| guard::check_writable(&place.store.path).is_ok();
    wanted.sort_by_cached_key(|(place, _)| is_writable(place));
    let first = wanted.iter().position(|(place, _)| is_writable(place)).filter(|_| !args.dry_run);

    let (mut done, mut said) = (Vec::new(), Vec::new());
    let mut built: Option<(&[Source], Bundle)> = None;
    for (index, (place, sources)) in wanted.iter().enumerate() {
        if first == Some(index) {
            let sources = wanted[index..].iter().flat_map(|(_, sources)| sources);
            status = status.max(fetch_if_needed(context, sources, &args.download)?);
            built = None;
        }
        // What was named goes into every store alike, and standard input can be read only once.
        let bundle = match built.take() {
            Some((same, bundle)) if same == sources => bundle,
            _ => {
                let (bundle, found) = build(context, &catalog, args, sources)?;
                status = status.max(found);
                bundle
            }
        };
        match again(|| install(context, args, place, sources, &bundle, &mut said)) {
            Ok(installed) => done.push(installed),
            // One store that cannot be written must not keep the others from their roots.
            Err(Failure::Library(error)) => {
                ui::problem(&error);
                status = Status::Failed;
            }
            Err(failure) => return Err(failure),
        }
        built = Some((sources, bundle));
    }
    if args.json {
        ui::json(&Report { dry_run: args.dry_run, stores: &done })?;
    } else {
        for installed in &done {
            ui::data(&installed.summary(args.dry_run))?;
            installed.show_details()?;
        }
    }
    Ok(status)
}

fn find(context: &Context, args: &args::Install, manifest: &Manifest) -> Result<(Vec<Place>, Status), Failure> {
    let given = Opening {
        format: args.format.clone(),
        password_file: args.password.password_file.clone(),
        no_password: args.password.no_password,
        all_jdks: args.stores.all_jdks,
    };
    let finder = Finder { context, manifest, given, with_public_roots: args.include_system || args.include_jdk_roots };
    let stores = &args.stores;
    if stores.target.is_empty() && stores.output.is_empty() && stores.java_home.is_empty() && !stores.all_jdks {
        return Ok((finder.target("postgres")?, Status::Done));
    }
    finder.named(stores)
}

fn build(
    context: &Context,
    catalog: &Catalog,
    args: &args::Install,
    sources: &[Source],
) -> Result<(Bundle, Status), Failure> {
    let given = password::read(args.password.password_file.as_deref())?;
    let passwords = Passwords::first(given.as_deref());
    let mut set = CertificateSet::new();
    let status = bundle::load(context, catalog, sources, &|kept| args.download.selection(kept), passwords, &mut set)?;
    let policy = Policy { allow_non_roots: args.allow_non_roots, ..Policy::roots(context.as_of) };
    let (bundle, rejected) = Bundle::build(set, &policy)?;
    report::rejected(&rejected);
    report::ambiguous(&bundle);
    Ok((bundle, status))
}

/// What the user named, else what this store has by the manifest and all providers that are kept. A file that is kept
/// for another store is not for this one.
fn names(catalog: &Catalog, manifest: &Manifest, args: &args::Install, named: &[String], place: &Place) -> Vec<String> {
    let mut names = named.to_vec();
    if names.is_empty() {
        let kept = manifest.targets().iter().filter(|target| place.is(target));
        names.extend(kept.flat_map(|target| target.sources.clone()));
        let sources = manifest.sources().iter().map(|source| &source.name);
        names.extend(sources.filter(|name| tenants::is_followed(name, catalog)).cloned());
    }
    names.extend(args.include_system.then(|| "system".to_owned()));
    names.extend(args.include_jdk_roots.then(|| "jdk".to_owned()));
    names
}

/// Fetches the providers and tenants whose roots are not kept yet, or of which others are wanted now.
fn fetch_if_needed<'a>(
    context: &Context,
    sources: impl Iterator<Item = &'a Source>,
    download: &args::Download,
) -> Result<Status, Failure> {
    let layout = context.layout()?;
    let narrowed = download.region.is_some() || download.retiring;
    let missing = sources.filter_map(|source| match source {
        Source::Provider(id) if narrowed || !layout.bundle_of(id).exists() => Some(id.clone()),
        Source::Tenant(tenant) if !layout.bundle_of(tenant.name()).exists() => Some(tenant.name().to_owned()),
        _ => None,
    });
    let missing: Vec<String> = missing.collect();
    if missing.is_empty() {
        return Ok(Status::Done);
    }
    let (kept, tenants, _) = fetch::fetch(context, &missing, download, Keep::Roots)?;
    Ok(fetch::say(&kept).max(tenants::say(&tenants)))
}

/// What became of one store.
#[derive(Serialize)]
pub(super) struct Installed {
    path: String,
    format: &'static str,
    pub(super) outcome: Outcome,
    pub(super) added: Vec<Added>,
    kept: usize,
    repairs: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Added {
    #[serde(flatten)]
    pub(super) root: Listed,
    origin: String,
}

impl Installed {
    pub(super) fn new(place: &Place, plan: &Plan) -> Self {
        let added = plan
            .added()
            .iter()
            .map(|(certificate, origin)| Added { root: Listed::of(certificate), origin: origin.clone() });
        Self {
            path: place.store.path.display().to_string(),
            format: plan.format(),
            outcome: plan.outcome(),
            added: added.collect(),
            kept: plan.kept(),
            repairs: plan.repairs().to_vec(),
        }
    }

    pub(super) fn is_change(&self) -> bool {
        self.outcome != Outcome::Unchanged
    }

    /// One line.
    pub(super) fn summary(&self, dry_run: bool) -> String {
        let verb = match (self.outcome, dry_run) {
            (Outcome::Created, true) => "would be created",
            (Outcome::Created, false) => "created",
            (Outcome::Updated, true) => "would be updated",
            (Outcome::Updated, false) => "updated",
            (Outcome::Unchanged | Outcome::Removed, _) => "unchanged",
        };
        format!("{}: {verb}: {} added, {} kept", self.path, ui::count(self.added.len(), "root"), self.kept)
    }

    /// What comes and what is put right, a line each.
    pub(super) fn show_details(&self) -> Result<(), Failure> {
        for added in &self.added {
            let origin = if added.origin.is_empty() { String::new() } else { format!(" ({})", added.origin) };
            ui::data(&format!("  + {} {}{origin}", added.root.sha256, added.root.subject))?;
        }
        self.repairs.iter().try_for_each(|repair| ui::data(&format!("  ~ {repair}")))
    }
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    stores: &'a [Installed],
}

fn install<'a>(
    context: &Context,
    args: &args::Install,
    place: &'a Place,
    sources: &[Source],
    bundle: &Bundle,
    said: &mut Vec<&'a Advice>,
) -> Result<Installed, Failure> {
    // A dry run writes nothing at all, the lock's file included.
    let _locks = if args.dry_run { None } else { Some((context.lock()?, context.lock_store(&place.store.path)?)) };
    let plan = Plan::new(&Store::open(&place.store, &place.access(context))?, bundle)?;
    let changes = plan.outcome() != Outcome::Unchanged;
    for advice in place.store.advice.iter().filter(|_| changes) {
        // Several stores of one kind need it once.
        if said.contains(&advice) {
            continue;
        }
        said.push(advice);
        ui::warning(&advice.warning);
        ui::hint(&advice.hint);
    }
    if args.dry_run {
        foresee(context, plan.changes());
        if changes {
            planned(context, place, &plan.listed(), &[]);
        }
    } else {
        apply(context, args, place, sources, &plan)?;
    }
    for usage in place.store.usage.iter().filter(|_| changes) {
        ui::hint(usage);
    }
    Ok(Installed::new(place, &plan))
}

/// Changes the store, and the manifest with it.
fn apply(
    context: &Context,
    args: &args::Install,
    place: &Place,
    sources: &[Source],
    plan: &Plan,
) -> Result<(), Failure> {
    let mut manifest = context.manifest()?;
    let mut names = Vec::new();
    for source in sources {
        if let Some(name) = source.name()? {
            let wanted = match source {
                Source::Provider(id) => args.download.selection(manifest.selection(id)),
                _ => Selection::default(),
            };
            match source {
                Source::Tenant(_) => tenants::remember(&mut manifest, &context.catalog()?, &name, &args.download)?,
                _ => manifest.keep_source(&name, &wanted)?,
            }
            names.push(name);
        }
    }
    let (key, text) = &place.key;
    manifest.keep_target(key, text, &names)?;
    manifest.keep_opening(key, text, &place.opening)?;
    if plan.changes().is_empty() {
        return Ok(manifest.save()?);
    }
    let changes = [plan.changes(), &manifest_change(&manifest)?].concat();
    let step = context.step(&place.store.path, &changes);
    change(context, Step { added: plan.listed(), target: place.target(), ..step })
}

/// Notes what a dry run would change.
pub(super) fn planned(context: &Context, place: &Place, added: &[Listed], removed: &[Listed]) {
    let change = hook::Change::new(&place.store.path, place.target().as_deref(), &context.command());
    context.changes.borrow_mut().planned.push(change.with(added, removed));
}

/// The change of the manifest that goes with a change of a store.
pub(super) fn manifest_change(manifest: &Manifest) -> Result<Vec<Change>, Error> {
    let change = |after: String| {
        let before = manifest.on_disk().map(|text| text.as_bytes().to_vec());
        Change { path: manifest.path().to_owned(), before, after: Some(after.into_bytes()) }
    };
    Ok(manifest.changed()?.map(change).into_iter().collect())
}

/// Does it once more where another program changed the store between reading and writing.
pub(super) fn again<T>(mut work: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    for _ in 1..TRIES {
        match work() {
            Err(Failure::Library(Error::ChangedMeanwhile { .. })) => {}
            result => return result,
        }
    }
    work()
}

/// Makes a change, and lets the system take notice of changed anchors. Where it does not, the change goes back: the next
/// run would find nothing to do, and nobody would trust what stands there.
pub(super) fn change(context: &Context, step: Step<'_>) -> Result<(), Failure> {
    // Anchors are files in a folder, which is their store.
    let in_folder = step.changes.first().is_some_and(|change| change.path != step.store);
    let commands =
        if in_folder { system::commands_after(&context.root, context.layout()?, step.changes)? } else { Vec::new() };
    check(context, step.changes)?;
    let (journal, changes) = (context.journal()?, step.changes);
    let record = journal.apply(step)?;
    if let Err(error) = system::run(&commands, context.programs()) {
        journal.take_back(&record, changes)?;
        return Err(error.into());
    }
    context.changes.borrow_mut().made.extend(hook::Change::of(&record));
    Ok(())
}

/// Fails when others could write one of these files too, or this user cannot.
fn check(context: &Context, changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        context.refuse_shared(&change.path)?;
        guard::check_writable(&change.path)?;
    }
    Ok(())
}

/// Says in a dry run why the real one would fail.
pub(super) fn foresee(context: &Context, changes: &[Change]) {
    if let Err(error) = check(context, changes) {
        ui::warning(&error.to_string());
        error.hint().iter().for_each(|hint| ui::hint(hint));
    }
}

/// Nothing but a program that writes all the time is faster as often.
const TRIES: usize = 50;
