//! Describes what this machine keeps and its state, for people, scripts and monitoring.

mod metrics;

use std::collections::HashSet;

use serde::{Serialize, Serializer};
use time::{Date, OffsetDateTime};

use super::Error;
use super::finding::Finding;
use super::last_run::LastRun;
use super::machine::Machine;
use super::managed::is_followed;
use super::modes;
pub use super::modes::WrongMode;
use super::pins::PinsChecked;
use super::stores::{Finder, NamedStore};
use crate::catalog::{Provider, Selection};
use crate::manifest::{KeptTarget, Manifest};
use crate::source;
use crate::store::plan::Store;
use crate::system::permissions::{Guard, is_readable_by_all, refuse_shared};
use crate::system::text::timestamp;
use crate::x509::{Certificate, Fingerprint};
pub use metrics::METRICS;

/// Looks at all that the manifest keeps. Nothing is downloaded and nothing is written.
pub fn status(machine: &Machine<'_>) -> Result<Overview, Error> {
    let mut last = LastRun::load(&machine.layout()?.state);
    let lost = last.take_lost();
    let mut overview = overview(machine, &machine.manifest()?, &last)?;
    overview.lost.extend(lost.map(|error| error.to_string()));
    overview.journal = machine.journal()?.history().err().map(|error| error.to_string());
    Ok(overview)
}

/// Does the same with this manifest and this last run.
pub(super) fn overview(machine: &Machine<'_>, manifest: &Manifest, last: &LastRun) -> Result<Overview, Error> {
    let (held, lost) = source::held(&machine.layout()?.held());
    let held = held.into_iter().map(|(source, certificate)| HeldRoot {
        source,
        sha256: certificate.fingerprint(),
        subject: certificate.subject().to_string(),
    });
    let mut sources = Vec::new();
    for kept in manifest.sources() {
        sources.push(source_state(machine, manifest, &kept.name)?);
    }
    let mut stores = Vec::new();
    for target in manifest.targets() {
        let name = target.name.clone();
        match Finder::new(machine, manifest).of(target) {
            Ok(found) => {
                for named in &found {
                    stores.push(store_state(machine, manifest, target, named)?);
                }
            }
            Err(error) if error.is_of_whole_request() => return Err(error),
            Err(error) => {
                let path = target.path.as_ref().map(|path| path.display().to_string());
                stores.push(StoreState::unreadable(path.unwrap_or_default(), name, &error));
            }
        }
    }
    Ok(Overview {
        last_run: last.time(),
        last_success: last.last_success(),
        pins: PinsChecked::of(machine, manifest)?,
        sources,
        stores,
        held: held.collect(),
        findings: last.findings().cloned().collect(),
        more_findings: last.more(),
        lost: lost.iter().map(ToString::to_string).collect(),
        readable_by_all: readable_by_all(manifest),
        wrong_modes: modes::wrong(machine, manifest)?,
        journal: None,
    })
}

/// The manifest's files with tokens and passwords that everyone can read.
fn readable_by_all(manifest: &Manifest) -> Vec<String> {
    let tokens = manifest.sources().iter().filter_map(|source| source.token_file.as_ref());
    let passwords = manifest.targets().iter().filter_map(|target| target.password_file.as_ref());
    let open = tokens.chain(passwords).filter(|file| is_readable_by_all(file));
    let mut open: Vec<String> = open.map(|file| file.display().to_string()).collect();
    open.sort();
    open.dedup();
    open
}

fn source_state(machine: &Machine<'_>, manifest: &Manifest, name: &str) -> Result<SourceState, Error> {
    let catalog = machine.catalog()?;
    let provider = catalog.contains(name).then(|| catalog.provider(name)).and_then(Result::ok);
    let path = if is_followed(name, catalog) { Some(machine.layout()?.bundle_of(name)) } else { None };
    let certificates = path.as_deref().and_then(|path| source::certificates_in(path).ok()).unwrap_or_default();
    Ok(SourceState {
        name: name.to_owned(),
        region: manifest.selection(name).region,
        path: path.map(|path| path.display().to_string()),
        roots: Roots::of(certificates.iter(), machine.as_of),
        rotations: provider.map(|provider| Announced::of(&provider, machine.as_of)).unwrap_or_default(),
    })
}

