//! `pgtrust refresh`

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::thread;
use std::time::Duration;

use pgtrust::bundle::{CertificateSet, Rejected};
use pgtrust::catalog::Selection;
use pgtrust::format::Passwords;
use pgtrust::journal::{Listed, Step};
use pgtrust::manifest::{KeptTarget, Manifest, Opening};
use pgtrust::ops::last_run::{Finding, Kind, LastRun, Run};
use pgtrust::source::{CatalogueResult, CatalogueState, Source};
use pgtrust::store::plan::{Outcome, Plan, Store};
use pgtrust::{Bundle, Catalog, Error, Policy};
use serde::Serialize;

use super::Status;
use super::args;
use super::bundle;
use super::catalogues;
use super::context::Context;
use super::fetch::{self, Keep, Kept};
use super::hooks::{self, Which};
use super::install::{Installed, again, change, planned};
use super::place::{Finder, Place};
use super::status;
use super::tenants::KeptTenant;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Refresh) -> Result<Status, Failure> {
    let manifest = context.manifest()?;
    if manifest.sources().is_empty() && manifest.targets().is_empty() && manifest.catalogues().is_empty() {
        return Err(Error::NothingKept.into());
    }
    if let Some(splay) = args.splay {
        thread::sleep(random_part_of(splay));
    }
    let state = &context.layout()?.state;
    let run = if args.check { None } else { Some(Run::begin(state, context.wait)?) };
    let mut last = LastRun::load(state)?;
    let keep = if args.check { Keep::Nothing } else { Keep::Roots };
    // First: what the catalogues say decides what is fetched.
    let catalogues = catalogues::fetch(context, &manifest, &args.network, keep)?;
    let findings = catalogues.iter().filter_map(CatalogueResult::finding).collect();
    let mut work = Work { context, args, keep, catalog: context.catalog()?, findings };
    let (kept, tenants, manifest) = work.fetch(&manifest)?;
    let stores = work.stores(&manifest)?;
    work.hooks(&manifest)?;
    let new = last.settle(work.findings, !args.network.offline, context.now);
    if let Some(run) = run {
        last.save()?;
        run.end(context.time());
    }
    for finding in if args.verbose { last.findings() } else { &new } {
        ui::finding(finding);
    }
    let sources: Vec<SourceReport<'_>> =
        kept.iter().map(SourceReport::of).chain(tenants.iter().map(SourceReport::of_tenant)).collect();
    let changed = sources.iter().any(|source| source.changed)
        || stores.iter().any(Installed::is_change)
        || catalogues.iter().any(is_new);
    if args.json {
        let findings = last.findings().iter().map(|finding| Told { finding, new: new.contains(finding) });
        ui::json(&Report {
            check: args.check,
            changed,
            catalogues: &catalogues,
            sources: &sources,
            stores: &stores,
            findings: findings.collect(),
        })?;
    } else {
        show(args, &catalogues, &sources, &stores)?;
    }
    if let Some(path) = &args.metrics {
        let overview = status::overview(context, &manifest, &last)?;
        overview.write_metrics(path, result(&last) as u8)?;
    }
    let checked = if args.check && changed { Status::Found } else { Status::Done };
    Ok(result(&last).max(checked))
}

/// What all that stands comes to.
fn result(last: &LastRun) -> Status {
    let results = last.findings().iter().map(|finding| match finding.kind {
        kind if kind.is_failure() => Status::Failed,
        kind if kind.is_note() => Status::Done,
        _ => Status::Found,
    });
    results.max().unwrap_or(Status::Done)
}

/// One line for each file that changed.
fn show(
    args: &args::Refresh,
    catalogues: &[CatalogueResult],
    sources: &[SourceReport<'_>],
    stores: &[Installed],
) -> Result<(), Failure> {
    for catalogue in catalogues.iter().filter(|catalogue| is_new(catalogue) || args.verbose) {
        let verb = match (is_new(catalogue), args.check) {
            (false, _) if catalogue.kept => "kept",
            (false, _) => "not kept",
            (true, true) => "would be kept",
            (true, false) => "kept anew",
        };
        ui::data(&format!("{}: {verb}: sha256 {}", catalogue.url, catalogue.sha256))?;
    }
    for source in sources.iter().filter(|source| source.changed || args.verbose) {
        ui::data(&source.summary(args.check))?;
        if args.verbose {
            for (sign, roots) in [('+', source.added), ('-', source.removed)] {
                roots.iter().try_for_each(|root| ui::data(&format!("  {sign} {} {}", root.sha256, root.subject)))?;
            }
        }
    }
    for store in stores.iter().filter(|store| store.is_change() || args.verbose) {
        ui::data(&store.summary(args.check))?;
        if args.verbose {
            store.show_details()?;
        }
    }
    Ok(())
}

/// Whether the archive that the manifest expects was not here before.
fn is_new(catalogue: &CatalogueResult) -> bool {
    catalogue.result == CatalogueState::Downloaded
}

struct Work<'a> {
    context: &'a Context,
    args: &'a args::Refresh,
    keep: Keep,
    catalog: Catalog,
    findings: Vec<Finding>,
}

