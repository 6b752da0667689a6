//! Downloads what providers publish and what APIs and servers hand out, checks it against the pins, and keeps it.

pub(super) mod catalogues;
pub(super) mod servers;
pub(super) mod tenants;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub use self::tenants::KeptTenant;
pub use super::download::{Download, MIRROR_AUTH, Network};
use super::finding::{Finding, FindingKind};
use super::findings::accepted_as_said;
use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::managed::is_followed;
use super::note::{Failed, Note};
use super::{Error, RequestError, names};
use crate::bundle::{Bundle, CertificateSet, Policy, Rejected};
use crate::catalog::{self, Provider, Selection};
use crate::format::Format;
use crate::journal::Listed;
use crate::manifest::{self, Manifest, NewRoots};
use crate::source::{
    self, Asking, CatalogueResult, DownloadSettings, Downloader, Fetched, Held, Mirror, Progress, Source, UrlState,
};
use crate::store::reader;
use crate::system::permissions::{Guard, check_place};
use crate::system::{file, limits};
use crate::x509::{Certificate, Fingerprint};

/// The providers to fetch, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Providers and tenants, as `digitalocean/my-cluster`; all that the manifest keeps, when empty.
    pub names: Vec<String>,
    /// How, and what of it.
    pub download: Download,
}

/// The result of a fetch.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The providers whose roots were fetched.
    pub providers: Vec<KeptProvider>,
    /// The tenants whose CA was fetched.
    pub tenants: Vec<KeptTenant>,
    /// The catalogues that the manifest names by URL.
    pub catalogues: Vec<CatalogueResult>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// Fetches providers and tenants, which the manifest keeps from now on, and runs the hooks that wait for their files.
pub fn fetch(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (mut report, notes) = with_hooks(machine, |changes, notes| named(machine, request, changes, notes))?;
    report.notes = notes;
    Ok(report)
}

fn named(
    machine: &Machine<'_>,
    request: &Request,
    changes: &mut Changes,
    notes: &mut Vec<Note>,
) -> Result<Report, Error> {
    let manifest = machine.manifest()?;
    notes.extend(machine.doubted_clock());
    notes.extend(Note::of_secret(request.download.token_file()));
    // First: what the catalogues say decides what is fetched.
    let catalogues = catalogues::fetch(machine, &manifest, &request.download.network, Keep::Remember)?;
    let (names, lost) = match &request.names[..] {
        [] => followed(machine.catalog()?, &manifest),
        names => (names::resolve(names, machine.catalog()?, &request.download)?, Vec::new()),
    };
    if names.is_empty() && lost.is_empty() && catalogues.is_empty() {
        return Err(RequestError::NothingKept.into());
    }
    notes.extend(catalogues.iter().filter_map(CatalogueResult::finding).map(Note::Finding));
    let (mut providers, mut tenants, _) = keep(machine, &names, &request.download, Keep::Remember, changes)?;
    notes.extend(providers.iter_mut().flat_map(KeptProvider::take_notes));
    notes.extend(tenants.iter_mut().flat_map(KeptTenant::take_notes));
    notes.extend(lost.into_iter().map(|error| Note::Failure(error.into())));
    Ok(Report { providers, tenants, catalogues, notes: Vec::new() })
}

/// The providers and tenants that are kept, and why others may be missing.
fn followed(catalog: &catalog::Catalog, manifest: &Manifest) -> (Vec<String>, Vec<source::Error>) {
    let (mut names, mut lost) = (Vec::new(), Vec::new());
    for source in manifest.sources() {
        if is_followed(&source.name, catalog) {
            names.push(source.name.clone());
        } else if let Err(error @ source::Error::Catalog(catalog::Error::BadCatalogue { .. })) =
            Source::parse(&source.name, catalog)
        {
            lost.push(error);
        }
    }
    (names, lost)
}

/// The choice of what a fetch keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing: this only tells what would change.
    Nothing,
    /// The roots.
    Roots,
    /// The roots, and the manifest keeps the providers and tenants from now on.
    Remember,
}

