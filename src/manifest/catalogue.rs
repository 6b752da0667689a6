//! The catalogues that a manifest names: `[[catalogue]]`. And which providers it names.

use std::path::Path;

use super::Manifest;
use crate::catalog::{Location, NamedCatalogue};
use crate::manifest::Error;
use crate::system::file;

/// Reads the catalogues that a manifest names. A manifest without that word is not parsed: every command that
/// looks a provider up asks this.
pub(crate) fn catalogues(manifest: &Path) -> Result<Vec<NamedCatalogue>, Error> {
    match file::read(manifest)? {
        Some(text) if memchr::memmem::find(&text, b"catalogue").is_some() => {
            let mut named = Manifest::load(manifest)?.contents.catalogue;
            let root = file::root_of(manifest);
            for catalogue in &mut named {
                if let Location::Folder(path) = &mut catalogue.location {
                    *path = file::place(&root, path);
                }
            }
            Ok(named)
        }
        _ => Ok(Vec::new()),
    }
}

impl Manifest {
    /// Returns the catalogues that are named beside the built-in one.
    pub fn catalogues(&self) -> &[NamedCatalogue] {
        &self.contents.catalogue
    }

    /// Lists where the manifest names this provider: as a source, in a store, as an accepted root.
    pub fn uses(&self, provider: &str) -> Vec<String> {
        let of_it =
            |name: &str| name.strip_prefix(provider).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let sources = self.contents.source.iter().filter(|source| of_it(&source.name));
        let mut uses: Vec<String> = sources.map(|source| format!("source `{}`", source.name)).collect();
        for target in self.contents.target.iter().filter(|target| target.sources.iter().any(|name| of_it(name))) {
            let path = || target.path.as_deref().map(|path| path.display().to_string());
            uses.push(format!("target `{}`", target.name.clone().or_else(path).unwrap_or_default()));
        }
        uses.extend(
            self.contents.accepted.iter().any(|root| of_it(&root.provider)).then(|| "an accepted root".to_owned()),
        );
        uses
    }
}
