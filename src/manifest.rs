//! The manifest `pgtrust.toml`: which sources this machine keeps, in which targets.
//!
//! ```toml
//! mirror = "https://mirror.example/pki"      # optional: download from here, pins still decide
//!
//! [[source]]
//! name = "aws-rds"                           # a provider, `system`, or the path of a file or folder
//! region = "eu-west-1"                       # optional: only this region's roots
//! retiring = true                            # optional: also roots that are being phased out
//! new-roots = "accept"                       # optional: trust new roots within the provider's subject pattern
//!
//! [[source]]
//! name = "digitalocean/my-cluster"           # the CA of one customer
//! token-file = "/etc/app/do-token"           # optional: a file whose first line is the token to ask its API with
//! token-command = ["pass", "show", "do"]     # or a program that prints it
//!
//! [[source]]
//! name = "coolify/root@db1.example"          # the CA of one server
//! ca-file = "/opt/coolify/ssl/coolify-ca.crt" # optional: where it is there, if not in the usual place
//!
//! [[target]]
//! name = "postgres"                          # or: path = "/srv/app/ca.pem"
//! sources = ["aws-rds"]
//! format = "pkcs12"                          # optional, with a path: what a new file is written in
//! password-file = "/etc/app/store-password"  # optional: its first line is the store's password
//! no-password = true                         # optional: a new PKCS#12 store has none
//!
//! [[hook]]
//! on = "change"                              # the only event so far
//! target = "postgres"                        # optional: or a store's path, or a provider for its combined PEM
//! run = ["systemctl", "reload", "pgbouncer"]
//! timeout = "30s"                            # optional
//!
//! [[catalogue]]                              # optional: a company's own providers
//! path = "/srv/pki/bundles"                  # or: url = "https://..." and sha256 = "..." of the ZIP archive there
//! overrides = ["azure"]                      # optional: providers of other catalogues that it takes the place of
//!
//! [[accepted]]                               # written by `pgtrust accept`
//! provider = "aws-rds"
//! certificate = """..."""
//! ```
//!
//! Comments, order and spacing of a person stay when pgtrust adds to it.

mod catalogue;
mod error;
mod hook;
mod source;
mod target;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::catalog::{NamedCatalogue, Selection};
use crate::format::{Entry, Format, Member};
use crate::system::{file, limits, toml};
use crate::x509::Certificate;
pub(crate) use catalogue::catalogues;
pub use error::Error;
pub use hook::{Hook, HookTrigger};
pub use source::{KeptSource, NewRoots, TokenFrom};
pub use target::{KeptTarget, Opening};

/// The manifest, read and to be rewritten. The default keeps nothing and has no file.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    path: PathBuf,
    on_disk: Option<String>,
    document: DocumentMut,
    contents: Contents,
}

/// The contents of a manifest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contents {
    mirror: Option<String>,
    source: Vec<KeptSource>,
    target: Vec<KeptTarget>,
    hook: Vec<Hook>,
    accepted: Vec<Accepted>,
    catalogue: Vec<NamedCatalogue>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    provider: String,
    certificate: String,
}