/// Fetches providers and tenants, writes each one's combined PEM and keeps apart what no pin knows. Returns the manifest
/// with what it accepts by itself.
pub(super) fn keep(
    machine: &Machine<'_>,
    names: &[String],
    download: &Download,
    keep: Keep,
    changes: &mut Changes,
) -> Result<(Vec<KeptProvider>, Vec<KeptTenant>, Manifest), Error> {
    let layout = machine.layout()?;
    if keep != Keep::Nothing {
        check_place(&layout.bundles)?;
        check_place(&layout.state)?;
    }
    let asked = Asked::of(machine, names, download)?;
    let answers = asked.ask(machine, download, keep)?;
    // Not earlier: others must not wait for our downloads.
    let _lock = if keep == Keep::Nothing { None } else { Some(machine.lock()?) };
    let mut manifest = machine.manifest()?;
    let (mut providers, mut room) = (Vec::new(), limits::HELD_IN_ALL);
    for mut fetched in answers.providers {
        fetched.more_held += fetched.held.len().saturating_sub(room);
        fetched.held.truncate(room);
        room -= fetched.held.len();
        providers.push(KeptProvider::keep(machine, fetched, &mut manifest, download, keep, changes)?);
    }
    let mut tenants = answers.left;
    for fetched in answers.tenants {
        tenants.push(KeptTenant::keep(machine, fetched, keep, changes)?);
    }
    for (server, fetched) in answers.servers {
        let mut one = KeptTenant::keep(machine, fetched, keep, changes)?;
        servers::note(machine, &server, &mut one);
        tenants.push(one);
    }
    for tenant in tenants.iter().filter(|tenant| keep == Keep::Remember && file::exists(&tenant.path)) {
        tenants::remember(&mut manifest, machine.catalog()?, tenant.name(), download)?;
    }
    if keep != Keep::Nothing {
        manifest.save()?;
    }
    Ok((providers, tenants, manifest))
}

/// The providers, tenants and servers that are to be asked.
struct Asked {
    providers: Vec<(Provider, Selection)>,
    tenants: Vec<source::Tenant>,
    servers: Vec<source::AskedServer>,
    /// Tenants that cannot be asked.
    left: Vec<KeptTenant>,
}

/// Their answers.
struct Answers {
    providers: Vec<Fetched>,
    tenants: Vec<source::FetchedTenant>,
    servers: Vec<(source::AskedServer, source::FetchedTenant)>,
    left: Vec<KeptTenant>,
}

impl Asked {
    fn of(machine: &Machine<'_>, names: &[String], download: &Download) -> Result<Self, Error> {
        let (manifest, catalog) = (machine.manifest()?, machine.catalog()?);
        let (tenants, ids) = tenants::partition(names, catalog)?;
        let (servers, tenants, unclear) = servers::partition(catalog, &manifest, machine.root(), download, tenants)?;
        let mut providers: Vec<(Provider, Selection)> = Vec::new();
        for id in &ids {
            if providers.iter().all(|(provider, _)| provider.id != *id) {
                providers.push((catalog.provider(id)?, download.selection(manifest.selection(id))));
            }
        }
        let mut left = Vec::new();
        for (tenant, error) in unclear {
            left.push(KeptTenant::failed(machine, tenant, error)?);
        }
        Ok(Self { providers, tenants, servers, left })
    }

    fn ask(mut self, machine: &Machine<'_>, download: &Download, keep: Keep) -> Result<Answers, Error> {
        let (servers, unread) = servers::read(machine, self.servers, download);
        let (mut offline, mut tenants) = (unread, Vec::new());
        let providers = if download.network.offline {
            offline.append(&mut self.tenants);
            Fetched::all(self.providers, Vec::new(), &Asking::Offline)?.0
        } else {
            let manifest = machine.manifest()?;
            let asked = tenants::ask(machine, &manifest, download, self.tenants)?;
            let downloader = Downloader::new(DownloadSettings {
                timeout: download.network.timeout,
                deadline: download.network.deadline,
                // A copy that others may have written would count as the server's own answer.
                cache: if machine.allow_writable { None } else { Some(machine.layout()?.state.join("downloads")) },
                cache_is_fixed: keep == Keep::Nothing,
                mirror: mirror(machine, &download.network, &manifest)?,
                ..DownloadSettings::default()
            });
            let all = Fetched::all(self.providers, asked, &Asking::Online(&downloader, machine.progress));
            (machine.progress)(Progress::Ended);
            let (providers, answers) = all?;
            tenants = answers;
            providers
        };
        for tenant in offline {
            self.left.push(KeptTenant::offline(machine, tenant)?);
        }
        Ok(Answers { providers, tenants, servers, left: self.left })
    }
}

