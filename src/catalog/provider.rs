//! One provider: `provider.toml` and `roots.pem`, read and held against each other.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use toml_edit::Datetime;

use super::followed::{Encoding, Followed, ServerFile, Token};
use super::template;
use crate::bundle::{Origin, Role, wildcard};
use crate::catalog::Error;
use crate::format::{self, Member, Passwords};
use crate::system::toml;
use crate::x509::{Certificate, Fingerprint};

/// One trust domain that issues server certificates.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The folder's name, and the word for it on the command line.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The provider's own page on TLS; empty where a user's definition names none.
    pub docs: String,
    /// The catalogue that it is in: a folder or a URL. None for a built-in one.
    pub catalogue: Option<String>,
    /// When a person last held the definition against that page, `2026-11-20`.
    pub checked: String,
    /// Patterns of its servers' names, `*` for one or more characters; those after a `!` are taken away again.
    pub hosts: Vec<String>,
    /// Ports that its servers listen on.
    pub ports: Vec<u16>,
    /// Whose CA it is and how wide its scope, in a few words.
    pub ca: String,
    /// The provider whose roots its servers use, where it has none of its own.
    pub roots_of: Option<String>,
    /// How a user gets the CA where there is no fixed root.
    pub obtain: Vec<String>,
    /// What a user must know.
    pub notes: Vec<String>,
    /// The certificates that it pins, by role and fingerprint.
    pub pins: Vec<Root>,
    /// Bundles that may grow, and answers of APIs.
    pub sources: Vec<Followed>,
    /// The CA that each server has for itself, if it is that.
    pub file: Option<ServerFile>,
    /// Announced and observed changes.
    pub rotations: Vec<Rotation>,
    roots_pem: Cow<'static, str>,
    /// The certificates in `roots.pem`, for all copies.
    decoded: Arc<OnceLock<Vec<Certificate>>>,
}

/// A pinned certificate.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Root {
    /// The pin.
    pub sha256: Fingerprint,
    /// Its common name, for readers of the definition.
    pub subject: String,
    /// Whether it is installed.
    pub role: Role,
    /// Where it is published by itself.
    pub url: Option<String>,
    /// What that URL serves.
    pub encoding: Option<Encoding>,
    /// The regions whose servers need it; all, when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Why it is listed although it is not a self-signed CA certificate.
    pub exception: Option<String>,
    /// The day on which Mozilla's list, which most public root lists follow, stops to trust it for servers: `2029-04-15`.
    #[serde(default, deserialize_with = "optional_date")]
    pub unlisted: Option<String>,
}

/// A choice of a provider's roots. The default is those of all regions that are in use or upcoming.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only those that servers of this region need.
    pub region: Option<String>,
    /// Whether the roots that are being phased out are wanted too.
    pub retiring: bool,
}

impl Selection {
    fn wants(&self, root: &Root) -> bool {
        let here = self.region.as_ref().is_none_or(|region| root.regions.is_empty() || root.regions.contains(region));
        here && self.takes(root.role)
    }

    fn takes(&self, role: Role) -> bool {
        role.installed() || self.retiring && role == Role::Retiring
    }
}

/// An announced or observed change of the certificates that a provider serves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rotation {
    /// Its name in pgtrust.
    pub id: String,
    /// First day, `2025-11-11`.
    #[serde(deserialize_with = "date")]
    pub starts: String,
    /// Last day, where it is known.
    #[serde(default, deserialize_with = "optional_date")]
    pub ends: Option<String>,
    /// What was served before.
    pub from: String,
    /// What is served after.
    pub to: String,
    /// The roots that a store needs to survive it.
    pub needs: Vec<Fingerprint>,
    /// Where it is announced.
    pub source: String,
}

impl Root {
    /// Returns the first second of the day on which public lists drop it, UTC.
    pub fn leaves_lists(&self) -> Option<OffsetDateTime> {
        midnight(self.unlisted.as_ref()?)
    }
}

impl Rotation {
    /// Returns the first second of its first day, UTC.
    pub fn begins(&self) -> Option<OffsetDateTime> {
        midnight(&self.starts)
    }
}

