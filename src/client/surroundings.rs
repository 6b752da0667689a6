//! What a client finds around it: variables, the home and the working folder of its user, service files, `.env`.

pub mod dotenv;
mod error;
mod service;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

pub use error::{BadLine, SurroundingsError};
pub use service::Service;

use crate::system::permissions::User;
use crate::system::{Error, file, limits};

/// What the clients of one user find. Looking at it is never refused.
#[derive(Clone)]
pub struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The folder that a client takes for the home of its user.
    pub home: Option<PathBuf>,
    /// `APPDATA`, which Windows has instead.
    pub appdata: Option<PathBuf>,
    /// The folder that a client runs in.
    pub folder: PathBuf,
    /// The user; None is who runs this.
    pub user: Option<String>,
}

impl<'a> Surroundings<'a> {
    /// Returns the surroundings of who runs this. Where `HOME` is not set, libpq takes the home of the account
    /// (`pqGetHomeDirectory`).
    pub fn of_this_user(variable: &'a dyn Fn(&str) -> Option<OsString>, folder: &Path) -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME").or_else(|| path("USERPROFILE")).or_else(|| User::this().home());
        Self { variable, home, appdata: path("APPDATA"), folder: folder.to_owned(), user: None }
    }

    /// Returns those of another user: the home of the account, and no variables, which nobody can know.
    pub fn of_other_user(name: &str, folder: &Path) -> Result<Self, SurroundingsError> {
        let user = User::named(name).ok_or_else(|| SurroundingsError::NoSuchUser { name: name.to_owned() })?;
        Ok(Self {
            variable: &|_| None,
            home: user.home(),
            appdata: None,
            folder: folder.to_owned(),
            user: Some(name.to_owned()),
        })
    }

    /// Returns the same with variables in front of those of the process, as a program has that reads `.env`.
    pub fn with_variables<'b>(&self, variable: &'b dyn Fn(&str) -> Option<OsString>) -> Surroundings<'b> {
        Surroundings {
            variable,
            home: self.home.clone(),
            appdata: self.appdata.clone(),
            folder: self.folder.clone(),
            user: self.user.clone(),
        }
    }

    /// Returns a variable as text. An empty one counts as set, as in libpq.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// Returns the folder in which libpq and most other clients look for `root.crt`: `~/.postgresql`, on Windows
    /// `%APPDATA%\postgresql`.
    pub fn postgres_folder(&self) -> Option<PathBuf> {
        match &self.appdata {
            Some(appdata) if cfg!(windows) => Some(appdata.join("postgresql")),
            _ => self.home.as_ref().map(|home| home.join(".postgresql")),
        }
    }

    /// Returns a service, from the file that libpq takes it from (`parseServiceInfo`): `PGSERVICEFILE`, else
    /// `~/.pg_service.conf`, and where it has none of that name, `pg_service.conf` in the folder of the system.
    pub fn service(&self, name: &str) -> Result<Option<Service>, SurroundingsError> {
        for path in self.service_files() {
            if let Some(service) = Service::read(&path, name)? {
                return Ok(Some(service));
            }
        }
        Ok(None)
    }

    /// Returns the names of the services, each with the file that decides about it and its line there.
    pub fn services(&self) -> Result<Vec<(String, PathBuf, usize)>, SurroundingsError> {
        let (mut found, mut known) = (Vec::new(), BTreeSet::new());
        for path in self.service_files() {
            let names = Service::names(&path)?.into_iter();
            let new = names.filter(|(name, _)| known.insert(name.clone()));
            found.extend(new.map(|(name, line)| (name, path.clone(), line)));
        }
        Ok(found)
    }

    /// Returns the service files that count, the first of them first. One that `PGSERVICEFILE` names need not exist, which
    /// libpq makes an error.
    pub fn service_files(&self) -> Vec<PathBuf> {
        let own = match self.variable("PGSERVICEFILE") {
            Some(named) => Some(self.folder.join(named)),
            None => self.own_service_file().filter(|path| file::exists(path)),
        };
        let folders = match self.variable("PGSYSCONFDIR") {
            Some(named) => vec![self.folder.join(named)],
            None => SYSTEM_FOLDERS.iter().map(PathBuf::from).collect(),
        };
        let of_system = folders.iter().map(|folder| folder.join("pg_service.conf")).find(|path| file::exists(path));
        own.into_iter().chain(of_system).collect()
    }

    fn own_service_file(&self) -> Option<PathBuf> {
        match self.postgres_folder() {
            Some(folder) if cfg!(windows) => Some(folder.join(".pg_service.conf")),
            _ => self.home.as_ref().map(|home| home.join(".pg_service.conf")),
        }
    }
}

/// Reads a text that a client would read. Bytes that are not UTF-8 are nobody's host name.
fn read(path: &Path) -> Result<String, SurroundingsError> {
    let read = file::read_with_metadata(path, limits::CONNECTIONS)?;
    let (bytes, _) = read.ok_or_else(|| Error::unread("read", path)(io::ErrorKind::NotFound.into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where the libpq of a system looks for `pg_service.conf`: SYSCONFDIR of Debian, Fedora, and PostgreSQL as it is built
/// from source.
const SYSTEM_FOLDERS: &[&str] = &["/etc/postgresql-common", "/etc", "/usr/local/pgsql/etc"];
