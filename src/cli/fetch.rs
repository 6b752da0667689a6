//! `pgtrust fetch`

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgtrust::bundle::{CertificateSet, Rejected};
use pgtrust::catalog::{Provider, Selection};
use pgtrust::hook;
use pgtrust::journal::Listed;
use pgtrust::manifest::{Manifest, NewRoots};
use pgtrust::ops::last_run::Kind;
use pgtrust::source::{
    self, CatalogueResult, Downloader, Fetched, Held, Mirror, Network, Progress, RootResult, Settings, Source, UrlState,
};
use pgtrust::system::permissions;
use pgtrust::{Bundle, Certificate, Error, Fingerprint, Policy, timestamp};
use serde::Serialize;

use super::Status;
use super::args::{self, Download, Fetch};
use super::catalogues;
use super::context::Context;
use super::report;
use super::servers;
use super::tenants::{self, KeptTenant, TenantReport};
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Fetch) -> Result<Status, Failure> {
    let manifest = context.manifest()?;
    // First: what the catalogues say decides what is fetched.
    let catalogues = catalogues::fetch(context, &manifest, &args.download.network, Keep::Remember)?;
    let named = tenants::meant(&args.providers, &context.catalog()?, &args.download)?;
    let (ids, lost) = if named.is_empty() { kept_providers(context, &manifest)? } else { (named, Vec::new()) };
    if ids.is_empty() && lost.is_empty() && catalogues.is_empty() {
        return Err(Error::NothingKept.into());
    }
    let (kept, tenants, _) = fetch(context, &ids, &args.download, Keep::Remember)?;
    let mut status = catalogues::say(&catalogues, args.require_network).max(say(&kept)).max(tenants::say(&tenants));
    for error in &lost {
        ui::problem(error);
        status = Status::Failed;
    }
    if args.require_network && tenants.iter().any(|tenant| tenant.failure.is_some()) {
        status = Status::Failed;
    }
    for kept in kept.iter().filter(|kept| args.require_network && kept.fetched.missed_network()) {
        let id = &kept.fetched.provider.id;
        ui::error(&format!("`{id}`: not every root could be had from where it is published"));
        status = Status::Failed;
    }
    if args.json {
        ui::json(&Report {
            providers: kept.iter().map(Kept::report).collect(),
            tenants: tenants.iter().map(KeptTenant::report).collect(),
            catalogues: &catalogues,
        })?;
    } else {
        let made = kept.iter().filter(|kept| kept.failure.is_none());
        let there = tenants.iter().filter(|tenant| tenant.path.exists()).map(|tenant| &tenant.path);
        made.map(|kept| &kept.path).chain(there).try_for_each(|path| ui::data(&path.display().to_string()))?;
    }
    Ok(status)
}

/// A provider's roots, fetched and written to their stable path.
pub(crate) struct Kept {
    pub(crate) fetched: Fetched,
    pub(crate) accepted: Vec<Held>,
    pub(crate) path: PathBuf,
    /// Whether the file at that path changed, or would have.
    pub(crate) changed: bool,
    /// The roots that it gained.
    pub(crate) added: Vec<Listed>,
    /// The roots that it lost.
    pub(crate) removed: Vec<Listed>,
    /// What did not get in.
    pub(crate) rejected: Vec<Rejected>,
    /// Why the file could not be made.
    pub(crate) failure: Option<Error>,
}

/// What stays of a fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Nothing: this only tells what would change.
    Nothing,
    /// The roots.
    Roots,
    /// The roots, and the manifest keeps the providers and tenants from now on.
    Remember,
}

