//! Makes a bundle of certificates of any origin: checked, without duplicates, ordered, never empty.

mod error;
mod pattern;
mod policy;
mod role;
mod set;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Write;
use std::path::Path;

use time::{Date, OffsetDateTime};

use crate::format::{self, DecodeError, Entry, Format, Member, Passwords};
use crate::system::{self, file};
use crate::x509::{Certificate, Fingerprint};
pub use error::Error;
pub use pattern::{BadPattern, Pattern};
pub(crate) use pattern::{fits_name, wildcard};
use policy::Decision;
pub use role::Role;
use set::OfKey;
pub use set::{CertificateSet, Origin, OriginId, Sighting};

/// The conditions on which a certificate becomes a root.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The time to judge validity by.
    pub as_of: OffsetDateTime,
    /// Take intermediates and leaves that the user names all the same.
    pub allow_non_roots: bool,
    /// Take only what one of these matches; all, when empty.
    pub only: Vec<Pattern>,
    /// Leave out what one of these matches.
    pub exclude: Vec<Pattern>,
}

impl Policy {
    /// Verified self-signed CA certificates that have not expired at this time.
    pub fn roots(as_of: OffsetDateTime) -> Self {
        Self { as_of, allow_non_roots: false, only: vec![], exclude: vec![] }
    }

    /// Tells whether the user's own patterns leave this certificate out.
    fn excludes(&self, certificate: &Certificate) -> bool {
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(certificate));
        matches(&self.exclude) || !(self.only.is_empty() || matches(&self.only))
    }
}

/// Why a certificate did not get into a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// What stands beside it excludes TLS servers.
    Distrusted {
        /// What that is, in words.
        reason: &'static str,
    },
    /// Left out by the user's own pattern.
    Excluded,
    /// Its validity ended on this day.
    Expired(Date),
    /// Its basic constraints do not say that it is a CA, or it is of a version that has none.
    NotCa,
    /// Another CA signed it.
    NotSelfSigned {
        /// The name of that CA.
        issuer: String,
    },
    /// It stands in the chain of a private key and is no entry of its own, so that clients of the store do not trust it.
    OfKey {
        /// What the store calls the key.
        key: Option<String>,
    },
    /// Its subject is its issuer, yet its own key did not make its signature.
    SignatureOfAnother,
    /// Its subject is its issuer, and its signature is of a kind that pgtrust does not verify.
    UnknownSignature {
        /// The algorithm and its own key, in words.
        signature: String,
    },
    /// A program for which the store is could not read it.
    Unreadable {
        /// The program, with those that are built on it.
        reader: &'static str,
        /// What stands against it, in words that follow `it has`.
        why: &'static str,
        /// Whether the program would read nothing of the store with it.
        loses_store: bool,
    },
    /// Its RSA key is so short that anyone can forge its signatures.
    WeakKey {
        /// The length of its modulus.
        bits: usize,
    },
}

impl Reason {
    /// Tells whether it is not a root, so that `allow_non_roots` would take it.
    pub fn is_not_a_root(&self) -> bool {
        matches!(self, Self::NotCa | Self::NotSelfSigned { .. } | Self::SignatureOfAnother)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distrusted { reason } => write!(f, "is not trusted for TLS servers: {reason}"),
            Self::Excluded => f.write_str("left out as asked"),
            Self::Expired(date) => write!(f, "expired on {date}"),
            Self::NotCa => f.write_str("is not a CA certificate"),
            Self::NotSelfSigned { issuer } => write!(f, "is not a root: `{issuer}` signed it"),
            Self::OfKey { key: Some(key) } => write!(f, "belongs to the private key `{key}`"),
            Self::OfKey { key: None } => f.write_str("belongs to a private key"),
            Self::SignatureOfAnother => f.write_str("is not a root: its own key did not sign it"),
            Self::UnknownSignature { signature } => write!(f, "cannot be verified here: {signature}"),
            Self::Unreadable { reader, why, loses_store } => {
                let lost = if *loses_store { ", which would read nothing of the store" } else { "" };
                write!(f, "cannot be read by {reader}{lost}: it has {why}")
            }
            Self::WeakKey { bits } => write!(f, "has an RSA key of {bits} bits, and 1024 are the least"),
        }
    }
}

