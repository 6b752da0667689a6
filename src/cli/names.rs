//! What words on the command line name, where flags beside them tell which customer of a provider is meant.

use pgtrust::Catalog;
use pgtrust::catalog::Provider;
use pgtrust::source::Tenant;

use super::args::Download;
use super::ui::Failure;

/// `digitalocean --cluster c` is `digitalocean/c`. Fails for a flag that tells nothing of what is named.
pub(crate) fn resolve(words: &[String], catalog: &Catalog, download: &Download) -> Result<Vec<String>, Failure> {
    let mut flags = Flags::of(download);
    let mut names = Vec::new();
    for word in words {
        names.push(flags.name(word, catalog)?);
    }
    match flags.unused.first() {
        None => Ok(names),
        Some(name) => {
            let message = format!("`--{name}` says nothing of what is named here");
            let hint = "`pgtrust providers PROVIDER` tells what a provider needs to know".to_owned();
            Err(Failure::Usage { message, hint })
        }
    }
}

struct Flags<'a> {
    download: &'a Download,
    /// The values of placeholders, by name.
    values: &'a [(String, String)],
    /// What no word has taken yet.
    unused: Vec<&'a str>,
    are_given: bool,
}

impl<'a> Flags<'a> {
    fn of(download: &'a Download) -> Self {
        let values = &download.tenant.values.0;
        let mut unused: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
        unused.extend(download.tenant.ssh.as_ref().map(|_| "ssh"));
        unused.extend(download.tenant.ca_file().map(|_| "ca-file"));
        Self { download, values, are_given: !unused.is_empty(), unused }
    }

    fn name(&mut self, word: &str, catalog: &Catalog) -> Result<String, Failure> {
        let id = word.split('/').next().unwrap_or_default();
        if self.are_given && catalog.contains(id) && catalog.provider(id)?.file.is_some() {
            return self.server(word, &catalog.provider(id)?);
        }
        if self.values.is_empty() || !catalog.contains(word) {
            return Ok(word.to_owned());
        }
        self.customer(word, &catalog.provider(word)?)
    }

    /// The file is a server's, whether it is named by a flag or by the word.
    fn server(&mut self, word: &str, provider: &Provider) -> Result<String, Failure> {
        self.unused.retain(|name| *name != "ca-file" && (*name != "ssh" || provider.id != word));
        match &self.download.tenant.ssh {
            Some(destination) if provider.id == word => Ok(Tenant::new(provider, &[destination])?.name().to_owned()),
            _ => Ok(word.to_owned()),
        }
    }

    fn customer(&mut self, word: &str, provider: &Provider) -> Result<String, Failure> {
        let placeholders = provider.api().map(|api| api.placeholders()).unwrap_or_default();
        self.unused.retain(|name| !placeholders.contains(name));
        if !self.values.iter().any(|(name, _)| placeholders.contains(&name.as_str())) {
            return Ok(word.to_owned());
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for placeholder in &placeholders {
            match self.value(placeholder) {
                Some(value) => found.push(value),
                None => missing.push(format!("`--{placeholder}`")),
            }
        }
        if !missing.is_empty() {
            let message = format!("`{word}` needs {} too", missing.join(" and "));
            let names = placeholders.join("/").to_uppercase();
            return Err(Failure::Usage { message, hint: format!("or name it `{word}/{names}`") });
        }
        Ok(Tenant::new(provider, &found)?.name().to_owned())
    }

    fn value(&self, placeholder: &str) -> Option<&'a str> {
        let given = self.values.iter().find(|(name, _)| name == placeholder).map(|(_, value)| value.as_str());
        given.or_else(|| self.download.region.as_deref().filter(|_| placeholder == "region"))
    }
}
