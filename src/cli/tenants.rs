//! Customers of providers that have a CA for each: `digitalocean/my-cluster`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use pgtrust::catalog::{Provider, Selection};
use pgtrust::journal::Listed;
use pgtrust::manifest::Manifest;
use pgtrust::refresh::{Finding, Kind};
use pgtrust::source::{self, AskedTenant, FetchedTenant, Renewed, Tenant, TenantRoot, Tokens};
use pgtrust::{Catalog, Certificate, Error, Fingerprint, timestamp};
use serde::Serialize;

use super::Status;
use super::args::Download;
use super::context::Context;
use super::fetch::{self, Keep};
use super::ui::{self, Failure};

/// What words on the command line name, where flags beside them say which customer of a provider is meant:
/// `digitalocean --cluster c` is `digitalocean/c`.
pub(crate) fn meant(words: &[String], catalog: &Catalog, download: &Download) -> Result<Vec<String>, Failure> {
    let values = &download.tenant.values.0;
    let mut unused: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let (ssh, ca_file) = (&download.tenant.ssh, download.tenant.ca_file());
    unused.extend(ssh.as_ref().map(|_| "ssh"));
    unused.extend(ca_file.map(|_| "ca-file"));
    let nothing_said = unused.is_empty();
    let mut names = Vec::new();
    for word in words {
        // The file is a server's, whether it is named by a flag or here.
        let id = word.split('/').next().unwrap_or_default();
        if !nothing_said && catalog.contains(id) && catalog.provider(id)?.file.is_some() {
            unused.retain(|name| *name != "ca-file" && (*name != "ssh" || id != word));
            let destination: Vec<&str> = ssh.iter().map(String::as_str).filter(|_| id == word).collect();
            names.push(if destination.is_empty() {
                word.clone()
            } else {
                Tenant::new(&catalog.provider(id)?, &destination)?.name().to_owned()
            });
            continue;
        }
        if values.is_empty() || !catalog.contains(word) {
            names.push(word.clone());
            continue;
        }
        let provider = catalog.provider(word)?;
        let placeholders = provider.api().map(|api| api.placeholders()).unwrap_or_default();
        unused.retain(|name| !placeholders.contains(name));
        if !values.iter().any(|(name, _)| placeholders.contains(&name.as_str())) {
            names.push(word.clone());
            continue;
        }
        let said = |wanted: &str| match values.iter().find(|(name, _)| name == wanted) {
            Some((_, value)) => Ok(value.as_str()),
            None if wanted == "region" && download.region.is_some() => {
                Ok(download.region.as_deref().unwrap_or_default())
            }
            None => Err(wanted.to_owned()),
        };
        let (found, missing): (Vec<_>, Vec<_>) = placeholders.iter().map(|name| said(name)).partition(Result::is_ok);
        let missing: Vec<String> =
            missing.into_iter().filter_map(Result::err).map(|name| format!("`--{name}`")).collect();
        if !missing.is_empty() {
            let message = format!("`{word}` needs {} too", missing.join(" and "));
            let names = placeholders.join("/").to_uppercase();
            return Err(Failure::Usage { message, hint: format!("or name it `{word}/{names}`") });
        }
        let found: Vec<&str> = found.into_iter().filter_map(Result::ok).collect();
        names.push(Tenant::new(&provider, &found)?.name().to_owned());
    }
    match unused.first() {
        None => Ok(names),
        Some(name) => {
            let message = format!("`--{name}` says nothing of what is named here");
            let hint = "`pgtrust providers PROVIDER` tells what a provider needs to know".to_owned();
            Err(Failure::Usage { message, hint })
        }
    }
}

/// Parts names into tenants and the rest, each once.
pub(crate) fn parted(names: &[String], catalog: &Catalog) -> Result<(Vec<Tenant>, Vec<String>), Failure> {
    let (mut tenants, mut rest) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    for name in names.iter().filter(|name| known.insert(name.as_str())) {
        match Tenant::parse(name, catalog)? {
            Some(tenant) => tenants.push(tenant),
            None => rest.push(name.clone()),
        }
    }
    Ok((tenants, rest))
}

