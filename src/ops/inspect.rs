//! Looks into stores and other files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::Serialize;
use time::OffsetDateTime;

use super::machine::Machine;
use super::note::Note;
use super::{Error, password};
use crate::bundle::{Origin, Role};
use crate::catalog::Catalog;
use crate::format::{self, DecodeError, Member, MemberKind, Passwords, PrivateKey};
use crate::store::nss::{Certutil, Database};
use crate::store::{folder, reader};
use crate::system::file;
use crate::system::text::timestamp;
use crate::x509::{Certificate, Fingerprint, Verdict, own_signatures};
use crate::{source, system};

/// Looks at files, folders, NSS databases and standard input (`-`), and refuses nothing. Returns the stores with what a person
/// should know besides.
pub fn inspect(
    machine: &Machine<'_>,
    names: &[String],
    password_file: Option<&Path>,
) -> Result<(Vec<Inspected>, Vec<Note>), Error> {
    let password = password::read(password_file)?;
    // Whether that password opens a store is what is asked: others would hide that it does not.
    let passwords = Passwords::only(password.as_deref());
    let look = Look { machine, catalog: machine.catalog()?, password_file, passwords };
    let (mut stores, mut notes) = (Vec::new(), Vec::new());
    for name in names {
        match look.stores(name, &mut notes) {
            Ok(found) => stores.extend(found),
            Err(error) => notes.push(Note::Failure(error)),
        }
    }
    Ok((stores, notes))
}

/// A store, and all that is in it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Inspected {
    /// The file or folder; `-` for standard input.
    pub path: String,
    /// Its format.
    pub format: &'static str,
    /// Every certificate.
    pub certificates: Vec<Listing>,
    /// What else is in it.
    pub other_entries: Vec<OtherEntry>,
    /// What cannot be read.
    pub rejected: Vec<Unreadable>,
}

impl Inspected {
    /// Returns the programs for which it is, in words, if they read nothing of it.
    pub fn lost_for(&self) -> Option<&'static str> {
        self.certificates.iter().any(|certificate| certificate.loses_store).then(|| reader::of(self.format))
    }
}

/// The facts of one certificate.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Listing {
    /// Its name in the store.
    pub alias: Option<String>,
    /// Where it is in the store.
    pub position: String,
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Who it speaks of; RFC 4514.
    pub subject: String,
    /// Who signed it; RFC 4514.
    pub issuer: String,
    /// Its serial number, in hexadecimal.
    pub serial: String,
    /// 1, 2 or 3.
    pub version: u8,
    /// Start of its validity; RFC 3339.
    pub not_before: String,
    /// End of its validity; RFC 3339.
    pub not_after: String,
    /// FindingKind and size of its key.
    pub key: String,
    /// The signature algorithm.
    pub signature: String,
    /// Whether it is a CA.
    pub ca: bool,
    /// How many intermediates may follow.
    pub path_length: Option<u32>,
    /// Whether its own key signed it.
    pub self_signed: bool,
    /// SHA-256 of its public key, in hexadecimal.
    pub spki_sha256: String,
    /// Its subject key identifier, in hexadecimal.
    pub subject_key_id: Option<String>,
    /// Its authority key identifier, in hexadecimal.
    pub authority_key_id: Option<String>,
    /// The providers that pin it.
    pub providers: Vec<ListedProvider>,
    /// The names of the [readers](crate::reader::READERS) that cannot read it where it stands.
    pub unreadable_for: Vec<&'static str>,
    /// The names of the clients that read it and verify no server by it.
    pub unusable_for: Vec<&'static str>,
    /// Whether the programs for which the store is read nothing of it over this certificate.
    #[serde(skip)]
    pub loses_store: bool,
    /// Which programs cannot do with it what it is there for, and why, in words.
    #[serde(skip)]
    pub unfit_for: Vec<String>,
    /// What is odd about it, which some clients cannot read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flaw: Option<&'static str>,
    /// Whether that flaw is its being trusted for no TLS server.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub distrusted: bool,
    /// Whether its signature is of a kind that is not verified here.
    #[serde(skip)]
    pub signature_unknown: bool,
    /// End of its validity.
    #[serde(skip)]
    pub ends: OffsetDateTime,
}

impl Listing {
    fn distrust(&mut self) {
        self.distrusted = true;
        self.flaw = Some(folder::BLOCKED);
    }
}

