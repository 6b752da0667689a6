//! Customers of providers that have a CA for each: `digitalocean/my-cluster`.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Download, Keep, difference};
use crate::catalog::{Catalog, Provider, Selection};
use crate::journal::Listed;
use crate::manifest::{Manifest, TokenFrom};
use crate::ops::finding::{Finding, FindingKind};
use crate::ops::hooks::Changes;
use crate::ops::machine::Machine;
use crate::ops::note::Note;
use crate::ops::{Error, RequestError};
use crate::source::{self, AskedTenant, FetchedTenant, Renewed, Tenant, TenantRoot, Tokens};
use crate::store::known::Usage;
use crate::system::file;
use crate::system::permissions::Guard;
use crate::x509::Certificate;

/// Parts names into tenants and the rest, each once.
pub(super) fn partition(names: &[String], catalog: &Catalog) -> Result<(Vec<Tenant>, Vec<String>), Error> {
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
pub(super) fn ask(
    machine: &Machine<'_>,
    manifest: &Manifest,
    download: &Download,
    tenants: Vec<Tenant>,
) -> Result<Vec<AskedTenant>, Error> {
    let (catalog, given) = (machine.catalog()?, &download.token);
    let mut providers: HashMap<String, Provider> = HashMap::new();
    for tenant in &tenants {
        if !providers.contains_key(tenant.provider()) {
            providers.insert(tenant.provider().to_owned(), catalog.provider(tenant.provider())?);
        }
    }
    // What one provider gave out must not reach another.
    if given.is_some() && providers.len() != 1 {
        return Err(RequestError::TokenOfOne { count: providers.len() }.into());
    }
    let programs = machine.programs().until(download.network.deadline);
    let in_image = machine.is_image();
    // An image may define a provider of its own, which asks for a token of the builder's.
    let none: fn(&str) -> Option<OsString> = |_| None;
    let (mut tokens, mut no_tokens) = (Tokens::new(&machine.variable, &programs), Tokens::new(&none, &programs));
    let asked = tenants.into_iter().filter_map(|tenant| {
        let tokens =
            if in_image && !Catalog::built_in().contains(tenant.provider()) { &mut no_tokens } else { &mut tokens };
        let kept = || {
            Some(match manifest.source(tenant.name())?.token()? {
                TokenFrom::File(path) => TokenFrom::File(machine.place(&path)),
                command @ TokenFrom::Command(_) => command,
            })
        };
        let from = given.clone().or_else(kept);
        let provider = providers.get(tenant.provider())?;
        AskedTenant::new(tenant, provider, from.as_ref(), tokens)
    });
    Ok(asked.collect())
}

/// A tenant, asked for and written to its stable path.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeptTenant {
    tenant: Tenant,
    /// Where its combined PEM stands.
    pub path: PathBuf,
    /// Whether the file at that path changed, or would have.
    pub changed: bool,
    /// The roots that it gained.
    pub added: Vec<Listed>,
    /// The roots that it lost.
    pub removed: Vec<Listed>,
    /// Why it is as it was.
    pub error: Option<String>,
    /// What is served and kept; None where it could not be asked.
    pub renewed: Option<Renewed>,
    pub(super) failure: Option<Error>,
    /// What else a person should look at.
    pub(super) notes: Vec<Finding>,
    /// What to do with it, told at the first time.
    pub(super) usage: Option<Usage>,
}

impl KeptTenant {
    /// Brings the file of a tenant up to what its API serves.
    pub(super) fn keep(
        machine: &Machine<'_>,
        fetched: FetchedTenant,
        keep: Keep,
        changes: &mut Changes,
    ) -> Result<Self, Error> {
        let mut kept = Self::untouched(machine, fetched.tenant.clone())?;
        let allowed = machine.refuse_shared(&kept.path, Guard::Settings);
        let brought_up = allowed.and_then(|()| kept.update(machine, fetched, keep));
        if kept.changed {
            let roots = (&kept.added[..], &kept.removed[..]);
            changes.add_bundle(machine, keep == Keep::Nothing, &kept.path, kept.name(), roots);
        }
        Ok(kept.with(brought_up.err()))
    }

    /// Makes a tenant without its API: what is kept, if anything is.
    pub(super) fn offline(machine: &Machine<'_>, tenant: Tenant) -> Result<Self, Error> {
        let kept = Self::untouched(machine, tenant)?;
        let missing = source::Error::NotFetched { id: kept.name().to_owned(), path: kept.path.clone() };
        let failure = (!file::exists(&kept.path)).then(|| missing.into());
        Ok(kept.with(failure))
    }

    /// Makes the result for a tenant that cannot be asked.
    pub(super) fn failed(machine: &Machine<'_>, tenant: Tenant, error: Error) -> Result<Self, Error> {
        Ok(Self::untouched(machine, tenant)?.with(Some(error)))
    }

