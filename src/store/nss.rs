//! NSS databases (`cert9.db`): what Firefox, Chromium on Linux and programs built on NSS trust. Read and written through
//! NSS's own `certutil`. A program that has a database open goes on with the old one until it starts again.

mod certutil;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::format::aliases;
use crate::journal::Change;
use crate::store::Error;
use crate::store::folder::Difference;
use crate::system::text::sanitise;
use crate::system::{self, file};
use crate::x509::{Certificate, Fingerprint};
pub use certutil::Certutil;
use certutil::Copy;

/// A database as it stands.
#[derive(Debug)]
pub struct Database {
    folder: PathBuf,
    certutil: Certutil,
    password_file: Option<PathBuf>,
    files: Files,
    entries: Vec<NssEntry>,
}

/// A certificate in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NssEntry {
    /// The name it goes by. Certificates of one subject can share one.
    pub nickname: String,
    /// The certificate.
    pub certificate: Certificate,
    /// The trust flags as `certutil` writes them: for TLS, for mail, for code.
    pub trust: String,
}

/// The files of a database, with their bytes.
type Files = [(&'static str, Vec<u8>); 2];

impl NssEntry {
    /// Tells whether NSS takes it for a root of TLS servers.
    pub fn is_trusted_for_servers(&self) -> bool {
        certutil::is_root(&self.trust)
    }
}

impl Database {
    /// Tells whether this folder is a database.
    pub fn is_at(folder: &Path) -> bool {
        file::is_file(&folder.join(CERTIFICATES))
    }

    /// Reads the database in a folder, which may be written as NSS writes it, `sql:FOLDER`. `password_file` is for a
    /// database with a password; changes need it, reading does not.
    pub fn read(folder: &Path, certutil: &Certutil, password_file: Option<&Path>) -> Result<Self, Error> {
        let folder = folder.to_str().and_then(|text| text.strip_prefix("sql:")).map_or(folder, Path::new);
        let files = files(folder)?;
        let password_file = match password_file {
            Some(file) => Some(std::path::absolute(file).map_err(system::Error::unread("find", file))?),
            None => None,
        };
        let copy = Copy::new(folder, &files, certutil, password_file.as_deref())?;
        let entries = copy.entries()?;
        Ok(Self { folder: folder.to_owned(), certutil: certutil.clone(), password_file, files, entries })
    }

    /// Returns the certificates.
    pub fn entries(&self) -> &[NssEntry] {
        &self.entries
    }

    /// Plans to add these certificates as roots of TLS servers. One that is there under any name is not added again; a
    /// note tells when it is not trusted.
    pub fn add<'a>(&self, certificates: impl Iterator<Item = &'a Certificate>) -> Result<Difference, Error> {
        let mut difference = Difference::default();
        let mut names: HashSet<String> = self.entries.iter().map(|entry| entry.nickname.clone()).collect();
        let mut wanted = self.entries.clone();
        for certificate in certificates {
            match wanted.iter().find(|entry| entry.certificate == *certificate) {
                Some(entry) if entry.is_trusted_for_servers() => continue,
                Some(NssEntry { nickname, trust, .. }) => {
                    difference.notes.push(format!(
                        "`{}` is there as `{}` with the trust flags `{trust}`, which does not trust it for servers; \
                         `certutil -M -n NAME -t C,, -d sql:{}` changes them",
                        certificate.subject(),
                        sanitise(nickname),
                        self.folder.display(),
                    ));
                    continue;
                }
                None => {}
            }
            let taken = || system::Error::io("add to", &self.folder)(std::io::ErrorKind::AlreadyExists.into());
            let nickname = aliases(certificate).find(|name| names.insert(name.clone())).ok_or_else(taken)?;
            wanted.push(NssEntry { nickname, certificate: certificate.clone(), trust: ROOT.to_owned() });
            difference.certificates.push(certificate.clone());
        }
        let new = &wanted[self.entries.len()..];
        difference.changes = self.changes(&wanted, |copy| new.iter().try_for_each(|entry| copy.add(entry)))?;
        Ok(difference)
    }

    /// Plans to remove these certificates where they have names that pgtrust gives, and nowhere else.
    pub fn remove(&self, fingerprints: &[Fingerprint]) -> Result<Difference, Error> {
        let ours = |entry: &&NssEntry| {
            fingerprints.contains(&entry.certificate.fingerprint())
                && aliases(&entry.certificate).any(|alias| alias == entry.nickname)
        };
        let (gone, kept): (Vec<_>, Vec<_>) = self.entries.iter().partition(ours);
        let kept: Vec<NssEntry> = kept.into_iter().cloned().collect();
        let changes = self.changes(&kept, |copy| gone.iter().try_for_each(|entry| copy.remove(&entry.nickname)))?;
        let certificates = gone.iter().map(|entry| entry.certificate.clone()).collect();
        Ok(Difference { changes, certificates, notes: vec![] })
    }

    /// Makes a change on a copy and reads that back: it must be what was wanted, and nothing else may have changed.
    fn changes(
        &self,
        wanted: &[NssEntry],
        change: impl FnOnce(&Copy<'_>) -> Result<(), Error>,
    ) -> Result<Vec<Change>, Error> {
        if wanted.len() == self.entries.len() {
            return Ok(vec![]);
        }
        let copy = Copy::new(&self.folder, &self.files, &self.certutil, self.password_file.as_deref())?;
        change(&copy)?;
        let facts = |entries: &[NssEntry]| {
            let fact = |entry: &NssEntry| (entry.certificate.fingerprint(), entry.trust.clone());
            entries.iter().map(fact).collect::<HashSet<_>>()
        };
        if facts(&copy.entries()?) != facts(wanted) {
            return Err(Error::WouldNotReadBack { path: self.folder.clone() });
        }
        let mut changes = Vec::new();
        for (name, before) in &self.files {
            let path = self.folder.join(name);
            let after = file::read(&copy.path().join(name))?;
            if after.as_ref() != Some(before) {
                changes.push(Change { path, before: Some(before.clone()), after });
            }
        }
        Ok(changes)
    }
}

fn files(folder: &Path) -> Result<Files, Error> {
    let not_one = |reason| Error::NotAnNssDatabase { path: folder.to_owned(), reason };
    for name in [CERTIFICATES, KEYS] {
        for suffix in ["-journal", "-wal"] {
            let open = folder.join(format!("{name}{suffix}"));
            if file::metadata(&open).is_some_and(|metadata| metadata.len() > 0) {
                let reason = std::io::Error::other("another program has a change of it open; close it first");
                return Err(system::Error::unread("read", &folder.join(name))(reason).into());
            }
        }
    }
    let read = |name| file::read(&folder.join(name));
    match (read(KEYS)?, read(CERTIFICATES)?) {
        (Some(keys), Some(certificates)) => Ok([(KEYS, keys), (CERTIFICATES, certificates)]),
        (None, Some(_)) => Err(not_one("it has `cert9.db` and lacks `key4.db`")),
        (_, None) if file::exists(&folder.join("cert8.db")) => {
            Err(not_one("`cert8.db` is of the old kind, which NSS reads no more by default"))
        }
        (_, None) => Err(not_one("it has no `cert9.db`")),
    }
}

const CERTIFICATES: &str = "cert9.db";
/// Beside keys it has the seals of the trust flags. It is written first: seals of certificates that are not there yet do
/// no harm, and flags without their seals count for nothing.
const KEYS: &str = "key4.db";
/// Trusted to sign certificates of TLS servers, nothing else.
const ROOT: &str = "C,,";
