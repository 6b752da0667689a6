//! Which clients are asked, and in which order.

use std::path::{Path, PathBuf};

use super::Request;
use crate::client::parameters::Parameters;
use crate::client::{CLIENTS, Client};
use crate::ops::{Error, RequestError};
use crate::system::file;
use crate::system::process::Programs;

/// The names of clients that a request has.
pub(super) struct Chosen<'a> {
    names: &'a [String],
    all: bool,
}

impl<'a> Chosen<'a> {
    /// Fails for a name that no client has.
    pub(super) fn of(request: &'a Request) -> Result<Self, Error> {
        let unknown = request.clients.iter().find(|name| !CLIENTS.iter().any(|client| client.is_called(name)));
        if let Some(name) = unknown {
            return Err(RequestError::UnknownClient { name: name.clone() }.into());
        }
        Ok(Self { names: &request.clients, all: request.all })
    }

    /// Returns the clients for a connection, the variant that it selects first of its name. Those of this machine, where none
    /// are named, in the variant that is here; all of them where it has none.
    pub(super) fn clients(&self, parameters: &Parameters, programs: &Programs) -> Vec<&'static Client> {
        let mut clients = CLIENTS.to_vec();
        let here = Here::of(programs);
        clients.sort_by_key(|client| {
            let of_name = CLIENTS.iter().position(|other| other.name == client.name);
            (of_name, !here.selects(client, parameters))
        });
        if self.all {
            return clients;
        }
        if !self.names.is_empty() {
            clients.retain(|client| self.names.iter().any(|name| client.is_called(name)));
            return clients;
        }
        clients.dedup_by_key(|client| client.name);
        let found: Vec<_> = clients
            .iter()
            .copied()
            .filter(|client| client.programs.iter().any(|program| programs.find(program).is_some()))
            .collect();
        if found.is_empty() { clients } else { found }
    }
}

/// The releases on this machine of what comes in several.
struct Here {
    libpq: Option<u32>,
    python: Option<u32>,
}

impl Here {
    fn of(programs: &Programs) -> Self {
        let python = programs.find("python3").and_then(|program| file::real(&program).ok());
        let minor = |path: PathBuf| path.file_name()?.to_str()?.strip_prefix("python3.")?.parse().ok();
        Self { libpq: libpq(), python: python.and_then(minor) }
    }

    fn selects(&self, client: &Client, parameters: &Parameters) -> bool {
        match (client.name, client.version) {
            ("libpq", "<=15") => self.libpq.is_some_and(|release| release <= 15),
            ("libpq", "16") => self.libpq == Some(16),
            ("libpq", _) => self.libpq.is_none_or(|release| release >= 17),
            ("python", "3.12") => self.python.is_some_and(|release| release <= 12),
            ("python", _) => self.python.is_none_or(|release| release >= 13),
            ("pgjdbc", factory) => {
                let named = parameters.factory.as_deref().unwrap_or("LibPQFactory");
                named.rsplit('.').next() == Some(factory)
            }
            ("node-postgres", version) => {
                let compatible = parameters.options.get("uselibpqcompat").is_some_and(|value| value == "true");
                (version == "9") == compatible
            }
            _ => false,
        }
    }
}

/// The major release of the newest libpq in the folders of the system: `libpq.so.5.15` is that of 15.
fn libpq() -> Option<u32> {
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    folders.extend(
        file::entries(Path::new("/usr/lib")).unwrap_or_default().into_iter().filter(|path| is_of_machine(path)),
    );
    let release = |path: PathBuf| path.file_name()?.to_str()?.strip_prefix("libpq.so.5.")?.parse().ok();
    folders.iter().flat_map(|folder| file::entries(folder).unwrap_or_default()).filter_map(release).max()
}

/// Debian's folders: `x86_64-linux-gnu`.
fn is_of_machine(folder: &Path) -> bool {
    folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains("-linux-"))
}

const FOLDERS: &[&str] = &["/usr/lib64", "/usr/lib", "/usr/local/lib"];
