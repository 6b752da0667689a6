//! `pgtrust fetch`

use std::slice;

use pgtrust::fetch::{self, KeptProvider, KeptTenant, Report, Request};
use pgtrust::{
    CatalogueResult, CatalogueState, Certificate, FindingKind, Fingerprint, Held, Machine, Note, RootResult,
    TenantRoot, timestamp,
};
use serde::Serialize;

use super::args::Fetch;
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &Fetch) -> Result<Status, Failure> {
    ui::cap_lines();
    let request = Request { names: args.providers.clone(), download: args.download.request() };
    let report = fetch::fetch(machine, &request)?;
    let mut status = report.notes.iter().map(|note| shown(note, args.held_ok)).max().unwrap_or(Status::Done);
    status = status.max(of_catalogues(&report.catalogues, args.require_network));
    if args.require_network {
        status = status.max(of_network(&report));
    }
    if args.json {
        ui::json(&Shown {
            providers: report.providers.iter().map(ShownProvider::of).collect(),
            tenants: report.tenants.iter().map(ShownTenant::of).collect(),
            catalogues: &report.catalogues,
        })?;
    } else {
        let made = report.providers.iter().filter(|kept| kept.made).map(|kept| &kept.path);
        let there = report.tenants.iter().map(|tenant| &tenant.path).filter(|path| machine.has(path));
        made.chain(there).try_for_each(|path| ui::data(&path.display().to_string()))?;
    }
    Ok(status)
}

fn shown(note: &Note, held_ok: bool) -> Status {
    let status = notes::show(slice::from_ref(note));
    match note {
        Note::Finding(finding) if held_ok && finding.kind == FindingKind::Held => Status::Done,
        _ => status,
    }
}

fn of_catalogues(results: &[CatalogueResult], require_network: bool) -> Status {
    let results = results.iter().map(|result| match result.result {
        CatalogueState::Mismatch => Status::Found,
        CatalogueState::Unreachable if result.kept && !require_network => Status::Done,
        CatalogueState::Unreachable | CatalogueState::Unusable => Status::Failed,
        _ => Status::Done,
    });
    results.max().unwrap_or(Status::Done)
}

/// Says what did not come from where it is published.
fn of_network(report: &Report) -> Status {
    let missed: Vec<&KeptProvider> = report.providers.iter().filter(|kept| kept.fetched.missed_network()).collect();
    for kept in &missed {
        let id = &kept.fetched.provider.id;
        ui::error(&format!("`{id}`: not every root could be had from where it is published"));
    }
    let all = missed.is_empty() && report.tenants.iter().all(|tenant| tenant.error.is_none());
    if all { Status::Done } else { Status::Failed }
}

#[derive(Serialize)]
struct Shown<'a> {
    providers: Vec<ShownProvider<'a>>,
    tenants: Vec<ShownTenant<'a>>,
    catalogues: &'a [CatalogueResult],
}

#[derive(Serialize)]
struct ShownProvider<'a> {
    id: &'a str,
    path: String,
    changed: bool,
    roots: &'a [RootResult],
    accepted: Vec<ShownHeld<'a>>,
    held: Vec<ShownHeld<'a>>,
}

impl<'a> ShownProvider<'a> {
    fn of(kept: &'a KeptProvider) -> Self {
        Self {
            id: &kept.fetched.provider.id,
            path: kept.path.display().to_string(),
            changed: kept.changed,
            roots: &kept.fetched.roots,
            accepted: kept.accepted.iter().map(ShownHeld::of).collect(),
            held: kept.fetched.held.iter().map(ShownHeld::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct ShownHeld<'a> {
    #[serde(flatten)]
    certificate: ShownCertificate,
    url: &'a str,
}

impl<'a> ShownHeld<'a> {
    fn of(held: &'a Held) -> Self {
        Self { certificate: ShownCertificate::of(&held.certificate), url: &held.url }
    }
}

#[derive(Serialize)]
struct ShownTenant<'a> {
    id: &'a str,
    path: String,
    changed: bool,
    roots: Vec<ShownRoot>,
    error: Option<&'a str>,
}

impl<'a> ShownTenant<'a> {
    fn of(kept: &'a KeptTenant) -> Self {
        let root = |(certificate, state): &(Certificate, TenantRoot)| ShownRoot {
            certificate: ShownCertificate::of(certificate),
            result: *state,
        };
        Self {
            id: kept.name(),
            path: kept.path.display().to_string(),
            changed: kept.changed,
            roots: kept.renewed.iter().flat_map(|renewed| &renewed.roots).map(root).collect(),
            error: kept.error.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ShownRoot {
    #[serde(flatten)]
    certificate: ShownCertificate,
    result: TenantRoot,
}

#[derive(Serialize)]
struct ShownCertificate {
    sha256: Fingerprint,
    subject: String,
    not_before: String,
    not_after: String,
}

impl ShownCertificate {
    fn of(certificate: &Certificate) -> Self {
        Self {
            sha256: certificate.fingerprint(),
            subject: certificate.subject().to_string(),
            not_before: timestamp(certificate.not_before()),
            not_after: timestamp(certificate.not_after()),
        }
    }
}
