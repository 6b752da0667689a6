//! Fetches again, rebuilds, and installs what changed: the command that cron runs.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::fetch::tenants::KeptTenant;
use super::fetch::{self, Download, Keep, KeptProvider, Network, catalogues};
use super::findings::accepted_as_said;
use super::hooks::{self, Changes, HookSelection};
use super::install::Installed;
use super::last_run::{Finding, FindingKind, LastRun, Run};
use super::machine::Machine;
use super::note::{Failed, Note};
use super::stores::{Finder, NamedStore};
use super::{Error, RequestError, change, load, status};
use crate::bundle::{Bundle, CertificateSet, Policy, Rejected};
use crate::catalog::{Catalog, Selection};
use crate::format::Passwords;
use crate::journal::Step;
use crate::manifest::{KeptTarget, Manifest};
use crate::source::{CatalogueResult, CatalogueState, Source};
use crate::store::plan::{Outcome, Plan, Store};
use crate::system::permissions::Guard;

/// The options of a refresh.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// How the network is asked.
    pub network: Network,
    /// Write nothing, and tell what would change.
    pub check: bool,
    /// Wait a random part of this time first, so that a thousand machines do not ask at once.
    pub splay: Option<Duration>,
    /// A file for Prometheus's text format.
    pub metrics: Option<PathBuf>,
}

/// The result of a refresh.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The catalogues that the manifest names by URL.
    pub catalogues: Vec<CatalogueResult>,
    /// The providers.
    pub providers: Vec<KeptProvider>,
    /// The tenants.
    pub tenants: Vec<KeptTenant>,
    /// The stores.
    pub stores: Vec<Installed>,
    /// What stands, with what was not known before this run.
    pub findings: Vec<(Finding, bool)>,
    /// What a person should know besides.
    pub notes: Vec<Note>,
}

impl Report {
    /// Tells whether anything changed, or would.
    pub fn is_change(&self) -> bool {
        self.providers.iter().any(|kept| kept.changed)
            || self.tenants.iter().any(|kept| kept.changed)
            || self.stores.iter().any(Installed::is_change)
            || self.catalogues.iter().any(|catalogue| catalogue.result == CatalogueState::Downloaded)
    }

    /// Tells whether something could not be done.
    pub fn has_failures(&self) -> bool {
        self.findings.iter().any(|(finding, _)| finding.kind.is_failure())
    }

    /// Tells whether something waits for a person.
    pub fn needs_a_person(&self) -> bool {
        self.findings.iter().any(|(finding, _)| !finding.kind.is_note())
    }
}

/// Brings all that the manifest keeps up to date. One source or store that fails does not stop the others: it is a finding.
pub fn refresh(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let mut notes = Vec::new();
    match run(machine, request, &mut notes) {
        Ok(report) => Ok(Report { notes, ..report }),
        Err(error) => Err(Failed { error: Box::new(error), notes }),
    }
}

fn run(machine: &Machine<'_>, request: &Request, notes: &mut Vec<Note>) -> Result<Report, Error> {
    let manifest = machine.manifest()?;
    if manifest.sources().is_empty() && manifest.targets().is_empty() && manifest.catalogues().is_empty() {
        return Err(RequestError::NothingKept.into());
    }
    if let Some(splay) = request.splay {
        thread::sleep(random_part_of(splay));
    }
    let state = &machine.layout()?.state;
    let run = if request.check { None } else { Some(Run::begin(state, machine.wait)?) };
    if !request.check {
        notes.extend(tend_journal(machine)?);
    }
    let mut last = LastRun::load(state)?;
    let keep = if request.check { Keep::Nothing } else { Keep::Roots };
    // First: what the catalogues say decides what is fetched.
    let catalogues = catalogues::fetch(machine, &manifest, &request.network, keep)?;
    let mut work = Work {
        machine,
        request,
        keep,
        catalog: machine.catalog()?,
        findings: catalogues.iter().filter_map(CatalogueResult::finding).collect(),
        changes: Changes::default(),
        notes,
    };
    let (providers, tenants, manifest) = work.fetch(&manifest)?;
    let stores = work.stores(&manifest)?;
    work.hooks(&manifest)?;
    let (catalog, offline) = (work.catalog, request.network.offline);
    let unasked = |about: &str| offline && is_remote(about, catalog, &manifest);
    let new = last.reconcile(work.findings, &unasked, machine.now);
    if let Some(run) = run {
        last.save()?;
        run.end((machine.clock)());
    }
    let findings = last.findings().iter().map(|finding| (finding.clone(), new.contains(finding))).collect();
    let report = Report { catalogues, providers, tenants, stores, findings, notes: Vec::new() };
    if let Some(path) = &request.metrics {
        let status = if report.has_failures() { 2 } else { u8::from(report.needs_a_person()) };
        let path = machine.place(path);
        machine.refuse_shared(&path, Guard::Output)?;
        status::overview(machine, &manifest, &last)?.write_metrics(&path, status)?;
    }
    Ok(report)
}

