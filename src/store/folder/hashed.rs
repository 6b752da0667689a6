//! Folders that OpenSSL looks certificates up in by the hash of their subject.
//!
//! A limit: `openssl rehash`, run later on the folder, puts its own links in place of files with a hash for a name where
//! another file of the same subject stands in the folder.

use std::collections::HashMap;
use std::ffi::OsString;

use super::{Difference, Directory, Stored, content, hash};
use crate::format::{self, DecodeError, Entry, Identified};
use crate::store::Error;
use crate::x509::{Certificate, Fingerprint};

pub(super) fn add<'a>(
    directory: &Directory,
    entries: &mut dyn Iterator<Item = Entry<'a>>,
) -> Result<Difference, Error> {
    let mut difference = Difference::default();
    let mut new: HashMap<OsString, Fingerprint> = HashMap::new();
    for entry in entries {
        let certificate = entry.certificate;
        let blocked = |name: &OsString| Error::BlockedHash {
            path: directory.path.join(name),
            subject: certificate.subject().to_string(),
        };
        let hash = hash(certificate).ok_or_else(|| {
            let what = Identified::CertificateWithOddName;
            DecodeError::of(certificate.subject().to_string())(format::Error::NotAStore { what })
        })?;
        for number in 0.. {
            let name = name(hash, number);
            let found = match (directory.files.get(&name), new.get(&name)) {
                (Some(stored), _) if stored.strict_pem => stored.certificates.contains(certificate),
                (_, Some(added)) => *added == certificate.fingerprint(),
                _ if directory.names.contains(&name) => return Err(blocked(&name)),
                _ => {
                    note_revealed(directory, hash, number + 1, &mut difference);
                    difference.changes.push(directory.change(&name, Some(content(&entry)?)));
                    difference.certificates.push(certificate.clone());
                    new.insert(name, certificate.fingerprint());
                    true
                }
            };
            if found {
                break;
            }
        }
    }
    if !difference.changes.is_empty() {
        note_unseen(directory, &mut difference);
    }
    Ok(difference)
}

/// Notes the certificates behind the first of a file: OpenSSL looks a file up by the subject of one.
fn note_unseen(directory: &Directory, difference: &mut Difference) {
    for (name, stored) in directory.files.iter().filter(|(_, stored)| stored.link.is_none()) {
        let unseen = stored.certificates.iter().skip(1).filter(|certificate| {
            let own = hash(certificate).map(|hash| chain(directory, hash, 0));
            !own.is_some_and(|mut files| files.any(|(_, stored)| stored.certificates.contains(certificate)))
        });
        for certificate in unseen {
            difference.notes.push(format!(
                "`{}` holds several certificates, of which OpenSSL does not find `{}`",
                directory.path.join(name).display(),
                certificate.subject(),
            ));
        }
    }
}

/// Notes the files of others behind a gap: they are read once the gap is filled.
fn note_revealed(directory: &Directory, hash: u32, from: u32, difference: &mut Difference) {
    for (name, stored) in chain(directory, hash, from) {
        for certificate in &stored.certificates {
            difference.notes.push(format!(
                "`{}` with `{}` stood behind a gap, where OpenSSL did not find it; now it does",
                directory.path.join(&name).display(),
                certificate.subject(),
            ));
        }
    }
}

pub(super) fn remove(directory: &Directory, fingerprints: &[Fingerprint]) -> Difference {
    let mut difference = Difference::default();
    let ours = |name: &OsString, stored: &Stored| {
        stored.is_ours(fingerprints) && stored.certificates.iter().any(|certificate| is_own(name, certificate))
    };
    let files = directory.files.iter().filter(|(name, stored)| ours(name, stored));
    let mut hashes: Vec<u32> = files.filter_map(|(_, stored)| stored.certificates.first().and_then(hash)).collect();
    hashes.dedup();
    for hash in hashes {
        let read: Vec<(OsString, &Stored)> = chain(directory, hash, 0).collect();
        // A link cannot be renumbered by writing files: what stands before the last one stays.
        let fixed = read.iter().rposition(|(_, stored)| stored.link.is_some()).map_or(0, |last| last + 1);
        for (name, stored) in read.iter().take(fixed).filter(|(name, stored)| ours(name, stored)) {
            difference.notes.push(format!(
                "`{}` with `{}` stays: links come behind it, and OpenSSL would not find them without it",
                directory.path.join(name).display(),
                stored.certificates.first().map(|certificate| certificate.subject().to_string()).unwrap_or_default(),
            ));
        }
        let (gone, kept): (Vec<_>, Vec<_>) = read.iter().skip(fixed).partition(|(name, stored)| ours(name, stored));
        let mut kept = kept.into_iter();
        for (name, stored) in read.iter().skip(fixed) {
            let after = kept.next().map(|(_, stored)| &stored.bytes);
            if after != Some(&stored.bytes) {
                difference.changes.push(directory.change(name, after.cloned()));
            }
        }
        let behind_a_gap = directory.files.iter().filter(|(name, stored)| {
            ours(name, stored) && is_of(name, hash) && !read.iter().any(|(read, _)| read == *name)
        });
        for (name, stored) in behind_a_gap {
            difference.changes.push(directory.change(name, None));
            difference.certificates.extend(stored.certificates.iter().cloned());
        }
        difference.certificates.extend(gone.iter().flat_map(|(_, stored)| stored.certificates.iter().cloned()));
    }
    difference
}

/// The files that OpenSSL reads for a hash, from this number on.
fn chain(directory: &Directory, hash: u32, from: u32) -> impl Iterator<Item = (OsString, &Stored)> {
    (from..).map_while(move |number| {
        let name = name(hash, number);
        directory.files.get(&name).filter(|stored| stored.strict_pem).map(|stored| (name, stored))
    })
}

/// Tells whether pgtrust may have given this certificate this file name.
fn is_own(name: &OsString, certificate: &Certificate) -> bool {
    hash(certificate).is_some_and(|hash| is_of(name, hash))
}

fn is_of(name: &OsString, hash: u32) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix(&format!("{hash:08x}.")));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn name(hash: u32, number: u32) -> OsString {
    format!("{hash:08x}.{number}").into()
}
