//! The catalogue: every provider, its roots, and where its CA comes from.
//!
//! What it holds is data, in `bundles/<id>/` (see `bundles/README.md`), built into the program as text. Nothing of it
//! is parsed before it is asked for, and then only the provider that is asked for.

mod custom;
mod error;
mod external;
mod followed;
mod location;
mod provider;
mod template;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle::Role;
use crate::x509::Fingerprint;
pub(crate) use custom::{Files, NewProvider};
pub use error::Error;
use external::Own;
pub(crate) use external::{archive_is_kept, check_archive, keep_archive};
pub use followed::{Encoding, Followed, Names, ServerFile, Token};
pub use location::{Location, NamedCatalogue};
pub use provider::{Provider, Root, Rotation, Selection};

/// The providers built in, those of the user's own folder, and those of the catalogues that a manifest names.
#[derive(Clone, Debug)]
pub struct Catalog {
    own: Vec<Own>,
    /// The built-in providers that were asked for. A refresh asks for each of its own six times.
    parsed: Arc<Mutex<BTreeMap<&'static str, Provider>>>,
}

struct BuiltIn {
    id: &'static str,
    definition: &'static str,
    roots: &'static str,
}

/// By id.
const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

impl Catalog {
    /// Makes a catalogue of what is built in.
    pub fn built_in() -> Self {
        Self { own: Vec::new(), parsed: Arc::default() }
    }

    /// Adds the providers of a folder: `<folder>/<id>/provider.toml` and `roots.pem`. The folder need not exist.
    pub fn with_folder(folder: impl Into<PathBuf>) -> Self {
        Self { own: vec![Own::folder(folder.into())], parsed: Arc::default() }
    }

    /// Adds the catalogues that a manifest names. Archives are read as `fetch` keeps them in a folder; one
    /// that is missing or damaged is an error where its providers are asked for, and no earlier.
    pub fn with(mut self, named: &[NamedCatalogue], archives: &Path) -> Self {
        self.own.extend(named.iter().map(|named| Own::named(named, archives)));
        self
    }

