//! Refuses files that decide trust and that others can write.

use std::path::Path;

use super::Error;
use crate::catalog::Location;
use crate::system::file;
use crate::system::layout::Layout;
use crate::system::permissions::refuse_shared;
use crate::{journal, manifest};

/// Refuses a manifest, a journal, and providers of the user's own or of a catalogue's folder that others could write: they
/// say what is trusted.
pub(crate) fn refuse_shared_settings(layout: &Layout, root: &Path) -> Result<(), Error> {
    refuse_shared(&layout.manifest, root)?;
    refuse_shared(&layout.state.join(journal::FILE), root)?;
    // A manifest that cannot be read, and a folder that cannot, are for those who need them to report.
    let named = manifest::catalogues(&layout.manifest).unwrap_or_default();
    let folders = named.iter().filter_map(|catalogue| match &catalogue.location {
        Location::Folder(path) => Some(path),
        // Its digest says what it is.
        Location::Archive { .. } => None,
    });
    for provider in folders.chain([&layout.catalogue]).flat_map(|folder| file::entries(folder).unwrap_or_default()) {
        for part in file::entries(&provider).unwrap_or_default() {
            refuse_shared(&part, root)?;
        }
        refuse_shared(&provider, root)?;
    }
    Ok(())
}
