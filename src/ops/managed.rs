//! Chooses the file that a client should read, of those that pgtrust keeps.

use std::path::PathBuf;

use super::machine::Machine;
use super::note::Note;
use super::stores::Finder;
use super::{Error, RequestError};
use crate::catalog::Catalog;
use crate::source::{self, Tenant};
use crate::store::java::JavaStore;
use crate::store::known::postgres;
use crate::store::plan::Store;
use crate::system::file;
use crate::x509::Certificate;

/// Tells whether a source of the manifest is a provider or a customer of one, and not a file.
pub(crate) fn is_followed(name: &str, catalog: &Catalog) -> bool {
    catalog.contains(name.split('/').next().unwrap_or_default())
}

/// Finds the PEM file that clients should read: the provider's or tenant's, if one is named, else the user's `root.crt`, else
/// that of the only provider that is kept. Its path is absolute, as other programs read it from other folders, and that of an image is
/// as the image has it.
pub fn pem(machine: &Machine<'_>, name: Option<&str>) -> Result<PathBuf, Error> {
    machine.refuse_shared_settings()?;
    let catalog = machine.catalog()?;
    if let Some(name) = name {
        if let Some(tenant) = Tenant::parse(name, catalog)? {
            return fetched(machine, tenant.name());
        }
        // Says what may be meant where there is no such provider.
        return fetched(machine, &catalog.provider(name)?.id);
    }
    // The file of one account is not for the whole machine.
    if !machine.system {
        let path = postgres::root_crt(&machine.environment)?;
        if file::exists(&path) {
            return Ok(machine.seen(&path));
        }
    }
    let manifest = machine.manifest()?;
    let kept = manifest.sources().iter().map(|source| &source.name).filter(|name| is_followed(name, catalog));
    match kept.cloned().collect::<Vec<_>>().as_slice() {
        [] => Err(RequestError::NothingKept.into()),
        [id] => fetched(machine, id),
        several => Err(RequestError::SeveralKept { ids: several.to_vec() }.into()),
    }
}

fn fetched(machine: &Machine<'_>, id: &str) -> Result<PathBuf, Error> {
    let path = machine.layout()?.bundle_of(id);
    if file::exists(&path) {
        Ok(machine.seen(&path))
    } else {
        Err(source::Error::NotFetched { id: id.to_owned(), path }.into())
    }
}

/// Returns the Java trust store that is kept, which need not exist.
pub fn java_store(machine: &Machine<'_>) -> Result<JavaStore, Error> {
    machine.refuse_shared_settings()?;
    let (layout, manifest) = (machine.layout()?, machine.manifest()?);
    let kept = manifest.targets().iter().find(|target| target.name.as_deref() == Some("java"));
    // One in another format may be left from before.
    let jks = kept.map_or_else(|| file::exists(&layout.java_store(true)), |kept| kept.format.as_deref() == Some("jks"));
    let path = machine.seen(&layout.java_store(jks));
    Ok(JavaStore { path, own_password: kept.is_some_and(|kept| kept.password_file.is_some()) })
}

/// Tells whether one of the kept stores, the user's `root.crt` or the combined PEM of this source has all of these
/// roots. Stores that cannot be read are noted.
pub fn holds_all(machine: &Machine<'_>, source: &str, roots: &[Certificate]) -> Result<(bool, Vec<Note>), Error> {
    let (manifest, mut notes) = (machine.manifest()?, Vec::new());
    let finder = Finder::new(machine, &manifest);
    let mut stores = finder.kept(&mut notes)?;
    if !machine.system {
        stores.extend(finder.target("postgres")?);
    }
    for named in stores.iter().filter(|named| file::exists(&named.store.path)) {
        match Store::open(&named.store, &named.access(machine)) {
            Ok(store) if roots.iter().all(|root| store.certificates().contains(&root)) => return Ok((true, notes)),
            Ok(_) => {}
            Err(error) => notes.push(Note::Failure(error.into())),
        }
    }
    let fetched = source::certificates_in(&machine.layout()?.bundle_of(source))?;
    Ok((roots.iter().all(|root| fetched.contains(root)), notes))
}
