//! NSS's `certutil`, run on a copy of a database.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Files, NssEntry};
use crate::format::{self, DecodeError, Member, Passwords, aliases};
use crate::store::Error;
use crate::system::process::{self, Programs};
use crate::system::{self, file, limits};
use crate::x509::{Certificate, Fingerprint};

/// The program.
#[derive(Clone, Debug)]
pub struct Certutil {
    program: PathBuf,
    programs: Programs,
}

impl Certutil {
    /// Returns the `certutil` among these programs.
    pub fn find(programs: &Programs) -> Result<Self, Error> {
        let missing = process::Error::Missing {
            name: "certutil",
            packages: "Debian, Ubuntu: `libnss3-tools`; Fedora, RHEL, Alpine: `nss-tools`; SUSE: `mozilla-nss-tools`; \
                       Arch, Homebrew: `nss`",
        };
        Ok(Self {
            program: programs.find("certutil").ok_or_else(|| system::Error::from(missing))?,
            programs: programs.clone(),
        })
    }
}

/// A copy of a database, which goes away with the value. It lies in the database's own folder, closed to others, because it
/// has the same keys in it. `pkcs11.txt` is left out: it names libraries that NSS would load.
pub(super) struct Copy<'a> {
    folder: TempDir,
    /// Tells it from one that a killed run left, where folders can be opened and locked. Elsewhere none is swept away.
    _lock: Option<File>,
    certutil: &'a Certutil,
    password_file: &'a Path,
}

impl<'a> Copy<'a> {
    pub(super) fn new(
        database: &Path,
        files: &Files,
        certutil: &'a Certutil,
        password_file: Option<&'a Path>,
    ) -> Result<Self, Error> {
        sweep(database);
        let (folder, lock) = folder_in(database).map_err(system::Error::io("create a folder in", database))?;
        let password = password_file.unwrap_or_else(|| Path::new(NO_PASSWORD));
        let copy = Self { folder, _lock: lock, certutil, password_file: password };
        for (name, bytes) in files {
            copy.write(name, bytes)?;
        }
        // Without a file of its own `certutil` asks the terminal for a password.
        copy.write(NO_PASSWORD, b"")?;
        Ok(copy)
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn add(&self, entry: &NssEntry) -> Result<(), Error> {
        self.write("root.der", entry.certificate.der())?;
        self.run(&["-A", "-n", &entry.nickname, "-t", &entry.trust, "-i", "root.der"]).map(drop)
    }

    pub(super) fn remove(&self, nickname: &str) -> Result<(), Error> {
        self.run(&["-D", "-n", nickname]).map(drop)
    }

    /// Returns every certificate with its nickname and its trust flags.
    pub(super) fn entries(&self) -> Result<Vec<NssEntry>, Error> {
        let table = self.run(&["-L"])?;
        let table = String::from_utf8_lossy(&table);
        let rows: Vec<(&str, &str)> = table.lines().filter_map(row).collect();
        let mut entries: Vec<NssEntry> = Vec::new();
        let mut known: HashMap<&str, (Vec<Certificate>, HashSet<Fingerprint>)> = HashMap::new();
        for (nickname, trust) in &rows {
            if !known.contains_key(nickname) {
                known.insert(nickname, self.of_nickname(nickname)?);
            }
            let Some((certificates, trusted)) = known.get(nickname) else { continue };
            // A nickname stands for all certificates of its subject. Which of them is meant is told by their trust, and
            // by the name itself where pgtrust gave it; where neither tells them apart the names mean the same.
            let fits = |certificate: &&Certificate| {
                let taken = entries.iter().any(|entry| entry.certificate == **certificate);
                !taken && (certificates.len() == 1 || trusted.contains(&certificate.fingerprint()) == is_root(trust))
            };
            let named = |name: &str, certificate: &Certificate| aliases(certificate).any(|alias| alias == name);
            let candidates: Vec<&Certificate> = certificates.iter().filter(fits).collect();
            let own = candidates.iter().find(|certificate| named(nickname, certificate));
            let of_others = |certificate: &Certificate| rows.iter().any(|(name, _)| named(name, certificate));
            let other = candidates.iter().find(|certificate| !of_others(certificate)).or_else(|| candidates.first());
            if let Some(certificate) = own.or(other) {
                let (nickname, trust) = ((*nickname).to_owned(), (*trust).to_owned());
                entries.push(NssEntry { nickname, certificate: (*certificate).clone(), trust });
            }
        }
        Ok(entries)
    }

    /// The certificates that a nickname stands for, and which of them are trusted for servers; the latter only where
    /// there are several.
    fn of_nickname(&self, nickname: &str) -> Result<(Vec<Certificate>, HashSet<Fingerprint>), Error> {
        let pem = self.run(&["-L", "-n", nickname, "-a"])?;
        let mut certificates: Vec<Certificate> = Vec::new();
        let decoded = format::decode(&mut &pem[..], pem.len() as u64, Passwords::usual(), &mut |member| {
            if let Member::Certificate { certificate, .. } = member {
                certificates.push(certificate);
            }
        });
        decoded.map_err(DecodeError::of(format!("certutil -L -n {nickname}")))?;
        let details = if certificates.len() > 1 { self.run(&["-L", "-n", nickname])? } else { vec![] };
        Ok((certificates, trusted(&String::from_utf8_lossy(&details))))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path().join(name);
        let written = File::create(&path).and_then(|mut file| file.write_all(bytes));
        Ok(written.map_err(system::Error::io("write", &path))?)
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let Certutil { program, programs } = self.certutil;
        let program = programs.program(program, limits::CERTUTIL_TIME).printing(limits::CERTUTIL_PRINTED);
        let program = program.in_folder(self.path()).arguments(arguments).arguments(["-d", "sql:.", "-f"]);
        Ok(program.arguments([self.password_file]).run().map_err(system::Error::from)?)
    }
}

/// A folder of this run's, and the lock on it.
#[expect(clippy::disallowed_methods, reason = "of a folder that this run has just made")]
fn folder_in(database: &Path) -> io::Result<(TempDir, Option<File>)> {
    let database = file::real(database)?;
    loop {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&database)?;
        let Ok(lock) = File::open(folder.path()) else { return Ok((folder, None)) };
        match lock.try_lock() {
            // Another run saw it before it was locked, and sweeps it away.
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !folder.path().exists() => {}
            Ok(()) | Err(TryLockError::Error(_)) => return Ok((folder, Some(lock))),
        }
    }
}

