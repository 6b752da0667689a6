//! Removals from a store that is one file.

use std::collections::HashMap;

use super::{FileStore, Outcome, Removal};
use crate::format::{self, DecodeError, Format, Member, Passwords};
use crate::journal::{Added, Change};
use crate::store::Error;
use crate::x509::{Certificate, Fingerprint};

pub(super) struct FileRemoval<'a> {
    store: &'a FileStore,
    removed: Vec<Certificate>,
    outcome: Outcome,
    after: Option<Vec<u8>>,
}

impl<'a> FileRemoval<'a> {
    pub(super) fn new(store: &'a FileStore, added: &Added) -> Result<Self, Error> {
        let wanted = |certificate: &&Certificate| added.contains(&certificate.fingerprint());
        let fingerprints: Vec<Fingerprint> =
            store.certificates.iter().filter(wanted).map(Certificate::fingerprint).collect();
        let nothing = Self { removed: Vec::new(), outcome: Outcome::Unchanged, after: None, store };
        let (Some(bytes), Some(found), false) = (&nothing.store.bytes, nothing.store.found, fingerprints.is_empty())
        else {
            return Ok(nothing);
        };
        let FileStore { path, password, certificates, others, .. } = nothing.store;
        let here = DecodeError::of(path);
        if nothing.store.unchecked {
            return Err(here(format::Error::PasswordNeeded { what: "a change to the store" }).into());
        }
        let after =
            (found.remove)(bytes, password.as_deref(), &mut |found| found.is_own(&fingerprints)).map_err(here)?;

        let mut left: HashMap<Fingerprint, usize> = HashMap::new();
        let (mut others_left, mut certificates_left) = (0, 0);
        let passwords = Passwords::only(password.as_deref());
        let decoded = format::decode(&mut &after[..], after.len() as u64, passwords, &mut |member| match member {
            Member::Certificate { certificate, .. } => {
                *left.entry(certificate.fingerprint()).or_default() += 1;
                certificates_left += 1;
            }
            Member::Distrusted { .. } | Member::Other { .. } | Member::PrivateKey(_) => others_left += 1,
            Member::Rejected { .. } | Member::Unchecked { .. } => {}
        });
        let (mut removed, mut lost) = (Vec::new(), false);
        for certificate in certificates {
            match left.get_mut(&certificate.fingerprint()).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None if added.contains(&certificate.fingerprint()) => removed.push(certificate.clone()),
                None => lost = true,
            }
        }
        // Nothing is what a text without its last certificate is.
        let empty = matches!(decoded, Err(format::Error::NotAStore { .. }));
        if lost || others_left != others.len() && !empty || decoded.is_err() && !empty {
            return Err(Error::WouldNotReadBack { path: path.clone() });
        }
        let gone = added.created()
            && certificates_left + others_left == 0
            && (found != Format::pem() || after.trim_ascii().is_empty());
        let (outcome, after) = match (removed.is_empty(), gone) {
            (true, _) => (Outcome::Unchanged, None),
            (false, true) => (Outcome::Removed, None),
            (false, false) => (Outcome::Updated, Some(after)),
        };
        Ok(Self { removed, outcome, after, ..nothing })
    }

    pub(super) fn removal(self) -> Removal {
        let FileStore { path, bytes, format, certificates, .. } = self.store;
        let change = || Change { path: path.clone(), before: bytes.clone(), after: self.after.clone() };
        Removal {
            format: format.name,
            outcome: self.outcome,
            kept: certificates.len() - self.removed.len(),
            notes: Vec::new(),
            changes: (self.outcome != Outcome::Unchanged).then(change).into_iter().collect(),
            removed: self.removed,
        }
    }
}