    /// Every provider's id: the built-in ones first, then the others, both sorted.
    fn by_catalogue(&self) -> Result<Vec<Cow<'static, str>>, Error> {
        let mut own = Vec::new();
        for catalogue in &self.own {
            own.extend(catalogue.ids()?.into_iter().filter(|id| built_in(id).is_none()));
        }
        own.sort();
        own.dedup();
        Ok(BUILT_IN.iter().map(|entry| Cow::Borrowed(entry.id)).chain(own.into_iter().map(Cow::Owned)).collect())
    }

    /// Returns every provider's id, sorted.
    pub fn ids(&self) -> Result<Vec<Cow<'static, str>>, Error> {
        let mut ids = self.by_catalogue()?;
        ids.sort();
        Ok(ids)
    }

    /// Tells whether there is a provider of this id.
    pub fn contains(&self, id: &str) -> bool {
        built_in(id).is_some() || self.own.iter().any(|catalogue| catalogue.has(id))
    }

    /// Returns the catalogues that have a provider of this id: [`BUILT_IN_CATALOGUE`], folders, URLs.
    pub(crate) fn catalogues_of(&self, id: &str) -> Vec<&str> {
        self.holders(id).into_iter().map(Holder::name).collect()
    }

    /// Returns the catalogues that cannot be used now, with the reason.
    pub fn unusable(&self) -> Vec<Error> {
        self.own.iter().filter_map(Own::problem).collect()
    }

    /// Returns one provider with its roots. Fails when there is none of this id (and says which is meant), when its definition
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

    fn of_built_in<T>(&self, entry: &BuiltIn, ask: impl FnOnce(&Provider) -> T) -> Result<T, Error> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = parsed.get(entry.id) {
            return Ok(ask(provider));
        }
        let provider = Provider::parse(entry.id, entry.definition, Cow::Borrowed(entry.roots))?;
        Ok(ask(parsed.entry(entry.id).or_insert(provider)))
    }

    fn load(&self, id: &str) -> Result<Provider, Error> {
        match self.holder(id)? {
            Some(Holder::BuiltIn(entry)) => self.of_built_in(entry, Provider::clone),
            Some(Holder::Own(catalogue)) => {
                let Files { definition, roots } = catalogue.files(id)?;
                let mut provider = Provider::parse(id, &definition, Cow::Owned(roots))?;
                provider.catalogue = Some(catalogue.name.clone());
                Ok(provider)
            }
            // What cannot be read may well be where it is.
            None => Err(self.unusable().into_iter().next().unwrap_or_else(|| self.unknown(id))),
        }
    }

    /// The catalogue whose definition counts. That two have one is an error, unless one says that it overrides.
    fn holder(&self, id: &str) -> Result<Option<Holder<'_>>, Error> {
        if let Some(problem) = self.own.iter().filter(|catalogue| catalogue.overrides(id)).find_map(Own::problem) {
            return Err(problem);
        }
        let holders = self.holders(id);
        let mut overriding = holders.iter().filter(|holder| holder.overrides(id));
        match (overriding.next(), overriding.next(), &holders[..]) {
            (Some(holder), None, _) | (None, _, [holder]) => Ok(Some(*holder)),
            (None, _, []) => Ok(None),
            (_, _, holders) => {
                let names: Vec<String> = holders.iter().map(|holder| format!("`{}`", holder.name())).collect();
                let reason = format!(
                    "it stands in {}; `overrides = [\"{id}\"]` at the one `[[catalogue]]` of the manifest that is meant decides",
                    names.join(" and in ")
                );
                Err(Error::BadProvider { id: id.to_owned(), reason })
            }
        }
    }

    fn holders(&self, id: &str) -> Vec<Holder<'_>> {
        let own = self.own.iter().filter(|catalogue| catalogue.has(id)).map(Holder::Own);
        built_in(id).map(Holder::BuiltIn).into_iter().chain(own).collect()
    }

    fn unknown(&self, id: &str) -> Error {
        if self.own.iter().any(|catalogue| catalogue.has_folder(id)) {
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

    /// Returns the environment variables that hold a token for a provider's API, even of a definition that does not
    /// hold or count.
    pub fn token_variables(&self) -> Vec<String> {
        let built_in = BUILT_IN.iter().map(|entry| Cow::Borrowed(entry.definition));
        let own = self.own.iter().flat_map(|catalogue| {
            let ids = catalogue.ids().unwrap_or_default();
            ids.into_iter().filter_map(|id| Some(Cow::Owned(catalogue.files(&id).ok()?.definition)))
        });
        built_in.chain(own).flat_map(|definition| provider::token_variables(&definition)).collect()
    }

    /// Returns the providers that list this certificate, with its role in each.
    ///
    /// Definitions are searched as text first: only those that hold the fingerprint are parsed. Ids that two catalogues
    /// have, or one that cannot be read, give no answer.
    pub fn providers_of(&self, fingerprint: &Fingerprint) -> Result<Vec<(String, Role)>, Error> {
        let digits = fingerprint.to_string();
        let mut found = Vec::new();
        for id in self.ids()? {
            let definition = match self.holder(&id) {
                Ok(Some(Holder::BuiltIn(entry))) => Cow::Borrowed(entry.definition),
                Ok(Some(Holder::Own(catalogue))) => {
                    Cow::Owned(catalogue.files(&id).map(|files| files.definition).unwrap_or_default())
                }
                Ok(None) | Err(_) => continue,
            };
            if memchr::memmem::find(definition.as_bytes(), digits.as_bytes()).is_some() {
                let provider = Provider::parse(&id, &definition, Cow::Borrowed(""))?;
                let role = provider.pins.iter().find(|root| root.sha256 == *fingerprint).map(|root| root.role);
                found.extend(role.map(|role| (id.into_owned(), role)));
            }
        }
        Ok(found)
    }

    /// Returns the provider whose servers have this host name: the one with the most specific pattern. Any built-in one
    /// goes before those of other catalogues.
    pub fn provider_of_host(&self, host: &str) -> Result<Option<String>, Error> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !host.chars().all(is_name) || host.contains("..") {
            return Ok(None);
        }
        let mut found = None;
        for id in self.by_catalogue()? {
            let claim = match self.holder(&id)? {
                Some(Holder::BuiltIn(entry)) => self.of_built_in(entry, |provider| provider.claim_on(&host))?,
                _ => self.load(&id)?.claim_on(&host),
            };
            let claim = claim.map(|claim| (built_in(&id).is_some(), claim));
            if claim > found.as_ref().map(|(claim, _)| *claim) {
                found = claim.map(|claim| (claim, id));
            }
        }
        Ok(found.map(|(_, id)| id.into_owned()))
    }
}

/// The place of a provider's definition.
#[derive(Clone, Copy)]
enum Holder<'a> {
    BuiltIn(&'static BuiltIn),
    Own(&'a Own),
}

impl<'a> Holder<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::BuiltIn(_) => BUILT_IN_CATALOGUE,
            Self::Own(catalogue) => &catalogue.name,
        }
    }

    fn overrides(self, id: &str) -> bool {
        matches!(self, Self::Own(catalogue) if catalogue.overrides(id))
    }
}

/// The name of the catalogue that is built in.
pub const BUILT_IN_CATALOGUE: &str = "built-in";

fn built_in(id: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.binary_search_by(|entry| entry.id.cmp(id)).ok().map(|index| &BUILT_IN[index])
}

/// Counts the letters that must be changed, added or dropped to make one word of the other (Levenshtein).
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
}
