//! Options for downloads: how to use the network, and which roots of a provider to take.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::catalog::Selection;
use crate::manifest::TokenFrom;
use crate::source::Mirror;
use crate::system::deadline::Deadline;
use crate::system::limits;

/// Options for downloads, and the roots of the providers that are wanted beyond the manifest's.
#[derive(Clone, Debug, Default)]
pub struct Download {
    /// Options for the network.
    pub network: Network,
    /// Only the roots of this region; `all` for those of all regions again.
    pub region: Option<String>,
    /// Whether roots that are being phased out are taken too.
    pub retiring: bool,
    /// Which customer of a named provider is meant: the values of its API's placeholders, by name.
    pub values: Vec<(String, String)>,
    /// The server whose CA is read, as ssh reaches it: `root@db1.example`.
    pub ssh: Option<String>,
    /// Where the token for the API of the one provider comes from whose tenants are named.
    pub token: Option<TokenFrom>,
    /// Where the CA's file of the named server is.
    pub ca_file: Option<PathBuf>,
}

/// The environment variable with the name and the password for a mirror: `user:password`.
pub const MIRROR_AUTH: &str = "PGTRUST_MIRROR_AUTH";

/// Options for the network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Use the built-in copies without asking.
    pub offline: bool,
    /// The server to download from instead of the providers' own.
    pub mirror: Option<Mirror>,
    /// How long one download may take.
    pub timeout: Duration,
    /// When all of it is to have ended, programs that print tokens and ssh included.
    pub deadline: Deadline,
}

impl Default for Network {
    fn default() -> Self {
        Self { offline: false, mirror: None, timeout: limits::DOWNLOAD_TIME, deadline: Deadline::default() }
    }
}

impl Download {
    /// Returns the file with the token, where one is named.
    pub(super) fn token_file(&self) -> Option<&Path> {
        match &self.token {
            Some(TokenFrom::File(path)) => Some(path),
            _ => None,
        }
    }

    /// Returns which roots of a provider are wanted: those that are kept, and those that are asked for beyond that.
    pub(super) fn selection(&self, kept: Selection) -> Selection {
        let region = self.region.clone().or(kept.region).filter(|region| region != "all");
        Selection { region, retiring: self.retiring || kept.retiring }
    }
}
