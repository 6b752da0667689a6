//! Refuses settings that others can write.

use std::path::{Path, PathBuf};

use super::{Error, last_run};
use crate::catalog::Location;
use crate::system::layout::Layout;
use crate::system::permissions::{Guard, look, refuse_shared};
use crate::system::{file, limits};
use crate::{hook, journal, manifest};

/// Fails when others than this user can write what says which roots are trusted or which programs run.
pub(super) fn refuse_shared_settings(layout: &Layout, guard: Guard) -> Result<(), Error> {
    refuse_shared(&layout.manifest, guard)?;
    for name in [journal::FILE, last_run::FILE, hook::FILE] {
        refuse_shared(&layout.state.join(name), guard)?;
    }
    // A manifest that cannot be read, and a folder that cannot, are for those who need them to report.
    let named = manifest::catalogues(&layout.manifest).unwrap_or_default();
    let named = named.into_iter().filter_map(|catalogue| match catalogue.location {
        Location::Folder(path) => Some(path),
        // Its digest says what it is.
        Location::Archive { .. } => None,
    });
    let own = [layout.catalogue.clone(), layout.catalogues(), layout.held(), layout.state.join("downloads")];
    for folder in named.chain(own) {
        refuse_shared(&folder, guard)?;
        refuse_shared_entries(&folder, guard)?;
    }
    refuse_shared_tenants(&layout.bundles, guard)
}

/// Fails when others can write what is in a folder. The way there is known.
pub(super) fn refuse_shared_entries(folder: &Path, guard: Guard) -> Result<(), Error> {
    let mut left: Vec<(PathBuf, usize)> = entries(folder).into_iter().map(|entry| (entry, 0)).collect();
    while let Some((entry, depth)) = left.pop() {
        look(&entry, &entry, guard)?;
        if depth < limits::FOLDER_DEPTH {
            left.extend(entries(&entry).into_iter().map(|entry| (entry, depth + 1)));
        }
    }
    Ok(())
}

/// The file of a tenant is its pin. That of a provider is a store, which the pins of the catalogue prove.
fn refuse_shared_tenants(bundles: &Path, guard: Guard) -> Result<(), Error> {
    refuse_shared(bundles, guard)?;
    let is_pem = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "pem");
    for provider in entries(bundles) {
        for tenant in entries(&provider).iter().filter(is_pem) {
            look(&provider, &provider, guard)?;
            look(tenant, tenant, guard)?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    if file::is_folder(folder) { file::entries(folder).unwrap_or_default() } else { Vec::new() }
}
