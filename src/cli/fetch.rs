//! `pgtrust fetch`

use std::path::PathBuf;
use std::time::Duration;

use pgtrust::bundle::CertificateSet;
use pgtrust::catalog::{Provider, Selection};
use pgtrust::manifest::{Manifest, NewRoots};
use pgtrust::source::{self, Downloader, Fetched, Held, Mirror, Network, Progress, RootResult, RootState, Settings};
use pgtrust::{Bundle, Error, Fingerprint, Policy};
use serde::Serialize;

use super::Status;
use super::args::{Download, Fetch};
use super::context::Context;
use super::report;
use super::tenants::{self, KeptTenant, TenantReport};
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &Fetch) -> Result<Status, Failure> {
    let manifest = context.manifest()?;
    let named = tenants::meant(&args.providers, &context.catalog(), &args.download)?;
    let ids = if named.is_empty() { kept_providers(context, &manifest) } else { named };
    if ids.is_empty() {
        return Err(Error::NothingKept.into());
    }
    let (kept, tenants) = fetch(context, &ids, &args.download, true)?;
    let mut status = Status::Done;
    for kept in &kept {
        status = status.max(kept.status);
        if args.require_network && kept.fetched.missed_network() {
            ui::error(&format!(
                "`{}`: not every root could be had from where it is published",
                kept.fetched.provider.id
            ));
            status = Status::Failed;
        }
    }
    for tenant in &tenants {
        let missed = args.require_network && tenant.missed_network;
        status = status.max(if missed { Status::Failed } else { tenant.status });
    }
    if args.json {
        ui::json(&Report {
            providers: kept.iter().map(Kept::report).collect(),
            tenants: tenants.iter().map(KeptTenant::report).collect(),
        })?;
    } else {
        kept.iter().try_for_each(|kept| ui::data(&kept.path.display().to_string()))?;
        tenants.iter().filter_map(KeptTenant::path).try_for_each(|path| ui::data(&path))?;
    }
    Ok(status)
}

/// A provider's roots, fetched and written to their stable path.
pub(crate) struct Kept {
    fetched: Fetched,
    accepted: Vec<Held>,
    path: PathBuf,
    changed: bool,
    pub(crate) status: Status,
}

/// Fetches providers and tenants, writes each one's combined PEM and keeps aside what no pin knows. With `remember` the
/// manifest keeps them from now on.
pub(crate) fn fetch(
    context: &Context,
    ids: &[String],
    download: &Download,
    remember: bool,
) -> Result<(Vec<Kept>, Vec<KeptTenant>), Failure> {
    let layout = context.layout()?;
    let manifest = context.manifest()?;
    let catalog = context.catalog();
    let (tenants, ids) = tenants::parted(ids, &catalog)?;
    let mut asked = Vec::new();
    for id in &ids {
        if asked.iter().all(|(provider, _): &(Provider, _)| provider.id != *id) {
            asked.push((catalog.provider(id)?, download.selection(manifest.selection(id))));
        }
    }
    let (offline, online) = if download.offline { (tenants, Vec::new()) } else { (Vec::new(), tenants) };
    let (all, answered) = if download.offline {
        Fetched::all(asked, Vec::new(), &Network::Offline)?
    } else {
        let tenants = tenants::asked(context, &catalog, &manifest, download, online)?;
        let downloader = Downloader::new(Settings {
            timeout: Duration::from_secs(download.timeout),
            cache: Some(layout.state.join("downloads")),
            mirror: mirror(download, &manifest)?,
            ..Settings::default()
        });
        let bar = ui::progress("downloading");
        let progress = |progress: Progress| match progress {
            Progress::Started(count) => bar.set_length(count as u64),
            Progress::Step => bar.inc(1),
        };
        let all = Fetched::all(asked, tenants, &Network::Online(&downloader, &progress));
        bar.finish_and_clear();
        all?
    };

    // Not earlier: others must not wait for our downloads.
    let _lock = context.lock()?;
    let mut manifest = context.manifest()?;
    let mut kept = Vec::new();
    for mut fetched in all {
        let id = fetched.provider.id.clone();
        if remember {
            manifest.keep_source(&id, &download.selection(manifest.selection(&id)))?;
        }
        let status = say(&fetched, download.offline);
        let accept = manifest.source(&id).is_some_and(|source| source.new_roots == NewRoots::Accept);
        let known = manifest.accepted(&id)?;
        fetched.held.retain(|root| !known.contains(&root.certificate));
        let accepted: Vec<Held> = fetched.held.extract_if(.., |root| accept && root.acceptable).collect();
        for root in &accepted {
            manifest.accept(&id, &root.certificate)?;
            ui::warning(&format!("`{id}`: accepted as the manifest says: {}", described(root)));
        }
        let status = status.max(hold(context, &fetched)?);
        let changed = write(context, &manifest, &id, &download.selection(manifest.selection(&id)))?;
        kept.push(Kept { fetched, accepted, path: layout.bundle_of(&id), changed, status });
    }
    let mut kept_tenants = Vec::new();
    for fetched in answered {
        kept_tenants.push(tenants::keep(context, fetched)?);
    }
    for tenant in offline {
        kept_tenants.push(tenants::offline(context, tenant)?);
    }
    for tenant in kept_tenants.iter().filter(|tenant| remember && tenant.path().is_some()) {
        tenants::remember(&mut manifest, tenant.name(), download)?;
    }
    manifest.save()?;
    Ok((kept, kept_tenants))
}