/// Removes the copies, keys and all, that killed runs left in the folder of a database.
#[expect(clippy::disallowed_methods, reason = "entries of a folder, looked at one by one")]
fn sweep(database: &Path) {
    for entry in file::real(database).and_then(fs::read_dir).into_iter().flatten().flatten() {
        let is_copy = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_copy && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // The lock is held until the folder is gone: a run that has just made it sees that.
            let lock = File::open(entry.path()).ok().filter(|lock| lock.try_lock().is_ok());
            let _ = lock.map(|_lock| fs::remove_dir_all(entry.path()));
        }
    }
}

/// Nickname and trust flags in a line of the table; None for a line above it.
fn row(line: &str) -> Option<(&str, &str)> {
    let (nickname, trust) = line.trim_end().rsplit_once(' ')?;
    let flags = trust.bytes().all(|byte| byte == b',' || byte.is_ascii_alphabetic());
    (flags && trust.matches(',').count() == 2).then_some((nickname.trim_end(), trust))
}

/// Tells whether these flags make a root of TLS servers.
pub(super) fn is_root(trust: &str) -> bool {
    trust.split(',').next().is_some_and(|tls| tls.contains('C'))
}

/// The certificates that a listing in words calls trusted for servers.
fn trusted(details: &str) -> HashSet<Fingerprint> {
    let mut trusted = HashSet::new();
    let (mut fingerprint, mut above, mut of_tls): (Option<Fingerprint>, &str, bool) = (None, "", false);
    for line in details.lines().map(str::trim) {
        match line {
            _ if above == "Fingerprint (SHA-256):" => fingerprint = line.parse().ok(),
            "SSL Flags:" => of_tls = true,
            "Email Flags:" => of_tls = false,
            "Trusted CA" if of_tls => trusted.extend(fingerprint),
            _ => {}
        }
        above = line;
    }
    trusted
}

/// Begins the names of copies.
const PREFIX: &str = ".pgtrust-";
/// The name of an empty file.
const NO_PASSWORD: &str = "no-password";
