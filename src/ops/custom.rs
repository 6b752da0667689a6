//! Providers of the user's own: pinned, written and removed.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::machine::Machine;
use super::note::Note;
use super::{Error, RequestError};
use crate::bundle::{self, Bundle, CertificateSet, Origin, Policy};
use crate::catalog::{self, BUILT_IN_CATALOGUE, Catalog, Encoding, Files, NewProvider};
use crate::format::{self, DecodeError, Format, Member, MemberKind, Passwords, PrivateKey};
use crate::source::{self, DownloadRequest, DownloadSettings, Downloader};
use crate::system::file;
use crate::x509::{Certificate, Fingerprint};

/// A provider of the user's own.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub name: String,
    /// Patterns of its servers' names.
    pub hosts: Vec<String>,
    /// What people call it.
    pub title: Option<String>,
    /// Its page on TLS.
    pub docs: Option<String>,
    /// Where its roots are.
    pub offer: Offer,
    /// The roots that are pinned; all of a file, when empty.
    pub pins: Vec<Fingerprint>,
    /// Write it anew where it says something else.
    pub replace: bool,
    /// Write nothing.
    pub dry_run: bool,
}

impl Request {
    /// Pins every root of a file, or shows what a URL serves.
    pub fn new(name: &str, hosts: Vec<String>, offer: Offer) -> Self {
        let (name, pins) = (name.to_owned(), Vec::new());
        Self { name, hosts, title: None, docs: None, offer, pins, replace: false, dry_run: false }
    }
}

/// The place where the roots of a provider are.
#[derive(Clone, Debug)]
pub enum Offer {
    /// A file.
    File(PathBuf),
    /// A URL, which is followed from then on.
    Url(String),
}

/// The provider that was written, or would be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The folder of the provider.
    pub path: PathBuf,
    /// The outcome, or what it would be.
    pub outcome: ProviderOutcome,
    /// What is offered.
    pub certificates: Vec<Offered>,
    /// Pins that hold no root of the offer, and why: then nothing is written.
    pub faults: Vec<String>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// The outcome, or what it would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderOutcome {
    /// It is new.
    Created,
    /// Nothing: no root of the URL is pinned, or a pin does not hold.
    NotWritten,
    /// It said something else before.
    Replaced,
    /// It says so already.
    Unchanged,
}

/// A certificate that is offered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Offered {
    /// The certificate.
    pub certificate: Certificate,
    /// Why it is not a root.
    pub fault: Option<String>,
    /// Whether it is pinned now, or would be.
    pub pinned: bool,
}

/// Pins what a file or URL offers as a provider of the user's own. Without pins nothing is written of a URL: its roots are shown.
pub fn add(machine: &Machine<'_>, request: &Request) -> Result<Report, Error> {
    machine.refuse_shared_settings()?;
    let (catalog, folder) = (machine.catalog()?, &machine.layout()?.catalogue);
    refuse_taken(catalog, &request.name, folder)?;
    let mut provider = NewProvider::new(&request.name, request.hosts.clone(), catalog)?;
    provider.title.clone_from(&request.title);
    provider.docs.clone_from(&request.docs);
    let mut notes = Vec::new();
    let found = Found::of(machine, request, &mut notes)?;
    let path = folder.join(&request.name);
    let faults = found.faults(&request.pins);
    let is_shown_only = request.pins.is_empty() && matches!(request.offer, Offer::Url(_));
    let outcome = if is_shown_only || !faults.is_empty() {
        ProviderOutcome::NotWritten
    } else {
        if let (Offer::Url(url), Some(encoding)) = (&request.offer, found.encoding) {
            provider.source = Some((url.clone(), encoding));
        }
        let files = provider.files(&found.roots(&request.pins, machine)?, machine.now.date())?;
        write(machine, request, &path, &files)?
    };
    let is_pinned = |certificate: &Certificate| {
        let all = request.pins.is_empty() && matches!(request.offer, Offer::File(_));
        outcome != ProviderOutcome::NotWritten && (all || request.pins.contains(&certificate.fingerprint()))
    };
    let certificates = found.certificates.into_iter().map(|(certificate, fault)| Offered {
        pinned: fault.is_none() && is_pinned(&certificate),
        certificate,
        fault,
    });
    Ok(Report { path, outcome, certificates: certificates.collect(), faults, notes })
}

fn write(machine: &Machine<'_>, request: &Request, path: &Path, files: &Files) -> Result<ProviderOutcome, Error> {
    let _lock = if request.dry_run { None } else { Some(machine.lock()?) };
    let there = if Files::is_in(path) { Some(Files::read(path)?) } else { None };
    let outcome = match there {
        None => ProviderOutcome::Created,
        Some(there) if there.says_the_same(files) => return Ok(ProviderOutcome::Unchanged),
        Some(_) if request.replace => ProviderOutcome::Replaced,
        Some(_) => return Err(RequestError::ProviderDiffers { path: path.to_owned() }.into()),
    };
    if !request.dry_run {
        files.write(path)?;
    }
    Ok(outcome)
}

