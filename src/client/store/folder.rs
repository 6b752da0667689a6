//! Folders of certificates.

use std::path::{Path, PathBuf};

use super::{Loaded, PassedOver, Unusable, Who, bytes, go, openssl};
use crate::system::file;
use crate::x509::name_hash::hash;

/// `X509_LOOKUP_hash_dir`: of the files of one hash those from number 0 on, up to one that is missing or that cannot be
/// read to its end. A folder that is not there is no error to OpenSSL, and neither is a file in it.
pub(super) fn hashed(folder: &Path, who: &Who, loaded: &mut Loaded) {
    let Some(files) = listed(folder, who, loaded) else { return };
    let mut names: Vec<(u32, u32, PathBuf)> = files
        .into_iter()
        .filter_map(|path| Some((parts(&path)?, path)))
        .map(|((hash, number), path)| (hash, number, path))
        .collect();
    names.sort();
    let mut next = None;
    for (named, number, path) in names {
        if number != 0 && next != Some((named, number)) {
            pass_over(loaded, &path, "OpenSSL stops before it: there is a gap, or a file that it cannot read");
            continue;
        }
        let ended = match bytes(&path, who) {
            Ok(bytes) => {
                let (found, ended) = openssl::one_by_one(&bytes);
                for certificate in found.certificates {
                    if hash(&certificate) == Some(named) {
                        loaded.push(certificate);
                    } else {
                        pass_over(loaded, &path, "OpenSSL does not find it by the name of its file");
                    }
                }
                ended
            }
            Err(reason) => Err(reason),
        };
        next = None;
        match ended {
            Ok(()) => next = number.checked_add(1).map(|number| (named, number)),
            Err(reason) => pass_over(loaded, &path, &reason.to_string()),
        }
    }
}

/// All files of a folder in the order of their names, each as `AppendCertsFromPEM` reads it. A link to a file beside it is
/// left out.
pub(super) fn go(folder: &Path, who: &Who, loaded: &mut Loaded) {
    for path in listed(folder, who, loaded).unwrap_or_default() {
        if !is_link_beside(&path) && file::is_file(&path) {
            append(loaded, &path, bytes(&path, who).and_then(|bytes| go::read(&bytes)));
        }
    }
}

/// All files of a folder, each up to what OpenSSL cannot read. Roots are those that issued themselves:
/// OpenSslCachedSystemStoreProvider.cs of dotnet/runtime.
pub(super) fn dotnet(folder: &Path, who: &Who, loaded: &mut Loaded) {
    for path in listed(folder, who, loaded).unwrap_or_default() {
        if file::is_file(&path) {
            append(loaded, &path, bytes(&path, who).map(|bytes| openssl::one_by_one(&bytes).0));
        }
    }
}

pub(super) fn append(loaded: &mut Loaded, path: &Path, read: Result<Loaded, Unusable>) {
    match read {
        Ok(read) => {
            loaded.certificates.extend(read.certificates);
            for PassedOver { line, reason } in read.passed_over {
                loaded.pass_over(line, format!("`{}`: {reason}", path.display()));
            }
        }
        Err(reason) => pass_over(loaded, path, &reason.to_string()),
    }
}

fn pass_over(loaded: &mut Loaded, path: &Path, reason: &str) {
    loaded.pass_over(None, format!("`{}`: {reason}", path.display()));
}

/// What is in a folder that this user can reach, sorted.
fn listed(folder: &Path, who: &Who, loaded: &mut Loaded) -> Option<Vec<PathBuf>> {
    if let Some(obstacle) = crate::system::permissions::obstacle(folder, who) {
        pass_over(loaded, folder, &Unusable::from(obstacle).to_string());
        return None;
    }
    file::entries(folder).map_err(|error| loaded.pass_over(None, error.to_string())).ok()
}

/// `5ed36f99.0`.
fn parts(path: &Path) -> Option<(u32, u32)> {
    let (hash, number) = path.file_name()?.to_str()?.split_once('.')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_hash || !is_number || number.len() > 1 && number.starts_with('0') {
        return None;
    }
    Some((u32::from_str_radix(hash, 16).ok()?, number.parse().ok()?))
}

fn is_link_beside(path: &Path) -> bool {
    path.read_link().is_ok_and(|target| target.components().count() == 1)
}
