//! Takes roots that pgtrust added out of stores: all of them, or those that no server needs.

use std::path::Path;

use serde::Serialize;

use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::note::{Failed, Note, OrNote as _};
use super::stores::{Finder, NamedStore, Stores};
use super::{Error, RequestError, change, undo};
use crate::bundle::Role;
use crate::catalog::Catalog;
use crate::journal::{Added, Listed, Step};
use crate::manifest::{Manifest, Opening};
use crate::store::plan::{Outcome, Removal, Store};
use crate::system;
use crate::system::permissions::{Guard, check_place};
use crate::x509::{Certificate, Fingerprint};

/// The stores that roots are removed from.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The stores; all that the manifest keeps, when none is named.
    pub stores: Stores,
    /// How they are opened.
    pub opening: Opening,
    /// Write nothing, and tell what would go.
    pub dry_run: bool,
}

/// The result of a removal.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The stores.
    pub stores: Vec<Removed>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// The result for one store.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Removed {
    /// The file or folder.
    pub path: String,
    /// Its format; None where there is no store.
    pub format: Option<&'static str>,
    /// What was done, or would be.
    pub outcome: Outcome,
    /// The roots that it lost, or would.
    pub removed: Vec<Gone>,
    /// How many certificates it has left.
    pub kept: usize,
}

/// A root that a store lost.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Gone {
    /// The root.
    #[serde(flatten)]
    pub root: Listed,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Takes out of stores all that pgtrust added, and keeps the stores no longer.
pub fn uninstall(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    remove(machine, request, &|_, _, added| Ok(Chosen { roots: added, reasons: Vec::new() }), true)
}

/// Takes out of stores what pgtrust added and no server that it knows of needs: roots that have expired, and those that the
/// catalogue tells to be out of use. A store that this would leave without any root stays as it is.
pub fn prune(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    let (catalog, manifest) = (machine.catalog()?, machine.manifest()?);
    let stale = |path: &Path, store: &Store, added: Added| {
        let mut reasons = Vec::new();
        let mut left = 0;
        for certificate in store.certificates() {
            let fingerprint = certificate.fingerprint();
            match reason(machine, catalog, &manifest, certificate)? {
                Some(reason) if added.contains(&fingerprint) => reasons.push((fingerprint, reason)),
                _ => left += 1,
            }
        }
        if left == 0 && !reasons.is_empty() {
            store.all_read()?;
            return Err(RequestError::WouldEmpty { path: path.to_owned() }.into());
        }
        let roots = added.only(|root| reasons.iter().any(|(fingerprint, _)| fingerprint == root));
        Ok(Chosen { roots, reasons })
    };
    remove(machine, request, &stale, false)
}

/// Why no server that pgtrust knows of needs this root; None when one may.
fn reason(
    machine: &Machine<'_>,
    catalog: &Catalog,
    manifest: &Manifest,
    certificate: &Certificate,
) -> Result<Option<String>, Error> {
    let providers = catalog.providers_of(&certificate.fingerprint())?;
    let named: Vec<String> = providers.iter().map(|(id, role)| format!("{} by {id}", role.name())).collect();
    if certificate.expired(machine.as_of) {
        let expired = format!("expired on {}", certificate.not_after().date());
        return Ok(Some([vec![expired], named].concat().join(", ")));
    }
    let in_use = |(id, role): &(String, Role)| match role {
        Role::Retiring => manifest.selection(id).retiring,
        role => *role != Role::Legacy,
    };
    if providers.is_empty() || providers.iter().any(in_use) {
        return Ok(None);
    }
    Ok(Some(named.join(", ")))
}

/// The roots to remove, of those that pgtrust added to a store.
struct Chosen {
    roots: Added,
    /// Why, where that is not plain.
    reasons: Vec<(Fingerprint, String)>,
}

type Choose<'a> = &'a dyn Fn(&Path, &Store, Added) -> Result<Chosen, Error>;

/// `forget` takes the stores from the manifest too.
fn remove(machine: &Machine<'_>, request: &Request, choose: Choose<'_>, forget: bool) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (stores, notes) =
        with_hooks(machine, |changes, notes| Run { machine, request, choose, changes, notes }.remove(forget))?;
    Ok(Report { stores, notes })
}

