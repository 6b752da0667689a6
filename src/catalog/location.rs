//! Locations of catalogues beside the built-in one.

use std::path::PathBuf;

use serde::Deserialize;

use crate::system::secrets::without_user;
use crate::x509::Fingerprint;

/// A catalogue beside the built-in one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
#[non_exhaustive]
pub struct NamedCatalogue {
    /// Returns its path.
    pub location: Location,
    /// The providers of other catalogues that it takes the place of.
    pub overrides: Vec<String>,
}

/// The location of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
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

impl NamedCatalogue {
    /// Its folder, or its URL without a password.
    pub fn name(&self) -> String {
        match &self.location {
            Location::Folder(path) => path.display().to_string(),
            Location::Archive { url, .. } => without_user(url).into_owned(),
        }
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

impl TryFrom<Written> for NamedCatalogue {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { path, url, sha256, overrides } = written;
        let location = match (path, url, sha256) {
            // A relative one would mean another folder in every job.
            (Some(path), None, None) if path.is_absolute() => Location::Folder(path),
            (Some(_), None, None) => return Err("the `path` of a catalogue is absolute"),
            (None, Some(url), Some(sha256)) if url.starts_with("https://") => Location::Archive { url, sha256 },
            (None, Some(_), Some(_)) => return Err("the `url` of a catalogue begins with https://"),
            (None, Some(_), None) => return Err("the `url` of a catalogue needs the `sha256` of the archive"),
            _ => return Err("a catalogue has a `path`, or a `url` and its `sha256`"),
        };
        Ok(Self { location, overrides })
    }
}
