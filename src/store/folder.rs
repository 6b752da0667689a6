//! Folders of certificate files: what OpenSSL reads as `-CApath`, and what systems build their own store from.

mod anchors;
mod hashed;
mod walk;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::format::{self, DecodeError, Derivations, Entry, Format, Member, MemberKind, Passwords};
use crate::journal::Change;
use crate::store::Error;
use crate::system::{self, file, limits};
pub use crate::x509::name_hash::hash;
use crate::x509::{Certificate, Fingerprint};
pub use walk::{BLOCKED, Walk, is_blocked, walk};

/// A folder as it stands: every file in it read once. Folders in it are not entered.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The names of all that is there.
    names: HashSet<OsString>,
    files: BTreeMap<OsString, Stored>,
    others: Vec<Other>,
    /// Files that the system did not let us read.
    unread: Vec<(PathBuf, io::Error)>,
}

/// A file of certificates.
#[derive(Debug)]
struct Stored {
    certificates: Vec<Certificate>,
    bytes: Vec<u8>,
    /// Where it leads, for a symbolic link.
    link: Option<PathBuf>,
    /// Whether OpenSSL reads it from a hashed folder: that takes PEM, and that as strict tools write it.
    strict_pem: bool,
}

/// A file that does not hold certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// Its name in the folder.
    pub name: String,
    /// What it is, or why it cannot be read.
    pub kind: String,
}

/// The naming of the files in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `pgtrust-<subject>-<start of the fingerprint>.crt`: any name will do for what reads the folder.
    Anchors,
    /// `<hash of the subject>.<number>`: what OpenSSL looks up in `-CApath` and SSL_CERT_DIR. It begins with number 0 and
    /// stops at the first that is not there or that it cannot read.
    Hashed,
}

/// Tells whether a folder has files named as OpenSSL looks them up. One that cannot be listed counts as such: reading
/// it then fails with the reason.
pub fn is_hashed(folder: &Path) -> bool {
    let hashed = |path: PathBuf| {
        let parts = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'));
        parts.is_some_and(|(hash, number)| {
            let all = |text: &str, test: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| test(&byte));
            hash.len() == 8 && all(hash, u8::is_ascii_hexdigit) && all(number, u8::is_ascii_digit)
        })
    };
    file::entries(folder).map_or_else(|_| file::is_folder(folder), |entries| entries.into_iter().any(hashed))
}

impl Naming {
    /// Returns the name that a store in it has as its format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anchors => "anchors",
            Self::Hashed => HASHED,
        }
    }
}

/// The changes that bring a store of several files to what it should hold.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Difference {
    /// The files, for [`Journal::apply`](crate::journal::Journal::apply); none when nothing changes.
    pub changes: Vec<Change>,
    /// The certificates that come, or go.
    pub certificates: Vec<Certificate>,
    /// What a user must know besides, in words.
    pub notes: Vec<String>,
}

impl Difference {
    /// Makes the changes, without a journal.
    pub fn write(&self) -> Result<(), Error> {
        let make = |change: &Change| match &change.after {
            Some(bytes) => file::replace_bytes(&change.path, bytes),
            None => file::remove(&change.path),
        };
        Ok(self.changes.iter().try_for_each(make)?)
    }
}

