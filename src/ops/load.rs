//! Certificates from everything that a user can name, and a bundle of them.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::Path;

use super::machine::Machine;
use super::note::{self, Failed, Note, OrNote as _};
use super::{Error, RequestError};
use crate::bundle::{Bundle, CertificateSet, Origin, Policy};
use crate::catalog::Selection;
use crate::format::{DecodeError, Derivations, Format, Passwords};
use crate::journal::{Change, Listed, Step};
use crate::manifest::Manifest;
use crate::source::{self, Problem, Source};
use crate::store::folder::Directory;
use crate::store::jvm;
use crate::store::known::system::refuse_generated;
use crate::store::nss::{Certutil, Database};
use crate::store::plan::{FileStore, StoreAccess};
use crate::store::reader;
use crate::system::permissions::{Guard, check_place};
use crate::system::{file, limits};
use crate::x509::{Certificate, Fingerprint};

/// Builds a bundle of sources, of providers with what is kept of them. Returns it with what could not be read and what was
/// left out.
pub fn bundle(
    machine: &Machine<'_>,
    sources: &[Source],
    policy: &Policy,
    password: Option<&str>,
) -> Result<(Bundle, Vec<Note>), Failed> {
    // Files alone need no settings.
    if sources.iter().any(|source| matches!(source, Source::Provider(_) | Source::Tenant(_))) {
        machine.refuse_shared_settings()?;
    }
    let mut notes = Vec::new();
    match bundle_of(machine, sources, &|kept| kept, policy, password, &mut notes) {
        Ok(bundle) => Ok((bundle, notes)),
        Err(error) => Err(Failed { error: Box::new(error), notes }),
    }
}

/// Does the same, of providers with what is `wanted` beyond what is kept.
pub(super) fn bundle_of(
    machine: &Machine<'_>,
    sources: &[Source],
    wanted: &dyn Fn(Selection) -> Selection,
    policy: &Policy,
    password: Option<&str>,
    notes: &mut Vec<Note>,
) -> Result<Bundle, Error> {
    let derivations = Derivations::default();
    let passwords = Passwords::first(password).within(&derivations);
    let mut set = CertificateSet::new();
    let providers = sources.iter().any(|source| matches!(source, Source::Provider(_)));
    let manifest = if providers { machine.manifest()? } else { Manifest::default() };
    for source in sources {
        let loaded = load(machine, &manifest, source, wanted, passwords, &mut set);
        let problems = match source {
            // One customer must not keep the others from their roots.
            Source::Tenant(_) => loaded.or_note(notes)?.unwrap_or_default(),
            _ => loaded?,
        };
        notes.extend(problems.into_iter().map(Note::Problem));
    }
    let (bundle, rejected) = Bundle::build(set, policy)?;
    notes.extend(Note::of_bundle(&bundle, rejected));
    Ok(bundle)
}

/// Fills a set from one source. Returns what cannot be read.
pub(super) fn load(
    machine: &Machine<'_>,
    manifest: &Manifest,
    source: &Source,
    wanted: &dyn Fn(Selection) -> Selection,
    passwords: Passwords<'_>,
    set: &mut CertificateSet,
) -> Result<Vec<Problem>, Error> {
    match source {
        Source::Path(path) if Database::is_at(path) => {
            let certutil = Certutil::find(machine.programs())?;
            source::load_database(set, path, &certutil)?;
        }
        Source::Path(path) => return Ok(source::load_path(set, path, passwords)?),
        Source::Provider(id) => {
            source::load_provider(set, machine.catalog()?, manifest, id, &wanted(manifest.selection(id)))?;
        }
        Source::Tenant(tenant) => {
            source::load_tenant(set, tenant, &machine.layout()?.bundle_of(tenant.name()))?;
        }
        Source::Stdin => return Ok(source::load(set, &mut io::stdin().lock(), Origin::Stdin, passwords)?),
        Source::System => {
            let mut own = CertificateSet::new();
            let problems = if machine.is_image() {
                source::load_system_of_image(&mut own, machine.root())?
            } else {
                source::load_system(&mut own)
            };
            if own.is_empty() {
                let reason = problems.into_iter().next().map(|problem| problem.reason);
                return Err(source::Error::NoSystemRoots { reason }.into());
            }
            // Odd certificates in the machine's own store are not reported.
            set.merge(own);
        }
        Source::Jdk => return Ok(source::load_jdk(set, &jvm::in_use(&machine.environment, machine.programs())?)?),
    }
    Ok(Vec::new())
}

