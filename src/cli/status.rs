//! `pgtrust status`

use std::collections::HashSet;

use pgtrust::manifest::{KeptTarget, Manifest, Opening};
use pgtrust::ops::last_run::LastRun;
use pgtrust::ops::status::{Announced, HeldRoot, Overview, Roots, SourceState, StoreState, Unready};
use pgtrust::source;
use pgtrust::store::plan::Store;
use pgtrust::{Catalog, Certificate, Error, Fingerprint, timestamp};
use time::OffsetDateTime;

use super::Status;
use super::args;
use super::context::Context;
use super::place::{Finder, Place};
use super::tenants::is_followed;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Status) -> Result<Status, Failure> {
    let last = LastRun::load(&context.layout()?.state)?;
    let overview = overview(context, &context.manifest()?, &last)?;
    if args.json {
        ui::json(&overview)?;
    } else {
        show(context, &overview)?;
    }
    Ok(if overview.is_well() { Status::Done } else { Status::Found })
}

/// Looks at all that the manifest keeps.
pub(crate) fn overview(context: &Context, manifest: &Manifest, last: &LastRun) -> Result<Overview, Failure> {
    let catalog = context.catalog()?;
    let held = source::held(&context.layout()?.held())?.into_iter().map(|(source, certificate)| HeldRoot {
        source,
        sha256: certificate.fingerprint(),
        subject: certificate.subject().to_string(),
    });
    let sources = manifest.sources().iter().map(|kept| source_state(context, &catalog, manifest, &kept.name));
    let mut stores = Vec::new();
    for target in manifest.targets() {
        let finder = Finder { context, manifest, given: Opening::default(), with_public_roots: false };
        let name = target.name.clone();
        match finder.of(target) {
            Ok(places) => {
                stores.extend(places.iter().map(|place| store_state(context, &catalog, manifest, target, place)));
            }
            Err(Failure::Library(error)) => {
                let path = target.path.as_ref().map(|path| path.display().to_string());
                stores.push(StoreState::unreadable(path.unwrap_or_default(), name, &error));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(Overview {
        last_run: last.time(),
        last_success: last.last_success(),
        sources: sources.collect::<Result<_, Error>>()?,
        stores,
        held: held.collect(),
        findings: last.findings().to_vec(),
    })
}

fn source_state(context: &Context, catalog: &Catalog, manifest: &Manifest, name: &str) -> Result<SourceState, Error> {
    let provider = catalog.contains(name).then(|| catalog.provider(name)).and_then(Result::ok);
    let path = if is_followed(name, catalog) { Some(context.layout()?.bundle_of(name)) } else { None };
    let certificates = path.as_deref().and_then(|path| source::certificates_in(path).ok()).unwrap_or_default();
    Ok(SourceState {
        name: name.to_owned(),
        region: manifest.selection(name).region,
        path: path.map(|path| path.display().to_string()),
        roots: Roots::of(certificates.iter(), context.as_of),
        rotations: provider.map(|provider| Announced::of(&provider, context.as_of)).unwrap_or_default(),
    })
}

fn store_state(
    context: &Context,
    catalog: &Catalog,
    manifest: &Manifest,
    target: &KeptTarget,
    place: &Place,
) -> StoreState {
    let (path, name) = (place.store.path.display().to_string(), target.name.clone());
    let store = match Store::open(&place.store, &place.access(context)) {
        Ok(store) => store,
        Err(error) => return StoreState::unreadable(path, name, &error),
    };
    let certificates = store.certificates();
    let mut state = StoreState::of(path, name, store.format(), &certificates, context.as_of);
    let there: HashSet<Fingerprint> = certificates.iter().copied().map(Certificate::fingerprint).collect();
    let providers = target.sources.iter().filter(|name| catalog.contains(name));
    for provider in providers.filter_map(|name| catalog.provider(name).ok()) {
        let selection = manifest.selection(&provider.id);
        state.unready.extend(Unready::of(&provider, &selection, &there, context.as_of));
    }
    state
}

fn show(context: &Context, overview: &Overview) -> Result<(), Failure> {
    let line = |label: &str, text: &str| ui::data(&format!("{label:<9} {text}"));
    match overview.last_run {
        None => line("last run", "never: `pgtrust refresh` follows what is kept")?,
        Some(time) => line("last run", &ago(context, time))?,
    }
    if overview.last_success != overview.last_run {
        line("success", &overview.last_success.map_or_else(|| "never".to_owned(), |time| ago(context, time)))?;
    }
    for source in &overview.sources {
        let region = source.region.as_ref().map_or_else(String::new, |region| format!(" ({region})"));
        let file = source.path.as_ref().map(|path| format!(": {path}: {}", described(&source.roots)));
        line("source", &format!("{}{region}{}", source.name, file.unwrap_or_default()))?;
        for rotation in &source.rotations {
            let ends = rotation.ends.as_ref().map_or_else(String::new, |ends| format!(" to {ends}"));
            line("rotation", &format!("{}: {}{ends}", rotation.id, rotation.starts))?;
        }
    }
    for store in &overview.stores {
        let name = store.target.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        match (&store.error, store.format) {
            (Some(error), _) => line("store", &format!("{}{name}: {error}", store.path))?,
            (None, format) => {
                let format = format.unwrap_or_default();
                line("store", &format!("{}{name}: {format}, {}", store.path, described(&store.roots)))?;
            }
        }
        for unready in &store.unready {
            let missing: Vec<String> = unready.missing.iter().map(ToString::to_string).collect();
            let lacks = format!("{} of {}: lacks {}", unready.rotation, unready.starts, missing.join(", "));
            line("  unready", &lacks)?;
        }
    }
    for held in &overview.held {
        line("held", &format!("{}: {} {}", held.source, held.sha256, held.subject))?;
    }
    for finding in &overview.findings {
        line("finding", &format!("{} (since {})", finding.message, finding.since))?;
    }
    Ok(())
}

fn described(roots: &Roots) -> String {
    let expired = if roots.expired > 0 { format!(", {} expired", roots.expired) } else { String::new() };
    let next = roots.next_expiry.map_or_else(String::new, |next| format!(", the next expires {}", next.date()));
    format!("{}{expired}{next}", ui::count(roots.roots, "root"))
}

fn ago(context: &Context, time: OffsetDateTime) -> String {
    let minutes = (context.now - time).whole_minutes().max(0);
    let ago = match minutes {
        0..120 => ui::count(minutes as usize, "minute"),
        120..2880 => ui::count(minutes as usize / 60, "hour"),
        _ => ui::count(minutes as usize / 1440, "day"),
    };
    format!("{}, {ago} ago", timestamp(time))
}