impl Directory {
    /// Reads a folder, which need not exist. A file in it that is not a certificate is never an error.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut directory = Self {
            path: path.to_owned(),
            names: HashSet::new(),
            files: BTreeMap::new(),
            others: Vec::new(),
            unread: Vec::new(),
        };
        let (mut left, derivations) = (limits::FOLDER_TOTAL, Derivations::default());
        for path in file::entries(path)? {
            let Some(name) = path.file_name().map(ToOwned::to_owned) else { continue };
            directory.names.insert(name.clone());
            let other = |kind| Other { name: name.to_string_lossy().into_owned(), kind };
            let bytes = match bytes(&path) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(error) => {
                    directory.others.push(other(format!("cannot be read: {error}")));
                    directory.unread.push((path, error));
                    continue;
                }
            };
            match Stored::decode(&path, bytes, Passwords::usual().within(&derivations)) {
                Ok(stored) => {
                    let too_large =
                        || system::Error::unread("read", &directory.path)(file::too_large(limits::FOLDER_TOTAL as u64));
                    left = left.checked_sub(stored.bytes.len()).ok_or_else(too_large)?;
                    directory.files.insert(name, stored);
                }
                Err(kind) => directory.others.push(other(kind)),
            }
        }
        Ok(directory)
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the certificates, each once, with the name of its file. Of several files a regular one is named before a
    /// link to it.
    pub fn certificates(&self) -> impl Iterator<Item = (String, &Certificate)> {
        let (links, regular): (Vec<_>, Vec<_>) = self.files.iter().partition(|(_, stored)| stored.link.is_some());
        let mut seen = HashSet::new();
        let files = regular.into_iter().chain(links);
        files
            .flat_map(|(name, stored)| stored.certificates.iter().map(move |certificate| (name, certificate)))
            .filter(move |(_, certificate)| seen.insert(certificate.fingerprint()))
            .map(|(name, certificate)| (name.to_string_lossy().into_owned(), certificate))
    }

    /// Fails when a file could not be read.
    pub(crate) fn all_read(&self) -> Result<(), Error> {
        self.unread.first().map_or(Ok(()), |(path, error)| {
            Err(system::Error::unread("read", path)(io::Error::new(error.kind(), error.to_string())).into())
        })
    }

    /// Fails when one of these is not found and may be in a file that could not be read.
    pub(crate) fn look_for(&self, fingerprints: &[Fingerprint]) -> Result<(), Error> {
        let found: HashSet<Fingerprint> = self.certificates().map(|(_, found)| found.fingerprint()).collect();
        let all_found = fingerprints.iter().all(|fingerprint| found.contains(fingerprint));
        if all_found { Ok(()) } else { self.all_read() }
    }

    /// Tells whether the folder is empty.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the files that hold no certificate.
    pub fn others(&self) -> &[Other] {
        &self.others
    }

    /// Plans to add these certificates: new files only. A certificate that readers of the folder find already is not
    /// added again.
    pub fn add<'a>(&self, naming: Naming, entries: &mut dyn Iterator<Item = Entry<'a>>) -> Result<Difference, Error> {
        match naming {
            Naming::Anchors => anchors::add(self, entries),
            Naming::Hashed => hashed::add(self, entries),
        }
    }

    /// Plans to remove these certificates from the files that pgtrust wrote for them, and from no others. Hashed files
    /// behind them take the next number down.
    pub fn remove(&self, naming: Naming, fingerprints: &[Fingerprint]) -> Difference {
        let mut difference = match naming {
            Naming::Anchors => anchors::remove(self, fingerprints),
            Naming::Hashed => hashed::remove(self, fingerprints),
        };
        self.note_broken_links(&mut difference);
        difference
    }

    fn change(&self, name: &OsString, after: Option<Vec<u8>>) -> Change {
        let before = self.files.get(name).map(|stored| stored.bytes.clone());
        Change { path: self.path.join(name), before, after }
    }

    fn note_broken_links(&self, difference: &mut Difference) {
        let Ok(folder) = file::real(&self.path) else { return };
        for change in difference.changes.iter().filter(|change| change.after.is_none()) {
            let gone = change.path.file_name().map(|name| folder.join(name));
            for (name, _) in self.files.iter().filter(|(_, stored)| stored.link.is_some() && stored.link == gone) {
                difference.notes.push(format!(
                    "`{}` is a link to `{}` and leads nowhere then: `openssl rehash {}` puts the links right",
                    self.path.join(name).display(),
                    change.path.display(),
                    self.path.display(),
                ));
            }
        }
    }
}

/// Reads a file of a folder, as far as one may be read. None for what is not a file, or does not lead to one.
fn bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match file::stat(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(None),
        // A link that leads nowhere or in a circle, or a file that is gone by now.
        Err(error) if error.kind() == io::ErrorKind::NotFound || path.is_symlink() => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    let of_system = |error| match error {
        system::Error::Io(error) => error.source,
        error => io::Error::other(error),
    };
    file::open(path).map_err(of_system)?.take(limits::FOLDER_FILE + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

impl Stored {
    /// Fails with what the file is instead.
    fn decode(path: &Path, bytes: Vec<u8>, passwords: Passwords<'_>) -> Result<Self, String> {
        let mut certificates = Vec::new();
        let mut strict = true;
        let mut other = None;
        let decoded = format::decode(&mut &bytes[..], limits::FOLDER_FILE, passwords, &mut |member| match member {
            Member::Certificate { certificate, flaw, .. } => {
                certificates.push(certificate);
                strict &= flaw.is_none();
            }
            Member::Distrusted { .. } => other = Some(MemberKind::DistrustedCertificate),
            Member::Other { kind, .. } => other = Some(kind),
            Member::PrivateKey(_) => other = Some(MemberKind::PrivateKey),
            Member::Rejected { .. } | Member::Unchecked { .. } => strict = false,
        });
        match decoded {
            Ok(_) if certificates.is_empty() => match other {
                Some(kind @ MemberKind::DistrustedCertificate) => Err(kind.to_string()),
                _ => Err("a certificate that cannot be read".to_owned()),
            },
            Ok(decoded) => {
                let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
                let link = if is_link { file::real(path).ok() } else { None };
                Ok(Self { certificates, bytes, link, strict_pem: strict && *decoded.format == *Format::pem() })
            }
            Err(error) => Err(other.map_or_else(|| error.to_string(), |kind| kind.to_string())),
        }
    }

    /// Tells whether pgtrust wrote it, with one of these certificates in it and nothing else.
    fn is_ours(&self, fingerprints: &[Fingerprint]) -> bool {
        let ([certificate], None) = (&self.certificates[..], &self.link) else { return false };
        // The fourth comment line is the origin, which an entry need not have.
        let text = String::from_utf8_lossy(&self.bytes);
        let comments: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let origin = comments.get(3).copied().unwrap_or_default();
        fingerprints.contains(&certificate.fingerprint())
            && content(&Entry { certificate, origin }).is_ok_and(|content| content == self.bytes)
    }
}

/// A file of one certificate.
fn content(entry: &Entry<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let written = (Format::pem().encode)(&mut std::iter::once(*entry), None, &mut bytes);
    written.map_err(DecodeError::of(entry.certificate.subject().to_string()))?;
    Ok(bytes)
}

/// The name of a hashed folder among the formats.
pub const HASHED: &str = "hashed";
