//! The catalogues that a manifest names: `[[catalogue]]`. And which providers it names.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Manifest;
use crate::error::Error;
use crate::system::file;
use crate::x509::Fingerprint;

/// A catalogue beside the built-in one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
#[non_exhaustive]
pub struct KeptCatalogue {
    /// Where it is.
    pub place: Place,
    /// The providers of other catalogues that it takes the place of.
    pub overrides: Vec<String>,
}

/// Where a catalogue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder, by its absolute path.
    Folder(PathBuf),
    /// A ZIP archive.
    Archive {
        /// Where it is published, over https.
        url: String,
        /// SHA-256 of the whole archive: no other is used.
        sha256: Fingerprint,
    },
}

impl KeptCatalogue {
    /// Its folder or URL.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Folder(path) => path.display().to_string(),
            Place::Archive { url, .. } => url.clone(),
        }
    }
}

/// The catalogues that a manifest names. One that does not say the word is not even parsed: every command that looks a
/// provider up asks this.
pub fn catalogues(manifest: &Path) -> Result<Vec<KeptCatalogue>, Error> {
    match file::read(manifest)? {
        Some(text) if memchr::memmem::find(&text, b"catalogue").is_some() => {
            Ok(Manifest::load(manifest)?.kept.catalogue)
        }
        _ => Ok(Vec::new()),
    }
}

impl Manifest {
    /// The catalogues that are named beside the built-in one.
    pub fn catalogues(&self) -> &[KeptCatalogue] {
        &self.kept.catalogue
    }

    /// What of this provider is kept, in the words of the manifest: as a source, in a store, as an accepted root.
    pub fn uses(&self, provider: &str) -> Vec<String> {
        let of_it =
            |name: &str| name.strip_prefix(provider).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let sources = self.kept.source.iter().filter(|source| of_it(&source.name));
        let mut uses: Vec<String> = sources.map(|source| format!("source `{}`", source.name)).collect();
        for target in self.kept.target.iter().filter(|target| target.sources.iter().any(|name| of_it(name))) {
            let path = || target.path.as_deref().map(|path| path.display().to_string());
            uses.push(format!("target `{}`", target.name.clone().or_else(path).unwrap_or_default()));
        }
        uses.extend(self.kept.accepted.iter().any(|root| of_it(&root.provider)).then(|| "an accepted root".to_owned()));
        uses
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    path: Option<PathBuf>,
    url: Option<String>,
    sha256: Option<Fingerprint>,
    #[serde(default)]
    overrides: Vec<String>,
}

impl TryFrom<Written> for KeptCatalogue {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { path, url, sha256, overrides } = written;
        let place = match (path, url, sha256) {
            // A relative one would mean another folder in every job.
            (Some(path), None, None) if path.is_absolute() => Place::Folder(path),
            (Some(_), None, None) => return Err("the `path` of a catalogue is absolute"),
            (None, Some(url), Some(sha256)) if url.starts_with("https://") => Place::Archive { url, sha256 },
            (None, Some(_), Some(_)) => return Err("the `url` of a catalogue begins with https://"),
            (None, Some(_), None) => return Err("the `url` of a catalogue needs the `sha256` of the archive"),
            _ => return Err("a catalogue has a `path`, or a `url` and its `sha256`"),
        };
        Ok(Self { place, overrides })
    }
}