fn mirror(machine: &Machine<'_>, network: &Network, manifest: &Manifest) -> Result<Option<Mirror>, Error> {
    let mirror = match &network.mirror {
        Some(mirror) => Some(mirror.clone()),
        None => manifest.mirror().map(str::parse::<Mirror>).transpose()?,
    };
    match (mirror, (machine.variable)(MIRROR_AUTH)) {
        (Some(mirror), Some(auth)) if !auth.is_empty() => {
            let auth = auth.to_str().and_then(|auth| auth.split_once(':'));
            let (user, password) = auth.ok_or(RequestError::BadMirrorAuth)?;
            Ok(Some(mirror.with_password(user, password)))
        }
        (mirror, _) => Ok(mirror),
    }
}

/// A provider's roots, fetched and written to their stable path.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeptProvider {
    /// What was asked, and what came of each root.
    pub fetched: Fetched,
    /// What the manifest accepted by itself.
    pub accepted: Vec<Held>,
    /// Where its combined PEM stands.
    pub path: PathBuf,
    /// Whether the file at that path changed, or would have.
    pub changed: bool,
    /// The roots that it gained.
    pub added: Vec<Listed>,
    /// The roots that it lost.
    pub removed: Vec<Listed>,
    /// Whether the file could be made.
    pub made: bool,
    pub(super) rejected: Vec<Rejected>,
    pub(super) failure: Option<Error>,
    /// Why what was held cannot be read.
    pub(super) lost: Option<source::Error>,
    /// How many roots wait for a person because they are too many.
    unasked: usize,
}

/// Has the manifest accept these roots, all or none.
fn take(manifest: &mut Manifest, id: &str, roots: &[Held], keep: Keep) -> Result<(), manifest::Error> {
    if roots.is_empty() {
        return Ok(());
    }
    let mut with = manifest.clone();
    roots.iter().try_for_each(|root| with.accept(id, &root.certificate))?;
    if keep == Keep::Nothing {
        with.changed()?;
        *manifest = with;
    } else {
        with.save()?;
        *manifest = Manifest::load(with.path())?;
    }
    Ok(())
}

impl KeptProvider {
    fn keep(
        machine: &Machine<'_>,
        mut fetched: Fetched,
        manifest: &mut Manifest,
        download: &Download,
        keep: Keep,
        changes: &mut Changes,
    ) -> Result<Self, Error> {
        let (layout, id) = (machine.layout()?, fetched.provider.id.clone());
        let wanted = download.selection(manifest.selection(&id));
        if keep == Keep::Remember {
            manifest.keep_source(&id, &wanted)?;
        }
        let accept = manifest.source(&id).is_some_and(|source| source.new_roots == NewRoots::Accept);
        let known = manifest.accepted(&id)?;
        fetched.held.retain(|root| !known.contains(&root.certificate));
        // So many at once are no rotation, and a manifest has an end.
        let unasked = fetched.held.iter().filter(|root| accept && root.acceptable).count();
        let accept = accept && unasked <= limits::ACCEPTED_AT_ONCE && known.len() + unasked <= limits::ACCEPTED;
        let mut accepted: Vec<Held> = fetched.held.extract_if(.., |root| accept && root.acceptable).collect();
        // Before anything has them: what a file holds and the manifest does not know would be there without a word.
        let refused = take(manifest, &id, &accepted, keep).err();
        if refused.is_some() {
            fetched.held.append(&mut accepted);
        }
        let lost = if keep == Keep::Nothing { None } else { hold(&layout.held_of(&id), &fetched)? };
        let path = layout.bundle_of(&id);
        let (added, removed, rejected) = (Vec::new(), Vec::new(), Vec::new());
        let unasked = unasked - accepted.len();
        let (changed, made, failure) = (false, true, None);
        let mut one = Self { fetched, accepted, unasked, path, changed, added, removed, made, rejected, failure, lost };
        let allowed = machine.refuse_shared(&one.path, Guard::Store);
        one.failure = allowed.and_then(|()| one.write(bundle(machine, manifest, &id, &wanted), keep)).err();
        one.failure = one.failure.or_else(|| refused.map(Error::from));
        one.made = one.failure.is_none();
        if one.changed {
            changes.add_bundle(machine, keep == Keep::Nothing, &one.path, &id, (&one.added, &one.removed));
        }
        Ok(one)
    }