/// Finds the token for each tenant.
pub(crate) fn asked(
    context: &Context,
    catalog: &Catalog,
    manifest: &Manifest,
    download: &Download,
    tenants: Vec<Tenant>,
) -> Result<Vec<AskedTenant>, Failure> {
    let said = download.tenant.token();
    let mut providers: HashMap<String, Provider> = HashMap::new();
    for tenant in &tenants {
        if !providers.contains_key(tenant.provider()) {
            providers.insert(tenant.provider().to_owned(), catalog.provider(tenant.provider())?);
        }
    }
    // What one provider gave out must not reach another.
    if said.is_some() && providers.len() != 1 {
        let message = format!("a token is for one provider, and the customers of {} are named", providers.len());
        let hint = "name those of one provider in a run of their own, as `digitalocean/my-cluster`".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    let variable = |name: &str| context.variable(name);
    let mut tokens = Tokens::new(&variable, context.programs());
    let asked = tenants.into_iter().filter_map(|tenant| {
        let kept = || manifest.source(tenant.name())?.token();
        let from = said.clone().or_else(kept);
        let provider = providers.get(tenant.provider())?;
        AskedTenant::new(tenant, provider, from.as_ref(), &mut tokens)
    });
    Ok(asked.collect())
}

/// A tenant, asked for and written to its stable path.
pub(crate) struct KeptTenant {
    tenant: Tenant,
    pub(crate) path: PathBuf,
    /// Whether the file at that path changed, or would have.
    pub(crate) changed: bool,
    /// The roots that it gained.
    pub(crate) added: Vec<Listed>,
    /// The roots that it lost.
    pub(crate) removed: Vec<Listed>,
    /// Why it is as it was.
    pub(crate) failure: Option<Error>,
    pub(super) renewed: Option<Renewed>,
    /// What else a person should look at.
    pub(super) notes: Vec<Finding>,
    /// What to do with it, told at the first time.
    pub(super) usage: Option<String>,
}

impl KeptTenant {
    /// Brings the file of a tenant up to what its API serves.
    pub(crate) fn new(context: &Context, fetched: FetchedTenant, keep: Keep) -> Result<Self, Failure> {
        let mut kept = Self::untouched(context, fetched.tenant.clone())?;
        let allowed = context.refuse_shared(&kept.path);
        kept.failure = allowed.and_then(|()| kept.bring_up(context, fetched, keep)).err();
        if kept.changed {
            fetch::tell_hooks(context, keep, &kept.path, kept.name(), &kept.added, &kept.removed);
        }
        Ok(kept)
    }

    /// A tenant without its API: what is kept, if anything is.
    pub(crate) fn offline(context: &Context, tenant: Tenant) -> Result<Self, Failure> {
        let mut kept = Self::untouched(context, tenant)?;
        if !kept.path.exists() {
            kept.failure = Some(Error::NotFetched { id: kept.name().to_owned(), path: kept.path.clone() });
        }
        Ok(kept)
    }

    /// One that cannot be asked.
    pub(crate) fn failed(context: &Context, tenant: Tenant, error: Error) -> Result<Self, Failure> {
        Ok(Self { failure: Some(error), ..Self::untouched(context, tenant)? })
    }

    fn untouched(context: &Context, tenant: Tenant) -> Result<Self, Failure> {
        let path = context.layout()?.bundle_of(tenant.name());
        let (added, removed) = (Vec::new(), Vec::new());
        let (failure, renewed, notes, usage) = (None, None, Vec::new(), None);
        Ok(Self { tenant, path, changed: false, added, removed, failure, renewed, notes, usage })
    }

    fn bring_up(&mut self, context: &Context, fetched: FetchedTenant, keep: Keep) -> Result<(), Error> {
        // Not by the day of `--as-of`: what goes from this file is forgotten.
        let renewed = fetched.renew(&self.path, context.now)?;
        let bundle = &renewed.bundle;
        (self.added, self.removed) = fetch::difference(&source::certificates_in(&self.path)?, bundle);
        self.changed = if keep == Keep::Nothing { !bundle.is_kept(&self.path)? } else { bundle.keep(&self.path)? };
        self.renewed = Some(renewed);
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        self.tenant.name()
    }

    /// What a person should look at.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let name = self.name();
        let of_failure = |error: &Error| Finding::of_error(Kind::Source, name, error);
        let mut findings: Vec<Finding> = self.failure.iter().map(of_failure).collect();
        let Some(renewed) = &self.renewed else { return findings };
        let new = renewed.roots.iter().filter(|(_, state)| !renewed.first && *state == TenantRoot::New);
        findings.extend(new.map(|(certificate, _)| {
            let message =
                format!("`{name}`: new root {}; the roots from before stay beside it", described(certificate));
            Finding::new(Kind::Changed, name, &certificate.fingerprint().to_string(), message, None)
        }));
        findings.extend(renewed.rejected.iter().map(|rejected| {
            let certificate = &rejected.certificate;
            let message = format!("`{name}`: left out `{}`: {}", certificate.subject(), rejected.reason);
            Finding::new(Kind::LeftOut, name, &certificate.fingerprint().to_string(), message, None)
        }));
        findings.extend(self.notes.iter().cloned());
        findings
    }

    /// Whether it is as it was for a reason that may pass, so that nobody is needed.
    fn goes_on(&self) -> bool {
        matches!(&self.failure, Some(Error::Tenant(error)) if error.may_pass()) && self.path.exists()
    }
}