/// Sets a journal aside that cannot be read: nobody looks at what cron runs, and stores must come up to date. One of an older
/// version may hold secrets, which go.
fn tend_journal(machine: &Machine<'_>) -> Result<Option<Note>, Error> {
    let journal = machine.journal()?;
    if let Some((error, aside)) = journal.set_aside_unreadable(machine.wait)? {
        return Ok(Some(Note::JournalSetAside { error: error.into(), aside }));
    }
    if journal.has_secrets()? {
        let _lock = machine.lock()?;
        journal.compact()?;
    }
    Ok(None)
}

struct Work<'a> {
    machine: &'a Machine<'a>,
    request: &'a Request,
    keep: Keep,
    catalog: &'a Catalog,
    findings: Vec<Finding>,
    changes: Changes,
    notes: &'a mut Vec<Note>,
}

impl Work<'_> {
    /// Asks all kept providers and tenants. Returns the manifest with what it accepts by itself.
    fn fetch(&mut self, manifest: &Manifest) -> Result<(Vec<KeptProvider>, Vec<KeptTenant>, Manifest), Error> {
        let names = self.names(manifest);
        let download = Download { network: self.request.network.clone(), ..Download::default() };
        let (providers, tenants, manifest) =
            fetch::keep(self.machine, &names, &download, self.keep, &mut self.changes)?;
        self.findings.extend(tenants.iter().flat_map(|kept| kept.findings(self.machine)));
        for kept in &providers {
            let id = &kept.fetched.provider.id;
            self.findings.extend(kept.findings(self.machine));
            self.left_out(id, &kept.rejected);
            self.notes.extend(accepted_as_said(id, &kept.accepted));
        }
        Ok((providers, tenants, manifest))
    }

    /// The providers and tenants of all sources and stores, each once.
    fn names(&mut self, manifest: &Manifest) -> Vec<String> {
        let of_targets = manifest.targets().iter().flat_map(|target| &target.sources);
        let mut names: Vec<String> = Vec::new();
        for name in manifest.sources().iter().map(|source| &source.name).chain(of_targets) {
            let provider = match self.machine.kept_source(name) {
                Ok(Source::Provider(id)) => self.catalog.provider(&id).map_err(Error::from),
                Ok(Source::Tenant(_)) => {
                    names.push(name.clone());
                    continue;
                }
                // A source that is not a provider is read when it goes into a store.
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            // One that cannot be asked at all must not keep the others.
            match provider.and_then(|provider| Ok(provider.installed(&manifest.selection(name)).map(drop)?)) {
                Ok(()) if names.contains(name) => {}
                Ok(()) => names.push(name.clone()),
                Err(error) => self.find(self.machine.failure(FindingKind::Source, name, &error)),
            }
        }
        names
    }

    /// Brings all kept stores up to date.
    fn stores(&mut self, manifest: &Manifest) -> Result<Vec<Installed>, Error> {
        let mut done = Vec::new();
        let mut built: Option<(&[String], Bundle)> = None;
        for target in manifest.targets() {
            let found = Finder::new(self.machine, manifest).of(target);
            let Some(stores) = self.or_find(FindingKind::Store, &name_of(target), found)? else { continue };
            let bundle = match built.take() {
                Some((same, bundle)) if same == target.sources => bundle,
                _ => match self.bundle(manifest, target)? {
                    Some(bundle) => bundle,
                    None => continue,
                },
            };
            for named in &stores {
                let path = named.store.path.display().to_string();
                let brought = change::retry(|| self.update(named, &bundle));
                done.extend(self.or_find(FindingKind::Store, &path, brought)?);
            }
            built = Some((&target.sources, bundle));
        }
        Ok(done)
    }

    fn bundle(&mut self, manifest: &Manifest, target: &KeptTarget) -> Result<Option<Bundle>, Error> {
        let mut set = CertificateSet::new();
        let mut unread = None;
        for name in &target.sources {
            let read = self.machine.kept_source(name).and_then(|source| {
                let as_kept = |kept: Selection| kept;
                // Into a set of its own first: one that cannot be read to its end gives nothing, not a part.
                let mut own = CertificateSet::new();
                let problems = load::load(self.machine, manifest, &source, &as_kept, Passwords::Usual, &mut own)?;
                set.merge(own);
                Ok(problems)
            });
            unread = unread.or_else(|| read.as_ref().err().map(Error::to_string));
            for problem in self.or_find(FindingKind::Source, name, read)?.unwrap_or_default() {
                let position = problem.position.as_ref().map_or_else(String::new, |position| format!("{position}: "));
                let message = format!("`{}`: {position}{}", problem.origin, problem.reason);
                self.find(Finding::new(FindingKind::LeftOut, name, &position, message, None));
            }
        }
        if let Some(reason) = unread.filter(|_| set.is_empty()) {
            let message = format!("`{}` stays as it is: {reason}", name_of(target));
            self.find(Finding::new(FindingKind::Store, &name_of(target), "", message, None));
            return Ok(None);
        }
        let built = Bundle::build(set, &Policy::roots(self.machine.as_of)).map_err(Error::from);
        let Some((bundle, rejected)) = self.or_find(FindingKind::Store, &name_of(target), built)? else {
            return Ok(None);
        };
        self.left_out(&name_of(target), &rejected);
        Ok(Some(bundle))
    }

    fn update(&mut self, named: &NamedStore, bundle: &Bundle) -> Result<Installed, Error> {
        let (machine, path) = (self.machine, &named.store.path);
        let plan = || Ok::<_, Error>(Plan::new(&Store::open(&named.store, &named.access(machine))?, bundle)?);
        let seen = plan()?;
        self.left_out(&path.display().to_string(), seen.rejected());
        if seen.outcome() == Outcome::Unchanged || self.request.check {
            if seen.outcome() != Outcome::Unchanged {
                change::plan(machine, named, &seen.listed(), &[], &mut self.changes);
            }
            return Ok(Installed::new(named, &seen));
        }
        let _locks = (machine.lock()?, machine.lock_store(path));
        let plan = plan()?;
        if plan.outcome() != Outcome::Unchanged {
            let step = machine.step(path, plan.changes());
            let step = Step { added: plan.listed(), target: named.target(), ..step };
            change::make(machine, step, &mut self.changes)?;
        }
        Ok(Installed::new(named, &plan))
    }

    /// Lets everyone know who waits for the changes, or still does for those of earlier runs.
    fn hooks(&mut self, manifest: &Manifest) -> Result<(), Error> {
        if self.request.check {
            hooks::announce(self.machine, manifest, &self.changes, self.notes);
            return Ok(());
        }
        for (hook, error) in hooks::run(self.machine, manifest, &self.changes, HookSelection::Pending, self.notes)? {
            self.find(self.machine.failure(FindingKind::Hook, &hook, &error));
        }
        Ok(())
    }

    /// What the machine's or the JDK's own roots leave out is not the user's concern.
    fn left_out(&mut self, about: &str, rejected: &[Rejected]) {
        for Rejected { certificate, sighting, reason, .. } in rejected.iter().filter(|rejected| rejected.is_of_user()) {
            let message = format!("`{}`: left out `{}`: {reason}", sighting.origin, certificate.subject());
            self.find(Finding::new(FindingKind::LeftOut, about, &certificate.fingerprint().to_string(), message, None));
        }
    }

    /// A failure of one source or store is found, and does not stop the others.
    fn or_find<T>(&mut self, kind: FindingKind, about: &str, result: Result<T, Error>) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_of_whole_request() => Err(error),
            Err(error) => {
                self.find(self.machine.failure(kind, about, &error));
                Ok(None)
            }
        }
    }

    fn find(&mut self, finding: Finding) {
        if !self.findings.iter().any(|known| known.is(&finding)) {
            self.findings.push(finding);
        }
    }
}

/// Tells whether a source is asked over the network, and not read again at each run.
fn is_remote(about: &str, catalog: &Catalog, manifest: &Manifest) -> bool {
    let is_asked = matches!(Source::parse(about, catalog), Ok(Source::Provider(_) | Source::Tenant(_)));
    is_asked || manifest.catalogues().iter().any(|catalogue| catalogue.name() == about)
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
