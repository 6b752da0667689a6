//! Additions to a store that is one file.

use std::collections::HashSet;

use super::{FileStore, Outcome, Plan};
use crate::bundle::{Bundle, CertificateSet, Origin};
use crate::format::{self, DecodeError, Entry, Format, Member, Passwords};
use crate::journal::Change;
use crate::store::Error;
use crate::x509::{Certificate, Fingerprint};

pub(super) struct Addition<'a> {
    store: &'a FileStore,
    added: Vec<(Certificate, String)>,
    /// What stands there and its clients do not see.
    shown: Vec<Certificate>,
    kept: usize,
    repairs: Vec<String>,
    /// Roots that must come in this order, see [`Bundle::successions`].
    successions: Vec<Vec<Fingerprint>>,
    after: Option<Vec<u8>>,
}

impl<'a> Addition<'a> {
    pub(super) fn new(store: &'a FileStore, wanted: &[Entry<'_>], bundle: &Bundle) -> Result<Self, Error> {
        if let Some(distrusted) =
            wanted.iter().map(|entry| entry.certificate).find(|root| store.distrusted.contains(&root.fingerprint()))
        {
            let subject = distrusted.title();
            return Err(Error::DistrustedThere { path: store.path.clone(), subject });
        }
        let mut present = CertificateSet::new();
        let origin = present.origin(Origin::File(store.path.clone()));
        let mut repairs = store.flaws.clone();
        // Others keep a certificate under several names, or in several blocks of PKCS#7.
        let one_copy = store.format == Format::pem();
        for certificate in &store.certificates {
            if !present.insert(certificate.clone(), origin, None) && one_copy {
                repairs.push(format!("a second copy of `{}` goes", certificate.title()));
            }
        }
        if let Some(found) = store.found.filter(|found| *found != store.format) {
            repairs.push(format!("it is {}, and its clients read {}", found.name, store.format.name));
        }
        let missing = |certificate: &Certificate| {
            !present.contains(certificate) || store.hidden.contains(&certificate.fingerprint())
        };
        let added: Vec<(Certificate, String)> = wanted
            .iter()
            .filter(|entry| missing(entry.certificate))
            .map(|entry| (entry.certificate.clone(), entry.origin.to_owned()))
            .collect();
        let mut shown = store.unseen_roots();
        shown.retain(|root| added.iter().all(|(certificate, _)| certificate != root));
        repairs.extend(shown.iter().map(|root| format!("its clients come to see `{}`", root.title())));
        let successions = if one_copy { bundle.successions() } else { Vec::new() };
        let mut addition = Self { store, added, shown, kept: present.len(), repairs, successions, after: None };
        addition.after = addition.bytes_after()?;
        Ok(addition)
    }

    pub(super) fn plan(self) -> Plan {
        let FileStore { path, bytes, format, .. } = self.store;
        let change = |after| Change { path: path.clone(), before: bytes.clone(), after: Some(after) };
        Plan {
            format: format.name,
            outcome: match (&self.after, bytes) {
                (None, _) => Outcome::Unchanged,
                (Some(_), None) => Outcome::Created,
                (Some(_), Some(_)) => Outcome::Updated,
            },
            added: self.added,
            kept: self.kept,
            repairs: self.repairs,
            changes: self.after.map(change).into_iter().collect(),
            rejected: Vec::new(),
        }
    }

    fn bytes_after(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let FileStore { path, format, found, password, bytes, certificates, .. } = self.store;
        let here = DecodeError::of(path);
        let nothing_to_do = self.added.is_empty() && self.repairs.is_empty();
        // In PEM the order matters, which only a merge tells.
        if nothing_to_do && *format != Format::pem() {
            return Ok(None);
        }
        if self.store.unchecked {
            return Err(here(format::Error::PasswordNeeded { what: "a change to the store" }).into());
        }
        let password = password.as_deref();
        let added = self.added.iter().map(|(certificate, origin)| Entry { certificate, origin });
        let shown = self.shown.iter().map(|certificate| Entry { certificate, origin: "" });
        let entries: Vec<Entry<'_>> = added.chain(shown).collect();
        let existing = match (found, bytes) {
            (Some(found), Some(bytes)) if found == format => Some(bytes.clone()),
            (Some(_), _) => {
                self.store.refuse_loss()?;
                let mut converted = Vec::new();
                let entries = certificates.iter().map(|certificate| Entry { certificate, origin: "" });
                (format.encode)(&mut { entries }, password, &mut converted).map_err(&here)?;
                Some(converted)
            }
            _ => None,
        };
        let mut after = match existing {
            Some(existing) => (format.merge)(&existing, password, &entries).map_err(&here)?,
            None => {
                let mut after = Vec::new();
                (format.encode)(&mut entries.iter().copied(), password, &mut after).map_err(&here)?;
                after
            }
        };
        let mut moved = false;
        if !self.successions.is_empty() {
            let ordered = format::in_order(&after, &self.successions).map_err(&here)?;
            moved = ordered != after;
            after = ordered;
        }
        let reordered = self.reads_back(&after)?;
        if moved {
            self.repairs.push("the root in use moves before the others of its subject".to_owned());
        } else if reordered && nothing_to_do {
            self.repairs.push("a cross-signed certificate moves behind the root of its subject".to_owned());
        }
        Ok((!nothing_to_do || reordered).then_some(after))
    }

    /// Decodes what is to be written: nothing that stood there may be missing, and all that is added must be there for
    /// its clients to see. Returns whether the certificates that stood there now come in another order.
    fn reads_back(&self, after: &[u8]) -> Result<bool, Error> {
        let FileStore { path, format, password, certificates, others, .. } = self.store;
        let wrong = || Error::WouldNotReadBack { path: path.clone() };
        let (mut found, mut visible, mut left) = (Vec::new(), HashSet::new(), 0);
        let passwords = Passwords::only(password.as_deref());
        let decoded = format::decode(&mut &after[..], after.len() as u64, passwords, &mut |member| match member {
            Member::Certificate { certificate, flaw, .. } => {
                found.push(certificate.fingerprint());
                visible.extend(flaw.is_none().then(|| certificate.fingerprint()));
            }
            Member::Distrusted { .. } | Member::Other { .. } | Member::PrivateKey(_) => left += 1,
            Member::Rejected { .. } | Member::Unchecked { .. } => {}
        });
        let new =
            || self.added.iter().map(|(certificate, _)| certificate).chain(&self.shown).map(Certificate::fingerprint);
        let (mut wanted, mut known) = (Vec::new(), HashSet::new());
        for fingerprint in certificates.iter().map(Certificate::fingerprint).chain(new()) {
            if known.insert(fingerprint) {
                wanted.push(fingerprint);
            }
        }
        if *format != Format::pem() {
            let mut known = HashSet::new();
            found.retain(|fingerprint| known.insert(*fingerprint));
        }
        let in_place = found == wanted;
        found.sort();
        wanted.sort();
        let whole = decoded.is_ok() && found == wanted && left == others.len();
        if whole && new().all(|fingerprint| visible.contains(&fingerprint)) { Ok(!in_place) } else { Err(wrong()) }
    }
}
