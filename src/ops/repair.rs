//! Makes stores readable again.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::note::{Failed, Note, OrNote as _};
use super::stores::{Finder, NamedStore, Stores};
use super::{Error, change};
use crate::bundle::{self, Bundle, CertificateSet, Origin, Policy, Reason};
use crate::journal::Step;
use crate::manifest::Opening;
use crate::store::plan::{Outcome, Repair, Taken};
use crate::system::permissions::{Guard, check_place};
use crate::x509::{Certificate, Fingerprint};

/// The stores to repair.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The stores, each a file.
    pub files: Vec<PathBuf>,
    /// The file with their password.
    pub password_file: Option<PathBuf>,
    /// Take out what has expired and what is not a root, too.
    pub drop_dead: bool,
    /// Write nothing, and tell what would go.
    pub dry_run: bool,
}

/// The result of a repair.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The stores.
    pub stores: Vec<Repaired>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// The result for one store.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Repaired {
    /// The file.
    pub path: String,
    /// Its format.
    pub format: &'static str,
    /// What was done, or would be.
    pub outcome: Outcome,
    /// What went, or would.
    pub removed: Vec<Part>,
    /// What was written anew, as programs did not read it where it stood.
    pub repairs: Vec<String>,
    /// How many certificates it has left.
    pub kept: usize,
}

/// A part of a store that went.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// Where it stood.
    pub position: String,
    /// Its fingerprint, where it is a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Fingerprint>,
    /// Its subject, where it is a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
}

/// Takes out of stores what no program can read, and what makes a program for which the store is read nothing of it.
pub fn repair(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (stores, notes) = with_hooks(machine, |changes, notes| run(machine, request, changes, notes))?;
    Ok(Report { stores, notes })
}

fn run(
    machine: &Machine<'_>,
    request: &Request,
    changes: &mut Changes,
    notes: &mut Vec<Note>,
) -> Result<Vec<Repaired>, Error> {
    let manifest = machine.manifest()?;
    let given = Opening { password_file: request.password_file.clone(), ..Opening::default() };
    let finder = Finder { given, ..Finder::new(machine, &manifest) };
    let named = finder.named(&Stores { files: request.files.clone(), ..Stores::default() }, notes)?;
    if !request.dry_run {
        check_place(&machine.layout()?.state)?;
    }
    let mut stores = Vec::new();
    for store in &named {
        // One store that cannot be repaired must not keep the others.
        stores.extend(change::retry(|| one(machine, request, store, changes, notes)).or_note(notes)?);
    }
    Ok(stores)
}

fn one(
    machine: &Machine<'_>,
    request: &Request,
    named: &NamedStore,
    changes: &mut Changes,
    notes: &mut Vec<Note>,
) -> Result<Repaired, Error> {
    let path = &named.store.path;
    machine.refuse_shared(path, Guard::Store)?;
    // A dry run writes nothing at all, the lock's file included.
    let _locks = if request.dry_run { None } else { Some((machine.lock()?, machine.lock_store(path))) };
    let catalog = machine.catalog()?;
    let dead = |certificate: &Certificate| {
        // One that a provider pins needs no other reason to be a root.
        let pinned = || catalog.providers_of(&certificate.fingerprint()).is_ok_and(|providers| !providers.is_empty());
        let reason = if request.drop_dead { reason(path, certificate, machine) } else { None };
        reason.filter(|reason| !reason.is_not_a_root() || !pinned())
    };
    let repair = Repair::new(path, &named.access(machine), &dead)?;
    if request.dry_run {
        change::warn_if_blocked(machine, repair.changes(), notes);
        if !repair.changes().is_empty() {
            change::plan(machine, named, &[], &repair.listed(), changes);
        }
    } else if !repair.changes().is_empty() {
        let step = machine.step(path, repair.changes());
        change::make(machine, Step { removed: repair.listed(), target: named.target(), ..step }, changes)?;
    }
    let part = |taken: &Taken| Part {
        position: taken.position.clone(),
        sha256: taken.certificate.as_ref().map(Certificate::fingerprint),
        subject: taken.certificate.as_ref().map(|certificate| certificate.subject().to_string()),
        reason: taken.reason.clone(),
    };
    Ok(Repaired {
        path: path.display().to_string(),
        format: repair.format(),
        outcome: repair.outcome(),
        removed: repair.taken().iter().map(part).collect(),
        repairs: repair.mended().to_vec(),
        kept: repair.kept(),
    })
}

/// Why no store should hold a certificate, whoever put it there.
fn reason(path: &Path, certificate: &Certificate, machine: &Machine<'_>) -> Option<Reason> {
    let mut set = CertificateSet::new();
    let origin = set.origin(Origin::File(path.to_owned()));
    set.insert(certificate.clone(), origin, None);
    match Bundle::build(set, &Policy::roots(machine.as_of)) {
        Err(bundle::Error::EmptyBundle { rejected }) => rejected.into_iter().next().map(|rejected| rejected.reason),
        _ => None,
    }
}
