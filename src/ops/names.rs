//! Resolves the names of a request, with the values that tell which customer of a provider is meant.

use super::download::Download;
use super::{Error, RequestError};
use crate::catalog::{Catalog, Provider};
use crate::source::Tenant;

/// `digitalocean` with the value `c` for its cluster is `digitalocean/c`. Fails for a value that tells nothing of what is named.
pub(super) fn resolve(words: &[String], catalog: &Catalog, download: &Download) -> Result<Vec<String>, Error> {
    let mut values = Values::of(download);
    let mut names = Vec::new();
    for word in words {
        names.push(values.name(word, catalog)?);
    }
    match values.unused.first() {
        None => Ok(names),
        Some(name) => Err(RequestError::UnusedValue { name: (*name).to_owned() }.into()),
    }
}

struct Values<'a> {
    download: &'a Download,
    /// Names of values that no word has taken yet.
    unused: Vec<&'a str>,
    are_given: bool,
}

impl<'a> Values<'a> {
    fn of(download: &'a Download) -> Self {
        let mut unused: Vec<&str> = download.values.iter().map(|(name, _)| name.as_str()).collect();
        unused.extend(download.ssh.as_ref().map(|_| "ssh"));
        unused.extend(download.ca_file.as_ref().map(|_| "ca-file"));
        Self { download, are_given: !unused.is_empty(), unused }
    }

    fn name(&mut self, word: &str, catalog: &Catalog) -> Result<String, Error> {
        let id = word.split('/').next().unwrap_or_default();
        if self.are_given && catalog.contains(id) && catalog.provider(id)?.file.is_some() {
            return self.server(word, &catalog.provider(id)?);
        }
        if self.download.values.is_empty() || !catalog.contains(word) {
            return Ok(word.to_owned());
        }
        self.customer(word, &catalog.provider(word)?)
    }

    /// The file is a server's, whether a value names the server or the word does.
    fn server(&mut self, word: &str, provider: &Provider) -> Result<String, Error> {
        self.unused.retain(|name| *name != "ca-file" && (*name != "ssh" || provider.id != word));
        match &self.download.ssh {
            Some(destination) if provider.id == word => Ok(Tenant::new(provider, &[destination])?.name().to_owned()),
            _ => Ok(word.to_owned()),
        }
    }

    fn customer(&mut self, word: &str, provider: &Provider) -> Result<String, Error> {
        let placeholders = provider.api().map(|api| api.placeholders()).unwrap_or_default();
        self.unused.retain(|name| !placeholders.contains(name));
        if !self.download.values.iter().any(|(name, _)| placeholders.contains(&name.as_str())) {
            return Ok(word.to_owned());
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for placeholder in &placeholders {
            match self.value(placeholder) {
                Some(value) => found.push(value),
                None => missing.push((*placeholder).to_owned()),
            }
        }
        if !missing.is_empty() {
            let placeholders = placeholders.into_iter().map(str::to_owned).collect();
            return Err(RequestError::MissingValues { name: word.to_owned(), missing, placeholders }.into());
        }
        Ok(Tenant::new(provider, &found)?.name().to_owned())
    }

    fn value(&self, placeholder: &str) -> Option<&'a str> {
        let given = self.download.values.iter().find(|(name, _)| name == placeholder).map(|(_, value)| value.as_str());
        given.or_else(|| self.download.region.as_deref().filter(|_| placeholder == "region"))
    }
}