/// A certificate that did not get into a bundle.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it came from first.
    pub sighting: Sighting,
    /// Why.
    pub reason: Reason,
}

impl Rejected {
    /// Tells whether the user should know: what was left out as asked is known, and the odd ones among this machine's
    /// and the JDK's own roots are not the user's concern.
    pub fn is_of_user(&self) -> bool {
        self.reason != Reason::Excluded && !matches!(self.sighting.origin, Origin::System | Origin::Jdk)
    }
}

/// A checked, deduplicated, ordered and non-empty set of roots.
///
/// Order: what servers use now, then what they are announced to use, then all else; by fingerprint within each, so
/// that the order of the inputs does not matter. The roots of a tenant keep the order in which they come. What is not self-signed comes last: OpenSSL takes the first
/// certificate of a subject and does not turn back, so a cross-signed one must not stand before the root.
#[derive(Debug)]
pub struct Bundle {
    set: CertificateSet,
    order: Vec<Ranked>,
}

#[derive(Debug)]
struct Ranked {
    crossed: bool,
    rank: u8,
    /// Its place in the set.
    certificate: usize,
    /// What comments say of its origin.
    label: String,
    verified: bool,
}

impl Bundle {
    /// Applies the policy. Returns the bundle and all that did not get into it; fails when nothing did.
    pub fn build(mut set: CertificateSet, policy: &Policy) -> Result<(Self, Vec<Rejected>), Error> {
        set.seal();
        let mut order = Vec::new();
        let mut rejected = Vec::new();
        for ((index, (certificate, links)), decision) in set.linked().enumerate().zip(policy::decide(&set, policy)) {
            match decision {
                Decision::Accepted { verified } => order.push(Ranked {
                    crossed: !certificate.is_self_issued(),
                    rank: rank(&set, links),
                    certificate: index,
                    label: set.provider_label(links),
                    verified,
                }),
                Decision::Rejected(reason) => {
                    let distrusted = set.distrust_of(index).map(|(_, sighting)| sighting);
                    let sighting = distrusted.unwrap_or_else(|| set.first_sighting(links));
                    rejected.push(Rejected { certificate: certificate.clone(), sighting, reason });
                }
            }
        }
        rejected.extend(set.only_of_keys().map(|(OfKey { certificate, key, .. }, sighting)| {
            let of_key = || Reason::OfKey { key: key.clone() };
            let reason = if policy.excludes(certificate) { Reason::Excluded } else { of_key() };
            Rejected { certificate: certificate.clone(), sighting, reason }
        }));
        if order.is_empty() {
            return Err(Error::EmptyBundle { rejected });
        }
        order.sort_by_cached_key(|place| (place.crossed, place.rank, set.certificate(place.certificate).fingerprint()));
        Ok((Self { set, order }, rejected))
    }

