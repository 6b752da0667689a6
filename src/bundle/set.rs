//! Certificates by fingerprint, each with every place it was seen in.

use std::collections::{HashMap, HashSet, hash_map};
use std::fmt;
use std::path::PathBuf;

use super::Role;
use crate::x509::{Certificate, Fingerprint};

/// The origin of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// A provider's pinned or accepted root.
    Provider {
        /// The provider's id.
        id: String,
        /// What the catalogue says of the root.
        role: Role,
    },
    /// Standard input.
    Stdin,
    /// This machine's own roots.
    System,
    /// The roots of the JDK in use.
    Jdk,
    /// A root of one customer of a provider.
    Tenant {
        /// The tenant.
        name: String,
        /// Its place among the tenant's roots: the one in use is the first.
        place: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Provider { id, .. } => f.write_str(id),
            Self::Stdin => f.write_str("standard input"),
            Self::System => f.write_str("system"),
            Self::Jdk => f.write_str("jdk"),
            Self::Tenant { name, .. } => f.write_str(name),
        }
    }
}

/// An origin that a set knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginId(usize);

/// One certificate in one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The origin.
    pub origin: Origin,
    /// The line in it, where it has lines.
    pub line: Option<u64>,
}

/// One entry per fingerprint; remembers every origin.
#[derive(Debug, Default)]
pub struct CertificateSet {
    certificates: Vec<Certificate>,
    index: HashMap<Fingerprint, usize>,
    origins: Vec<Origin>,
    /// The places of origins: a folder of many files has as many.
    places: HashMap<Origin, usize>,
    /// By certificate once [`seal`](Self::seal)ed.
    links: Vec<Link>,
    of_keys: Vec<OfKey>,
    /// What stands beside a certificate against its use for TLS servers, by its place.
    distrusted: HashMap<usize, Distrust>,
}

/// A certificate of the chain of a private key.
#[derive(Debug)]
pub(super) struct OfKey {
    pub(super) certificate: Certificate,
    /// What the store calls the key.
    pub(super) key: Option<String>,
    origin: usize,
}

/// The words of one origin that a certificate vouches for no TLS server.
#[derive(Clone, Copy, Debug)]
struct Distrust {
    origin: usize,
    line: Option<u64>,
    reason: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    certificate: usize,
    origin: usize,
    line: Option<u64>,
}

impl CertificateSet {
    /// Makes a set without certificates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an origin known, to be named in [`insert`](Self::insert).
    pub fn origin(&mut self, origin: Origin) -> OriginId {
        let next = self.origins.len();
        let place = *self.places.entry(origin.clone()).or_insert(next);
        if place == next {
            self.origins.push(origin);
        }
        OriginId(place)
    }

    /// Adds a certificate, or one more origin of one that is there. Returns whether it is new.
    pub fn insert(&mut self, certificate: Certificate, origin: OriginId, line: Option<u64>) -> bool {
        let next = self.certificates.len();
        let (index, new) = match self.index.entry(certificate.fingerprint()) {
            hash_map::Entry::Occupied(entry) => (*entry.get(), false),
            hash_map::Entry::Vacant(entry) => (*entry.insert(next), true),
        };
        if new {
            self.certificates.push(certificate);
        }
        self.links.push(Link { certificate: index, origin: origin.0, line });
        new
    }

    /// Remembers a certificate that stands in the chain of a private key of this name. It is none of the set.
    pub(crate) fn note_of_key(&mut self, certificate: Certificate, key: Option<String>, origin: OriginId) {
        self.of_keys.push(OfKey { certificate, key, origin: origin.0 });
    }

    /// Returns the certificates that are in chains of private keys and nowhere else, each once, with their origins.
    pub(super) fn only_of_keys(&self) -> impl Iterator<Item = (&OfKey, Sighting)> {
        let mut known = HashSet::new();
        let alone = self.of_keys.iter().filter(move |of_key| {
            !self.contains(&of_key.certificate) && known.insert(of_key.certificate.fingerprint())
        });
        alone.map(|of_key| (of_key, Sighting { origin: self.origins[of_key.origin].clone(), line: None }))
    }