/// Leaves out of a bundle what a program for which the format is cannot read. Returns the rest, with what a person should know;
/// fails when nothing is left.
pub fn readable(bundle: Bundle, store: &Path, format: &str) -> Result<(Bundle, Vec<Note>), Error> {
    let (bundle, rejected) = reader::readable(bundle, format)?;
    let notes = note::of_readers(bundle.certificates(), rejected, store, format);
    Ok((bundle, notes))
}

/// Writes a bundle to a file, whole or not at all. What stood there goes into the journal, for `undo` to bring back; without
/// a place for a journal it goes, and a note says so.
pub fn save(
    machine: &Machine<'_>,
    bundle: &Bundle,
    path: &Path,
    format: &Format,
    password: Option<&str>,
) -> Result<Option<Note>, Error> {
    machine.refuse_shared(path, Guard::Output)?;
    if !file::exists(path) {
        return Ok(bundle.save(path, format, password).map(|()| None)?);
    }
    let _locks = match machine.layout().and_then(|layout| Ok(check_place(&layout.state)?)).and_then(|()| machine.lock())
    {
        Ok(lock) => (lock, machine.lock_store(path)),
        Err(error) if error.is_of_lock() => return Err(error),
        Err(_) => {
            bundle.save(path, format, password)?;
            return Ok(Some(Note::NotRecorded { path: path.to_owned() }));
        }
    };
    let before = file::read(path)?.unwrap_or_default();
    let mut after = Vec::new();
    bundle.write(format, password, &mut after).map_err(DecodeError::of(path))?;
    if before == after {
        return Ok(None);
    }
    let mut there = CertificateSet::new();
    // Of what cannot be read nothing can be listed.
    let _ = source::load(&mut there, &mut &before[..], Origin::File(path.to_owned()), Passwords::first(password));
    let added = bundle.certificates().filter(|root| !there.contains(root)).map(Listed::of).collect();
    let kept: HashSet<Fingerprint> = bundle.certificates().map(Certificate::fingerprint).collect();
    let removed = there.certificates().filter(|old| !kept.contains(&old.fingerprint())).map(Listed::of).collect();
    let changes = [Change { path: path.to_owned(), before: Some(before), after: Some(after) }];
    machine.journal()?.apply(Step { added, removed, ..machine.step(path, &changes) })?;
    Ok(None)
}

/// Fails when a bundle written to this file would cost what is not a store of certificates, or more than one. A slip of the
/// hand must not cost a key.
pub fn refuse_other_files(path: &Path, password: Option<&str>) -> Result<(), Error> {
    refuse_generated(path)?;
    let Some(metadata) = file::metadata(path) else { return Ok(()) };
    let mut head = Vec::new();
    if metadata.is_file() {
        if let Ok(file) = file::open(path) {
            let _ = file.take(limits::HEAD as u64).read_to_end(&mut head);
        }
        if Format::of(&head).is_some_and(Format::is_key_store) {
            let store = FileStore::read(path, None, &StoreAccess { password, ..StoreAccess::default() })?;
            return match store.others().first() {
                None => Ok(()),
                Some(other) => {
                    Err(RequestError::HoldsOthers { path: path.to_owned(), other: other.to_string() }.into())
                }
            };
        }
        let key = head.windows(KEY.len()).any(|text| text == KEY);
        if head.trim_ascii().is_empty() || Format::of(&head).is_some_and(|format| format.writable) && !key {
            return Ok(());
        }
    }
    Err(RequestError::NotAStore { path: path.to_owned() }.into())
}

/// Fails when a hashed folder made at this path would mix with what is there.
pub fn refuse_other_folders(path: &Path) -> Result<(), Error> {
    if file::exists(path) && !(file::is_folder(path) && Directory::read(path)?.is_empty()) {
        return Err(RequestError::FolderNotEmpty { path: path.to_owned() }.into());
    }
    Ok(())
}

const KEY: &[u8] = b"PRIVATE KEY-----";