fn midnight(day: &str) -> Option<OffsetDateTime> {
    let day = Date::parse(day, format_description!("[year]-[month]-[day]")).ok()?;
    Some(day.midnight().assume_utc())
}

/// `provider.toml` as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Definition {
    title: String,
    #[serde(default)]
    docs: String,
    #[serde(deserialize_with = "date")]
    checked: String,
    hosts: Vec<String>,
    ports: Vec<u16>,
    ca: String,
    roots_of: Option<String>,
    #[serde(default)]
    obtain: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    root: Vec<Root>,
    #[serde(default)]
    source: Vec<Followed>,
    #[serde(default)]
    rotation: Vec<Rotation>,
}

impl Provider {
    pub(super) fn parse(id: &str, definition: &str, roots_pem: Cow<'static, str>) -> Result<Self, Error> {
        let bad = |reason: String| Error::BadProvider { id: id.to_owned(), reason };
        let definition: Definition =
            toml::read(definition).map_err(|reason| bad(format!("provider.toml: {reason}")))?;
        let Definition { title, docs, checked, hosts, ports, ca, roots_of, obtain, notes, root, mut source, rotation } =
            definition;
        let file = ServerFile::of(&mut source).map_err(&bad)?;
        if root.iter().any(|root| root.role == Role::Accepted) {
            return Err(bad("`accepted` is not a role of the catalogue".to_owned()));
        }
        let named = source.iter().filter_map(|source| Some(&source.names.as_ref()?.url));
        let followed = source.iter().flat_map(|source| source.regional.iter().chain([&source.url]));
        let urls = root.iter().filter_map(|root| root.url.as_ref()).chain(followed).chain(named);
        if let Some(url) = urls.into_iter().find(|url| !url.starts_with("https://")) {
            return Err(bad(format!("`{url}` is not an https URL")));
        }
        let token = source.iter().filter_map(|source| source.token.as_ref());
        if let Some(flaw) = token.filter_map(Token::flaw).next() {
            return Err(bad(flaw));
        }
        if let Some((url, flaw)) = source.iter().find_map(|source| Some((&source.url, template::flaw(&source.url)?))) {
            return Err(bad(format!("`{url}` {flaw}")));
        }
        Ok(Self {
            id: id.to_owned(),
            title,
            docs,
            catalogue: None,
            checked,
            hosts,
            ports,
            ca,
            roots_of,
            obtain,
            notes,
            pins: root,
            sources: source,
            file,
            rotations: rotation,
            roots_pem,
            decoded: Arc::default(),
        })
    }

    pub(super) fn take_roots_of(&mut self, other: Self) {
        self.pins = other.pins;
        self.sources = other.sources;
        self.roots_pem = other.roots_pem;
        self.decoded = other.decoded;
    }

    /// Returns every pinned certificate with its bytes. Fails when `roots.pem` does not hold exactly what is pinned, in
    /// order.
    pub fn roots(&self) -> Result<Vec<(&Root, Certificate)>, Error> {
        let bad = |reason: String| Error::BadProvider { id: self.id.clone(), reason };
        if self.pins.is_empty() {
            return Ok(Vec::new());
        }
        let certificates = match self.decoded.get() {
            Some(certificates) => certificates,
            None => {
                let decoded = self.decode_roots()?;
                self.decoded.get_or_init(|| decoded)
            }
        };
        if certificates.len() != self.pins.len() {
            return Err(bad(format!("{} pins, {} certificates in roots.pem", self.pins.len(), certificates.len())));
        }
        let pairs = self.pins.iter().zip(certificates);
        pairs
            .map(|(pin, certificate)| match certificate.fingerprint() {
                fingerprint if fingerprint == pin.sha256 => Ok((pin, certificate.clone())),
                fingerprint => Err(bad(format!("roots.pem holds {fingerprint} where {} is pinned", pin.sha256))),
            })
            .collect()
    }

