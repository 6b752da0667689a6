//! What is told of a certificate in a store, and of what else is in it.

use data_encoding::HEXLOWER;
use serde::Serialize;
use time::OffsetDateTime;

use crate::bundle::Role;
use crate::catalog::Catalog;
use crate::format::MemberKind;
use crate::ops::Error;
use crate::store::{folder, reader};
use crate::system::text::timestamp;
use crate::x509::{Certificate, Fingerprint, Verdict, own_signatures};

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
    pub(super) fn distrust(&mut self) {
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

/// A certificate as it stands in a store.
pub(super) struct Found {
    pub(super) alias: Option<String>,
    pub(super) certificate: Certificate,
    pub(super) position: String,
    pub(super) flaw: Option<&'static str>,
    pub(super) distrusted: bool,
}

pub(super) fn listings(found: Vec<Found>, catalog: &Catalog, format: &str) -> Result<Vec<Listing>, Error> {
    let certificates = found.iter().map(|found| &found.certificate);
    let self_issued: Vec<&Certificate> = certificates.filter(|certificate| certificate.is_self_issued()).collect();
    let mut verdicts = own_signatures(&self_issued).into_iter();
    let list = |found: Found| {
        let own_signature = if found.certificate.is_self_issued() { verdicts.next() } else { None };
        let providers = catalog.providers_of(&found.certificate.fingerprint())?;
        Ok(listing(found, own_signature, providers, format))
    };
    found.into_iter().map(list).collect()
}

fn listing(found: Found, own_signature: Option<Verdict>, providers: Vec<(String, Role)>, format: &str) -> Listing {
    let Found { alias, certificate, position, flaw, distrusted } = found;
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
