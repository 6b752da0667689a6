//! The roots that a library has where nobody names a file.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::folder::{self, append};
use super::{Dialect, Loaded, Unusable, Who, bytes, openssl, read};
use crate::system::file;
use crate::x509::Certificate;

/// A library's own way to the roots of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemStore {
    /// This machine's OpenSSL: `cert.pem` and `certs` in its folder, which its distribution chose.
    OpenSsl,
    /// An OpenSSL that a wheel or gem brings, with the folder that it was built for, and which often does not exist.
    OpenSslIn(PathBuf),
    /// Go's crypto/x509 on Linux: the first of several files that can be read, and all of several folders.
    Go,
    /// rustls-native-certs: as OpenSSL on Linux, else the keychain or the certificate store.
    RustlsNative,
    /// .NET on Linux.
    DotNet,
}

/// What tells a library where the roots of the machine are.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `SSL_CERT_FILE`.
    pub ssl_cert_file: Option<OsString>,
    /// `SSL_CERT_DIR`.
    pub ssl_cert_dir: Option<OsString>,
    /// The user that the client runs as.
    pub who: Who,
}

/// Reads the roots of the machine as a library does. What cannot be read is no error to any of them: they are then without.
pub fn system(which: &SystemStore, surroundings: &Surroundings) -> Loaded {
    let mut loaded = Loaded::default();
    match which {
        SystemStore::OpenSsl => of_openssl(openssl_folder(), surroundings, &mut loaded),
        SystemStore::OpenSslIn(folder) => of_openssl(folder, surroundings, &mut loaded),
        SystemStore::Go => of_go(surroundings, &mut loaded),
        SystemStore::RustlsNative => of_rustls(surroundings, &mut loaded),
        SystemStore::DotNet => of_dotnet(surroundings, &mut loaded),
    }
    let mut known = HashSet::new();
    loaded.certificates.retain(|certificate| known.insert(certificate.fingerprint()));
    loaded
}

/// Returns the folder that this machine's OpenSSL was built for (`OPENSSLDIR`), as its distribution is known to choose it.
pub fn openssl_folder() -> &'static Path {
    let known = ["/etc/pki/tls", "/usr/lib/ssl", "/etc/ssl"].map(Path::new);
    known.into_iter().find(|folder| file::is_folder(folder)).unwrap_or_else(|| Path::new("/usr/local/ssl"))
}

fn of_openssl(own: &Path, surroundings: &Surroundings, loaded: &mut Loaded) {
    let path = surroundings.ssl_cert_file.as_ref().map_or_else(|| own.join("cert.pem"), PathBuf::from);
    append(loaded, &path, read(&path, Dialect::OpenSsl, &surroundings.who));
    for folder in folders(surroundings).unwrap_or_else(|| vec![own.join("certs")]) {
        folder::hashed(&folder, &surroundings.who, loaded);
    }
}

fn of_go(surroundings: &Surroundings, loaded: &mut Loaded) {
    let own = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    let given = surroundings.ssl_cert_file.as_ref().filter(|file| !file.is_empty());
    let files = given.map_or_else(|| own(GO_FILES), |file| vec![PathBuf::from(file)]);
    for path in files {
        match bytes(&path, &surroundings.who) {
            Ok(bytes) => {
                append(loaded, &path, super::parse(&bytes, Dialect::Go));
                break;
            }
            Err(Unusable::Missing) => {}
            Err(reason) => append(loaded, &path, Err(reason)),
        }
    }
    for folder in folders(surroundings).unwrap_or_else(|| own(GO_FOLDERS)) {
        folder::go(&folder, &surroundings.who, loaded);
    }
}

fn of_rustls(surroundings: &Surroundings, loaded: &mut Loaded) {
    let file = surroundings.ssl_cert_file.as_ref().map(Path::new);
    let folders = folders(surroundings).unwrap_or_default();
    let mut found = Vec::new();
    if file.is_none() && folders.is_empty() {
        found.push(rustls_native_certs::load_native_certs());
    }
    if file.is_some() {
        found.push(rustls_native_certs::load_certs_from_paths(file, None));
    }
    found.extend(folders.iter().map(|folder| rustls_native_certs::load_certs_from_paths(None, Some(folder))));
    for found in found {
        for error in found.errors {
            loaded.pass_over(None, error.to_string());
        }
        for der in found.certs {
            match (webpki::anchor_from_trusted_cert(&der), Certificate::from_der(der.to_vec())) {
                (Ok(_), Ok(certificate)) => loaded.push(certificate),
                (Err(error), _) => loaded.pass_over(None, format!("{error:?}")),
                (_, Err(error)) => loaded.pass_over(None, error.to_string()),
            }
        }
    }
    loaded.certificates.sort_by(|one, other| one.der().cmp(other.der()));
}

fn of_dotnet(surroundings: &Surroundings, loaded: &mut Loaded) {
    let own = openssl_folder();
    let path = surroundings.ssl_cert_file.as_ref().map_or_else(|| own.join("cert.pem"), PathBuf::from);
    append(loaded, &path, bytes(&path, &surroundings.who).map(|bytes| openssl::one_by_one(&bytes).0));
    for folder in folders(surroundings).unwrap_or_else(|| vec![own.join("certs")]) {
        folder::dotnet(&folder, &surroundings.who, loaded);
    }
    let all = std::mem::take(&mut loaded.certificates);
    let (roots, others): (Vec<_>, Vec<_>) = all.into_iter().partition(Certificate::is_self_issued);
    loaded.certificates = roots;
    for other in others {
        loaded.pass_over(None, format!("`{}` is no root, and .NET trusts only roots", other.title()));
    }
}

/// The folders of `SSL_CERT_DIR`; an empty variable is as good as none.
fn folders(surroundings: &Surroundings) -> Option<Vec<PathBuf>> {
    let given = surroundings.ssl_cert_dir.as_ref().filter(|given| !given.is_empty())?;
    Some(env::split_paths(given).filter(|folder| !folder.as_os_str().is_empty()).collect())
}

/// crypto/x509/root_linux.go, as of Go 1.27.
const GO_FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
const GO_FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];