impl Work<'_> {
    /// Asks all kept providers and tenants. Returns the manifest with what it accepts by itself.
    fn fetch(&mut self, manifest: &Manifest) -> Result<(Vec<Kept>, Vec<KeptTenant>, Manifest), Failure> {
        let of_targets = manifest.targets().iter().flat_map(|target| &target.sources);
        let names = manifest.sources().iter().map(|source| &source.name).chain(of_targets);
        let mut ids: Vec<String> = Vec::new();
        for name in names {
            let provider = match Source::parse(name, &self.catalog) {
                Ok(Source::Provider(id)) => self.catalog.provider(&id),
                Ok(Source::Tenant(_)) => {
                    ids.push(name.clone());
                    continue;
                }
                // What is no provider is read when it goes into a store.
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            // One that cannot be asked at all must not keep the others.
            match provider.and_then(|provider| provider.installed(&manifest.selection(name)).map(drop)) {
                Ok(()) if ids.contains(name) => {}
                Ok(()) => ids.push(name.clone()),
                Err(error) => self.find(Finding::of_error(Kind::Source, name, &error)),
            }
        }
        let (kept, tenants, manifest) = fetch::fetch(self.context, &ids, &self.args.download(), self.keep)?;
        self.findings.extend(tenants.iter().flat_map(KeptTenant::findings));
        for kept in &kept {
            let id = &kept.fetched.provider.id;
            self.findings.extend(kept.fetched.findings());
            self.findings.extend(kept.failure.iter().map(|error| Finding::of_error(Kind::Source, id, error)));
            self.left_out(id, &kept.rejected);
            for root in &kept.accepted {
                let fingerprint = root.certificate.fingerprint().to_string();
                let message = format!("`{id}`: accepted as the manifest says: {}", root.description());
                ui::finding(&Finding::new(Kind::Changed, id, &fingerprint, message, None));
            }
        }
        Ok((kept, tenants, manifest))
    }

    /// Brings all kept stores up to date.
    fn stores(&mut self, manifest: &Manifest) -> Result<Vec<Installed>, Failure> {
        let mut done = Vec::new();
        let mut built: Option<(&[String], Bundle)> = None;
        for target in manifest.targets() {
            let finder =
                Finder { context: self.context, manifest, given: Opening::default(), with_public_roots: false };
            let Some(places) = self.or_find(Kind::Store, &name_of(target), finder.of(target))? else { continue };
            let bundle = match built.take() {
                Some((same, bundle)) if same == target.sources => bundle,
                _ => match self.bundle(manifest, target)? {
                    Some(bundle) => bundle,
                    None => continue,
                },
            };
            for place in &places {
                let path = place.store.path.display().to_string();
                let brought = again(|| self.bring_up(place, &bundle));
                done.extend(self.or_find(Kind::Store, &path, brought)?);
            }
            built = Some((&target.sources, bundle));
        }
        Ok(done)
    }

    fn bundle(&mut self, manifest: &Manifest, target: &KeptTarget) -> Result<Option<Bundle>, Failure> {
        let mut set = CertificateSet::new();
        for name in &target.sources {
            let read = Source::parse(name, &self.catalog).and_then(|source| {
                let as_kept = |kept: Selection| kept;
                let passwords = Passwords::Usual;
                bundle::load_one(self.context, &self.catalog, manifest, &source, &as_kept, passwords, &mut set)
            });
            for problem in self.or_find(Kind::Source, name, read.map_err(Failure::from))?.unwrap_or_default() {
                let place = problem.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
                let message = format!("`{}`: {place}{}", problem.origin, problem.reason);
                self.find(Finding::new(Kind::LeftOut, name, &place, message, None));
            }
        }
        let built = Bundle::build(set, &Policy::roots(self.context.as_of)).map_err(Failure::from);
        let Some((bundle, rejected)) = self.or_find(Kind::Store, &name_of(target), built)? else { return Ok(None) };
        self.left_out(&name_of(target), &rejected);
        Ok(Some(bundle))
    }

    fn bring_up(&self, place: &Place, bundle: &Bundle) -> Result<Installed, Failure> {
        let plan = || Plan::new(&Store::open(&place.store, &place.access(self.context))?, bundle);
        let seen = plan()?;
        if seen.outcome() == Outcome::Unchanged || self.args.check {
            if seen.outcome() != Outcome::Unchanged {
                planned(self.context, place, &seen.listed(), &[]);
            }
            return Ok(Installed::new(place, &seen));
        }
        let _locks = (self.context.lock()?, self.context.lock_store(&place.store.path)?);
        let plan = plan()?;
        if plan.outcome() != Outcome::Unchanged {
            let step = self.context.step(&place.store.path, plan.changes());
            change(self.context, Step { added: plan.listed(), target: place.target(), ..step })?;
        }
        Ok(Installed::new(place, &plan))
    }

    /// Lets everyone know who waits for the changes, or still does for those of earlier runs.
    fn hooks(&mut self, manifest: &Manifest) -> Result<(), Failure> {
        let changes = self.context.changes.take();
        if self.args.check {
            if self.args.verbose {
                hooks::announce(self.context, manifest, &changes.planned);
            }
            return Ok(());
        }
        for (hook, error) in hooks::run(self.context, manifest, &changes.made, Which::Owed)? {
            self.find(Finding::of_error(Kind::Hook, &hook, &error));
        }
        Ok(())
    }

    /// What the machine's or the JDK's own roots leave out is not the user's concern.
    fn left_out(&mut self, about: &str, rejected: &[Rejected]) {
        for Rejected { certificate, sighting, reason, .. } in rejected.iter().filter(|rejected| rejected.is_of_user()) {
            let message = format!("`{}`: left out `{}`: {reason}", sighting.origin, certificate.subject());
            self.find(Finding::new(Kind::LeftOut, about, &certificate.fingerprint().to_string(), message, None));
        }
    }

    /// A failure of one source or store is found, and does not stop the others.
    fn or_find<T>(&mut self, kind: Kind, about: &str, result: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Library(error)) => {
                self.find(Finding::of_error(kind, about, &error));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn find(&mut self, finding: Finding) {
        if !self.findings.iter().any(|known| known.is(&finding)) {
            self.findings.push(finding);
        }
    }
}

fn name_of(target: &KeptTarget) -> String {
    let path = target.path.as_ref().map(|path| path.display().to_string());
    target.name.clone().or(path).unwrap_or_default()
}

/// The standard library seeds its hash tables from the system; that is random enough to spread machines.
fn random_part_of(longest: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as u32;
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[derive(Serialize)]
struct Report<'a> {
    check: bool,
    changed: bool,
    catalogues: &'a [CatalogueResult],
    sources: &'a [SourceReport<'a>],
    stores: &'a [Installed],
    findings: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct SourceReport<'a> {
    name: &'a str,
    path: String,
    changed: bool,
    added: &'a [Listed],
    removed: &'a [Listed],
}

impl<'a> SourceReport<'a> {
    fn of(kept: &'a Kept) -> Self {
        Self {
            name: &kept.fetched.provider.id,
            path: kept.path.display().to_string(),
            changed: kept.changed,
            added: &kept.added,
            removed: &kept.removed,
        }
    }

    fn of_tenant(kept: &'a KeptTenant) -> Self {
        Self {
            name: kept.name(),
            path: kept.path.display().to_string(),
            changed: kept.changed,
            added: &kept.added,
            removed: &kept.removed,
        }
    }

    /// One line.
    fn summary(&self, dry_run: bool) -> String {
        let verb = match (self.changed, dry_run) {
            (false, _) => "unchanged",
            (true, true) => "would be updated",
            (true, false) => "updated",
        };
        let (added, removed) = (ui::count(self.added.len(), "root"), self.removed.len());
        format!("{}: {verb}: {added} added, {removed} removed", self.path)
    }
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    /// Whether it was not known before this run.
    new: bool,
}
