//! The catalogue: every provider, its roots, and where its CA comes from.
//!
//! What it holds is data, in `bundles/<id>/` (see `bundles/README.md`), built into the program as text. Nothing of it
//! is parsed before it is asked for, and then only the provider that is asked for.

mod provider;
mod template;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::certificate::Fingerprint;
use crate::error::Error;
use crate::file;
use crate::limits;
pub use provider::{Encoding, Followed, Names, Provider, Role, Root, Rotation, Selection, Token};

/// The providers built in and those of the user's own folder.
#[derive(Clone, Debug)]
pub struct Catalog {
    folder: Option<PathBuf>,
}

struct BuiltIn {
    id: &'static str,
    definition: &'static str,
    roots: &'static str,
}

/// By id.
const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

impl Catalog {
    /// Only what is built in.
    pub fn built_in() -> Self {
        Self { folder: None }
    }

    /// With the providers in a folder besides: `<folder>/<id>/provider.toml` and `roots.pem`. The folder need not exist.
    pub fn with_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// Every provider's id, sorted.
    pub fn ids(&self) -> Result<Vec<Cow<'static, str>>, Error> {
        let mut ids: Vec<Cow<'static, str>> = BUILT_IN.iter().map(|entry| Cow::Borrowed(entry.id)).collect();
        if let Some(folder) = &self.folder {
            ids.extend(definitions(folder)?.into_iter().filter(|name| is_id(name)).map(Cow::Owned));
            ids.sort();
            ids.dedup();
        }
        Ok(ids)
    }

    /// Whether there is a provider of this id.
    pub fn contains(&self, id: &str) -> bool {
        built_in(id).is_some() || self.path_of(id).is_some_and(|path| path.exists())
    }

    /// One provider with its roots. Fails when there is none of this id (and says which is meant), when its definition
    /// does not hold, or when its certificates are not the ones that it pins.
    pub fn provider(&self, id: &str) -> Result<Provider, Error> {
        let mut provider = self.load(id)?;
        if let Some(other) = provider.roots_of.clone() {
            let other = self.load(&other)?;
            if other.roots_of.is_some() {
                let reason = format!("`roots-of` names `{}`, which has no roots of its own", other.id);
                return Err(Error::BadProvider { id: id.to_owned(), reason });
            }
            provider.take_roots_of(other);
        }
        Ok(provider)
    }

    fn load(&self, id: &str) -> Result<Provider, Error> {
        let own = self.path_of(id).filter(|path| path.exists());
        match (built_in(id), own) {
            (Some(_), Some(path)) => Err(Error::BadProvider {
                id: id.to_owned(),
                reason: format!("`{}` has the name of a built-in provider", path.display()),
            }),
            (Some(entry), None) => Provider::parse(id, entry.definition, Cow::Borrowed(entry.roots)),
            (None, Some(path)) => {
                let definition = file::read_text(&path.join("provider.toml"), limits::SETTINGS)?;
                let roots = path.join("roots.pem");
                let roots = if roots.exists() { file::read_text(&roots, limits::WHOLE)? } else { String::new() };
                Provider::parse(id, &definition, Cow::Owned(roots))
            }
            (None, None) => Err(self.unknown(id)),
        }
    }

    fn unknown(&self, id: &str) -> Error {
        let is_there = |folder: &Path| definitions(folder).is_ok_and(|names| names.iter().any(|name| name == id));
        if self.folder.as_deref().is_some_and(is_there) {
            let reason = "its folder's name is no id: lower-case letters, digits, `-` and `_`, no device of Windows";
            return Error::BadProvider { id: id.to_owned(), reason: reason.to_owned() };
        }
        let host_of = if id.contains('.') { self.provider_of_host(id).ok().flatten() } else { None };
        let nearest = || {
            let ids = self.ids().unwrap_or_default();
            let near = ids.iter().map(|known| (distance(id, known), known)).min()?;
            let near = if near.0 <= 3.min(id.len() / 2) { Some(near.1) } else { None };
            // `rds` for `aws-rds`
            let part = || ids.iter().find(|known| known.split('-').any(|word| word == id));
            near.or_else(part).map(|known| known.clone().into_owned())
        };
        Error::UnknownProvider { id: id.to_owned(), suggestion: host_of.or_else(nearest) }
    }

    /// The providers that list this certificate, with its role in each.
    ///
    /// Definitions are searched as text first: only those that hold the fingerprint are parsed.
    pub fn providers_of(&self, fingerprint: &Fingerprint) -> Result<Vec<(String, Role)>, Error> {
        let digits = fingerprint.to_string();
        let mut found = Vec::new();
        for id in self.ids()? {
            let own;
            let definition = match built_in(&id) {
                Some(entry) => entry.definition,
                None => {
                    let Some(path) = self.path_of(&id) else { continue };
                    own = file::read_text(&path.join("provider.toml"), limits::SETTINGS).unwrap_or_default();
                    &own
                }
            };
            if memchr::memmem::find(definition.as_bytes(), digits.as_bytes()).is_some() {
                let provider = Provider::parse(&id, definition, Cow::Borrowed(""))?;
                let role = provider.pins.iter().find(|root| root.sha256 == *fingerprint).map(|root| root.role);
                found.extend(role.map(|role| (id.into_owned(), role)));
            }
        }
        Ok(found)
    }

    /// The provider whose servers have this host name.
    pub fn provider_of_host(&self, host: &str) -> Result<Option<String>, Error> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        for id in self.ids()? {
            if self.load(&id)?.has_host(&host) {
                return Ok(Some(id.into_owned()));
            }
        }
        Ok(None)
    }

    /// Where the user's definition of this provider would stand. None for what is no id.
    fn path_of(&self, id: &str) -> Option<PathBuf> {
        self.folder.as_deref().filter(|_| is_id(id)).map(|folder: &Path| folder.join(id))
    }
}

/// The names of the folders in a folder that hold a definition.
fn definitions(folder: &Path) -> Result<Vec<String>, Error> {
    let definitions = file::entries(folder)?.into_iter().filter(|path| path.join("provider.toml").exists());
    Ok(definitions.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
}

/// Whether a provider can have this name. Files are named by it: none may be in another place, or be that of another
/// provider where `Azure.pem` is `azure.pem`.
fn is_id(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(plain) && !is_device(name)
}

/// Whether Windows takes this name for a device, in every folder and with any extension.
fn is_device(name: &str) -> bool {
    let numbered = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    matches!(name, "aux" | "con" | "nul" | "prn")
        || numbered.is_some_and(|number| number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn built_in(id: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.binary_search_by(|entry| entry.id.cmp(id)).ok().map(|index| &BUILT_IN[index])
}

/// How many letters must be changed, added or dropped to make one word of the other (Levenshtein).
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_provider_is_recognised() {
        let unknown = |id: &str| match Catalog::built_in().provider(id) {
            Err(Error::UnknownProvider { suggestion, .. }) => suggestion,
            other => panic!("{other:?}"),
        };
        assert_eq!(unknown("aws-rdz").as_deref(), Some("aws-rds"));
        assert_eq!(unknown("zzzzzzzzzz"), None);
        assert_eq!(unknown("db1.postgres.database.azure.com").as_deref(), Some("azure"));
    }

    #[test]
    fn an_id_cannot_name_another_file() {
        let catalog = Catalog::with_folder("/nowhere");
        for id in ["../azure", "a/b", "", ".", "a\0b", "Azure", "con", "lpt1"] {
            assert_eq!(catalog.path_of(id), None, "{id:?}");
        }
    }
}
