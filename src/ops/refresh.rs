//! Fetches again, rebuilds, and installs what changed: the command that cron runs.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::fetch::tenants::KeptTenant;
use super::fetch::{self, Download, Keep, KeptProvider, Network, catalogues};
use super::finding::{Finding, FindingKind, Reported};
use super::findings::accepted_as_said;
use super::hooks::{self, Changes, HookSelection};
use super::install::Installed;
use super::last_run::{LastRun, Run};
use super::machine::Machine;
use super::note::{Failed, Note};
use super::pins::PinsChecked;
use super::stores::{Finder, NamedStore};
use super::{Error, RequestError, change, load, modes, status};
use crate::bundle::{Bundle, CertificateSet, Policy, Rejected};
use crate::catalog::{Catalog, Selection};
use crate::format::{Derivations, Passwords};
use crate::journal::Step;
use crate::manifest::{KeptTarget, Manifest};
use crate::source::{CatalogueResult, CatalogueState, Source};
use crate::store::plan::{Outcome, Plan, Store};
use crate::system::deadline::Deadline;
use crate::system::limits;
use crate::system::permissions::Guard;

/// The options of a refresh.
#[derive(Clone, Debug)]
pub struct Request {
    /// How the network is asked.
    pub network: Network,
    /// Write nothing, and tell what would change.
    pub check: bool,
    /// Wait a random part of this time first, so that a thousand machines do not ask at once.
    pub splay: Option<Duration>,
    /// How long all that is waited for may take: downloads, APIs, ssh, programs that print tokens, hooks. Stores are brought
    /// up to date with what is there then. It begins after `splay`.
    pub deadline: Duration,
    /// A file for Prometheus's text format.
    pub metrics: Option<PathBuf>,
}

impl Default for Request {
    fn default() -> Self {
        let network = Network::default();
        Self { network, check: false, splay: None, deadline: limits::REFRESH_TIME, metrics: None }
    }
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
    /// What stands.
    pub findings: Vec<Reported>,
    /// How much more stands than is kept.
    pub more_findings: usize,
    /// Whether those are others than before.
    pub more_said: bool,
    /// When the pins were last checked; None where no built-in provider is kept.
    pub pins: Option<PinsChecked>,
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
        self.findings.iter().any(|found| found.finding.kind.is_failure())
    }

    /// Tells whether something waits for a person.
    pub fn needs_a_person(&self) -> bool {
        self.findings.iter().any(|found| !found.finding.kind.is_note())
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
    let network = Network { deadline: Deadline::after(request.deadline), ..request.network.clone() };
    let state = &machine.layout()?.state;
    let run = if request.check { None } else { Some(Run::begin(state, machine.wait)?) };
    if !request.check {
        notes.extend(tend_journal(machine)?);
    }
    let mut last = LastRun::load(state);
    notes.extend(last.take_lost().map(|error| Note::Lost(error.into())));
    notes.extend(machine.doubted_clock());
    let keep = if request.check { Keep::Nothing } else { Keep::Roots };
    // First: what the catalogues say decides what is fetched.
    let catalogues = catalogues::fetch(machine, &manifest, &network, keep)?;
    let mut work = Work {
        machine,
        network: &network,
        keep,
        catalog: machine.catalog()?,
        findings: catalogues.iter().filter_map(CatalogueResult::finding).collect(),
        changes: Changes::default(),
        derivations: Derivations::default(),
        notes,
    };
    let (providers, tenants, manifest) = work.fetch(&manifest)?;
    let stores = work.stores(&manifest)?;
    if !request.check {
        work.notes.extend(modes::mend(machine, &manifest)?.into_iter().map(Note::ModeMended));
    }
    work.notes.extend(work.changes.take_notes());
    work.hooks(&manifest)?;
    let pins = PinsChecked::of(machine, &manifest)?;
    work.findings.extend(pins.as_ref().and_then(PinsChecked::finding));
    let more_before = last.more();
    let (findings, more_findings) = work.settle(&mut last, &manifest);
    if let Some(run) = run {
        last.save()?;
        run.end((machine.clock)());
    }
    let more_said = more_findings != more_before && more_findings > 0;
    let notes = Vec::new();
    let report = Report { catalogues, providers, tenants, stores, findings, more_findings, more_said, pins, notes };
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
    network: &'a Network,
    keep: Keep,
    catalog: &'a Catalog,
    findings: Vec<Finding>,
    changes: Changes,
    /// Those for all sources together.
    derivations: Derivations,
    notes: &'a mut Vec<Note>,
}

