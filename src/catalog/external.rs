//! The catalogues that are not built in: the user's own folder, and the folders and archives that a manifest names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::custom::{Files, is_device, name_fault};
use super::location::{Location, NamedCatalogue};
use crate::catalog::Error;
use crate::format;
use crate::system::{file, limits};
use crate::x509::Fingerprint;

#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The folder or the URL.
    pub(super) name: String,
    overrides: Vec<String>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Archive(Arc<BTreeMap<String, Files>>),
    Folder(PathBuf),
    /// Not here, or not as it should be.
    Unusable(String),
}

impl Own {
    /// Makes a catalogue of a folder, which need not exist.
    pub(super) fn folder(path: PathBuf) -> Self {
        Self { name: path.display().to_string(), overrides: Vec::new(), content: Content::Folder(path) }
    }

    pub(super) fn named(named: &NamedCatalogue, archives: &Path) -> Self {
        let content = match &named.location {
            Location::Folder(path) if file::is_folder(path) => Content::Folder(path.clone()),
            Location::Folder(_) => Content::Unusable("there is no such folder".to_owned()),
            Location::Archive { sha256, .. } => match kept(archives, sha256) {
                Ok(Some(providers)) => Content::Archive(Arc::new(providers)),
                Ok(None) => Content::Unusable("it has not been downloaded yet".to_owned()),
                Err(reason) => Content::Unusable(reason),
            },
        };
        Self { name: named.name(), overrides: named.overrides.clone(), content }
    }

    pub(super) fn ids(&self) -> Result<Vec<String>, Error> {
        Ok(match &self.content {
            Content::Archive(providers) => providers.keys().cloned().collect(),
            Content::Folder(folder) => {
                let names = file::entries(folder)?;
                let names = names.iter().filter_map(|path| path.file_name()?.to_str());
                names.filter(|id| self.has(id)).map(str::to_owned).collect()
            }
            Content::Unusable(_) => Vec::new(),
        })
    }

    pub(super) fn has(&self, id: &str) -> bool {
        match &self.content {
            Content::Archive(providers) => providers.contains_key(id),
            Content::Folder(folder) => is_id(id) && Files::is_in(&folder.join(id)),
            Content::Unusable(_) => false,
        }
    }

    /// Tells whether a folder of this name holds a definition, be the name an id or not.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        let Content::Folder(folder) = &self.content else { return false };
        let is_it = |path: &PathBuf| path.file_name().is_some_and(|found| found == name) && Files::is_in(path);
        file::entries(folder).is_ok_and(|paths| paths.iter().any(is_it))
    }

    pub(super) fn overrides(&self, id: &str) -> bool {
        self.overrides.iter().any(|overridden| overridden == id)
    }

    pub(super) fn problem(&self) -> Option<Error> {
        match &self.content {
            Content::Unusable(reason) => Some(Error::BadCatalogue { name: self.name.clone(), reason: reason.clone() }),
            Content::Archive(_) | Content::Folder(_) => None,
        }
    }

    /// Reads the files of a provider that it [`has`](Self::has).
    pub(super) fn files(&self, id: &str) -> Result<Files, Error> {
        match &self.content {
            Content::Folder(folder) => Files::read(&folder.join(id)),
            Content::Archive(providers) => Ok(providers.get(id).cloned().unwrap_or_default()),
            Content::Unusable(_) => Ok(Files::default()),
        }
    }
}

/// Tells whether a provider can have this name. Files are named by it: none may be in another place, or be that of
/// another provider where `Azure.pem` is `azure.pem`.
fn is_id(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(plain) && !is_device(name)
}

/// Keeps an archive, once it is sure that there are providers in it. Returns whether it is new.
pub(crate) fn keep_archive(archives: &Path, name: &str, archive: &[u8]) -> Result<bool, Error> {
    let new = check_archive(archives, name, archive)?;
    if new {
        file::replace_private(&path_of(archives, &Fingerprint::of(archive)), archive)?;
    }
    Ok(new)
}

/// Tells whether an archive is new. Fails where there are no providers in it.
pub(crate) fn check_archive(archives: &Path, name: &str, archive: &[u8]) -> Result<bool, Error> {
    unpack(archive).map_err(|reason| Error::BadCatalogue { name: name.to_owned(), reason })?;
    let there = file::read(&path_of(archives, &Fingerprint::of(archive)));
    Ok(there.ok().flatten().as_deref() != Some(archive))
}

/// Tells whether the archive of this digest is kept, whole.
pub(crate) fn archive_is_kept(archives: &Path, sha256: &Fingerprint) -> bool {
    matches!(kept(archives, sha256), Ok(Some(_)))
}

/// The providers of the archive of this digest. None when it is not kept, or not as it was.
fn kept(archives: &Path, sha256: &Fingerprint) -> Result<Option<BTreeMap<String, Files>>, String> {
    match file::read(&path_of(archives, sha256)).map_err(|error| error.to_string())? {
        Some(archive) if Fingerprint::of(&archive) == *sha256 => unpack(&archive).map(Some),
        _ => Ok(None),
    }
}

fn path_of(archives: &Path, sha256: &Fingerprint) -> PathBuf {
    archives.join(format!("{sha256}.zip"))
}

/// The providers of an archive: `<id>/provider.toml` and `<id>/roots.pem`. Other files are ignored.
fn unpack(archive: &[u8]) -> Result<BTreeMap<String, Files>, String> {
    let mut providers: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (name, content) in
        format::archive_contents(archive, limits::CATALOGUE_UNPACKED).map_err(|error| error.to_string())?
    {
        let Some((id, file @ ("provider.toml" | "roots.pem"))) = name.split_once('/') else { continue };
        if let Some(fault) = name_fault(id) {
            return Err(format!("`{id}` {fault}"));
        }
        let text = String::from_utf8(content).map_err(|_| format!("`{name}` is not UTF-8"))?;
        let (definition, roots) = providers.entry(id.to_owned()).or_default();
        let place = if file == "roots.pem" { roots } else { definition };
        if place.replace(text).is_some() {
            return Err(format!("`{name}` is in it twice"));
        }
    }
    let whole = |(id, (definition, roots)): (String, (Option<String>, Option<String>))| {
        let definition = definition.ok_or_else(|| format!("`{id}` has no provider.toml"))?;
        Ok((id, Files { definition, roots: roots.unwrap_or_default() }))
    };
    let providers = providers.into_iter().map(whole).collect::<Result<BTreeMap<_, _>, String>>()?;
    if providers.is_empty() { Err("it has no `<id>/provider.toml`".to_owned()) } else { Ok(providers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_name_another_folder() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files { definition: "x".to_owned(), roots: String::new() };
        files.write(&folder.path().join("azure")).unwrap();
        files.write(&folder.path().join("bundles/mine")).unwrap();
        let own = Own::folder(folder.path().join("bundles"));
        assert!(own.has("mine"));
        for id in ["../azure", "../bundles/mine", "./mine", "", ".", "a\0b"] {
            assert!(!own.has(id), "{id:?}");
        }
    }
}
