//! `pgtrust providers add` and `pgtrust providers remove`

use pgtrust::custom::{self, Offer, Offered, ProviderOutcome, Report, Request};
use pgtrust::{Fingerprint, Machine, timestamp};
use serde::Serialize;

use super::args::{AddProvider, RemoveProvider};
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn add(machine: &Machine<'_>, args: &AddProvider) -> Result<Status, Failure> {
    let offer = match &args.url {
        Some(url) => Offer::Url(url.clone()),
        None => Offer::File(args.file.clone().unwrap_or_default()),
    };
    let report = custom::add(
        machine,
        &Request {
            title: args.title.clone(),
            docs: args.docs.clone(),
            pins: args.pin.clone(),
            replace: args.replace,
            dry_run: args.dry_run,
            ..Request::new(&args.name, args.host.clone(), offer)
        },
    )?;
    notes::show(&report.notes);
    let name = args.url.clone().or_else(|| Some(args.file.as_ref()?.display().to_string())).unwrap_or_default();
    report.faults.iter().for_each(|fault| ui::error(&format!("`{name}`: {fault}; nothing is written")));
    show(args, &report)?;
    if report.outcome == ProviderOutcome::NotWritten {
        if report.faults.is_empty() {
            suggest(machine, args, &report);
        }
        return Ok(Status::Found);
    }
    warn_of_others(args, &report);
    Ok(Status::Done)
}

/// A followed URL that serves more than is pinned is a finding at every fetch.
fn warn_of_others(args: &AddProvider, report: &Report) {
    let other = |offered: &&Offered| offered.fault.is_none() && !offered.pinned;
    let others = report.certificates.iter().filter(other);
    let others: Vec<String> = others.map(|other| format!("`{}`", other.certificate.subject().short())).collect();
    if args.url.is_some() && !others.is_empty() {
        ui::warning(&format!("it serves roots that no pin names: {}; `pgtrust fetch` holds them", others.join(", ")));
    }
}

/// The command that takes what is served.
fn suggest(machine: &Machine<'_>, args: &AddProvider, report: &Report) {
    let roots: Vec<_> = report.certificates.iter().filter(|offered| offered.fault.is_none()).collect();
    if roots.is_empty() {
        ui::hint("none of these is a root; ask its owner where the root is");
        return;
    }
    let mut words = vec!["pgtrust".to_owned()];
    words.extend(machine.system.then(|| "--system".to_owned()));
    words.extend(["providers".to_owned(), "add".to_owned(), args.name.clone()]);
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    args.url.iter().for_each(|url| option("--url", url));
    args.host.iter().for_each(|host| option("--host", host));
    args.title.iter().for_each(|title| option("--title", title));
    args.docs.iter().for_each(|docs| option("--docs", docs));
    roots.iter().for_each(|root| option("--pin", &root.certificate.fingerprint().to_string()));
    ui::hint(&format!("compare the fingerprints with what their owner says elsewhere, then: {}", words.join(" ")));
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    path: String,
    outcome: &'static str,
    dry_run: bool,
    certificates: Vec<ShownCertificate<'a>>,
}

#[derive(Serialize)]
struct ShownCertificate<'a> {
    sha256: Fingerprint,
    subject: String,
    not_before: String,
    not_after: String,
    pinned: bool,
    no_root: Option<&'a str>,
}

fn show(args: &AddProvider, report: &Report) -> Result<(), Failure> {
    let path = report.path.display().to_string();
    let outcome = match report.outcome {
        ProviderOutcome::Created => "created",
        ProviderOutcome::NotWritten => "not-written",
        ProviderOutcome::Replaced => "replaced",
        ProviderOutcome::Unchanged => "unchanged",
    };
    if args.json {
        let certificates = report.certificates.iter().map(|offered| ShownCertificate {
            sha256: offered.certificate.fingerprint(),
            subject: offered.certificate.subject().to_string(),
            not_before: timestamp(offered.certificate.not_before()),
            not_after: timestamp(offered.certificate.not_after()),
            pinned: offered.pinned,
            no_root: offered.fault.as_deref(),
        });
        let certificates = certificates.collect();
        return ui::json(&Shown { name: &args.name, path, outcome, dry_run: args.dry_run, certificates });
    }
    let verb = match (report.outcome, args.dry_run) {
        (ProviderOutcome::Created, true) => "would be created",
        (ProviderOutcome::Replaced, true) => "would be replaced",
        (ProviderOutcome::NotWritten, _) => "not written",
        _ => outcome,
    };
    ui::data(&format!("{}: {verb}: {path}", args.name))?;
    for Offered { certificate, fault, pinned, .. } in &report.certificates {
        let sign = if *pinned { '+' } else { ' ' };
        let fault = fault.as_ref().map_or_else(String::new, |reason| format!(", {reason}"));
        ui::data(&format!("  {sign} {} {}", certificate.fingerprint(), certificate.subject()))?;
        let (from, to) = (certificate.not_before().date(), certificate.not_after().date());
        ui::data(&format!("    valid {from} to {to}{fault}"))?;
    }
    Ok(())
}

pub(crate) fn remove(machine: &Machine<'_>, args: &RemoveProvider) -> Result<Status, Failure> {
    let path = custom::remove(machine, &args.name, args.dry_run)?;
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    ui::data(&format!("{}: {verb}: {}", args.name, path.display()))?;
    Ok(Status::Done)
}
