//! What is taken out of a store that programs cannot read.

use std::collections::HashMap;
use std::path::Path;

use super::{Outcome, StoreAccess};
use crate::bundle::Reason;
use crate::format::{self, DecodeError, Decoded, Format, Member, Passwords, Removable};
use crate::journal::{Change, Listed};
use crate::store::{Error, reader};
use crate::system::file;
use crate::x509::{Certificate, Fingerprint};

/// The changes that make a store readable again: what cannot be read goes, as do second copies and what makes a reader
/// lose the store.
#[derive(Debug)]
pub struct Repair {
    format: &'static str,
    taken: Vec<Taken>,
    mended: Vec<String>,
    kept: usize,
    change: Option<Change>,
}

/// Something that goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Taken {
    /// Where it stands: `line 12`, `byte 340`.
    pub position: String,
    /// The certificate, where it is one.
    pub certificate: Option<Certificate>,
    /// Why it goes, in words.
    pub reason: String,
}

impl Repair {
    /// Compares a store that is one file with what can be read of it. Certificates that are `dead` go too.
    ///
    /// Fails when the file is no store, does not open, is of a format that is only read, or would be left without a
    /// certificate.
    pub fn new(
        path: &Path,
        access: &StoreAccess<'_>,
        dead: &dyn Fn(&Certificate) -> Option<Reason>,
    ) -> Result<Self, Error> {
        file::open(path)?;
        let bytes = file::read(path)?.unwrap_or_default();
        let here = DecodeError::of(path);
        let (decoded, before) = Contents::of(&bytes, Passwords::only(access.password)).map_err(&here)?;
        if before.unchecked {
            return Err(here(format::Error::PasswordNeeded { what: "a change to the store" }).into());
        }
        let Decoded { format, password, .. } = decoded;
        let mut taken = Vec::new();
        let after = (format.remove)(&bytes, password.as_deref(), &mut |found| {
            let found = reason(found, format, dead);
            let goes = found.is_some();
            taken.extend(found);
            goes
        });
        let mut after = after.map_err(&here)?;
        let mended = before.flaws;
        if !mended.is_empty() {
            // A merge writes anew what stands there in another way than clients read it.
            after = (format.merge)(&after, password.as_deref(), &[]).map_err(&here)?;
        }
        let before = Contents { flaws: Vec::new(), ..before };
        let kept = before.certificates() - taken.iter().filter(|taken| taken.certificate.is_some()).count();
        if taken.is_empty() && mended.is_empty() {
            return Ok(Self { format: format.name, taken, mended, kept, change: None });
        }
        if kept == 0 {
            return Err(Error::NothingLeft { path: path.to_owned() });
        }
        match Contents::of(&after, Passwords::only(password.as_deref())) {
            Ok((_, after)) if after.is_without(&before, &taken) => {}
            _ => return Err(Error::WouldNotReadBack { path: path.to_owned() }),
        }
        let change = Change { path: path.to_owned(), before: Some(bytes), after: Some(after) };
        Ok(Self { format: format.name, taken, mended, kept, change: Some(change) })
    }

    /// Returns the name of the store's format.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Returns what goes, in the order of the file.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Returns what is written anew, as programs do not read it where it stands, in words.
    pub fn mended(&self) -> &[String] {
        &self.mended
    }

    /// Counts the certificates that stay.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Returns what applying the plan does to the store.
    pub fn outcome(&self) -> Outcome {
        if self.change.is_some() { Outcome::Updated } else { Outcome::Unchanged }
    }

    /// Returns the changes for the journal; none when nothing changes.
    pub fn changes(&self) -> &[Change] {
        self.change.as_slice()
    }

    /// Lists the certificates of which no copy is left, for the journal.
    pub fn listed(&self) -> Vec<Listed> {
        let gone = self.taken.iter().filter(|taken| taken.reason != AGAIN);
        gone.filter_map(|taken| taken.certificate.as_ref()).map(Listed::of).collect()
    }
}

/// Returns what goes with its reason; None for what stays.
fn reason(found: &Removable<'_>, format: &Format, dead: &dyn Fn(&Certificate) -> Option<Reason>) -> Option<Taken> {
    Some(match found {
        Removable::Unreadable { position, reason } => {
            Taken { position: position.to_string(), certificate: None, reason: (*reason).to_owned() }
        }
        Removable::Certificate { certificate, position, again, .. } => {
            let reason = if *again { Some(AGAIN.to_owned()) } else { None };
            let certificate = Certificate::clone(certificate);
            let reason = reason
                .or_else(|| reader::refusal(&certificate, format.name).map(|reason| reason.to_string()))
                .or_else(|| dead(&certificate).map(|reason| reason.to_string()))?;
            Taken { position: position.to_string(), certificate: Some(certificate), reason }
        }
    })
}

/// What is in a file.
#[derive(Default)]
struct Contents {
    copies: HashMap<Fingerprint, usize>,
    others: usize,
    unreadable: usize,
    unchecked: bool,
    /// What keeps programs from reading certificates where they stand. Those of a key store are only not seen there.
    flaws: Vec<String>,
}

impl Contents {
    fn of(bytes: &[u8], passwords: Passwords<'_>) -> Result<(Decoded, Self), format::Error> {
        let mut contents = Self::default();
        let decoded = format::decode(&mut &bytes[..], bytes.len() as u64, passwords, &mut |member| match member {
            Member::Certificate { certificate, position, flaw, .. } => {
                contents.flaws.extend(flaw.map(|flaw| format!("{position}: {flaw}")));
                *contents.copies.entry(certificate.fingerprint()).or_default() += 1;
            }
            Member::Distrusted { .. } | Member::Other { .. } | Member::PrivateKey(_) => contents.others += 1,
            Member::Rejected { .. } => contents.unreadable += 1,
            Member::Unchecked { .. } => contents.unchecked = true,
        })?;
        if decoded.format.is_key_store() {
            contents.flaws.clear();
        }
        Ok((decoded, contents))
    }

    fn certificates(&self) -> usize {
        self.copies.values().sum()
    }

    /// Tells whether it is all of this but for what was taken.
    fn is_without(&self, before: &Self, taken: &[Taken]) -> bool {
        let mut wanted = before.copies.clone();
        for certificate in taken.iter().filter_map(|taken| taken.certificate.as_ref()) {
            wanted.entry(certificate.fingerprint()).and_modify(|copies| *copies -= 1);
        }
        wanted.retain(|_, copies| *copies > 0);
        self.copies == wanted
            && self.others == before.others
            && (self.unreadable == 0 || self.unreadable < before.unreadable)
    }
}

const AGAIN: &str = "a second copy";