fn store_state(
    machine: &Machine<'_>,
    manifest: &Manifest,
    target: &KeptTarget,
    named: &NamedStore,
) -> Result<StoreState, Error> {
    let (path, name) = (named.store.path.display().to_string(), target.name.clone());
    let store = match Store::open(&named.store, &named.access(machine)) {
        Ok(store) => store,
        Err(error) => return Ok(StoreState::unreadable(path, name, &error.into())),
    };
    let (catalog, certificates) = (machine.catalog()?, store.certificates());
    let mut state = StoreState::of(path, name, store.format(), &certificates, machine.as_of);
    state.shared = refuse_shared(&named.store.path, Guard::Store).err().map(|refusal| refusal.to_string());
    let there: HashSet<Fingerprint> = certificates.iter().copied().map(Certificate::fingerprint).collect();
    let providers = target.sources.iter().filter(|name| catalog.contains(name));
    for provider in providers.filter_map(|name| catalog.provider(name).ok()) {
        let selection = manifest.selection(&provider.id);
        state.unready.extend(Unready::of(&provider, &selection, &there, machine.as_of));
    }
    Ok(state)
}

/// The state of all that this machine keeps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overview {
    /// When `refresh` last ended.
    #[serde(serialize_with = "optional_time")]
    pub last_run: Option<OffsetDateTime>,
    /// When it last ended without a failure.
    #[serde(serialize_with = "optional_time")]
    pub last_success: Option<OffsetDateTime>,
    /// When the pins were last checked; None where no built-in provider is kept.
    pub pins: Option<PinsChecked>,
    /// What is kept of where.
    pub sources: Vec<SourceState>,
    /// The stores.
    pub stores: Vec<StoreState>,
    /// What providers serve and nobody accepted yet.
    pub held: Vec<HeldRoot>,
    /// What the last `refresh` found.
    pub findings: Vec<Finding>,
    /// How much more it found.
    pub more_findings: usize,
    /// What cannot be read, and counts as absent: it only remembers.
    pub lost: Vec<String>,
    /// The files with tokens and passwords that everyone can read.
    pub readable_by_all: Vec<String>,
    /// Why the journal cannot be read; None where it can, or there is none.
    pub journal: Option<String>,
    /// What pgtrust made and who must read it cannot, or who must not can.
    pub wrong_modes: Vec<WrongMode>,
}

/// A source that is kept.
#[derive(Clone, Debug, Serialize)]
pub struct SourceState {
    /// Its name in the manifest.
    pub name: String,
    /// Only the roots of this region.
    pub region: Option<String>,
    /// Its combined PEM, where there is one.
    pub path: Option<String>,
    /// The roots in that.
    #[serde(flatten)]
    pub roots: Roots,
    /// The rotations that are announced, and those that still go on.
    pub rotations: Vec<Announced>,
}

/// A store that is kept.
#[derive(Clone, Debug, Serialize)]
pub struct StoreState {
    /// The file or folder.
    pub path: String,
    /// The known place that it is.
    pub target: Option<String>,
    /// Its format; none where it cannot be read.
    pub format: Option<&'static str>,
    /// What is in it.
    #[serde(flatten)]
    pub roots: Roots,
    /// The rotations of its sources that it would not survive.
    pub unready: Vec<Unready>,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// Why others could choose what it holds; None where they cannot.
    pub shared: Option<String>,
}

/// Some roots, in short.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Roots {
    /// How many there are.
    pub roots: usize,
    /// How many of them have expired.
    pub expired: usize,
    /// When the next one expires.
    #[serde(serialize_with = "optional_time")]
    pub next_expiry: Option<OffsetDateTime>,
}

/// A rotation as it is announced.
#[derive(Clone, Debug, Serialize)]
pub struct Announced {
    /// Its name.
    pub id: String,
    /// First day.
    pub starts: String,
    /// Last day, where it is known.
    pub ends: Option<String>,
}