/// Removes a provider of the user's own. Fails while the manifest uses it. Returns the folder that is gone, or would be.
pub fn remove(machine: &Machine<'_>, name: &str, dry_run: bool) -> Result<PathBuf, Error> {
    machine.refuse_shared_settings()?;
    let (catalog, folder) = (machine.catalog()?, &machine.layout()?.catalogue);
    if !catalog.catalogues_of(name).contains(&folder.display().to_string().as_str()) {
        refuse_taken(catalog, name, folder)?;
        return Err(catalog::Error::UnknownProvider { id: name.to_owned(), suggestion: None }.into());
    }
    let _lock = if dry_run { None } else { Some(machine.lock()?) };
    let manifest = machine.manifest()?;
    let uses = manifest.uses(name);
    if !uses.is_empty() {
        let manifest = manifest.path().to_owned();
        return Err(RequestError::ProviderInUse { name: name.to_owned(), uses, manifest }.into());
    }
    let path = folder.join(name);
    if !dry_run {
        Files::remove(&path)?;
    }
    Ok(path)
}

/// Refuses a name that another catalogue has: only the manifest can override.
fn refuse_taken(catalog: &Catalog, name: &str, folder: &Path) -> Result<(), Error> {
    let own = folder.display().to_string();
    match catalog.catalogues_of(name).into_iter().find(|catalogue| *catalogue != own) {
        None => Ok(()),
        Some(other) => {
            let catalogue = (other != BUILT_IN_CATALOGUE).then(|| other.to_owned());
            Err(RequestError::ProviderTaken { name: name.to_owned(), catalogue }.into())
        }
    }
}

/// The offered certificates, each with the reason why it is not a root.
struct Found {
    origin: Origin,
    /// What a URL serves, where it can be followed.
    encoding: Option<Encoding>,
    certificates: Vec<(Certificate, Option<String>)>,
}

impl Found {
    fn of(machine: &Machine<'_>, request: &Request, notes: &mut Vec<Note>) -> Result<Self, Error> {
        match &request.offer {
            Offer::File(path) => {
                let mut input = file::open(path)?;
                Ok(Self::read(machine, &mut input, path, notes)?.0)
            }
            Offer::Url(url) => {
                let body = Downloader::new(DownloadSettings::default())
                    .get(&DownloadRequest::file(url.clone(), Vec::new()))?
                    .body;
                let (found, format) = Self::read(machine, &mut &body[..], Path::new(url), notes)?;
                match Encoding::of(format) {
                    Some(encoding) => Ok(Self { encoding: Some(encoding), ..found }),
                    None => Err(RequestError::NotFollowed { url: url.clone(), format: format.name }.into()),
                }
            }
        }
    }

    /// Refuses private keys in stores that may have them too: these are not certificates that somebody publishes.
    fn read(
        machine: &Machine<'_>,
        input: &mut dyn Read,
        name: &Path,
        notes: &mut Vec<Note>,
    ) -> Result<(Self, &'static Format), Error> {
        let mut set = CertificateSet::new();
        let origin = Origin::File(name.to_owned());
        let id = set.origin(origin.clone());
        let (mut refused, mut problems) = (None, source::Problems::default());
        let decoded = source::decode(input, &origin, Passwords::usual(), &mut |member| match member {
            Member::Certificate { certificate, position, .. } => drop(set.insert(certificate, id, position.line)),
            Member::Distrusted { certificate, position, reason } => {
                set.distrust(certificate, id, position.line, reason);
            }
            Member::PrivateKey(PrivateKey { position, .. })
            | Member::Other { kind: MemberKind::SecretKey, position, .. } => {
                refused = Some(format::Error::PrivateKey { position });
            }
            Member::Rejected { position, reason } => {
                problems.push(source::Problem { origin: origin.clone(), position: Some(position), reason, lost: true });
            }
            Member::Other { .. } | Member::Unchecked { .. } => {}
        })?;
        notes.extend(problems.of(&origin).into_iter().map(Note::Problem));
        if let Some(refused) = refused {
            return Err(DecodeError::of(name)(refused).into());
        }
        let (roots, rejected) = match Bundle::build(set, &Policy::roots(machine.as_of)) {
            Ok((bundle, rejected)) => (bundle.certificates().cloned().collect(), rejected),
            Err(bundle::Error::EmptyBundle { rejected }) => (Vec::new(), rejected),
            Err(error) => return Err(error.into()),
        };
        let rejected = rejected.into_iter().map(|rejected| (rejected.certificate, Some(rejected.reason.to_string())));
        let certificates = roots.into_iter().map(|root| (root, None)).chain(rejected).collect();
        Ok((Self { origin, encoding: None, certificates }, decoded.format))
    }

    /// The roots that are named; all, when none is.
    fn roots(&self, pins: &[Fingerprint], machine: &Machine<'_>) -> Result<Bundle, Error> {
        let mut set = CertificateSet::new();
        let origin = set.origin(self.origin.clone());
        for (certificate, _) in &self.certificates {
            if pins.is_empty() || pins.contains(&certificate.fingerprint()) {
                set.insert(certificate.clone(), origin, None);
            }
        }
        Ok(Bundle::build(set, &Policy::roots(machine.as_of))?.0)
    }

    /// Describes the pins that no offered root has.
    fn faults(&self, pins: &[Fingerprint]) -> Vec<String> {
        let fault = |pin: &Fingerprint| {
            let found = self.certificates.iter().find(|(certificate, _)| certificate.fingerprint() == *pin);
            match found {
                Some((_, None)) => None,
                Some((certificate, Some(reason))) => Some(format!("`{}` {reason}", certificate.subject())),
                None => Some(format!("no certificate has the fingerprint {pin}")),
            }
        };
        pins.iter().filter_map(fault).collect()
    }
}
