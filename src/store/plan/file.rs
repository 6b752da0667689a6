//! A store that is one file, as it stands.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::format::{self, DecodeError, Format, Member, MemberKind, Passwords};
use crate::store::{Error, jvm, reader};
use crate::system::{file, limits};
use crate::x509::{Certificate, Fingerprint};

use super::StoreAccess;

/// A store that is one file, read once and decoded.
pub struct FileStore {
    pub(super) path: PathBuf,
    pub(super) format: &'static Format,
    /// What the file is in now, where there is one.
    pub(super) found: Option<&'static Format>,
    /// What opened it, or what protects it once it is written.
    pub(super) password: Option<String>,
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) certificates: Vec<Certificate>,
    /// Certificates of a key store that its clients do not see where they are.
    pub(super) hidden: HashSet<Fingerprint>,
    /// What keeps clients of other stores from reading them.
    pub(super) flaws: Vec<String>,
    /// Certificates beside which stands that they vouch for no TLS server.
    pub(super) distrusted: HashSet<Fingerprint>,
    /// What stands there beside certificates that clients trust.
    pub(super) others: Vec<MemberKind>,
    /// Whether nobody knows that it is as it was written.
    pub(super) unchecked: bool,
}

impl FileStore {
    /// Reads a store. `format` is what it is to be in; without it a store keeps the format that stands there, or takes
    /// the one that its name asks for.
    ///
    /// Fails when the file is not a store, does not open with the password, or holds a block that cannot be read, when
    /// there is a private key where only certificates belong, or when there is no file and its name says no format.
    pub fn read(path: &Path, format: Option<&'static Format>, access: &StoreAccess<'_>) -> Result<Self, Error> {
        let bytes = file::read(path)?;
        let (mut certificates, mut others, mut flaws) = (Vec::new(), Vec::new(), Vec::new());
        let (mut hidden, mut visible, mut distrusted) = (HashSet::new(), HashSet::new(), HashSet::new());
        let (mut damage, mut unchecked) = (None, false);
        // An empty file is what `touch` and a failed download leave: nothing in it can be lost.
        let content = bytes.as_deref().filter(|bytes| !bytes.trim_ascii().is_empty());
        let decoded = content.map(|mut content| {
            let limit = content.len() as u64;
            format::decode(&mut content, limit, Passwords::only(access.password), &mut |member| match member {
                Member::Certificate { certificate, position, flaw, .. } => {
                    let seen = if flaw.is_some() { &mut hidden } else { &mut visible };
                    seen.insert(certificate.fingerprint());
                    flaws.extend(flaw.map(|flaw| format!("{position}: {flaw}")));
                    certificates.push(certificate);
                }
                Member::Distrusted { certificate, .. } => {
                    distrusted.insert(certificate.fingerprint());
                    others.push(MemberKind::DistrustedCertificate);
                }
                Member::Other { kind, .. } => others.push(kind),
                Member::PrivateKey(_) => others.push(MemberKind::PrivateKey),
                Member::Rejected { position, reason } => damage = damage.take().or(Some((position, reason))),
                Member::Unchecked { .. } => unchecked = true,
            })
        });
        let here = DecodeError::of(path);
        let (found, opened) = match decoded.transpose().map_err(&here)? {
            Some(decoded) => (Some(decoded.format), decoded.password),
            None => (None, None),
        };
        if let Some((position, reason)) = damage {
            let reader = reader::of(found.map_or("", |format| format.name));
            return Err(Error::DamagedStore { path: path.to_owned(), position, reason, reader });
        }
        if unchecked && access.no_password {
            // It has one that nobody told, and the manifest must not take it for none.
            return Err(here(format::Error::PasswordNeeded { what: "this store" }).into());
        }
        if found.is_some_and(Format::is_key_store) {
            // Nothing is wrong with them, they are only not seen there.
            flaws.clear();
            hidden.retain(|fingerprint| !visible.contains(fingerprint));
        } else {
            hidden.clear();
        }
        let format = match (format, found) {
            (Some(format), Some(found)) if format.covers(found) => found,
            (Some(format), _) | (None, Some(format)) => format,
            (None, None) => Format::of_name(path).ok_or_else(|| Error::UnknownFormat { path: path.to_owned() })?,
        };
        let password = match access.password {
            _ if found == Some(format) => opened,
            Some(given) => Some(given.to_owned()),
            None if access.no_password => None,
            None => format.new_password().map(str::to_owned),
        };
        let path = path.to_owned();
        Ok(Self { path, format, found, password, bytes, certificates, hidden, flaws, distrusted, others, unchecked })
    }

    /// Reads the store of a Java installation. Fails where there is nothing that Java can read.
    pub(super) fn read_cacerts(path: &Path, access: &StoreAccess<'_>) -> Result<Self, Error> {
        let bytes = file::read(path)?.unwrap_or_default();
        let head = bytes.get(..limits::HEAD).unwrap_or(&bytes);
        let (what, is_store) = match Format::of(head) {
            Some(format) if jvm::READS.contains(&format.name) => return Self::read(path, None, access),
            Some(format) => (format.name.to_owned(), true),
            None => (format::what_is(head).to_string(), false),
        };
        Err(Error::NotCacerts { path: path.to_owned(), what, is_store })
    }

    /// Returns the kinds of what stands there beside certificates.
    pub fn others(&self) -> &[MemberKind] {
        &self.others
    }

    /// Returns the roots that stand there to be trusted and are not, as in what `openssl pkcs12 -export -nokeys` makes.
    /// Beside a private key they may be there for its sake, and what is not a root was never an anchor.
    pub(super) fn unseen_roots(&self) -> Vec<Certificate> {
        if self.others.contains(&MemberKind::PrivateKey) {
            return Vec::new();
        }
        let mut left = self.hidden.clone();
        // The signature last: it takes longer than all the rest of looking at a store.
        let unseen = |certificate: &&Certificate| {
            let fingerprint = certificate.fingerprint();
            let is_unseen = left.contains(&fingerprint) && certificate.is_ca() && certificate.is_self_signed();
            is_unseen && left.remove(&fingerprint)
        };
        self.certificates.iter().filter(unseen).cloned().collect()
    }

    /// Fails when the new format cannot hold all that is in the store.
    pub(super) fn refuse_loss(&self) -> Result<(), Error> {
        match self.others.first() {
            Some(kind) => Err(Error::WouldLose { path: self.path.clone(), kind: *kind, format: self.format.name }),
            None => Ok(()),
        }
    }
}

/// The password is never printed.
impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("FileStore");
        fields.field("path", &self.path).field("format", self.format).field("found", &self.found);
        fields.field("certificates", &self.certificates.len()).finish_non_exhaustive()
    }
}
