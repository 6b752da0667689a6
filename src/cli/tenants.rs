//! Customers of providers that have a CA for each: `digitalocean/my-cluster`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use pgtrust::catalog::{Provider, Selection};
use pgtrust::manifest::Manifest;
use pgtrust::source::{AskedTenant, FetchedTenant, Renewed, Tenant, TenantRoot, Tokens};
use pgtrust::{Catalog, Certificate, Error, Fingerprint};
use serde::Serialize;

use super::Status;
use super::args::Download;
use super::context::Context;
use super::ui::{self, Failure};

/// What words on the command line name, where flags beside them say which customer of a provider is meant:
/// `digitalocean --cluster c` is `digitalocean/c`.
pub(crate) fn meant(words: &[String], catalog: &Catalog, download: &Download) -> Result<Vec<String>, Failure> {
    let values = &download.tenant.values.0;
    let mut unused: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let mut names = Vec::new();
    for word in words {
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
    let mut tokens = Tokens::new(&variable, context.environment.path.as_deref().unwrap_or_default());
    let asked = tenants.into_iter().filter_map(|tenant| {
        let kept = || manifest.source(tenant.name())?.token();
        let from = said.clone().or_else(kept);
        let provider = providers.get(tenant.provider())?;
        AskedTenant::new(tenant, provider, from.as_ref(), &mut tokens)
    });
    Ok(asked.collect())
}

/// A tenant whose file is there, or why it is not.
pub(crate) struct KeptTenant {
    tenant: Tenant,
    path: PathBuf,
    roots: Vec<(Certificate, TenantRoot)>,
    changed: bool,
    error: Option<Error>,
    pub(crate) status: Status,
    /// Whether its API was asked in vain.
    pub(crate) missed_network: bool,
}

/// Brings the file of a tenant up to what its API serves, and says what changed.
pub(crate) fn keep(context: &Context, fetched: FetchedTenant) -> Result<KeptTenant, Failure> {
    let tenant = fetched.tenant.clone();
    let path = context.layout()?.bundle_of(tenant.name());
    // Not by the day of `--as-of`: what goes from this file is forgotten.
    Ok(match fetched.renew(&path, context.now) {
        Ok(renewed) => {
            let status = say(&renewed);
            let Renewed { roots, changed, .. } = renewed;
            KeptTenant { tenant, path, roots, changed, error: None, status, missed_network: false }
        }
        Err(error) => {
            let passing = matches!(&error, Error::Tenant(error) if error.may_pass());
            let kept = path.exists();
            let status = if passing && kept { Status::Done } else { Status::Failed };
            if status == Status::Done {
                ui::warning(&format!("{error}; what is kept stays"));
            } else {
                ui::problem(&error);
            }
            let error = Some(error);
            KeptTenant { tenant, path, roots: Vec::new(), changed: false, error, status, missed_network: true }
        }
    })
}

/// A tenant without its API: what is kept, if anything is.
pub(crate) fn offline(context: &Context, tenant: Tenant) -> Result<KeptTenant, Failure> {
    let path = context.layout()?.bundle_of(tenant.name());
    let error = (!path.exists()).then(|| Error::NotFetched { id: tenant.name().to_owned(), path: path.clone() });
    error.iter().for_each(ui::problem);
    let status = if error.is_some() { Status::Failed } else { Status::Done };
    Ok(KeptTenant { tenant, path, roots: Vec::new(), changed: false, error, status, missed_network: false })
}

/// Keeps a tenant from now on, and where its token comes from.
pub(crate) fn remember(manifest: &mut Manifest, name: &str, download: &Download) -> Result<(), Error> {
    manifest.keep_source(name, &Selection::default())?;
    download.tenant.token().map_or(Ok(()), |token| manifest.keep_token(name, &token))
}

/// Whether a source of the manifest is a provider or a customer of one: what `fetch` follows.
pub(crate) fn is_followed(name: &str, catalog: &Catalog) -> bool {
    catalog.contains(name.split('/').next().unwrap_or_default())
}

fn say(renewed: &Renewed) -> Status {
    let name = renewed.tenant.name();
    let new: Vec<&Certificate> = with(renewed, TenantRoot::New).collect();
    let kept = renewed.roots.len() - new.len();
    for certificate in new {
        let described = format!(
            "`{}`, sha256 {}, valid {} to {}",
            certificate.subject(),
            certificate.fingerprint(),
            certificate.not_before().date(),
            certificate.not_after().date()
        );
        if renewed.first {
            ui::note(&format!("{name}: pinned {described}"));
        } else {
            let kept = ui::count(kept, "root");
            ui::warning(&format!("`{name}`: new root {described}; it stands beside {kept} from before"));
        }
    }
    for rejected in &renewed.rejected {
        ui::warning(&format!("`{name}`: left out `{}`: {}", rejected.certificate.subject(), rejected.reason));
    }
    if renewed.rejected.iter().any(|rejected| rejected.reason.is_no_root()) { Status::Found } else { Status::Done }
}

fn with(renewed: &Renewed, state: TenantRoot) -> impl Iterator<Item = &Certificate> {
    renewed.roots.iter().filter(move |(_, found)| *found == state).map(|(certificate, _)| certificate)
}

impl KeptTenant {
    /// The path of its file, if there is one.
    pub(crate) fn path(&self) -> Option<String> {
        self.path.exists().then(|| self.path.display().to_string())
    }

    pub(crate) fn name(&self) -> &str {
        self.tenant.name()
    }

    pub(crate) fn report(&self) -> TenantReport<'_> {
        let root = |(certificate, state): &(Certificate, TenantRoot)| RootReport {
            sha256: certificate.fingerprint(),
            subject: certificate.subject().to_string(),
            not_before: ui::timestamp(certificate.not_before()),
            not_after: ui::timestamp(certificate.not_after()),
            result: *state,
        };
        TenantReport {
            id: self.tenant.name(),
            path: self.path.display().to_string(),
            changed: self.changed,
            roots: self.roots.iter().map(root).collect(),
            error: self.error.as_ref().map(Error::to_string),
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
