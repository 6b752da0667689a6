//! The difference between a store and what it should hold, and the bytes that close it.

use std::path::{Path, PathBuf};

use crate::bundle::{Bundle, CertificateSet, Origin};
use crate::certificate::Certificate;
use crate::error::Error;
use crate::file;
use crate::format::{self, Entry, Format, Member};
use crate::journal::{Change, Listed};

/// A store as it stands: read once, decoded.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    format: &'static Format,
    /// What the file is in now, where there is one.
    found: Option<&'static Format>,
    bytes: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
    flaws: Vec<String>,
}

impl Store {
    /// Reads a store. Without `format` it keeps the format that stands there, or takes the one that its name asks for.
    ///
    /// Fails when the file is no store, holds a private key or a block that cannot be read, or when there is no file
    /// and its name says no format.
    pub fn read(path: &Path, format: Option<&'static Format>) -> Result<Self, Error> {
        let bytes = file::read(path)?;
        let mut certificates = Vec::new();
        let mut flaws = Vec::new();
        let mut damage = None;
        // An empty file is what `touch` and a failed download leave: nothing in it can be lost.
        let content = bytes.as_deref().filter(|bytes| !bytes.trim_ascii().is_empty());
        let found = content.map(|mut content| {
            let limit = content.len() as u64;
            format::decode(&mut content, limit, &mut |member| match member {
                Member::Certificate { certificate, place, flaw } => {
                    if let Some(flaw) = flaw {
                        flaws.push(format!("{place}: {flaw}"));
                    }
                    certificates.push(certificate);
                }
                Member::Other { .. } => {}
                Member::Rejected { place, reason } => damage = damage.take().or(Some((place, reason))),
            })
        });
        let found = found.transpose().map_err(|source| Error::Decode { origin: path.display().to_string(), source })?;
        if let Some((place, reason)) = damage {
            return Err(Error::DamagedStore { path: path.to_owned(), place, reason });
        }
        let named = || Format::of_name(path).ok_or_else(|| Error::UnknownFormat { path: path.to_owned() });
        let format = format.or(found).map_or_else(named, Ok)?;
        Ok(Self { path: path.to_owned(), format, found, bytes, certificates, flaws })
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is to be in.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// Whether there is no file yet.
    pub fn is_new(&self) -> bool {
        self.bytes.is_none()
    }
}

/// What an install does to one store: only adds, never removes what others put there.
#[derive(Debug)]
pub struct Plan {
    store: Store,
    added: Vec<(Certificate, String)>,
    kept: usize,
    repairs: Vec<String>,
    after: Option<Vec<u8>>,
}

/// What became of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was no file.
    Created,
    /// The same certificates once decoded: the file and its time are untouched.
    Unchanged,
    /// The file was replaced.
    Updated,
}

impl Plan {
    /// Compares a store with the roots that it should hold. Fails when its format cannot hold them.
    pub fn new(store: Store, bundle: &Bundle) -> Result<Self, Error> {
        let mut present = CertificateSet::new();
        let origin = present.origin(Origin::File(store.path.clone()));
        let mut repairs = store.flaws.clone();
        for certificate in &store.certificates {
            if !present.insert(certificate.clone(), origin, None) {
                repairs.push(format!("a second copy of `{}` goes", certificate.subject()));
            }
        }
        if let Some(found) = store.found.filter(|found| *found != store.format) {
            repairs.push(format!("it is {}, and its clients read {}", found.name, store.format.name));
        }
        let added: Vec<(Certificate, String)> = bundle
            .entries()
            .filter(|entry| !present.contains(entry.certificate))
            .map(|entry| (entry.certificate.clone(), entry.origin.to_owned()))
            .collect();
        let mut plan = Self { store, added, kept: present.len(), repairs, after: None };
        plan.after = plan.bytes_after()?;
        Ok(plan)
    }

    /// The store that it changes.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The roots that the store gains, each with its origin as a comment.
    pub fn added(&self) -> &[(Certificate, String)] {
        &self.added
    }

    /// How many certificates stand in the store and stay; the second copy of one does not count.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// What is put right besides, in words.
    pub fn repairs(&self) -> &[String] {
        &self.repairs
    }

    /// What applying the plan makes of the store.
    pub fn outcome(&self) -> Outcome {
        match (&self.after, self.store.is_new()) {
            (None, _) => Outcome::Unchanged,
            (Some(_), true) => Outcome::Created,
            (Some(_), false) => Outcome::Updated,
        }
    }

    /// The change for [`Journal::apply`](crate::journal::Journal::apply); None when nothing changes.
    pub fn change(&self) -> Option<Change> {
        let after = self.after.clone()?;
        Some(Change { path: self.store.path.clone(), before: self.store.bytes.clone(), after: Some(after) })
    }

    /// The added roots as the journal lists them.
    pub fn listed(&self) -> Vec<Listed> {
        let listed = |(certificate, _): &(Certificate, String)| Listed::of(certificate);
        self.added.iter().map(listed).collect()
    }

    fn bytes_after(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Store { path, format, found, bytes, certificates, .. } = &self.store;
        let here = |source| Error::Decode { origin: path.display().to_string(), source };
        let entries: Vec<Entry<'_>> =
            self.added.iter().map(|(certificate, origin)| Entry { certificate, origin }).collect();
        let existing = match (found, bytes) {
            (Some(found), Some(bytes)) if found == format => Some(bytes.clone()),
            (Some(_), _) => {
                let mut converted = Vec::new();
                let entries = certificates.iter().map(|certificate| Entry { certificate, origin: "" });
                (format.encode)(&mut { entries }, &mut converted).map_err(here)?;
                Some(converted)
            }
            _ => None,
        };
        let after = match existing {
            Some(existing) => (format.merge)(&existing, &entries).map_err(here)?,
            None => {
                let mut after = Vec::new();
                (format.encode)(&mut entries.iter().copied(), &mut after).map_err(here)?;
                after
            }
        };
        let reordered = self.reads_back(&after)?;
        if reordered && self.repairs.is_empty() && self.added.is_empty() {
            self.repairs.push("a cross-signed certificate moves behind the root of its subject".to_owned());
        }
        Ok((!self.added.is_empty() || !self.repairs.is_empty()).then_some(after))
    }

    /// Decodes what is to be written: nothing that stood there may be missing, and all that is added must be there.
    /// Returns whether the certificates that stood there now come in another order.
    fn reads_back(&self, after: &[u8]) -> Result<bool, Error> {
        let wrong = || Error::WouldNotReadBack { path: self.store.path.clone() };
        let mut found = Vec::new();
        let format = format::decode(&mut &after[..], after.len() as u64, &mut |member| {
            if let Member::Certificate { certificate, .. } = member {
                found.push(certificate.fingerprint());
            }
        });
        let mut wanted = Vec::new();
        for certificate in self.store.certificates.iter().chain(self.added.iter().map(|(certificate, _)| certificate)) {
            if !wanted.contains(&certificate.fingerprint()) {
                wanted.push(certificate.fingerprint());
            }
        }
        let in_place = found == wanted;
        found.sort();
        wanted.sort();
        if format.is_err() || found != wanted { Err(wrong()) } else { Ok(!in_place) }
    }
}