/// A provider that pins a certificate.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ListedProvider {
    /// The provider.
    pub id: String,
    /// What it does with it.
    pub role: Role,
}

/// Something in a store that is not a certificate.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct OtherEntry {
    /// Its name in the store.
    pub alias: Option<String>,
    /// What it is.
    pub kind: MemberKind,
    /// Where it is in the store.
    pub position: String,
    /// The certificates that belong to a private key, its own first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Vec<Listing>>,
}

/// A part of a store that cannot be read.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Unreadable {
    /// Where it is in the store.
    pub position: String,
    /// What is wrong with it.
    pub reason: String,
}

struct Look<'a> {
    machine: &'a Machine<'a>,
    catalog: &'a Catalog,
    password_file: Option<&'a Path>,
    passwords: Passwords<'a>,
}

impl Look<'_> {
    /// The store of this name, or those in the folder of this name.
    fn stores(&self, name: &str, notes: &mut Vec<Note>) -> Result<Vec<Inspected>, Error> {
        if name == "-" {
            return Ok(vec![self.store(name.to_owned(), &mut io::stdin().lock(), &Origin::Stdin, notes)?]);
        }
        let path = Path::new(name);
        if Database::is_at(path) {
            return Ok(vec![self.database(path)?]);
        }
        if !path.is_dir() {
            return Ok(vec![self.file(path, notes)?]);
        }
        let mut stores = Vec::new();
        let folder::Walk { files, passed, .. } = folder::walk(path)?;
        let not_entered = |(path, reason): (PathBuf, &'static str)| {
            Note::NotLooked(system::Error::unread("read", &path)(io::Error::other(reason)).into())
        };
        notes.extend(passed.into_iter().map(not_entered));
        for file in files {
            match self.file(&file, notes) {
                Ok(mut store) => {
                    if folder::is_blocked(path, &file) {
                        store.certificates.iter_mut().for_each(Listing::distrust);
                    }
                    stores.push(store);
                }
                Err(error) if is_wrong_password(&error) => notes.push(Note::Failure(error)),
                // What is not a store is not a part of a folder of stores; it is told all the same.
                Err(error) => notes.push(Note::NotLooked(error)),
            }
        }
        Ok(stores)
    }

    fn database(&self, path: &Path) -> Result<Inspected, Error> {
        let database = Database::read(path, &Certutil::find(self.machine.programs())?, self.password_file)?;
        let found = database.entries().iter().map(|entry| Reported {
            alias: Some(entry.nickname.clone()),
            certificate: entry.certificate.clone(),
            position: format!("trust flags {}", entry.trust),
            flaw: (!entry.is_trusted_for_servers()).then_some("NSS does not trust it for servers"),
            distrusted: !entry.is_trusted_for_servers(),
        });
        let certificates = listings(found.collect(), self.catalog, "nss")?;
        let path = path.display().to_string();
        Ok(Inspected { path, format: "nss", certificates, other_entries: vec![], rejected: vec![] })
    }

    fn file(&self, path: &Path, notes: &mut Vec<Note>) -> Result<Inspected, Error> {
        let origin = Origin::File(path.to_owned());
        let mut input = file::open(path)?;
        self.store(path.display().to_string(), &mut input, &origin, notes)
    }

    fn store(
        &self,
        path: String,
        input: &mut dyn Read,
        origin: &Origin,
        notes: &mut Vec<Note>,
    ) -> Result<Inspected, Error> {
        let mut store = Inspected { path, format: "", certificates: vec![], other_entries: vec![], rejected: vec![] };
        let (mut found, mut chains) = (Vec::new(), Vec::new());
        let decoded = source::look(input, origin, self.passwords, &mut |member| match member {
            Member::Certificate { alias, certificate, position, flaw } => {
                found.push(Reported { alias, certificate, position: position.to_string(), flaw, distrusted: false });
            }
            Member::Distrusted { certificate, position, reason } => {
                let position = position.to_string();
                found.push(Reported { alias: None, certificate, position, flaw: Some(reason), distrusted: true });
            }
            Member::Other { alias, kind, position } => {
                store.other_entries.push(OtherEntry { alias, kind, position: position.to_string(), chain: None });
            }
            Member::PrivateKey(PrivateKey { alias, position, chain, .. }) => {
                let position = position.to_string();
                let (readable, unreadable): (Vec<_>, Vec<_>) = chain.into_iter().partition(Result::is_ok);
                store.rejected.extend(unreadable.into_iter().filter_map(Result::err).map(|reason| Unreadable {
                    position: position.clone(),
                    reason: format!("in the chain of a private key: {reason}"),
                }));
                let of_chain = |certificate| Reported::of_chain(certificate, position.clone());
                chains.push((store.other_entries.len(), readable.into_iter().flatten().map(of_chain).collect()));
                let kind = MemberKind::PrivateKey;
                store.other_entries.push(OtherEntry { alias, kind, position, chain: None });
            }
            Member::Rejected { position, reason } => {
                store.rejected.push(Unreadable { position: position.to_string(), reason });
            }
            Member::Unchecked { reason } => {
                notes.push(Note::Unchecked { origin: origin.to_string(), reason: reason.to_string() });
            }
        })?;
        store.format = decoded.format.name;
        store.certificates = listings(found, self.catalog, store.format)?;
        for (place, chain) in chains {
            let chain = listings(chain, self.catalog, store.format)?;
            if let Some(key) = store.other_entries.get_mut(place) {
                key.chain = Some(chain);
            }
        }
        Ok(store)
    }
}

