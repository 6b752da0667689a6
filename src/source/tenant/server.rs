//! The CA of one server, which is in a file there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Tenant;
use super::answer;
use super::api::FetchedTenant;
use super::error::TenantReason;
use crate::catalog::{Encoding, Provider, ServerFile};
use crate::source::Error;
use crate::system::process::{self, Programs};
use crate::system::{file, limits};
use crate::x509::Certificate;

/// A file that is to be read, on this machine or by ssh.
#[derive(Clone, Debug)]
pub(crate) struct AskedServer {
    tenant: Tenant,
    path: PathBuf,
    mount: Option<String>,
}

impl AskedServer {
    /// Returns the file of a tenant of this provider, in its usual place or in another. None where servers have no such
    /// file.
    pub(crate) fn new(tenant: Tenant, provider: &Provider, path: Option<&Path>) -> Result<Option<Self>, Error> {
        let Some(file) = &provider.file else { return Ok(None) };
        let path = path.map_or_else(|| PathBuf::from(&file.path), Path::to_owned);
        // A shell reads it at the other end.
        if tenant.values().next().is_some() && !path.to_str().is_some_and(ServerFile::is_plain) {
            let reason = format!("`{}` is not an absolute path of letters, digits, `.`, `_` and `-`", path.display());
            return Err(Error::BadTenant { name: tenant.name, reason, usage: Some("name a plain path".to_owned()) });
        }
        Ok(Some(Self { tenant, path, mount: file.mount.clone() }))
    }

    /// Takes a file of this machine from the image at `root`, if that is another than this machine.
    pub(crate) fn in_image(mut self, root: &Path) -> Self {
        if self.destination().is_none() {
            self.path = file::place(root, &self.path);
        }
        self
    }

    /// Returns the tenant whose CA it is.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Returns the path of the file on its server.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where ssh reaches the server; None for this machine.
    pub(crate) fn destination(&self) -> Option<&str> {
        self.tenant.values().next()
    }

    /// Returns the path at which containers that are clients have the file.
    pub(crate) fn mount(&self) -> Option<&str> {
        self.mount.as_deref()
    }

    /// Reads it, with the `ssh` among these programs if it is on another server.
    pub(crate) fn fetch(self, programs: &Programs, wait: Duration) -> FetchedTenant {
        let place = match self.destination() {
            Some(destination) => format!("{destination}:{}", self.path.display()),
            None => self.path.display().to_string(),
        };
        let read = match self.destination() {
            Some(destination) => self.by_ssh(destination, &place, programs, wait),
            None => self.here(&place),
        };
        let served =
            read.and_then(|bytes| certificates(&bytes, &place)).map_err(|reason| reason.of_tenant(self.tenant.name()));
        FetchedTenant { tenant: self.tenant, url: place, served }
    }

    fn here(&self, place: &str) -> Result<Vec<u8>, TenantReason> {
        let not_read = |detail: String, remedy: &str| TenantReason::NotRead {
            place: place.to_owned(),
            detail,
            remedy: remedy.to_owned(),
            passing: false,
        };
        match file::read(&self.path) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(not_read(
                "there is no such file".to_owned(),
                "this may not be the server: `--ssh USER@HOST` reads it there, `--ca-file FILE` takes a saved copy",
            )),
            Err(error) => Err(not_read(error.to_string(), "run it as root: other users cannot see that folder")),
        }
    }

    fn by_ssh(
        &self,
        destination: &str,
        place: &str,
        programs: &Programs,
        wait: Duration,
    ) -> Result<Vec<u8>, TenantReason> {
        let not_read = |detail: String, (remedy, passing): (String, bool)| TenantReason::NotRead {
            place: place.to_owned(),
            detail,
            remedy,
            passing,
        };
        let Some(ssh) = programs.find("ssh") else {
            return Err(not_read("`ssh` is not installed".to_owned(), ("install it".to_owned(), false)));
        };
        // Nobody is there to type a password. A connection that others share would outlive the command and its pipes.
        let options = ["-o", "BatchMode=yes", "-o", "ControlMaster=no", "-o"];
        let mut program = programs.program(ssh, wait).arguments(options);
        program = program.arguments([&format!("ConnectTimeout={}", wait.as_secs().max(1)), "--", destination]);
        if !destination.starts_with("root@") {
            program = program.arguments(["sudo", "-n"]);
        }
        program.arguments([Path::new("cat"), &self.path]).run().map_err(|error| {
            let remedy = remedy(&error, destination, &self.path.display().to_string());
            not_read(error.reason(), remedy)
        })
    }
}

/// Returns what to do about a failure of ssh, sudo or cat, and whether a later try may succeed.
fn remedy(error: &process::Error, destination: &str, path: &str) -> (String, bool) {
    let later = ("run it again once the server can be reached".to_owned(), true);
    let printed = match error {
        process::Error::NoTime { .. } | process::Error::TimedOut { .. } => return later,
        process::Error::Failed { words, .. } => words.as_str(),
        _ => "",
    };
    let prints = |words: &[&str]| words.iter().any(|word| printed.contains(word));
    let remedy = if prints(&["Host key verification failed"]) {
        format!("connect once by hand, `ssh {destination}`, and compare the key that it shows")
    } else if prints(&["Permission denied (", "Too many authentication failures"]) {
        format!("a key must do, as nobody is there to type a password: `ssh-copy-id {destination}`")
    } else if prints(&["sudo:"]) {
        let user = destination.split_once('@').map_or("USER", |(user, _)| user);
        format!(
            "let that account run it without a password, in a file of /etc/sudoers.d: `{user} ALL=(root) NOPASSWD: /usr/bin/cat {path}`"
        )
    } else if prints(&["No such file"]) {
        "that server has no such CA yet, or elsewhere: `--ca-file FILE` says where".to_owned()
    } else if prints(&["timed out", "refused", "esolve", "No route", "unreachable", "closed by", "reset by"]) {
        return later;
    } else {
        format!("`ssh {destination}` by hand may tell more")
    };
    (remedy, false)
}

fn certificates(bytes: &[u8], place: &str) -> Result<Vec<Certificate>, TenantReason> {
    let mut found = Vec::new();
    let unreadable = |detail: String| TenantReason::NotRead {
        place: place.to_owned(),
        detail,
        remedy: "look at it: a file of CA certificates in PEM is expected".to_owned(),
        passing: false,
    };
    answer::decode(Encoding::Pem, bytes, &mut found).map_err(unreadable)?;
    Ok(found)
}

/// Returns the running containers that have one of these files mounted, by name. None where Docker is not here or does
/// not tell.
pub(crate) fn containers_with(files: &[&Path], programs: &Programs) -> Option<Vec<String>> {
    let mut program = programs.program(programs.find("docker")?, limits::DOCKER_TIME).arguments(["ps"]);
    for file in files {
        program = program.arguments(["--filter", &format!("volume={}", file.display())]);
    }
    let names = program.arguments(["--format", "{{.Names}}"]).run().ok()?;
    Some(
        String::from_utf8_lossy(&names)
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}