    /// Returns how many roots it holds; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a bundle is never empty")]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns the roots in order.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.entries().map(|entry| entry.certificate)
    }

    /// Returns the roots in order, ready to be written: each with its providers and roles.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.order
            .iter()
            .map(|place| Entry { certificate: self.set.certificate(place.certificate), origin: &place.label })
    }

    /// Returns the roots against which there is a reason, such as a reader of the store that they are for.
    pub fn rejected_by(&self, reason: &dyn Fn(&Certificate) -> Option<Reason>) -> Vec<Rejected> {
        let mut rejected = Vec::new();
        for place in &self.order {
            let certificate = self.set.certificate(place.certificate);
            if let Some(reason) = reason(certificate) {
                let sighting = self.set.first_sighting(self.set.links_of(place.certificate));
                rejected.push(Rejected { certificate: certificate.clone(), sighting, reason });
            }
        }
        rejected
    }

    /// Returns the bundle without these; fails when nothing is left.
    pub fn without(mut self, rejected: &[Rejected]) -> Result<Self, Error> {
        let gone: HashSet<Fingerprint> = rejected.iter().map(|rejected| rejected.certificate.fingerprint()).collect();
        let Self { set, order } = &mut self;
        order.retain(|place| !gone.contains(&set.certificate(place.certificate).fingerprint()));
        if self.order.is_empty() { Err(Error::EmptyBundle { rejected: rejected.to_vec() }) } else { Ok(self) }
    }

    /// Writes the roots in a format, under a password where it has passwords.
    pub fn write(&self, format: &Format, password: Option<&str>, output: &mut dyn Write) -> Result<(), format::Error> {
        (format.encode)(&mut self.entries(), password, output)
    }

    /// Writes a file of these roots, whole or not at all, whatever stood there before.
    pub fn save(&self, path: &Path, format: &Format, password: Option<&str>) -> Result<(), Error> {
        let here = |source| match source {
            format::Error::Io(source) => Error::from(system::Error::io("write", path)(source)),
            source => DecodeError::of(path)(source).into(),
        };
        file::replace(path, |output| self.write(format, password, output).map_err(here))
    }

    /// [`save`](Self::save) as PEM, unless the file holds these roots in this order already. Returns whether it was
    /// written.
    pub fn keep(&self, path: &Path) -> Result<bool, Error> {
        let is_kept = self.is_kept(path)?;
        if !is_kept {
            self.save(path, Format::pem(), None)?;
        }
        Ok(!is_kept)
    }

    /// Tells whether a PEM file holds these roots in this order.
    pub fn is_kept(&self, path: &Path) -> Result<bool, Error> {
        let mut there = Vec::new();
        let bytes = file::read(path)?.unwrap_or_default();
        // A file that cannot be read is none: all that is in it comes from here.
        let _ = format::decode(&mut &bytes[..], bytes.len() as u64, Passwords::usual(), &mut |member| {
            if let Member::Certificate { certificate, .. } = member {
                there.push(certificate.fingerprint());
            }
        });
        Ok(self.certificates().map(Certificate::fingerprint).eq(there))
    }

    /// Returns the roots of one tenant that share a subject, the one in use first: OpenSSL may try only the first.
    pub(crate) fn successions(&self) -> Vec<Vec<Fingerprint>> {
        let mut successions: HashMap<(&str, &[u8]), Vec<Fingerprint>> = HashMap::new();
        for place in &self.order {
            let certificate = self.set.certificate(place.certificate);
            for name in self.set.tenants_of(place.certificate) {
                successions
                    .entry((name, certificate.subject().as_bytes()))
                    .or_default()
                    .push(certificate.fingerprint());
            }
        }
        successions.into_values().filter(|roots| roots.len() > 1).collect()
    }

    /// Returns the roots whose own signatures are of a kind that pgtrust does not verify.
    pub fn unverified(&self) -> impl Iterator<Item = &Certificate> {
        self.order.iter().filter(|place| !place.verified).map(|place| self.set.certificate(place.certificate))
    }

    /// Roots that share a subject with another root of another key, and have no key identifier to tell them apart:
    /// OpenSSL tries only the first of that subject.
    pub fn ambiguous(&self) -> Vec<(&Certificate, &Certificate)> {
        let nameless: HashMap<&[u8], &Certificate> = self
            .certificates()
            .filter(|certificate| !certificate.has_key_id())
            .map(|certificate| (certificate.subject().as_bytes(), certificate))
            .collect();
        if nameless.is_empty() {
            return Vec::new();
        }
        let twin = |certificate| {
            let nameless = nameless.get(Certificate::subject(certificate).as_bytes())?;
            (nameless.spki_sha256() != certificate.spki_sha256()).then_some((*nameless, certificate))
        };
        self.certificates().filter_map(twin).collect()
    }
}

fn rank(set: &CertificateSet, links: &[set::Link]) -> u8 {
    let role = |origin: &Origin| match origin {
        Origin::Provider { role: Role::Current, .. } => 0,
        Origin::Provider { role: Role::Upcoming, .. } => 1,
        Origin::Tenant { place, .. } => u8::try_from(*place).unwrap_or(u8::MAX),
        _ => 2,
    };
    set.origins(links).map(role).min().unwrap_or(2)
}
