//! Trusts roots that a source serves and no pin knows.

use super::fetch;
use super::finding::FindingKind;
use super::hooks::{Changes, with_hooks};
use super::last_run::LastRun;
use super::machine::Machine;
use super::note::{Failed, Note};
use super::{Error, RequestError};
use crate::catalog::Provider;
use crate::journal::Listed;
use crate::source;
use crate::x509::{Certificate, Fingerprint, Verdict};

/// The held roots that are to be accepted.
#[derive(Clone, Debug)]
pub enum HeldSelection {
    /// The one of this fingerprint.
    One(Fingerprint),
    /// All held roots of this provider.
    OfProvider(String),
}

/// The roots that were accepted, or would be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The provider.
    pub provider: String,
    /// The roots, each with what speaks for it, a line each.
    pub roots: Vec<(Listed, Vec<String>)>,
    /// The subjects of certificates that stay held because they are not roots.
    pub others: Vec<String>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// Shows what is held and what speaks for it. With `dry_run` it stays held; without, the manifest trusts it from now on, and
/// the provider's combined PEM has it.
pub fn accept(machine: &Machine<'_>, which: &HeldSelection, dry_run: bool) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (mut report, notes) = with_hooks(machine, |changes, notes| run(machine, which, dry_run, changes, notes))?;
    report.notes.extend(notes);
    Ok(report)
}

fn run(
    machine: &Machine<'_>,
    which: &HeldSelection,
    dry_run: bool,
    changes: &mut Changes,
    notes: &mut Vec<Note>,
) -> Result<Report, Error> {
    let layout = machine.layout()?;
    // A dry run writes nothing at all, the lock's file included.
    let _lock = if dry_run { None } else { Some(machine.lock()?) };
    let (held, lost) = source::held(&layout.held());
    notes.extend(lost.into_iter().map(|error| Note::Lost(error.into())));
    let is_asked = |id: &str, certificate: &Certificate| match which {
        HeldSelection::One(fingerprint) => certificate.fingerprint() == *fingerprint,
        HeldSelection::OfProvider(provider) => provider == id,
    };
    let asked: Vec<&(String, Certificate)> =
        held.iter().filter(|(id, certificate)| is_asked(id, certificate)).collect();
    let Some((id, first)) = asked.first() else {
        return Err(match which {
            HeldSelection::One(fingerprint) => RequestError::NotHeld { fingerprint: *fingerprint },
            HeldSelection::OfProvider(provider) => RequestError::NothingHeld { provider: provider.clone() },
        }
        .into());
    };
    let (roots, others): (Vec<&Certificate>, Vec<&Certificate>) =
        asked.iter().map(|(_, certificate)| certificate).partition(|root| root.is_ca() && root.is_self_signed());
    if roots.is_empty() {
        return Err(RequestError::NotARoot { subject: first.subject().to_string() }.into());
    }
    let provider = machine.catalog()?.provider(id)?;
    let last = LastRun::load(&layout.state);
    let mut shown = Vec::new();
    for root in &roots {
        shown.push((Listed::of(root), evidence(&provider, root, &held, &last)?));
    }
    let notes = if dry_run { Vec::new() } else { trust(machine, id, &roots, &held, changes)? };
    let others = others.into_iter().map(|other| other.subject().to_string()).collect();
    Ok(Report { provider: id.clone(), roots: shown, others, notes })
}

/// Collects the evidence for a root: who serves it, since when, and what speaks for its key.
fn evidence(
    provider: &Provider,
    root: &Certificate,
    held: &[(String, Certificate)],
    last: &LastRun,
) -> Result<Vec<String>, Error> {
    let (from, to) = (root.not_before().date(), root.not_after().date());
    let mut lines = vec![format!("valid {from} to {to}, {}", root.key())];
    let fingerprint = root.fingerprint().to_string();
    let found = last.findings().find(|finding| finding.kind == FindingKind::Held && finding.key == fingerprint);
    lines.extend(found.map(|finding| format!("since {}: {}", finding.since, finding.message)));
    let of_its_key = |other: &Certificate| other.spki_sha256() == root.spki_sha256();
    let mut vouched = Vec::new();
    for (pin, pinned) in provider.roots()? {
        if of_its_key(&pinned) {
            vouched.push(format!("its key is that of the pinned `{}`, sha256 {}", pinned.subject(), pin.sha256));
        }
        // A link certificate, as providers publish beside a new root (RFC 4210, section 4.4).
        let mut links = held.iter().filter(|(id, other)| *id == provider.id && other != root && of_its_key(other));
        if links.any(|(_, link)| link.issuer() == pinned.subject() && link.signature_by(&pinned) == Verdict::Valid) {
            vouched.push(format!("the pinned `{}`, sha256 {}, has signed its key", pinned.subject(), pin.sha256));
        }
    }
    if vouched.is_empty() {
        vouched.push("no pinned root has its key or has signed it".to_owned());
    }
    lines.extend(vouched);
    lines.push(format!("compare it with {}", provider.page()));
    Ok(lines)
}

fn trust(
    machine: &Machine<'_>,
    id: &str,
    roots: &[&Certificate],
    held: &[(String, Certificate)],
    changes: &mut Changes,
) -> Result<Vec<Note>, Error> {
    let layout = machine.layout()?;
    let mut manifest = machine.manifest()?;
    for root in roots {
        manifest.accept(id, root)?;
    }
    manifest.save()?;
    let others = held.iter().filter(|(other, held)| other == id && !roots.contains(&held)).map(|(_, held)| held);
    source::hold(&layout.held_of(id), others)?;
    let (bundle, rejected) = fetch::bundle(machine, &manifest, id, &manifest.selection(id))?;
    let path = layout.bundle_of(id);
    if bundle.keep(&path)? {
        let added: Vec<Listed> = roots.iter().map(|root| Listed::of(root)).collect();
        changes.add_bundle(machine, false, &path, id, (&added, &[]));
    }
    Ok(vec![Note::Rejected(rejected)])
}