impl Work<'_> {
    /// Asks all kept providers and tenants. Returns the manifest with what it accepts by itself.
    fn fetch(&mut self, manifest: &Manifest) -> Result<(Vec<KeptProvider>, Vec<KeptTenant>, Manifest), Error> {
        let names = self.names(manifest);
        let download = Download { network: self.network.clone(), ..Download::default() };
        let (mut providers, tenants, manifest) =
            fetch::keep(self.machine, &names, &download, self.keep, &mut self.changes)?;
        self.findings.extend(tenants.iter().flat_map(|kept| kept.findings(self.machine)));
        for kept in &mut providers {
            let id = &kept.fetched.provider.id;
            self.findings.extend(kept.findings(self.machine));
            self.left_out(id, &kept.rejected);
            self.notes.extend(kept.lost.take().map(|error| Note::Lost(error.into())));
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
                let passwords = Passwords::usual().within(&self.derivations);
                let problems = load::load(self.machine, manifest, &source, &as_kept, passwords, &mut own)?;
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
        let built = Bundle::build(set, &Policy::roots(self.machine.expires_by())).map_err(Error::from);
        let Some((bundle, rejected)) = self.or_find(FindingKind::Store, &name_of(target), built)? else {
            return Ok(None);
        };
        self.left_out(&name_of(target), &rejected);
        Ok(Some(bundle))
    }

    fn update(&mut self, named: &NamedStore, bundle: &Bundle) -> Result<Installed, Error> {
        let (machine, path) = (self.machine, &named.store.path);
        // Also where there is nothing to change: others may have added to it.
        machine.refuse_shared(path, Guard::Store)?;
        let plan = || Ok::<_, Error>(Plan::new(&Store::open(&named.store, &named.access(machine))?, bundle)?);
        let seen = plan()?;
        self.left_out(&path.display().to_string(), seen.rejected());
        if seen.outcome() == Outcome::Unchanged || self.keep == Keep::Nothing {
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
        if self.keep == Keep::Nothing {
            hooks::announce(self.machine, manifest, &self.changes, self.notes);
            return Ok(());
        }
        let deadline = self.network.deadline;
        let failed = hooks::run(self.machine, manifest, &self.changes, HookSelection::Pending, deadline, self.notes)?;
        self.findings.extend(self.of_hooks(failed));
        Ok(())
    }

    fn of_hooks(&self, failed: Vec<(String, Error)>) -> Vec<Finding> {
        failed.into_iter().map(|(hook, error)| self.machine.failure(FindingKind::Hook, &hook, &error)).collect()
    }

    /// Holds what was found against what was known, and lets those hooks know that wait for it.
    fn settle(mut self, last: &mut LastRun, manifest: &Manifest) -> (Vec<Reported>, usize) {
        let (catalog, offline, now) = (self.catalog, self.network.offline, self.machine.now);
        let remote = |finding: &Finding| {
            offline && !finding.is_on_this_machine() && is_remote(&finding.about, catalog, manifest)
        };
        let mut found = last.compare(std::mem::take(&mut self.findings), now);
        found.extend(last.standing(&found, &remote, now));
        if self.keep != Keep::Nothing {
            let unheard: Vec<&Reported> = found.iter().filter(|found| found.unheard).take(limits::FINDINGS).collect();
            let failed = hooks::tell(self.machine, manifest, &unheard, self.network.deadline, self.notes);
            if failed.is_empty() {
                found.iter_mut().for_each(|found| found.unheard = false);
            }
            found.extend(last.compare(self.of_hooks(failed), now));
        }
        last.keep(found, now)
    }

    /// What the machine's or the JDK's own roots leave out is not the user's concern.
    fn left_out(&mut self, about: &str, rejected: &[Rejected]) {
        for Rejected { certificate, sighting, reason, .. } in rejected.iter().filter(|rejected| rejected.is_of_user()) {
            let message = format!("`{}`: left out `{}`: {reason}", sighting.origin, certificate.title());
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
        self.findings.push(finding);
    }
}

/// Tells whether a source is asked over the network, and not read again at each run.
fn is_remote(about: &str, catalog: &Catalog, manifest: &Manifest) -> bool {
    let is_asked = match Source::parse(about, catalog) {
        Ok(Source::Provider(_)) => true,
        // This very server has no value that says where it is.
        Ok(Source::Tenant(tenant)) => tenant.values().next().is_some(),
        _ => false,
    };
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
