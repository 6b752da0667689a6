//! Sources that a manifest keeps.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::value;

use super::Manifest;
use crate::manifest::Error;

/// A source that this machine keeps.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeptSource {
    /// A provider, `system`, or a path.
    pub name: String,
    /// Only the roots of this region.
    pub region: Option<String>,
    /// Whether roots that are being phased out are kept too.
    #[serde(default)]
    pub retiring: bool,
    /// The treatment of roots that a source serves and no pin knows.
    #[serde(default)]
    pub new_roots: NewRoots,
    /// The file whose first line is the token for its API.
    pub token_file: Option<PathBuf>,
    /// The program that prints that token, with its arguments.
    pub token_command: Option<Vec<String>>,
    /// The CA's file on a server that has one of its own, where it is not in the usual place.
    pub ca_file: Option<PathBuf>,
}

impl Manifest {
    /// Keeps where the CA's file of a kept source is.
    pub(crate) fn keep_ca_file(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        let Some(index) = self.contents.source.iter().position(|source| source.name == name) else { return Ok(()) };
        if self.contents.source[index].ca_file.as_deref() == Some(path) {
            return Ok(());
        }
        self.contents.source[index].ca_file = Some(path.to_owned());
        if let Some(table) = self.tables("source")?.get_mut(index) {
            table["ca-file"] = value(path.to_string_lossy().into_owned());
        }
        Ok(())
    }
}

impl KeptSource {
    /// Returns where the token for its API comes from, if the manifest names it.
    pub fn token(&self) -> Option<TokenFrom> {
        let file = self.token_file.clone().map(TokenFrom::File);
        file.or_else(|| self.token_command.clone().map(TokenFrom::Command))
    }
}

/// The origin of a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFrom {
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a program prints; its arguments stand behind it.
    Command(Vec<String>),
}

/// The treatment of roots that a source serves and no pin knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NewRoots {
    /// Trust them, if they are self-signed CA certificates within the provider's subject pattern and came over
    /// verified TLS.
    Accept,
    /// Show them and wait for `accept`.
    #[default]
    Hold,
}