fn is_wrong_password(error: &Error) -> bool {
    matches!(error, Error::Decode(DecodeError { source: format::Error::WrongPassword, .. }))
}

/// A certificate as it stands in a store.
struct Reported {
    alias: Option<String>,
    certificate: Certificate,
    position: String,
    flaw: Option<&'static str>,
    distrusted: bool,
}

impl Reported {
    fn of_chain(certificate: Certificate, position: String) -> Self {
        Self { alias: None, certificate, position, flaw: None, distrusted: false }
    }
}

fn listings(found: Vec<Reported>, catalog: &Catalog, format: &str) -> Result<Vec<Listing>, Error> {
    let certificates = found.iter().map(|found| &found.certificate);
    let self_issued: Vec<&Certificate> = certificates.filter(|certificate| certificate.is_self_issued()).collect();
    let mut verdicts = own_signatures(&self_issued).into_iter();
    let list = |found: Reported| {
        let own_signature = if found.certificate.is_self_issued() { verdicts.next() } else { None };
        let providers = catalog.providers_of(&found.certificate.fingerprint())?;
        Ok(listing(found, own_signature, providers, format))
    };
    found.into_iter().map(list).collect()
}

fn listing(found: Reported, own_signature: Option<Verdict>, providers: Vec<(String, Role)>, format: &str) -> Listing {
    let Reported { alias, certificate, position, flaw, distrusted } = found;
    let (unreadable, unusable) = (reader::unreadable(&certificate, format), reader::unusable(&certificate));
    let mut unusable_for: Vec<&str> = unusable.iter().flat_map(|unusable| unusable.clients).copied().collect();
    unusable_for.sort_unstable();
    unusable_for.dedup();
    let unfit = unreadable.iter().map(ToString::to_string).chain(unusable.iter().map(ToString::to_string));
    Listing {
        alias,
        position,
        sha256: certificate.fingerprint(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: certificate.serial(),
        version: certificate.version(),
        not_before: timestamp(certificate.not_before()),
        not_after: timestamp(certificate.not_after()),
        key: certificate.key().to_string(),
        signature: certificate.signature_algorithm(),
        ca: certificate.is_ca(),
        path_length: certificate.path_length(),
        self_signed: own_signature == Some(Verdict::Valid),
        spki_sha256: HEXLOWER.encode(&certificate.spki_sha256()),
        subject_key_id: certificate.subject_key_id().map(|id| HEXLOWER.encode(id)),
        authority_key_id: certificate.authority_key_id().map(|id| HEXLOWER.encode(id)),
        providers: providers.into_iter().map(|(id, role)| ListedProvider { id, role }).collect(),
        unreadable_for: unreadable.iter().map(|unreadable| unreadable.reader.name).collect(),
        unusable_for,
        loses_store: unreadable.iter().any(|unreadable| unreadable.refused && unreadable.loses_store),
        unfit_for: unfit.collect(),
        flaw,
        distrusted,
        signature_unknown: own_signature == Some(Verdict::Unknown),
        ends: certificate.not_after(),
    }
}
