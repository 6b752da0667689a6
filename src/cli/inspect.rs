//! `pgtrust inspect`

use pgtrust::Machine;
use pgtrust::format::Format;
use pgtrust::inspect::{self, Inspected, Listing};
use serde::Serialize;
use time::OffsetDateTime;

use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Inspect) -> Result<Status, Failure> {
    let (stores, notes) = inspect::inspect(machine, &args.files, args.password_file.as_deref())?;
    let mut status = notes::show(&notes);
    if stores.iter().any(|store| !store.rejected.is_empty()) {
        status = status.max(Status::Found);
    }
    if args.json {
        ui::json(&Shown { stores: &stores })?;
    } else {
        stores.iter().try_for_each(|store| show(store, machine.as_of))?;
    }
    Ok(status)
}

#[derive(Serialize)]
struct Shown<'a> {
    stores: &'a [Inspected],
}

fn show(store: &Inspected, as_of: OffsetDateTime) -> Result<(), Failure> {
    let keys = store.other_entries.iter().filter(|other| other.chain.is_some()).count();
    let mut held = Vec::new();
    if keys == 0 || !store.certificates.is_empty() {
        held.push(ui::count(store.certificates.len(), "certificate"));
    }
    if keys > 0 {
        held.push(ui::count(keys, "private key"));
    }
    ui::data(&format!("{}: {}, {}", store.path, store.format, held.join(", ")))?;
    let named = store.format == "nss" || Format::named(store.format).is_some_and(Format::is_key_store);
    for certificate in &store.certificates {
        show_certificate(certificate, "  ", named, as_of)?;
    }
    for other in &store.other_entries {
        ui::data("")?;
        let name = other.alias.as_ref().unwrap_or(&other.position);
        ui::data(&format!("  {name}: {}", other.kind))?;
        for certificate in other.chain.iter().flatten() {
            show_certificate(certificate, "    ", named, as_of)?;
        }
    }
    for rejected in &store.rejected {
        ui::warning(&format!("`{}`: {}: {}", store.path, rejected.position, rejected.reason));
    }
    if let Some(reader) = store.lost_for() {
        ui::warning(&format!("`{}`: {reader} reads nothing of it", store.path));
    }
    let is_file = store.path != "-" && Format::named(store.format).is_some_and(|format| format.writable);
    if is_file && (store.lost_for().is_some() || !store.rejected.is_empty()) {
        ui::hint(&format!("`pgtrust repair {}` takes out of a store what cannot be read", store.path));
    }
    Ok(())
}

fn show_certificate(certificate: &Listing, indent: &str, named: bool, as_of: OffsetDateTime) -> Result<(), Failure> {
    ui::data("")?;
    ui::data(&format!("{indent}{}", certificate.subject))?;
    let line = |label: &str, value: &str| ui::data(&format!("{indent}  {label:<10} {value}"));
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
    for unfit in &certificate.unfit_for {
        line("unfit", unfit)?;
    }
    if let Some(flaw) = certificate.flaw {
        let read = if named || certificate.distrusted { "" } else { "; some clients cannot read it" };
        line("flaw", &format!("{}: {flaw}{read}", certificate.position))?;
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
        (_, true) if certificate.signature_unknown => {
            "self-issued CA, whose signature pgtrust does not verify".to_owned()
        }
        _ if certificate.signature_unknown => "self-issued, and its signature is none that pgtrust verifies".to_owned(),
        (false, true) if certificate.subject == certificate.issuer => {
            "self-issued CA, and its own key did not sign it".to_owned()
        }
        (false, true) => format!("intermediate, signed by {}", certificate.issuer),
        (false, false) => format!("no CA, signed by {}", certificate.issuer),
    };
    what + &version
}