/// Says what is new and what is not as it should be.
pub(crate) fn say(kept: &[KeptTenant]) -> Status {
    let mut status = Status::Done;
    for one in kept {
        if let Some(error) = &one.failure {
            if one.goes_on() {
                ui::warning(&format!("{error}; what is kept stays"));
            } else {
                ui::problem(error);
                status = Status::Failed;
            }
        }
        let Some(renewed) = &one.renewed else { continue };
        for (certificate, _) in renewed.roots.iter().filter(|(_, state)| renewed.first && *state == TenantRoot::New) {
            ui::note(&format!("{}: pinned {}", one.name(), described(certificate)));
        }
        one.findings().iter().for_each(ui::finding);
        one.usage.iter().for_each(|usage| ui::hint(usage));
        if renewed.rejected.iter().any(|rejected| rejected.reason.is_no_root()) {
            status = status.max(Status::Found);
        }
    }
    status
}

fn described(certificate: &Certificate) -> String {
    format!(
        "`{}`, sha256 {}, valid {} to {}",
        certificate.subject(),
        certificate.fingerprint(),
        certificate.not_before().date(),
        certificate.not_after().date()
    )
}

/// Keeps a tenant from now on, and where its token comes from.
pub(crate) fn remember(
    manifest: &mut Manifest,
    catalog: &Catalog,
    name: &str,
    download: &Download,
) -> Result<(), Error> {
    manifest.keep_source(name, &Selection::default())?;
    download.tenant.token().map_or(Ok(()), |token| manifest.keep_token(name, &token))?;
    let id = name.split('/').next().unwrap_or_default();
    match download.tenant.ca_file() {
        Some(path) if catalog.provider(id)?.file.is_some() => manifest.keep_ca_file(name, &path),
        _ => Ok(()),
    }
}

/// Whether a source of the manifest is a provider or a customer of one: what `fetch` follows.
pub(crate) fn is_followed(name: &str, catalog: &Catalog) -> bool {
    catalog.contains(name.split('/').next().unwrap_or_default())
}

impl KeptTenant {
    pub(crate) fn report(&self) -> TenantReport<'_> {
        let root = |(certificate, state): &(Certificate, TenantRoot)| RootReport {
            sha256: certificate.fingerprint(),
            subject: certificate.subject().to_string(),
            not_before: timestamp(certificate.not_before()),
            not_after: timestamp(certificate.not_after()),
            result: *state,
        };
        TenantReport {
            id: self.name(),
            path: self.path.display().to_string(),
            changed: self.changed,
            roots: self.renewed.iter().flat_map(|renewed| &renewed.roots).map(root).collect(),
            error: self.failure.as_ref().map(Error::to_string),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct TenantReport<'a> {
    id: &'a str,
    path: String,
    changed: bool,
    roots: Vec<RootReport>,
    error: Option<String>,
}

#[derive(Serialize)]
struct RootReport {
    sha256: Fingerprint,
    subject: String,
    not_before: String,
    not_after: String,
    result: TenantRoot,
}