impl Manifest {
    /// Reads the manifest; an empty one when there is no file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let read = file::read_with_metadata(path, limits::SETTINGS)?;
        let text =
            read.map(|(bytes, _)| String::from_utf8(bytes)).transpose().map_err(|_| bad(path, "is not UTF-8"))?;
        let document: DocumentMut =
            toml::parse(text.as_deref().unwrap_or_default()).map_err(|error| bad(path, error))?;
        let mut manifest = Self { path: path.to_owned(), on_disk: text, document, contents: Contents::default() };
        manifest.understand()?;
        Ok(manifest)
    }

    /// Returns the server to download from instead of the providers' own.
    pub fn mirror(&self) -> Option<&str> {
        self.contents.mirror.as_deref()
    }

    /// Returns the sources that are kept.
    pub fn sources(&self) -> &[KeptSource] {
        &self.contents.source
    }

    /// Returns what is kept of this source.
    pub fn source(&self, name: &str) -> Option<&KeptSource> {
        self.contents.source.iter().find(|source| source.name == name)
    }

    /// Returns the stores that are kept.
    pub fn targets(&self) -> &[KeptTarget] {
        &self.contents.target
    }

    /// Returns the hooks that run after stores changed.
    pub fn hooks(&self) -> &[Hook] {
        &self.contents.hook
    }

    /// Returns the certificates of this provider that the user accepted.
    pub fn accepted(&self, provider: &str) -> Result<Vec<Certificate>, Error> {
        let mut certificates = Vec::new();
        for accepted in self.contents.accepted.iter().filter(|accepted| accepted.provider == provider) {
            let mut found = None;
            let read = Format::pem().decode(&mut accepted.certificate.as_bytes(), None, &mut |member| {
                if let Member::Certificate { certificate, .. } = member {
                    found = Some(certificate);
                }
            });
            match (read, found) {
                (Ok(()), Some(certificate)) => certificates.push(certificate),
                _ => return Err(bad(&self.path, format!("an accepted certificate of `{provider}` cannot be read"))),
            }
        }
        Ok(certificates)
    }

    /// Returns which roots of this provider are kept.
    pub fn selection(&self, provider: &str) -> Selection {
        let kept = self.source(provider);
        kept.map_or_else(Selection::default, |kept| Selection { region: kept.region.clone(), retiring: kept.retiring })
    }

    /// Keeps a source from now on, with what is wanted of it.
    pub fn keep_source(&mut self, name: &str, selection: &Selection) -> Result<(), Error> {
        let index = match self.contents.source.iter().position(|source| source.name == name) {
            Some(index) => index,
            None => {
                let mut table = Table::new();
                table["name"] = value(name);
                self.tables("source")?.push(table);
                // Not read again from the document: there may be a thousand of them.
                self.contents.source.push(KeptSource { name: name.to_owned(), ..KeptSource::default() });
                self.contents.source.len() - 1
            }
        };
        let kept = &mut self.contents.source[index];
        let retiring = selection.retiring && !kept.retiring;
        if kept.region == selection.region && !retiring {
            return Ok(());
        }
        kept.region.clone_from(&selection.region);
        kept.retiring |= retiring;
        if let Some(table) = self.tables("source")?.get_mut(index) {
            match &selection.region {
                Some(region) => table["region"] = value(region),
                None => drop(table.remove("region")),
            }
            if retiring {
                table["retiring"] = value(true);
            }
        }
        Ok(())
    }

    /// Keeps where the token for the API of a kept source comes from.
    pub(crate) fn keep_token(&mut self, name: &str, from: &TokenFrom) -> Result<(), Error> {
        let Some(index) = self.contents.source.iter().position(|source| source.name == name) else { return Ok(()) };
        let kept = &mut self.contents.source[index];
        if kept.token().as_ref() == Some(from) {
            return Ok(());
        }
        (kept.token_file, kept.token_command) = match from {
            TokenFrom::File(path) => (Some(path.clone()), None),
            TokenFrom::Command(command) => (None, Some(command.clone())),
        };
        if let Some(table) = self.tables("source")?.get_mut(index) {
            table.remove("token-file");
            table.remove("token-command");
            match from {
                TokenFrom::File(path) => table["token-file"] = value(path.to_string_lossy().into_owned()),
                TokenFrom::Command(command) => table["token-command"] = value(command.iter().collect::<Array>()),
            }
        }
        Ok(())
    }

    /// Keeps a store from now on, with these sources added to those that it had. `key` is `name` or `path`.
    pub fn keep_target(&mut self, key: &str, text: &str, sources: &[String]) -> Result<(), Error> {
        let known = self.position(key, text);
        let mut all = known.map_or_else(Vec::new, |index| self.contents.target[index].sources.clone());
        all.extend(sources.iter().filter(|source| !all.contains(source)).cloned().collect::<Vec<_>>());
        let unchanged = known.is_some_and(|index| self.contents.target[index].sources == all);
        let targets = self.tables("target")?;
        let index = known.unwrap_or_else(|| {
            let mut table = Table::new();
            table[key] = value(text);
            targets.push(table);
            targets.len() - 1
        });
        if let Some(table) = targets.get_mut(index).filter(|_| !unchanged) {
            table["sources"] = value(all.iter().collect::<Array>());
        }
        self.understand()
    }

    /// Keeps how a store is opened. `key` is `name` or `path`.
    pub(crate) fn keep_opening(&mut self, key: &str, text: &str, opening: &Opening) -> Result<(), Error> {
        let known = self.position(key, text);
        if known.is_none_or(|index| self.contents.target[index].opening() == *opening) {
            return Ok(());
        }
        let targets = self.tables("target")?;
        if let Some(table) = known.and_then(|index| targets.get_mut(index)) {
            let file = opening.password_file.as_ref().map(|file| value(file.to_string_lossy().into_owned()));
            let fields = [
                ("format", opening.format.as_deref().map(value)),
                ("password-file", file),
                ("no-password", opening.no_password.then(|| value(true))),
                ("all-jdks", opening.all_jdks.then(|| value(true))),
            ];
            for (field, value) in fields {
                match value {
                    Some(value) => drop(table.insert(field, value)),
                    None => drop(table.remove(field)),
                }
            }
        }
        self.understand()
    }

    /// Keeps a store no longer. `key` is `name` or `path`.
    pub(crate) fn drop_target(&mut self, key: &str, text: &str) -> Result<(), Error> {
        if let Some(index) = self.position(key, text) {
            self.tables("target")?.remove(index);
        }
        self.understand()
    }

    fn position(&self, key: &str, text: &str) -> Option<usize> {
        self.contents.target.iter().position(|target| match key {
            "name" => target.name.as_deref() == Some(text),
            _ => target.path.as_deref() == Some(Path::new(text)),
        })
    }

    /// Trusts a certificate as a root of this provider.
    pub fn accept(&mut self, provider: &str, certificate: &Certificate) -> Result<(), Error> {
        if self.accepted(provider)?.contains(certificate) {
            return Ok(());
        }
        let mut pem = vec![b'\n'];
        let entry = Entry { certificate, origin: "" };
        (Format::pem().encode)(&mut [entry].into_iter(), None, &mut pem).map_err(|error| bad(&self.path, error))?;
        let mut table = Table::new();
        table["provider"] = value(provider);
        table["certificate"] = value(String::from_utf8_lossy(&pem).into_owned());
        self.tables("accepted")?.push(table);
        self.understand()
    }

    /// Returns the text to be written; None when the file says it already. Fails when no later run could read it.
    pub fn changed(&self) -> Result<Option<String>, Error> {
        let text = self.document.to_string();
        if text.len() as u64 > limits::SETTINGS {
            return Err(Error::Full { path: self.path.clone(), limit: limits::SETTINGS });
        }
        Ok((self.on_disk.as_deref().unwrap_or_default() != text).then_some(text))
    }

    /// Returns the text that the file has; None when there is no file.
    pub(crate) fn on_disk(&self) -> Option<&str> {
        self.on_disk.as_deref()
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether it is for its user alone: the arguments of a program that prints a token may be secrets.
    pub(crate) fn is_private(&self) -> bool {
        self.contents.source.iter().any(|source| source.token_command.is_some())
    }

    /// Writes it, if anything changed.
    pub fn save(&self) -> Result<(), Error> {
        let write = if self.is_private() { file::replace_private } else { file::replace_bytes };
        Ok(self.changed()?.map_or(Ok(()), |text| write(&self.path, text.as_bytes()))?)
    }

    fn tables(&mut self, key: &str) -> Result<&mut ArrayOfTables, Error> {
        let item = self.document.entry(key).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        item.as_array_of_tables_mut().ok_or_else(|| bad(&self.path, format!("`{key}` is not a list of tables")))
    }

    fn understand(&mut self) -> Result<(), Error> {
        self.contents = toml::read(&self.document.to_string()).map_err(|error| bad(&self.path, error))?;
        self.refuse_relative()
    }

    /// Refuses paths that mean another file in every folder that a command runs in. One with `~` is such a path: no shell reads
    /// the manifest.
    fn refuse_relative(&self) -> Result<(), Error> {
        let Contents { source, target, .. } = &self.contents;
        // `ca-file` is looked at where it is read: it may be a path of another machine.
        let of_sources = source.iter().map(|source| &source.token_file);
        let of_targets = target.iter().flat_map(|target| [&target.path, &target.password_file]);
        let paths = of_sources.chain(of_targets).flatten().map(PathBuf::as_path);
        let begins_relative = |name: &&str| ["./", "../", "~"].iter().any(|begin| name.starts_with(begin));
        let names = source.iter().map(|source| &source.name).chain(target.iter().flat_map(|target| &target.sources));
        let names = names.map(String::as_str).filter(begins_relative).map(Path::new);
        let mut relative = paths.filter(|path| !is_whole(path)).chain(names);
        relative.next().map_or(Ok(()), |path| {
            let reason = format!("`{}` is no path from the root folder: only that means one file", path.display());
            Err(bad(&self.path, reason))
        })
    }
}

