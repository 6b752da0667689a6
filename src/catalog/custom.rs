//! Providers that a user describes: what goes into `provider.toml` and `roots.pem`.

use std::path::Path;

use time::Date;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Catalog, Encoding};
use crate::bundle::{Bundle, Role};
use crate::catalog::Error;
use crate::format::{Entry, Format};
use crate::system::text::is_unsafe;
use crate::system::{self, file, limits};

/// A provider that is to be written into the user's own catalogue. Its name and its hosts are free to be taken.
#[derive(Clone, Debug)]
pub(crate) struct NewProvider {
    id: String,
    hosts: Vec<String>,
    /// What people call it; the id, if there is nothing better.
    pub title: Option<String>,
    /// The page that tells of its certificates.
    pub docs: Option<String>,
    /// Where its certificates are published together, and as what.
    pub source: Option<(String, Encoding)>,
}

/// The texts that describe a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    /// `provider.toml`.
    pub definition: String,
    /// `roots.pem`; empty where there is none.
    pub roots: String,
}

impl NewProvider {
    /// Makes a provider of this name with servers of these names, `*` for one or more characters.
    pub(crate) fn new(id: &str, mut hosts: Vec<String>, catalog: &Catalog) -> Result<Self, Error> {
        let bad = |reason: String| Error::BadProvider { id: id.to_owned(), reason };
        if let Some(fault) = name_fault(id) {
            return Err(bad(format!("the name {fault}")));
        }
        // In the order of the catalogue: what is taken away comes last.
        hosts.sort_by_key(|host| (host.starts_with('!'), host.clone()));
        hosts.dedup();
        for host in &hosts {
            if let Some(fault) = host_fault(host) {
                return Err(bad(format!("`{host}` {fault}")));
            }
            let names = ["x", "a.b"].map(|filler| host.replace('*', filler));
            for name in names.iter().filter(|name| !name.starts_with('!')) {
                if let Some(other) = catalog.provider_of_host(name)?.filter(|other| other != id) {
                    return Err(bad(format!("`{host}` are names of the servers of `{other}`")));
                }
            }
        }
        Ok(Self { id: id.to_owned(), hosts, title: None, docs: None, source: None })
    }

    /// Returns the texts, with these roots pinned, as of the day on which somebody looked at them.
    pub(crate) fn files(&self, roots: &Bundle, checked: Date) -> Result<Files, Error> {
        let bad = |reason: String| Error::BadProvider { id: self.id.clone(), reason };
        let texts = [("title", &self.title), ("docs", &self.docs)];
        if let Some((what, _)) =
            texts.iter().find(|(_, text)| text.as_ref().is_some_and(|text| text.contains(is_unsafe)))
        {
            return Err(bad(format!("the {what} holds characters that cannot be seen")));
        }
        let label = format!("{} {}", self.id, Role::Current.name());
        let entries = roots.certificates().map(|certificate| Entry { certificate, origin: &label });
        let mut pem = Vec::new();
        (Format::pem().encode)(&mut { entries }, None, &mut pem).map_err(|error| bad(error.to_string()))?;
        let roots_pem = String::from_utf8(pem).map_err(|error| bad(error.to_string()))?;
        Ok(Files { definition: self.definition(roots, checked), roots: roots_pem })
    }

    fn definition(&self, roots: &Bundle, checked: Date) -> String {
        let mut document = DocumentMut::new();
        document["title"] = value(self.title.as_ref().unwrap_or(&self.id));
        if let Some(docs) = &self.docs {
            document["docs"] = value(docs);
        }
        let date = toml_edit::Date {
            year: u16::try_from(checked.year()).unwrap_or_default(),
            month: u8::from(checked.month()),
            day: checked.day(),
        };
        document["checked"] = value(toml_edit::Datetime::from(date));
        document["hosts"] = value(self.hosts.iter().collect::<Array>());
        document["ports"] = value(Array::new());
        document["ca"] = value("private CA, described here");
        let mut pins = ArrayOfTables::new();
        for root in roots.certificates() {
            let mut pin = Table::new();
            pin["sha256"] = value(root.fingerprint().to_string());
            pin["subject"] = value(root.subject().short().to_string());
            pin["role"] = value(Role::Current.name());
            pins.push(pin);
        }
        document["root"] = Item::ArrayOfTables(pins);
        if let Some((url, encoding)) = &self.source {
            let mut source = Table::new();
            source["url"] = value(url);
            source["encoding"] = value(encoding.name());
            document["source"] = Item::ArrayOfTables(ArrayOfTables::from_iter([source]));
        }
        document.to_string()
    }
}