/// Fetches providers and tenants, writes each one's combined PEM and keeps aside what no pin knows. Returns the manifest with what
/// it accepts by itself.
pub(crate) fn fetch(
    context: &Context,
    ids: &[String],
    download: &Download,
    keep: Keep,
) -> Result<(Vec<Kept>, Vec<KeptTenant>, Manifest), Failure> {
    let layout = context.layout()?;
    if keep != Keep::Nothing {
        permissions::check_place(&layout.bundles)?;
        permissions::check_place(&layout.state)?;
    }
    let manifest = context.manifest()?;
    let catalog = context.catalog()?;
    let (tenants, ids) = tenants::parted(ids, &catalog)?;
    let (servers, tenants, unclear) = servers::parted(&catalog, &manifest, download, tenants)?;
    let mut asked = Vec::new();
    for id in &ids {
        if asked.iter().all(|(provider, _): &(Provider, _)| provider.id != *id) {
            asked.push((catalog.provider(id)?, download.selection(manifest.selection(id))));
        }
    }
    let (read, unread) = servers::read(context, servers, download);
    let (mut kept_tenants, mut answered) = (Vec::new(), Vec::new());
    for (tenant, error) in unclear {
        kept_tenants.push(KeptTenant::failed(context, tenant, error)?);
    }
    for tenant in unread {
        kept_tenants.push(KeptTenant::offline(context, tenant)?);
    }
    let all = if download.network.offline {
        for tenant in tenants {
            kept_tenants.push(KeptTenant::offline(context, tenant)?);
        }
        Fetched::all(asked, Vec::new(), &Network::Offline)?.0
    } else {
        let tenants = tenants::asked(context, &catalog, &manifest, download, tenants)?;
        let downloader = Downloader::new(Settings {
            timeout: Duration::from_secs(download.network.timeout),
            cache: Some(layout.state.join("downloads")),
            cache_is_fixed: keep == Keep::Nothing,
            mirror: mirror(&download.network, &manifest)?,
            ..Settings::default()
        });
        let bar = ui::progress("downloading");
        let progress = |progress: Progress| match progress {
            Progress::Started(count) => bar.set_length(count as u64),
            Progress::Step => bar.inc(1),
        };
        let all = Fetched::all(asked, tenants, &Network::Online(&downloader, &progress));
        bar.finish_and_clear();
        let (all, answers) = all?;
        answered = answers;
        all
    };

    // Not earlier: others must not wait for our downloads.
    let _lock = if keep == Keep::Nothing { None } else { Some(context.lock()?) };
    let mut manifest = context.manifest()?;
    let mut kept = Vec::new();
    for mut fetched in all {
        let id = fetched.provider.id.clone();
        let wanted = download.selection(manifest.selection(&id));
        if keep == Keep::Remember {
            manifest.keep_source(&id, &wanted)?;
        }
        let accept = manifest.source(&id).is_some_and(|source| source.new_roots == NewRoots::Accept);
        let known = manifest.accepted(&id)?;
        fetched.held.retain(|root| !known.contains(&root.certificate));
        let accepted: Vec<Held> = fetched.held.extract_if(.., |root| accept && root.acceptable).collect();
        for root in &accepted {
            manifest.accept(&id, &root.certificate)?;
        }
        if keep != Keep::Nothing {
            hold(&layout.held_of(&id), &fetched)?;
        }
        let mut one = Kept::new(fetched, accepted, layout.bundle_of(&id));
        let allowed = context.refuse_shared(&one.path);
        one.failure = allowed.and_then(|()| one.write(bundle(context, &manifest, &id, &wanted), keep)).err();
        if one.changed {
            tell_hooks(context, keep, &one.path, &id, &one.added, &one.removed);
        }
        kept.push(one);
    }
    for fetched in answered {
        kept_tenants.push(KeptTenant::new(context, fetched, keep)?);
    }
    for (server, fetched) in read {
        let mut one = KeptTenant::new(context, fetched, keep)?;
        servers::note(context, &server, &mut one);
        kept_tenants.push(one);
    }
    for tenant in kept_tenants.iter().filter(|tenant| keep == Keep::Remember && tenant.path.exists()) {
        tenants::remember(&mut manifest, &catalog, tenant.name(), download)?;
    }
    if keep != Keep::Nothing {
        manifest.save()?;
    }
    Ok((kept, kept_tenants, manifest))
}

/// Notes for the hooks that a combined PEM changed, or would have.
pub(crate) fn tell_hooks(
    context: &Context,
    keep: Keep,
    path: &Path,
    source: &str,
    added: &[Listed],
    removed: &[Listed],
) {
    let change = hook::Change::new(path, Some(source), &context.command()).with(added, removed);
    let mut changes = context.changes.borrow_mut();
    let changes = if keep == Keep::Nothing { &mut changes.planned } else { &mut changes.made };
    changes.push(change);
}

/// Says what is not as it should be.
pub(crate) fn say(kept: &[Kept]) -> Status {
    let mut status = Status::Done;
    for Kept { fetched, accepted, rejected, failure, .. } in kept {
        report::rejected(rejected);
        if let Some(error) = failure {
            ui::problem(error);
            status = Status::Failed;
        }
        for root in accepted {
            let id = &fetched.provider.id;
            ui::warning(&format!("`{id}`: accepted as the manifest says: {}", root.description()));
        }
        for finding in fetched.findings() {
            ui::finding(&finding);
            if matches!(finding.kind, Kind::Mismatch | Kind::Held) {
                status = status.max(Status::Found);
            }
        }
    }
    status
}