    /// Adds a certificate that vouches for no TLS server, as its origin says: no bundle takes it, wherever else it stands.
    pub fn distrust(&mut self, certificate: Certificate, origin: OriginId, line: Option<u64>, reason: &'static str) {
        let fingerprint = certificate.fingerprint();
        self.insert(certificate, origin, line);
        self.distrusted.entry(self.index[&fingerprint]).or_insert(Distrust { origin: origin.0, line, reason });
    }

    /// Does the same to all that it holds.
    pub(crate) fn distrust_all(&mut self, reason: &'static str) {
        for Link { certificate, origin, line } in &self.links {
            self.distrusted.entry(*certificate).or_insert(Distrust { origin: *origin, line: *line, reason });
        }
    }

    /// Adds all of another set.
    pub(crate) fn merge(&mut self, other: Self) {
        let ids: Vec<OriginId> = other.origins.into_iter().map(|origin| self.origin(origin)).collect();
        for link in &other.links {
            self.insert(other.certificates[link.certificate].clone(), ids[link.origin], link.line);
        }
        for OfKey { certificate, key, origin } in other.of_keys {
            self.note_of_key(certificate, key, ids[origin]);
        }
        for (place, Distrust { origin, line, reason }) in other.distrusted {
            self.distrust(other.certificates[place].clone(), ids[origin], line, reason);
        }
    }

    /// Tells whether it holds this certificate.
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.index.contains_key(&certificate.fingerprint())
    }

    /// Returns how many certificates it holds.
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Tells whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Returns the certificates in the order in which they were first seen, without those that are distrusted.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let trusted = self.certificates.iter().enumerate().filter(|(place, _)| !self.distrusted.contains_key(place));
        trusted.map(|(_, certificate)| certificate)
    }

    /// Returns what stands beside the certificate at this place against its use for TLS servers, and where.
    pub(super) fn distrust_of(&self, place: usize) -> Option<(&'static str, Sighting)> {
        let Distrust { origin, line, reason } = self.distrusted.get(&place)?;
        Some((*reason, Sighting { origin: self.origins[*origin].clone(), line: *line }))
    }

    pub(super) fn certificate(&self, index: usize) -> &Certificate {
        &self.certificates[index]
    }

    /// Puts the links of each certificate side by side. Stable, so the first sighting stays first.
    pub(super) fn seal(&mut self) {
        if !self.links.is_sorted_by_key(|link| link.certificate) {
            self.links.sort_by_key(|link| link.certificate);
        }
    }

    /// Each certificate with its links, once [`seal`](Self::seal)ed.
    pub(super) fn linked(&self) -> impl Iterator<Item = (&Certificate, &[Link])> {
        self.certificates.iter().zip(self.links.chunk_by(|a, b| a.certificate == b.certificate))
    }

    pub(super) fn origins<'a>(&'a self, links: &'a [Link]) -> impl Iterator<Item = &'a Origin> {
        links.iter().map(|link| &self.origins[link.origin])
    }

    /// The links of one certificate, in a set that is [`seal`](Self::seal)ed.
    pub(super) fn links_of(&self, certificate: usize) -> &[Link] {
        let first = self.links.partition_point(|link| link.certificate < certificate);
        let links = &self.links[first..];
        &links[..links.partition_point(|link| link.certificate == certificate)]
    }

    /// Returns the tenants whose root this is, in a set that is [`seal`](Self::seal)ed.
    pub(super) fn tenants_of(&self, certificate: usize) -> impl Iterator<Item = &str> {
        self.links_of(certificate).iter().filter_map(|link| match &self.origins[link.origin] {
            Origin::Tenant { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    pub(super) fn first_sighting(&self, links: &[Link]) -> Sighting {
        let first = links.first();
        Sighting {
            origin: first.map_or(Origin::Stdin, |link| self.origins[link.origin].clone()),
            line: first.and_then(|link| link.line),
        }
    }

    /// `azure current, azure-gov current, aiven/my-project`; empty when no provider is among the origins.
    pub(super) fn provider_label(&self, links: &[Link]) -> String {
        let of_provider = |origin: &Origin| match origin {
            Origin::Provider { id, role } => Some(format!("{id} {}", role.name())),
            Origin::Tenant { name, .. } => Some(name.clone()),
            _ => None,
        };
        let mut labels: Vec<String> = self.origins(links).filter_map(of_provider).collect();
        labels.sort();
        labels.dedup();
        labels.join(", ")
    }
}
