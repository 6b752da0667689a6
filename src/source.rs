//! Sources of certificates: providers, files, folders, standard input, this machine.

#[cfg(feature = "fetch")]
mod catalogue;
#[cfg(feature = "fetch")]
mod download;
#[cfg(feature = "fetch")]
pub mod enforcement;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod held;
mod problem;
mod progress;
pub mod server;
mod tenant;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::bundle::{CertificateSet, Origin, Role};
use crate::catalog::{self, Catalog, Selection};
use crate::format::{self, DecodeError, Decoded, Format, Member, Passwords, PrivateKey};
use crate::manifest::Manifest;
use crate::store::folder;
use crate::store::jvm::Jvm;
use crate::store::known::system::GENERATED;
use crate::store::nss::{Certutil, Database};
use crate::system::{self, file, limits};
use crate::x509::Certificate;
#[cfg(feature = "fetch")]
pub(crate) use catalogue::fetch_catalogues;
#[cfg(feature = "fetch")]
pub use catalogue::{CatalogueResult, CatalogueState};
#[cfg(feature = "fetch")]
pub use download::{DownloadError, DownloadRequest, DownloadSettings, Downloader, Mirror};
#[cfg(feature = "fetch")]
pub(crate) use download::{Downloaded, Method, Secret};
pub use error::Error;
#[cfg(feature = "fetch")]
pub(crate) use fetch::Asking;
#[cfg(feature = "fetch")]
pub(crate) use fetch::listed;
#[cfg(feature = "fetch")]
pub use fetch::{Fetched, Held, RootResult, RootState, UrlState};
pub(crate) use held::{held, held_of, hold};
pub use problem::Problem;
pub(crate) use problem::{Problems, Tally};
pub use progress::Progress;
pub use tenant::Tenant;
pub use tenant::answer::certificates as certificates_in_answer;
#[cfg(feature = "fetch")]
pub(crate) use tenant::api::{AskedTenant, FetchedTenant};
#[cfg(feature = "fetch")]
pub use tenant::error::{TenantError, TenantReason};
pub(crate) use tenant::load_tenant;
#[cfg(feature = "fetch")]
pub use tenant::renew::{Renewed, TenantRoot};
#[cfg(feature = "fetch")]
pub(crate) use tenant::server::{AskedServer, containers_with};
#[cfg(feature = "fetch")]
pub(crate) use tenant::token::Tokens;

/// A source as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file, or a folder of files.
    Path(PathBuf),
    /// A provider of the catalogue.
    Provider(String),
    /// Standard input, `-`.
    Stdin,
    /// This machine's own roots, `system`.
    System,
    /// The roots of the JDK in use, `jdk`.
    Jdk,
    /// One customer of a provider, `digitalocean/my-cluster`.
    Tenant(Tenant),
}

impl Source {
    /// Parses the name of a source: `system`, `jdk`, `-`, a provider or one of its customers, else a path. A file that
    /// has such a name is named by `./azure`.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Self, Error> {
        if let Some(tenant) = Tenant::parse(text, catalog)? {
            return Ok(Self::Tenant(tenant));
        }
        match text {
            "-" => Ok(Self::Stdin),
            "system" => Ok(Self::System),
            "jdk" => Ok(Self::Jdk),
            id if catalog.contains(id) => Ok(Self::Provider(id.to_owned())),
            path if file::exists(Path::new(path)) => Ok(Self::Path(path.into())),
            name => {
                let suggestion = match catalog.provider(name) {
                    Err(catalog::Error::UnknownProvider { suggestion, .. }) => suggestion,
                    Err(error @ catalog::Error::BadCatalogue { .. }) => return Err(error.into()),
                    _ => None,
                };
                Err(Error::NoSuchSource { name: name.to_owned(), suggestion })
            }
        }
    }

    /// Returns the text that means the same in a manifest; none for standard input, and what a shell passes in its place.
    pub fn name(&self) -> Result<Option<String>, Error> {
        Ok(match self {
            Self::Path(path) if file::is_open_already(path) => None,
            Self::Path(path) => {
                let absolute = std::path::absolute(path).map_err(system::Error::unread("find", path))?;
                Some(absolute.to_string_lossy().into_owned())
            }
            Self::Provider(id) => Some(id.clone()),
            Self::Tenant(tenant) => Some(tenant.name().to_owned()),
            Self::Stdin => None,
            Self::System => Some("system".to_owned()),
            Self::Jdk => Some("jdk".to_owned()),
        })
    }
}