/// A provider's roots: what is pinned and accepted. And what of it is no good.
pub(crate) fn bundle(
    context: &Context,
    manifest: &Manifest,
    id: &str,
    wanted: &Selection,
) -> Result<(Bundle, Vec<Rejected>), Error> {
    let mut set = CertificateSet::new();
    source::load_provider(&mut set, &context.catalog()?, manifest, id, wanted)?;
    Bundle::build(set, &Policy::roots(context.as_of))
}

/// What a bundle has more and less than what stood there.
pub(crate) fn difference(before: &[Certificate], bundle: &Bundle) -> (Vec<Listed>, Vec<Listed>) {
    let known: HashSet<Fingerprint> = before.iter().map(Certificate::fingerprint).collect();
    let wanted: HashSet<Fingerprint> = bundle.certificates().map(Certificate::fingerprint).collect();
    let added = bundle.certificates().filter(|certificate| !known.contains(&certificate.fingerprint()));
    let removed = before.iter().filter(|certificate| !wanted.contains(&certificate.fingerprint()));
    (added.map(Listed::of).collect(), removed.map(Listed::of).collect())
}

/// Keeps aside what no pin knows. What was held before stays as long as not every URL could be asked.
fn hold(path: &Path, fetched: &Fetched) -> Result<(), Failure> {
    let mut held: Vec<Certificate> = fetched.held.iter().map(|held| held.certificate.clone()).collect();
    if fetched.urls.iter().any(|asked| matches!(asked.state, UrlState::Unreachable(_))) {
        let before = source::certificates_in(path)?;
        held.extend(before.into_iter().filter(|before| fetched.held.iter().all(|held| held.certificate != *before)));
    }
    Ok(source::hold(path, held.iter())?)
}

/// The providers and tenants that are kept, and why others may be missing.
fn kept_providers(context: &Context, manifest: &Manifest) -> Result<(Vec<String>, Vec<Error>), Failure> {
    let catalog = context.catalog()?;
    let (mut ids, mut lost) = (Vec::new(), Vec::new());
    for source in manifest.sources() {
        if tenants::is_followed(&source.name, &catalog) {
            ids.push(source.name.clone());
        } else if let Err(error @ Error::BadCatalogue { .. }) = Source::parse(&source.name, &catalog) {
            lost.push(error);
        }
    }
    Ok((ids, lost))
}

fn mirror(network: &args::Network, manifest: &Manifest) -> Result<Option<Mirror>, Failure> {
    let of_manifest = || manifest.mirror().map(str::parse::<Mirror>).transpose().map_err(Error::from);
    Ok(match &network.mirror {
        Some(mirror) => Some(mirror.clone()),
        None => of_manifest()?,
    })
}

impl Kept {
    fn new(fetched: Fetched, accepted: Vec<Held>, path: PathBuf) -> Self {
        let (added, removed, rejected) = (Vec::new(), Vec::new(), Vec::new());
        Self { fetched, accepted, path, changed: false, added, removed, rejected, failure: None }
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

    fn report(&self) -> ProviderReport<'_> {
        ProviderReport {
            id: &self.fetched.provider.id,
            path: self.path.display().to_string(),
            changed: self.changed,
            roots: &self.fetched.roots,
            accepted: self.accepted.iter().map(HeldReport::of).collect(),
            held: self.fetched.held.iter().map(HeldReport::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    providers: Vec<ProviderReport<'a>>,
    tenants: Vec<TenantReport<'a>>,
    catalogues: &'a [CatalogueResult],
}

#[derive(Serialize)]
struct ProviderReport<'a> {
    id: &'a str,
    path: String,
    changed: bool,
    roots: &'a [RootResult],
    accepted: Vec<HeldReport<'a>>,
    held: Vec<HeldReport<'a>>,
}

#[derive(Serialize)]
struct HeldReport<'a> {
    sha256: Fingerprint,
    subject: String,
    not_before: String,
    not_after: String,
    url: &'a str,
}

impl<'a> HeldReport<'a> {
    fn of(held: &'a Held) -> Self {
        Self {
            sha256: held.certificate.fingerprint(),
            subject: held.certificate.subject().to_string(),
            not_before: timestamp(held.certificate.not_before()),
            not_after: timestamp(held.certificate.not_after()),
            url: &held.url,
        }
    }
}