/// Writes a provider's combined PEM from what is pinned and accepted. Returns whether the file changed.
pub(crate) fn write(context: &Context, manifest: &Manifest, id: &str, wanted: &Selection) -> Result<bool, Failure> {
    let mut set = CertificateSet::new();
    source::load_provider(&mut set, &context.catalog(), manifest, id, wanted)?;
    let (bundle, rejected) = Bundle::build(set, &Policy::roots(context.as_of))?;
    report::rejected(&rejected);
    Ok(bundle.keep(&context.layout()?.bundle_of(id))?)
}

fn kept_providers(context: &Context, manifest: &Manifest) -> Vec<String> {
    let catalog = context.catalog();
    let names = manifest.sources().iter().map(|source| source.name.clone());
    names.filter(|name| tenants::is_followed(name, &catalog)).collect()
}

fn mirror(download: &Download, manifest: &Manifest) -> Result<Option<Mirror>, Failure> {
    let of_manifest = || manifest.mirror().map(str::parse::<Mirror>).transpose().map_err(Error::from);
    Ok(match &download.mirror {
        Some(mirror) => Some(mirror.clone()),
        None => of_manifest()?,
    })
}

/// Says what is not as it should be.
fn say(fetched: &Fetched, offline: bool) -> Status {
    let id = &fetched.provider.id;
    for root in fetched.roots.iter().filter(|root| root.result == RootState::Mismatch) {
        let reason = root.reason.as_deref().unwrap_or_default();
        ui::error(&format!("`{id}`: `{}`: {reason}; not used, the built-in copy stays", root.subject));
    }
    if fetched.has_mismatch() {
        ui::hint("its pin is a SHA-256 fingerprint of a known certificate: a proxy or another party may have answered");
    }
    let missed = |root: &&RootResult| root.result == RootState::BuiltIn && root.url.is_some();
    let missing: Vec<&RootResult> = fetched.roots.iter().filter(missed).collect();
    if let Some(first) = missing.first().filter(|_| !offline) {
        let reason = first.reason.as_deref().unwrap_or_default();
        ui::warning(&format!(
            "`{id}`: {} of {} taken from the built-in copies, which the same pins prove: {reason}",
            missing.len(),
            ui::count(fetched.roots.len(), "root")
        ));
    }
    if fetched.has_mismatch() { Status::Found } else { Status::Done }
}

/// Keeps aside what no pin knows, and shows it.
fn hold(context: &Context, Fetched { provider, held, .. }: &Fetched) -> Result<Status, Failure> {
    let id = &provider.id;
    source::hold(&context.layout()?.held_of(id), held.iter().map(|held| &held.certificate))?;
    for root in held {
        ui::warning(&format!("`{id}`: held, not trusted: {}", described(root)));
        let fingerprint = root.certificate.fingerprint();
        ui::hint(&format!("compare it with {}; `pgtrust accept {fingerprint}` trusts it", provider.docs));
    }
    Ok(if held.is_empty() { Status::Done } else { Status::Found })
}

fn described(root: &Held) -> String {
    let certificate = &root.certificate;
    format!(
        "`{}`, sha256 {}, valid {} to {}, served by `{}`",
        certificate.subject(),
        certificate.fingerprint(),
        certificate.not_before().date(),
        certificate.not_after().date(),
        root.url
    )
}

impl Kept {
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
            not_before: ui::timestamp(held.certificate.not_before()),
            not_after: ui::timestamp(held.certificate.not_after()),
            url: &held.url,
        }
    }
}
