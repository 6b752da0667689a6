//! Tells what every client makes of a server, today and after what is going to change.

mod chosen;
mod metrics;
mod remarks;
mod scene;
mod servers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::inspect::Listing;
use super::{Error, Machine, RequestError};
use crate::bundle::Pattern;
use crate::client::parameters::{Mode, Parameters};
use crate::client::survival::Ends;
use crate::client::verdict::{Outcome, Verdict};
use crate::format::{DecodeError, Entry, Format};
use crate::system::{file, limits};
pub use metrics::{METRICS, write_metrics};
use scene::Scene;
pub use servers::Seen;

/// What to check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Servers, as [`Target::parse`](crate::client::target::Target::parse) reads them. With none, those that the surroundings name.
    pub targets: Vec<String>,
    /// A file with a target on each line.
    pub hosts: Option<PathBuf>,
    /// Ask as this user would, with the home and the rights of the account.
    pub user: Option<String>,
    /// The folder that clients run in.
    pub folder: PathBuf,
    /// Certificates as a server sends them, its own first, in the place of a server.
    pub chain: Option<PathBuf>,
    /// The host's name that clients compare, in the place of the target's.
    pub host: Option<String>,
    /// `sslmode`, in the place of the target's.
    pub mode: Option<Mode>,
    /// `sslrootcert`, in the place of the target's.
    pub store: Option<PathBuf>,
    /// Files whose certificates every store is assumed to have.
    pub with: Vec<PathBuf>,
    /// Certificates that no store is assumed to have.
    pub without: Vec<Pattern>,
    /// A rotation of the catalogue: how it is once it is over.
    pub after: Option<String>,
    /// The names of the clients; with none, those that are on this machine.
    pub clients: Vec<String>,
    /// All clients in all variants.
    pub all: bool,
    /// How long a server may take.
    pub timeout: Duration,
}

impl Request {
    /// The clients of this machine, for these servers, in this folder.
    pub fn new(targets: Vec<String>, folder: PathBuf) -> Self {
        Self {
            targets,
            hosts: None,
            user: None,
            folder,
            chain: None,
            host: None,
            mode: None,
            store: None,
            with: Vec::new(),
            without: Vec::new(),
            after: None,
            clients: Vec::new(),
            all: false,
            timeout: limits::SERVER_TIME,
        }
    }
}

/// What became of one server.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The host's name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The provider of that host.
    pub provider: Option<String>,
    /// What the server showed of itself, and the clients made of it; or why it could not be asked.
    pub result: Result<Answered, Error>,
}

/// A server that answered, and what clients make of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered {
    /// What it shows of itself.
    pub seen: Seen,
    /// Its certificates, as [`inspect`](super::inspect) tells of them.
    pub chain: Vec<Listing>,
    /// What a person should know of server and files, a sentence each.
    pub remarks: Vec<String>,
    /// Each client's verdict, and when it ends.
    pub verdicts: Vec<(Verdict, Ends)>,
}

impl Checked {
    /// Tells whether every client verifies the server.
    pub fn is_verified(&self) -> bool {
        let verified = |(verdict, _): &(Verdict, _)| verdict.outcome == Outcome::Verified;
        self.result.as_ref().is_ok_and(|answered| answered.verdicts.iter().all(verified))
    }
}

/// Checks servers, in the order of the request. Fails for a request that cannot be carried out; a server that cannot be
/// asked is a result.
pub fn check(machine: &Machine<'_>, request: &Request) -> Result<Vec<Checked>, Error> {
    let chosen = chosen::Chosen::of(request)?;
    let scene = Scene::of(machine, request)?;
    let named = servers::named(request, scene.surroundings())?;
    let mut seen = servers::ask(request, &named)?;
    let wants = |parameters: &Parameters, seen: &Seen| scene.asks_for_plaintext(parameters, seen, &chosen);
    servers::ask_for_plaintext(request, &named, &mut seen, &wants);
    let checked: Result<Vec<Checked>, Error> =
        named.into_iter().zip(seen).map(|(named, seen)| scene.checked(named, seen, &chosen)).collect();
    let checked = checked?;
    if checked.iter().any(|server| server.result.is_ok()) {
        scene.refuse_unused()?;
    }
    Ok(checked)
}

/// Writes the certificates that a server sent to a new file in PEM, its own first. Fails where something is there: it may be
/// a store, and what a server sends is not trusted.
pub fn save_chain(server: &Checked, path: &Path) -> Result<(), Error> {
    if file::exists(path) || path.is_symlink() {
        return Err(RequestError::Exists { path: path.to_owned() }.into());
    }
    let certificates = server.result.as_ref().map(|answered| answered.seen.certificates.as_slice()).unwrap_or_default();
    let entries = certificates.iter().map(|certificate| Entry { certificate, origin: &server.host });
    let mut text = Vec::new();
    (Format::pem().encode)(&mut entries.into_iter(), None, &mut text).map_err(DecodeError::of(path))?;
    Ok(file::replace_bytes(path, &text)?)
}
