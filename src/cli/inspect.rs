//! `pgtrust inspect`

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use pgtrust::bundle::Origin;
use pgtrust::catalog::Role;
use pgtrust::certificate::{Verdict, own_signatures};
use pgtrust::format::{Format, Member, Passwords};
use pgtrust::nss::{Certutil, Database};
use pgtrust::{Catalog, Certificate, Error, Fingerprint, directory, source, timestamp};
use serde::Serialize;
use time::OffsetDateTime;

use super::Status;
use super::args;
use super::context::Context;
use super::password;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Inspect) -> Result<Status, Failure> {
    let password = password::read(args.password_file.as_deref())?;
    let passwords = Passwords::first(password.as_deref());
    let mut status = Status::Done;
    let mut report = Report { stores: Vec::new() };
    for name in &args.files {
        match stores(context, args, name, passwords) {
            Ok(stores) => report.stores.extend(stores),
            Err(error) => {
                ui::problem(&error);
                status = Status::Failed;
            }
        }
    }
    if report.stores.iter().any(|store| !store.rejected.is_empty()) {
        status = status.max(Status::Found);
    }
    if args.json {
        ui::json(&report)?;
    } else {
        report.stores.iter().try_for_each(|store| show(store, context.as_of))?;
    }
    Ok(status)
}

#[derive(Serialize)]
struct Report {
    stores: Vec<Store>,
}

#[derive(Serialize)]
struct Store {
    path: String,
    format: &'static str,
    certificates: Vec<Listing>,
    other_entries: Vec<OtherEntry>,
    rejected: Vec<Rejected>,
}

/// The facts of one certificate.
#[derive(Serialize)]
struct Listing {
    alias: Option<String>,
    position: String,
    sha256: Fingerprint,
    subject: String,
    issuer: String,
    serial: String,
    version: u8,
    not_before: String,
    not_after: String,
    key: String,
    signature: String,
    ca: bool,
    path_length: Option<u32>,
    self_signed: bool,
    spki_sha256: String,
    subject_key_id: Option<String>,
    authority_key_id: Option<String>,
    providers: Vec<ListedProvider>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flaw: Option<&'static str>,
    #[serde(skip)]
    signature_unknown: bool,
    #[serde(skip)]
    ends: OffsetDateTime,
}

#[derive(Serialize)]
struct ListedProvider {
    id: String,
    role: Role,
}

#[derive(Serialize)]
struct OtherEntry {
    alias: Option<String>,
    kind: &'static str,
    position: String,
}

#[derive(Serialize)]
struct Rejected {
    position: String,
    reason: String,
}

/// The store of this name, or those in the folder of this name.
fn stores(context: &Context, args: &args::Inspect, name: &str, passwords: Passwords<'_>) -> Result<Vec<Store>, Error> {
    let catalog = &context.catalog()?;
    if name == "-" {
        return Ok(vec![store(name.to_owned(), &mut io::stdin().lock(), &Origin::Stdin, catalog, passwords)?]);
    }
    let path = Path::new(name);
    if Database::is_at(path) {
        return Ok(vec![database(context, args, path, catalog)?]);
    }
    if path.is_dir() {
        // What is no store is no part of a folder of stores; it is said all the same.
        let said = |error: Error| ui::warning(&error.to_string());
        let files = directory::files(path)?;
        return Ok(files.iter().filter_map(|path| file(path, catalog, passwords).map_err(said).ok()).collect());
    }
    Ok(vec![file(path, catalog, passwords)?])
}

fn database(context: &Context, args: &args::Inspect, path: &Path, catalog: &Catalog) -> Result<Store, Error> {
    let certutil = Certutil::find(context.programs())?;
    let database = Database::read(path, &certutil, args.password_file.as_deref())?;
    let found = database.entries().iter().map(|entry| Found {
        alias: Some(entry.nickname.clone()),
        certificate: entry.certificate.clone(),
        position: format!("trust flags {}", entry.trust),
        flaw: (!entry.is_trusted_for_servers()).then_some("NSS does not trust it for servers"),
    });
    let certificates = listings(found.collect(), catalog)?;
    let path = path.display().to_string();
    Ok(Store { path, format: "nss", certificates, other_entries: vec![], rejected: vec![] })
}

fn file(path: &Path, catalog: &Catalog, passwords: Passwords<'_>) -> Result<Store, Error> {
    let origin = Origin::File(path.to_owned());
    let mut input =
        File::open(path).map_err(|error| Error::Io { action: "read", path: path.to_owned(), source: error })?;
    store(path.display().to_string(), &mut input, &origin, catalog, passwords)
}