struct Run<'a> {
    machine: &'a Machine<'a>,
    request: &'a Request,
    choose: Choose<'a>,
    changes: &'a mut Changes,
    notes: &'a mut Vec<Note>,
}

impl Run<'_> {
    fn remove(mut self, forget: bool) -> Result<Vec<Removed>, Error> {
        let manifest = self.machine.manifest()?;
        let finder = Finder { given: self.request.opening.clone(), ..Finder::new(self.machine, &manifest) };
        let mut named = finder.named(&self.request.stores, self.notes)?;
        if named.is_empty() && self.notes.is_empty() {
            named = finder.kept(self.notes)?;
        }
        if named.is_empty() && self.notes.is_empty() {
            return Err(RequestError::NoStoreKept.into());
        }
        if !self.request.dry_run {
            check_place(&self.machine.layout()?.state)?;
        }
        self.notes.extend(undo::damage(self.machine.journal()?)?);
        let (mut stores, mut failed) = (Vec::new(), Vec::new());
        for (index, store) in named.iter().enumerate() {
            // A target of several stores is kept until nothing is left in any of them.
            let is_last =
                named[index + 1..].iter().all(|other| other.key != store.key) && !failed.contains(&&store.key);
            // One store that cannot be written must not keep the others.
            match change::retry(|| self.remove_from(store, forget && is_last)).or_note(self.notes)? {
                Some(removed) => stores.push(removed),
                None => failed.push(&store.key),
            }
        }
        Ok(stores)
    }

    fn remove_from(&mut self, named: &NamedStore, forget: bool) -> Result<Removed, Error> {
        let (machine, path) = (self.machine, &named.store.path);
        machine.refuse_shared(path, Guard::Store)?;
        // A dry run writes nothing at all, the lock's file included.
        let _locks = if self.request.dry_run { None } else { Some((machine.lock()?, machine.lock_store(path))) };
        let (mut removal, mut reasons) = (None, Vec::new());
        if path.try_exists().map_err(system::Error::unread("find", path))? {
            let store = Store::open(&named.store, &named.access(machine))?;
            let added = machine.journal()?.added_to(path)?;
            store.look_for(&added)?;
            let chosen = (self.choose)(path, &store, added)?;
            removal = Some(Removal::new(&store, &chosen.roots)?);
            reasons = chosen.reasons;
        }
        if self.request.dry_run {
            let changes = removal.as_ref().map(Removal::changes).unwrap_or_default();
            change::warn_if_blocked(machine, changes, self.notes);
            if let Some(removal) = removal.as_ref().filter(|removal| !removal.changes().is_empty()) {
                change::plan(machine, named, &[], &removal.listed(), self.changes);
            }
        } else {
            self.apply(named, removal.as_ref(), forget)?;
        }
        self.notes.extend(removal.iter().flat_map(Removal::notes).cloned().map(Note::Trace));
        let gone = |root: Listed| {
            let reason = reasons.iter().find(|(fingerprint, _)| *fingerprint == root.sha256);
            Gone { reason: reason.map(|(_, reason)| reason.clone()), root }
        };
        Ok(Removed {
            path: path.display().to_string(),
            format: removal.as_ref().map(Removal::format),
            outcome: removal.as_ref().map_or(Outcome::Unchanged, Removal::outcome),
            removed: removal.iter().flat_map(Removal::listed).map(gone).collect(),
            kept: removal.as_ref().map_or(0, Removal::kept),
        })
    }

    /// Changes the store, and the manifest with it.
    fn apply(&mut self, named: &NamedStore, removal: Option<&Removal>, forget: bool) -> Result<(), Error> {
        let mut manifest = self.machine.manifest()?;
        let (key, text) = &named.key;
        if forget {
            manifest.drop_target(key, text)?;
        }
        let store_changes = removal.map(Removal::changes).unwrap_or_default();
        let changes = [store_changes, &change::of_manifest(&manifest)?].concat();
        if changes.is_empty() {
            return Ok(());
        }
        let removed = removal.map(Removal::listed).unwrap_or_default();
        let step = self.machine.step(&named.store.path, &changes);
        change::make(self.machine, Step { removed, target: named.target(), ..step }, self.changes)
    }
}