    fn untouched(machine: &Machine<'_>, tenant: Tenant) -> Result<Self, Error> {
        Ok(Self {
            path: machine.layout()?.bundle_of(tenant.name()),
            tenant,
            changed: false,
            added: Vec::new(),
            removed: Vec::new(),
            error: None,
            renewed: None,
            failure: None,
            notes: Vec::new(),
            usage: None,
        })
    }

    fn with(self, failure: Option<Error>) -> Self {
        Self { error: failure.as_ref().map(Error::to_string), failure, ..self }
    }

    fn update(&mut self, machine: &Machine<'_>, fetched: FetchedTenant, keep: Keep) -> Result<(), Error> {
        // Not by the day of `--at`: what goes from this file is forgotten.
        let renewed = fetched.renew(&self.path, machine.now.min(machine.expires_by()))?;
        let bundle = &renewed.bundle;
        (self.added, self.removed) = difference(&source::certificates_in(&self.path)?, bundle);
        self.changed = if keep == Keep::Nothing { !bundle.is_kept(&self.path)? } else { bundle.keep(&self.path)? };
        self.renewed = Some(renewed);
        Ok(())
    }

    /// Its name, as `digitalocean/my-cluster`.
    pub fn name(&self) -> &str {
        self.tenant.name()
    }

    /// Returns what a person should look at.
    pub(in crate::ops) fn findings(&self, machine: &Machine<'_>) -> Vec<Finding> {
        let of_failure = |error: &Error| match machine.failure(FindingKind::Source, self.name(), error) {
            asked if matches!(error, Error::Source(source::Error::Tenant(_))) => asked,
            written => written.on_this_machine(),
        };
        self.failure.as_ref().map(of_failure).into_iter().chain(self.changes_and_notes()).collect()
    }

    fn changes_and_notes(&self) -> Vec<Finding> {
        let (name, mut findings) = (self.name(), Vec::new());
        let Some(renewed) = &self.renewed else { return findings };
        let new = renewed.roots.iter().filter(|(_, state)| !renewed.first && *state == TenantRoot::New);
        findings.extend(new.map(|(certificate, _)| {
            let message =
                format!("`{name}`: new root {}; the roots from before stay beside it", described(certificate));
            Finding::new(FindingKind::Changed, name, &certificate.fingerprint().to_string(), message, None)
        }));
        findings.extend(renewed.rejected.iter().map(|rejected| {
            let certificate = &rejected.certificate;
            let message = format!("`{name}`: left out `{}`: {}", certificate.title(), rejected.reason);
            Finding::new(FindingKind::LeftOut, name, &certificate.fingerprint().to_string(), message, None)
        }));
        findings.extend(self.notes.iter().cloned());
        findings
    }

    /// Returns what is new and what is not as it should be, told once.
    pub(in crate::ops) fn take_notes(&mut self) -> Vec<Note> {
        let mut notes = Vec::new();
        notes.extend(self.failure.take().map(|failure| match failure {
            // It goes on as it was, so nobody is needed.
            Error::Source(source::Error::Tenant(error)) if error.may_pass() && file::exists(&self.path) => {
                Note::Stale(error)
            }
            error => Note::Failure(error),
        }));
        let Some(renewed) = &self.renewed else { return notes };
        let pinned = renewed.roots.iter().filter(|(_, state)| renewed.first && *state == TenantRoot::New);
        notes.extend(
            pinned
                .map(|(certificate, _)| Note::Pinned { tenant: self.name().to_owned(), root: described(certificate) }),
        );
        notes.extend(self.changes_and_notes().into_iter().map(Note::Finding));
        notes.extend(self.usage.clone().map(Note::Usage));
        if renewed.rejected.iter().any(|rejected| rejected.reason.is_not_a_root()) {
            notes.push(Note::NotAllRoots);
        }
        notes
    }
}

fn described(certificate: &Certificate) -> String {
    format!(
        "`{}`, sha256 {}, valid {} to {}",
        certificate.title(),
        certificate.fingerprint(),
        certificate.not_before().date(),
        certificate.not_after().date()
    )
}

/// Keeps a tenant from now on, and where its token comes from.
pub(in crate::ops) fn remember(
    manifest: &mut Manifest,
    catalog: &Catalog,
    name: &str,
    download: &Download,
) -> Result<(), Error> {
    manifest.keep_source(name, &Selection::default())?;
    if let Some(token) = &download.token {
        manifest.keep_token(name, token)?;
    }
    let id = name.split('/').next().unwrap_or_default();
    match &download.ca_file {
        Some(path) if catalog.provider(id)?.file.is_some() => Ok(manifest.keep_ca_file(name, path)?),
        _ => Ok(()),
    }
}