impl Files {
    /// Tells whether there is a provider in this folder.
    pub(crate) fn is_in(folder: &Path) -> bool {
        file::exists(&folder.join(DEFINITION))
    }

    /// Reads the files of a provider in this folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let roots = folder.join(ROOTS);
        let roots = if file::exists(&roots) { file::read_text(&roots, limits::WHOLE)? } else { String::new() };
        Ok(Self { definition: file::read_text(&folder.join(DEFINITION), limits::SETTINGS)?, roots })
    }

    /// Tells whether they differ in nothing but the day of the check.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let but_the_day = |files: &Self| {
            let lines = files.definition.lines().filter(|line| !line.starts_with("checked = "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        self.roots == other.roots && but_the_day(self) == but_the_day(other)
    }

    /// Writes them into a folder, which is made. The definition comes last: without it there is no provider.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        file::replace_bytes(&folder.join(ROOTS), self.roots.as_bytes())?;
        Ok(file::replace_bytes(&folder.join(DEFINITION), self.definition.as_bytes())?)
    }

    /// Removes a folder of them. One with other things in it stays as it is.
    pub(crate) fn remove(folder: &Path) -> Result<(), Error> {
        let ours = |path: &&Path| [DEFINITION, ROOTS].iter().any(|name| path.ends_with(name));
        let entries = file::entries(folder)?;
        if let Some(other) = entries.iter().map(AsRef::as_ref).find(|path| !ours(path)) {
            let reason = std::io::Error::other(format!("`{}` is in it too", other.display()));
            return Err(system::Error::io("remove", folder)(reason).into());
        }
        file::remove(&folder.join(DEFINITION))?;
        file::remove(&folder.join(ROOTS))?;
        Ok(file::remove_folder(folder)?)
    }
}

/// Why a provider cannot be called so. Names are folders on every system, words on the command line, and places below
/// the folders that pgtrust keeps.
pub(super) fn name_fault(id: &str) -> Option<&'static str> {
    let starts = id.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    let plain = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !starts || !plain || id.len() > MAX_NAME {
        return Some("is not made of at most 64 lower-case letters, digits and hyphens, a letter or digit first");
    }
    (is_device(id) || RESERVED.contains(&id)).then_some("has another meaning")
}

/// Tells whether Windows takes this name for a device, in every folder and with any extension.
pub(super) fn is_device(name: &str) -> bool {
    let numbered = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    matches!(name, "aux" | "con" | "nul" | "prn")
        || numbered.is_some_and(|number| number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn host_fault(pattern: &str) -> Option<&'static str> {
    let name = pattern.strip_prefix('!').unwrap_or(pattern);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._*".contains(&byte);
    if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) {
        return Some("is not a host name in lower case, with `*` for one or more characters");
    }
    let domain = name.rsplit('*').next().unwrap_or_default();
    let wide = domain.len() < name.len() && !(domain.starts_with('.') && domain.len() > 1);
    wide.then_some("is too wide: after the last `*` comes a dot and a domain")
}

const DEFINITION: &str = "provider.toml";
const ROOTS: &str = "roots.pem";
const MAX_NAME: usize = 64;
/// Other sources, the words after `pgtrust providers`, and folders beside those of providers.
const RESERVED: [&str; 8] = ["add", "anchors", "bundles", "help", "jdk", "remove", "state", "system"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_folder_everywhere_and_means_nothing_else() {
        for name in ["corp", "a", "0", "corp-2026", "company", "com10", "system-2", &"a".repeat(64)] {
            assert_eq!(name_fault(name), None, "{name}");
        }
        for name in [
            "",
            "-",
            "-corp",
            "Corp",
            "corp_a",
            "corp.a",
            "../corp",
            "a/b",
            "a b",
            "ü",
            "con",
            "nul",
            "com1",
            "lpt9",
            "jdk",
            "system",
            "add",
            &"a".repeat(65),
        ] {
            assert!(name_fault(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_host_pattern_names_a_domain() {
        for host in ["db.corp.example", "*.corp.example", "db-*.corp", "!x.corp.example", "a_b.corp"] {
            assert_eq!(host_fault(host), None, "{host}");
        }
        for host in ["", "*", "*.", "db*", "DB.corp.example", "a b", "https://db", "db:5432", "!"] {
            assert!(host_fault(host).is_some(), "{host}");
        }
    }
}