    fn decode_roots(&self) -> Result<Vec<Certificate>, Error> {
        let bad = |reason: String| Error::BadProvider { id: self.id.clone(), reason };
        let mut certificates = Vec::with_capacity(self.pins.len());
        let mut broken = None;
        format::decode(&mut self.roots_pem.as_bytes(), u64::MAX, Passwords::usual(), &mut |member| match member {
            Member::Certificate { certificate, .. } => certificates.push(certificate),
            Member::Distrusted { position, .. }
            | Member::Other { position, .. }
            | Member::Rejected { position, .. } => broken = Some(position),
            Member::PrivateKey(key) => broken = Some(key.position),
            Member::Unchecked { .. } => {}
        })
        .map_err(|error| bad(format!("roots.pem: {error}")))?;
        if let Some(position) = broken {
            return Err(bad(format!("roots.pem: {position}: not a certificate")));
        }
        Ok(certificates)
    }

    /// Returns the certificates that go into stores. Fails when the provider has no fixed roots, or none of the wanted
    /// region.
    pub fn installed(&self, selection: &Selection) -> Result<Vec<(&Root, Certificate)>, Error> {
        if self.pins.is_empty() {
            let flags = self.api().map(Followed::flags);
            return Err(Error::NoFixedRoots { id: self.id.clone(), flags, obtain: self.obtain.clone() });
        }
        if let Some(region) = &selection.region {
            let regions = self.regions(selection.retiring);
            // No regions: the roots are for all of them.
            if !regions.is_empty() && !regions.contains(&region.as_str()) {
                let regions = regions.into_iter().map(str::to_owned).collect();
                let grows = self.sources.iter().any(|source| source.regional.is_some());
                return Err(Error::UnknownRegion { id: self.id.clone(), region: region.clone(), regions, grows });
            }
        }
        Ok(self.roots()?.into_iter().filter(|(root, _)| selection.wants(root)).collect())
    }

    /// Returns the regions that its roots name, sorted; those of retiring roots too, if asked.
    pub fn regions(&self, retiring: bool) -> Vec<&str> {
        let selection = Selection { region: None, retiring };
        let wanted = self.pins.iter().filter(|root| selection.wants(root));
        let mut regions: Vec<&str> = wanted.flat_map(|root| &root.regions).map(String::as_str).collect();
        regions.sort_unstable();
        regions.dedup();
        regions
    }

    /// Returns the API that hands out the CA of one customer.
    pub fn api(&self) -> Option<&Followed> {
        self.sources.iter().find(|source| source.url.contains('{'))
    }

    /// Describes where its certificates can be compared.
    pub fn page(&self) -> &str {
        if self.docs.is_empty() { "what its owner publishes" } else { &self.docs }
    }

    /// Returns how specific its claim on a host name in lower case is: the characters, stars aside, of the longest pattern
    /// that fits. None when its servers have no such names.
    pub fn claim_on(&self, host: &str) -> Option<usize> {
        // A star stands for one character at least: `*.example.com` is not `.example.com`.
        let fits = |pattern: &str| wildcard(pattern, host) && host.len() >= pattern.len();
        if self.hosts.iter().filter_map(|pattern| pattern.strip_prefix('!')).any(fits) {
            return None;
        }
        let fitting = self.hosts.iter().filter(|pattern| !pattern.starts_with('!') && fits(pattern));
        fitting.map(|pattern| pattern.bytes().filter(|byte| *byte != b'*').count()).max()
    }

    /// Makes the origin of a certificate of this provider.
    pub fn origin(&self, role: Role) -> Origin {
        Origin::Provider { id: self.id.clone(), role }
    }
}

/// Returns the environment variables that a definition has tokens in. What else is in it may be wrong.
pub(super) fn token_variables(definition: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Definition {
        #[serde(default)]
        source: Vec<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        token: Option<Variables>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Variables {
        env: Option<String>,
        user_env: Option<String>,
    }
    // Most have none.
    if memchr::memmem::find(definition.as_bytes(), b"env").is_none() {
        return Vec::new();
    }
    let sources = toml::read(definition).map(|definition: Definition| definition.source).unwrap_or_default();
    sources
        .into_iter()
        .filter_map(|source| source.token)
        .flat_map(|token| [token.env, token.user_env])
        .flatten()
        .collect()
}

fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let date = Datetime::deserialize(deserializer)?;
    match (date.date, date.time) {
        (Some(date), None) => Ok(date.to_string()),
        _ => Err(serde::de::Error::custom("a date without a time is expected")),
    }
}

fn optional_date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    date(deserializer).map(Some)
}