/// A rotation that a store would not survive.
#[derive(Clone, Debug, Serialize)]
pub struct Unready {
    /// Its name.
    pub rotation: String,
    /// Whose it is.
    pub provider: String,
    /// Its first day.
    pub starts: String,
    /// Days until then; negative once it has begun.
    pub days: i64,
    /// The roots that the store lacks.
    pub missing: Vec<Fingerprint>,
}

/// A held root.
#[derive(Clone, Debug, Serialize)]
pub struct HeldRoot {
    /// Who serves it.
    pub source: String,
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

impl Overview {
    /// Tells whether all is well.
    pub fn is_healthy(&self) -> bool {
        let unwell = |store: &StoreState| {
            store.error.is_some() || store.shared.is_some() || store.roots.roots == 0 || !store.unready.is_empty()
        };
        self.findings.iter().all(|finding| finding.kind.is_note())
            && self.held.is_empty()
            && self.wrong_modes.is_empty()
            && self.journal.is_none()
            && !self.stores.iter().any(unwell)
    }
}

impl Roots {
    /// Counts these certificates.
    pub fn of<'a>(certificates: impl Iterator<Item = &'a Certificate>, as_of: OffsetDateTime) -> Self {
        let mut counted = Self::default();
        for certificate in certificates {
            counted.roots += 1;
            if certificate.expired(as_of) {
                counted.expired += 1;
            } else {
                let expiry = certificate.not_after();
                counted.next_expiry = Some(counted.next_expiry.map_or(expiry, |next| next.min(expiry)));
            }
        }
        counted
    }
}

impl StoreState {
    /// Describes a store with these certificates.
    pub fn of(
        path: String,
        target: Option<String>,
        format: &'static str,
        certificates: &[&Certificate],
        as_of: OffsetDateTime,
    ) -> Self {
        let roots = Roots::of(certificates.iter().copied(), as_of);
        Self { path, target, format: Some(format), roots, unready: Vec::new(), error: None, shared: None }
    }

    /// Describes a store that cannot be read.
    pub fn unreadable(path: String, target: Option<String>, error: &Error) -> Self {
        let error = Some(error.to_string());
        Self { path, target, format: None, roots: Roots::default(), unready: Vec::new(), error, shared: None }
    }
}

impl Announced {
    /// Returns the rotations of a provider that have not ended.
    pub fn of(provider: &Provider, as_of: OffsetDateTime) -> Vec<Self> {
        let today = as_of.date().to_string();
        let last_day = |ends: &Option<String>, starts: &str| ends.clone().unwrap_or_else(|| starts.to_owned());
        let ahead = provider.rotations.iter().filter(|rotation| last_day(&rotation.ends, &rotation.starts) >= today);
        ahead
            .map(|rotation| Self {
                id: rotation.id.clone(),
                starts: rotation.starts.clone(),
                ends: rotation.ends.clone(),
            })
            .collect()
    }
}

impl Unready {
    /// Returns the rotations of a provider, past ones too, whose roots are not among these: for the servers of the
    /// selected region, if one is selected.
    pub fn of(
        provider: &Provider,
        selection: &Selection,
        there: &HashSet<Fingerprint>,
        as_of: OffsetDateTime,
    ) -> Vec<Self> {
        let elsewhere = |needed: &Fingerprint| {
            let pin = provider.pins.iter().find(|pin| pin.sha256 == *needed);
            let (Some(pin), Some(region)) = (pin, &selection.region) else { return false };
            !pin.regions.is_empty() && !pin.regions.contains(region)
        };
        let mut unready = Vec::new();
        for rotation in &provider.rotations {
            let needs = rotation.needs.iter().filter(|needed| !there.contains(*needed) && !elsewhere(needed));
            let missing: Vec<Fingerprint> = needs.copied().collect();
            let Some(starts) = day(&rotation.starts).filter(|_| !missing.is_empty()) else { continue };
            unready.push(Self {
                rotation: rotation.id.clone(),
                provider: provider.id.clone(),
                starts: rotation.starts.clone(),
                days: (starts - as_of.date()).whole_days(),
                missing,
            });
        }
        unready
    }
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok()
}

fn optional_time<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(timestamp).serialize(serializer)
}