    /// Writes the roots, if they are not what stands there.
    fn write(&mut self, built: Result<(Bundle, Vec<Rejected>), Error>, keep: Keep) -> Result<(), Error> {
        let (bundle, rejected) = built?;
        self.rejected = rejected;
        // A file that cannot be read is written anew.
        let before = source::certificates_in(&self.path).unwrap_or_default();
        (self.added, self.removed) = difference(&before, &bundle);
        self.changed = if keep == Keep::Nothing { !bundle.is_kept(&self.path)? } else { bundle.keep(&self.path)? };
        Ok(())
    }

    /// Takes the notes of what is wrong, so that each is reported once.
    pub(super) fn take_notes(&mut self) -> Vec<Note> {
        let mut notes = vec![Note::Rejected(std::mem::take(&mut self.rejected))];
        notes.extend(self.failure.take().map(Note::Failure));
        notes.extend(self.lost.take().map(|error| Note::Lost(error.into())));
        notes.extend(accepted_as_said(&self.fetched.provider.id, &self.accepted));
        notes.extend(self.too_many().into_iter().chain(self.fetched.findings()).map(Note::Finding));
        notes
    }

    pub(super) fn findings(&self, machine: &Machine<'_>) -> Vec<Finding> {
        let id = &self.fetched.provider.id;
        let of_failure = |error| machine.failure(FindingKind::Source, id, error).on_this_machine();
        let failure = self.failure.as_ref().map(of_failure);
        failure.into_iter().chain(self.too_many()).chain(self.fetched.findings()).collect()
    }

    /// The manifest takes a few new roots by itself, not any number.
    fn too_many(&self) -> Option<Finding> {
        let (id, count, limit) = (&self.fetched.provider.id, self.unasked, limits::ACCEPTED_AT_ONCE);
        let message = format!("`{id}`: {count} new roots at once: no more than {limit} are taken without a person");
        (count > 0).then(|| Finding::new(FindingKind::Held, id, "too many", message, None))
    }
}

/// Returns a provider's roots, pinned or accepted, and those of them that the policy rejects.
pub(super) fn bundle(
    machine: &Machine<'_>,
    manifest: &Manifest,
    id: &str,
    wanted: &Selection,
) -> Result<(Bundle, Vec<Rejected>), Error> {
    let mut set = CertificateSet::new();
    source::load_provider(&mut set, machine.catalog()?, manifest, id, wanted)?;
    let (bundle, mut rejected) = Bundle::build(set, &Policy::roots(machine.expires_by()))?;
    let (bundle, unreadable) = reader::readable(bundle, Format::pem().name)?;
    rejected.extend(unreadable);
    Ok((bundle, rejected))
}

/// Compares a bundle with what was there: the roots that it adds and removes.
pub(super) fn difference(before: &[Certificate], bundle: &Bundle) -> (Vec<Listed>, Vec<Listed>) {
    let known: HashSet<Fingerprint> = before.iter().map(Certificate::fingerprint).collect();
    let wanted: HashSet<Fingerprint> = bundle.certificates().map(Certificate::fingerprint).collect();
    let added = bundle.certificates().filter(|certificate| !known.contains(&certificate.fingerprint()));
    let removed = before.iter().filter(|certificate| !wanted.contains(&certificate.fingerprint()));
    (added.map(Listed::of).collect(), removed.map(Listed::of).collect())
}

/// Keeps apart what no pin knows. What was held before stays, and has room first, as long as not every URL could be asked, or
/// served more than anyone counts. Returns why that cannot be read.
fn hold(path: &Path, fetched: &Fetched) -> Result<Option<source::Error>, Error> {
    let (before, lost) = source::held_of(path);
    let is_missing = |state: &UrlState| matches!(state, UrlState::Unreachable(_) | UrlState::Gone(_));
    let is_known = fetched.more_held == 0 && !fetched.urls.iter().any(|asked| is_missing(&asked.state));
    let mut held = if is_known { Vec::new() } else { before };
    let stays: HashSet<Fingerprint> = held.iter().map(Certificate::fingerprint).collect();
    let served = fetched.held.iter().map(|held| &held.certificate);
    held.extend(served.filter(|served| !stays.contains(&served.fingerprint())).cloned());
    source::hold(path, held.iter())?;
    Ok(lost)
}