/// Adds a provider's roots to a set: those of its pins that are wanted, and those that the user accepted.
pub(crate) fn load_provider(
    set: &mut CertificateSet,
    catalog: &Catalog,
    manifest: &Manifest,
    id: &str,
    selection: &Selection,
) -> Result<(), Error> {
    let provider = catalog.provider(id)?;
    for (root, certificate) in provider.installed(selection)? {
        let origin = set.origin(provider.origin(root.role));
        set.insert(certificate, origin, None);
    }
    for certificate in manifest.accepted(id)? {
        let origin = set.origin(provider.origin(Role::Accepted));
        set.insert(certificate, origin, None);
    }
    Ok(())
}

/// Adds what is in a file, or in the files below a folder, to a set. Returns what could not be used.
///
/// A file that is not a store, or holds a private key, is an error when it is named itself. In a folder it is passed over
/// and reported, as is a folder that is not entered. What stands below a folder `blocklist` is distrusted.
pub fn load_path(set: &mut CertificateSet, path: &Path, passwords: Passwords<'_>) -> Result<Vec<Problem>, Error> {
    let mut problems = Problems::default();
    if file::is_folder(path) {
        load_folder(set, path, passwords, &mut problems)?;
    } else {
        load_file(set, path, passwords, &mut problems)?;
    }
    Ok(problems.of(&Origin::File(path.to_owned())))
}

