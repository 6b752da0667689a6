//! Folders whose files may have any name, such as `/usr/local/share/ca-certificates`.

use std::collections::HashSet;
use std::ffi::OsString;

use super::{Difference, Directory, Stored, content};
use crate::format::{Entry, aliases};
use crate::store::Error;
use crate::system;
use crate::x509::{Certificate, Fingerprint};

pub(super) fn add<'a>(
    directory: &Directory,
    entries: &mut dyn Iterator<Item = Entry<'a>>,
) -> Result<Difference, Error> {
    let mut difference = Difference::default();
    let files = directory.files.iter().filter(|(name, stored)| is_read(name, stored));
    let mut present: HashSet<Fingerprint> =
        files.flat_map(|(_, stored)| stored.certificates.iter().map(Certificate::fingerprint)).collect();
    for entry in entries {
        if !present.insert(entry.certificate.fingerprint()) {
            continue;
        }
        let taken = || system::Error::io("create a file in", &directory.path)(std::io::ErrorKind::AlreadyExists.into());
        let name = names(entry.certificate).find(|name| !directory.names.contains(name)).ok_or_else(taken)?;
        difference.changes.push(directory.change(&name, Some(content(&entry)?)));
        difference.certificates.push(entry.certificate.clone());
    }
    Ok(difference)
}

pub(super) fn remove(directory: &Directory, fingerprints: &[Fingerprint]) -> Difference {
    let mut difference = Difference::default();
    for (name, stored) in directory.files.iter().filter(|(_, stored)| stored.is_ours(fingerprints)) {
        let own = stored.certificates.iter().filter(|certificate| names(certificate).any(|own| own == *name));
        for certificate in own {
            difference.changes.push(directory.change(name, None));
            difference.certificates.push(certificate.clone());
        }
    }
    difference
}

/// Tells whether every system finds the certificate in this file. `update-ca-certificates` takes names in `.crt` alone,
/// and of files with several certificates it makes no hashed links.
fn is_read(name: &OsString, stored: &Stored) -> bool {
    name.to_string_lossy().ends_with(".crt") && stored.certificates.len() == 1 && stored.strict_pem
}

fn names(certificate: &Certificate) -> impl Iterator<Item = OsString> {
    aliases(certificate).map(|alias| format!("{alias}.crt").into())
}
