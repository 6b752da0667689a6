//! Files, read with a limit and replaced whole or not at all.

mod ownership;
mod replace;
mod temporary;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::system::{Error, limits};
pub use ownership::Ownership;
pub(crate) use ownership::{is_of_another, new_like_folder, open_or_make};
pub(crate) use replace::{create_folders, remove, replace, replace_bytes, replace_private, swap};
pub(crate) use temporary::sweep;

/// Reads the whole file; None when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    Ok(read_with_metadata(path, limits::WHOLE)?.map(|(bytes, _)| bytes))
}

/// Reads the whole file, with no more than `limit` bytes, and what the system says of this very one; None when there
/// is none.
pub(crate) fn read_with_metadata(path: &Path, limit: u64) -> Result<Option<(Vec<u8>, fs::Metadata)>, Error> {
    refuse_special(path)?;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::unread("read", path)(error)),
    };
    let metadata = file.metadata().map_err(Error::unread("read", path))?;
    let mut bytes = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(Error::unread("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::unread("read", path)(too_large(limit)));
    }
    Ok(Some((bytes, metadata)))
}

pub(crate) fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"))
}

/// Reads a whole file with no more than `limit` bytes that must be there and be UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, Error> {
    let read = read_with_metadata(path, limit)?;
    let (bytes, _) = read.ok_or_else(|| Error::unread("read", path)(io::ErrorKind::NotFound.into()))?;
    String::from_utf8(bytes).map_err(|_| Error::unread("read", path)(io::ErrorKind::InvalidData.into()))
}

/// Lists what is in a folder, sorted; nothing when there is no folder. More than [`limits::FOLDER_ENTRIES`] are an
/// error.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = loop {
        match fs::read_dir(folder) {
            Ok(entries) => break entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            // The standard library tries again with files, not with folders.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::unread("read", folder)(error)),
        }
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: Result<Vec<PathBuf>, _> = paths.take(limits::FOLDER_ENTRIES + 1).collect();
    let mut paths = paths.map_err(Error::unread("read", folder))?;
    if paths.len() > limits::FOLDER_ENTRIES {
        let reason = io::Error::other(format!("it holds more than {} files", limits::FOLDER_ENTRIES));
        return Err(Error::unread("read", folder)(reason));
    }
    paths.sort();
    Ok(paths)
}

/// Refuses pipes and devices: they are not stores, and opening one may wait for ever.
fn refuse_special(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(if metadata.is_dir() {
            Error::IsFolder { path: path.to_owned() }
        } else {
            Error::io("use", path)(io::Error::other("not a regular file"))
        }),
        _ => Ok(()),
    }
}

/// Returns the file that a chain of symbolic links leads to, which need not exist.
pub(crate) fn behind_links(path: &Path) -> Result<PathBuf, Error> {
    let mut path = path.to_owned();
    for _ in 0..limits::LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let target = fs::read_link(&path).map_err(Error::unread("follow", &path))?;
                path = folder_of(&path).join(target);
            }
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(Error::unread("follow", &path)(error)),
        }
    }
    Err(Error::unread("follow", &path)(io::Error::other("too many symbolic links")))
}

/// The same path from the root folder. One that the system cannot complete stays as it is.
pub(crate) fn absolute(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