/// Tells whether a path begins at the root folder. `sql:` stands before the path of an NSS database.
fn is_whole(path: &Path) -> bool {
    let path = path.to_str().and_then(|text| text.strip_prefix("sql:")).map_or(path, Path::new);
    path.is_absolute() || path.has_root()
}

fn bad(path: &Path, reason: impl ToString) -> Error {
    Error::BadManifest { path: path.to_owned(), reason: reason.to_string().trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgtrust.toml");
        file::replace_bytes(&path, text.as_bytes()).unwrap();
        Manifest::load(&path).unwrap()
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "# ours\n[[source]]\nname = 'azure'   # the main one\n\n[[target]]\nname = \"postgres\"\nsources = [\"azure\"]\n";
        let mut manifest = manifest(text);
        manifest.keep_source("azure", &Selection::default()).unwrap();
        manifest.keep_target("name", "postgres", &["azure".to_owned()]).unwrap();
        assert_eq!(manifest.changed().unwrap(), None);
        manifest.keep_source("supabase", &Selection::default()).unwrap();
        assert!(
            manifest.changed().unwrap().unwrap().starts_with("# ours\n[[source]]\nname = 'azure'   # the main one\n")
        );
        assert_eq!(manifest.sources().len(), 2);
    }

    #[test]
    fn a_key_that_is_not_known_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgtrust.toml");
        file::replace_bytes(&path, b"sorces = []\n").unwrap();
        let error = Manifest::load(&path).unwrap_err().to_string();
        assert!(error.contains("sorces"), "{error}");
    }
}