fn load_folder(
    set: &mut CertificateSet,
    path: &Path,
    passwords: Passwords<'_>,
    problems: &mut Problems,
) -> Result<(), Error> {
    let folder::Walk { files, passed, .. } = folder::walk(path)?;
    let whole = |path, reason| Problem { origin: Origin::File(path), position: None, reason, lost: true };
    passed.into_iter().for_each(|(folder, reason)| problems.push(whole(folder, reason.to_owned())));
    for file in files {
        // Into a set of its own first: a file that turns out to hold a private key must leave nothing behind.
        let mut own = CertificateSet::new();
        match load_file(&mut own, &file, passwords, problems) {
            Ok(()) => {
                if folder::is_blocked(path, &file) {
                    own.distrust_all(folder::BLOCKED);
                }
                set.merge(own);
            }
            Err(Error::Decode(DecodeError { source, .. })) => problems.push(whole(file, source.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn load_file(
    set: &mut CertificateSet,
    path: &Path,
    passwords: Passwords<'_>,
    problems: &mut Problems,
) -> Result<(), Error> {
    load_input(set, &mut file::open(path)?, Origin::File(path.to_owned()), passwords, problems)
}

/// Adds what an input holds to a set. Returns what in it could not be used.
pub(crate) fn load(
    set: &mut CertificateSet,
    input: &mut dyn Read,
    origin: Origin,
    passwords: Passwords<'_>,
) -> Result<Vec<Problem>, Error> {
    let mut problems = Problems::default();
    load_input(set, input, origin.clone(), passwords, &mut problems)?;
    Ok(problems.of(&origin))
}

fn load_input(
    set: &mut CertificateSet,
    input: &mut dyn Read,
    origin: Origin,
    passwords: Passwords<'_>,
    problems: &mut Problems,
) -> Result<(), Error> {
    let id = set.origin(origin.clone());
    let (mut certificates, mut of_keys) = (false, false);
    decode(input, &origin, passwords, &mut |member| match member {
        Member::Certificate { certificate, position, .. } => {
            set.insert(certificate, id, position.line);
            certificates = true;
        }
        Member::PrivateKey(PrivateKey { alias, chain, .. }) => {
            // What cannot be read in a chain would not have become a root either.
            for certificate in chain.into_iter().flatten() {
                of_keys |= !set.contains(&certificate);
                set.note_of_key(certificate, alias.clone(), id);
            }
        }
        Member::Distrusted { certificate, position, reason } => {
            set.distrust(certificate, id, position.line, reason);
        }
        Member::Other { .. } => {}
        Member::Rejected { position, reason } => {
            problems.push(Problem { origin: origin.clone(), position: Some(position), reason, lost: true });
        }
        Member::Unchecked { reason } => {
            problems.push(Problem { origin: origin.clone(), position: None, reason, lost: false });
        }
    })?;
    if of_keys && !certificates {
        let reason = "all its certificates belong to private keys".to_owned();
        problems.push(Problem { origin, position: None, reason, lost: true });
    }
    Ok(())
}

/// Returns the certificates in a file; none when there is no file.
pub(crate) fn certificates_in(path: &Path) -> Result<Vec<Certificate>, Error> {
    let mut set = CertificateSet::new();
    if file::exists(path) {
        load_path(&mut set, path, Passwords::usual())?;
    }
    Ok(set.certificates().cloned().collect())
}

/// Reads an input of any format, member by member.
pub(crate) fn decode(
    input: &mut dyn Read,
    origin: &Origin,
    passwords: Passwords<'_>,
    visit: &mut dyn FnMut(Member),
) -> Result<Decoded, Error> {
    format::decode(input, limits::INPUT, passwords, visit).map_err(in_origin(origin))
}

/// Does the same, refuses no private key, and tells the format with each member.
pub(crate) fn look(
    input: &mut dyn Read,
    origin: &Origin,
    passwords: Passwords<'_>,
    visit: &mut dyn FnMut(&'static Format, Member),
) -> Result<Decoded, Error> {
    format::look(input, limits::INPUT, passwords, visit).map_err(in_origin(origin))
}

fn in_origin(origin: &Origin) -> impl Fn(format::Error) -> Error {
    let origin = PathBuf::from(origin.to_string());
    move |error| match error {
        format::Error::Io(source) => system::Error::unread("read", &origin)(source).into(),
        source => DecodeError::of(&origin)(source).into(),
    }
}

/// Adds what an NSS database trusts for TLS servers to a set.
pub(crate) fn load_database(set: &mut CertificateSet, folder: &Path, certutil: &Certutil) -> Result<(), Error> {
    let origin = set.origin(Origin::File(folder.to_owned()));
    let database = Database::read(folder, certutil, None)?;
    for entry in database.entries().iter().filter(|entry| entry.is_trusted_for_servers()) {
        set.insert(entry.certificate.clone(), origin, None);
    }
    Ok(())
}

/// Adds the roots of a Java installation to a set.
pub(crate) fn load_jdk(set: &mut CertificateSet, jvm: &Jvm) -> Result<Vec<Problem>, Error> {
    let mut input = file::open(&jvm.store)?;
    load(set, &mut input, Origin::Jdk, Passwords::usual())
}

/// Adds the roots of an image to a set: those of the first bundle that it has.
pub(crate) fn load_system_of_image(set: &mut CertificateSet, root: &Path) -> Result<Vec<Problem>, Error> {
    for bundle in GENERATED.map(|bundle| root.join(bundle)) {
        if file::is_file(&bundle) {
            let mut input = file::open(&bundle)?;
            return load(set, &mut input, Origin::System, Passwords::usual());
        }
    }
    Ok(Vec::new())
}

/// Adds this machine's own roots to a set: what OpenSSL reads by default (SSL_CERT_FILE and SSL_CERT_DIR included), the
/// keychain on macOS, the certificate store on Windows.
pub fn load_system(set: &mut CertificateSet) -> Vec<Problem> {
    let found = rustls_native_certs::load_native_certs();
    let problem = |reason: String| Problem { origin: Origin::System, position: None, reason, lost: true };
    let mut problems: Vec<Problem> = found.errors.iter().map(|error| problem(error.to_string())).collect();
    let origin = set.origin(Origin::System);
    for certificate in found.certs {
        match Certificate::from_der(&certificate[..]) {
            Ok(certificate) => {
                set.insert(certificate, origin, None);
            }
            Err(error) => problems.push(problem(error.to_string())),
        }
    }
    problems
}