fn store(
    path: String,
    input: &mut dyn Read,
    origin: &Origin,
    catalog: &Catalog,
    passwords: Passwords<'_>,
) -> Result<Store, Error> {
    let mut store = Store { path, format: "", certificates: vec![], other_entries: vec![], rejected: vec![] };
    let mut found = Vec::new();
    let decoded = source::decode(input, origin, passwords, &mut |member| match member {
        Member::Certificate { alias, certificate, place, flaw } => {
            found.push(Found { alias, certificate, position: place.to_string(), flaw });
        }
        Member::Other { alias, kind, place } => {
            store.other_entries.push(OtherEntry { alias, kind, position: place.to_string() });
        }
        Member::Rejected { place, reason } => {
            store.rejected.push(Rejected { position: place.to_string(), reason });
        }
        Member::Unchecked { reason } => ui::warning(&format!("`{origin}`: {reason}")),
        _ => {}
    })?;
    store.format = decoded.format.name;
    store.certificates = listings(found, catalog)?;
    Ok(store)
}

/// A certificate as it stands in a store.
struct Found {
    alias: Option<String>,
    certificate: Certificate,
    position: String,
    flaw: Option<&'static str>,
}

fn listings(found: Vec<Found>, catalog: &Catalog) -> Result<Vec<Listing>, Error> {
    let certificates = found.iter().map(|found| &found.certificate);
    let self_issued: Vec<&Certificate> = certificates.filter(|certificate| certificate.is_self_issued()).collect();
    let mut verdicts = own_signatures(&self_issued).into_iter();
    let list = |found: Found| {
        let own_signature = if found.certificate.is_self_issued() { verdicts.next() } else { None };
        let providers = catalog.providers_of(&found.certificate.fingerprint())?;
        Ok(listing(found, own_signature, providers))
    };
    found.into_iter().map(list).collect()
}

fn listing(found: Found, own_signature: Option<Verdict>, providers: Vec<(String, Role)>) -> Listing {
    let Found { alias, certificate, position, flaw } = found;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Listing {
        alias,
        position,
        sha256: certificate.fingerprint(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: certificate.serial(),
        version: certificate.version(),
        not_before: timestamp(certificate.not_before()),
        not_after: timestamp(certificate.not_after()),
        key: certificate.key().to_string(),
        signature: certificate.signature_algorithm(),
        ca: certificate.is_ca(),
        path_length: certificate.path_length(),
        self_signed: own_signature == Some(Verdict::Valid),
        spki_sha256: hex(&certificate.spki_sha256()),
        subject_key_id: certificate.subject_key_id().map(hex),
        authority_key_id: certificate.authority_key_id().map(hex),
        providers: providers.into_iter().map(|(id, role)| ListedProvider { id, role }).collect(),
        flaw,
        signature_unknown: own_signature == Some(Verdict::Unknown),
        ends: certificate.not_after(),
    }
}

fn show(store: &Store, as_of: OffsetDateTime) -> Result<(), Failure> {
    ui::data(&format!("{}: {}, {}", store.path, store.format, ui::count(store.certificates.len(), "certificate")))?;
    let named = store.format == "nss" || Format::named(store.format).is_some_and(Format::is_key_store);
    for certificate in &store.certificates {
        ui::data("")?;
        ui::data(&format!("  {}", certificate.subject))?;
        let line = |label: &str, value: &str| ui::data(&format!("    {label:<10} {value}"));
        if let Some(alias) = &certificate.alias {
            line("alias", alias)?;
        }
        line("sha256", &certificate.sha256.to_string())?;
        let expired = if certificate.ends < as_of { ", expired" } else { "" };
        line("valid", &format!("{} to {}{expired}", day(&certificate.not_before), day(&certificate.not_after)))?;
        line("key", &format!("{}, {}", certificate.key, certificate.signature))?;
        line("kind", &kind(certificate))?;
        for provider in &certificate.providers {
            line("provider", &format!("{} {}", provider.id, provider.role.name()))?;
        }
        if let Some(flaw) = certificate.flaw {
            let read = if named { "" } else { "; some clients cannot read it" };
            line("flaw", &format!("{}: {flaw}{read}", certificate.position))?;
        }
    }
    for other in &store.other_entries {
        ui::data("")?;
        let name = other.alias.as_ref().unwrap_or(&other.position);
        ui::data(&format!("  {name}: {}", other.kind))?;
    }
    for rejected in &store.rejected {
        ui::warning(&format!("`{}`: {}: {}", store.path, rejected.position, rejected.reason));
    }
    Ok(())
}

fn day(timestamp: &str) -> &str {
    timestamp.split_once('T').map_or(timestamp, |(day, _)| day)
}

fn kind(certificate: &Listing) -> String {
    let version =
        if certificate.version < 3 { format!(", X.509 version {}", certificate.version) } else { String::new() };
    let what = match (certificate.self_signed, certificate.ca) {
        (true, true) => "root: self-signed CA".to_owned(),
        (true, false) => "self-signed, no CA".to_owned(),
        _ if certificate.signature_unknown => format!("{} cannot be verified here", certificate.signature),
        (false, true) => format!("intermediate, signed by {}", certificate.issuer),
        (false, false) => format!("no CA, signed by {}", certificate.issuer),
    };
    what + &version
}
