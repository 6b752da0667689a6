//! Files, read with a limit and replaced whole or not at all.

mod boundary;
mod ownership;
mod replace;
mod temporary;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::system::{Error, limits};
use boundary::inside;
pub(crate) use boundary::{Way, bound, place, root_of, seen};
pub use ownership::Ownership;
pub(crate) use ownership::{mode, set_mode};
pub(crate) use replace::{
    create_folders, create_private_folder, make_private, open_or_make, remove, remove_folder, remove_name, replace,
    replace_bytes, replace_private, set_aside, swap,
};
pub(crate) use temporary::sweep;

/// Opens a file for reading. What is neither a file nor a folder is refused at once: a pipe or a device may have its reader
/// wait for ever. One that this process has open already was given to it on purpose, as `<(...)` of a shell does.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    if is_open_already(path) {
        return File::open(path).map_err(Error::unread("read", path));
    }
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32);
    }
    let file = options.open(inside(path)?).map_err(Error::unread("read", path))?;
    match file.metadata().map_err(Error::unread("read", path))? {
        metadata if metadata.is_file() => Ok(file),
        metadata if metadata.is_dir() => Err(Error::IsFolder { path: path.to_owned() }),
        _ => Err(Error::NotAFile { path: path.to_owned() }),
    }
}

/// Tells whether this is the name of a file that this process has open.
pub(crate) fn is_open_already(path: &Path) -> bool {
    let is_number = |number: &Path| number.to_str().is_some_and(|number| number.parse::<u32>().is_ok());
    let numbered = |folder: &str| path.strip_prefix(folder).is_ok_and(is_number);
    path == Path::new("/dev/stdin") || numbered("/dev/fd") || numbered("/proc/self/fd")
}

/// Reads the whole file; None when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    Ok(read_with_metadata(path, limits::WHOLE)?.map(|(bytes, _)| bytes))
}

/// Reads the whole file, with no more than `limit` bytes, and what the system says of this very one; None when there
/// is none.
pub(crate) fn read_with_metadata(path: &Path, limit: u64) -> Result<Option<(Vec<u8>, fs::Metadata)>, Error> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(error),
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
    let inner = inside(folder)?;
    let entries = loop {
        match fs::read_dir(&inner) {
            Ok(entries) => break entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            // Nor is there one below a file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory && fs::metadata(folder).is_err() => {
                return Ok(Vec::new());
            }
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

/// Tells what stands at a path, or at the end of the links there; None when nothing does, or nothing that this user can
/// see.
pub(crate) fn metadata(path: &Path) -> Option<fs::Metadata> {
    stat(path).ok()
}

/// Does the same, and says why there is nothing to be told.
pub(crate) fn stat(path: &Path) -> io::Result<fs::Metadata> {
    fs::metadata(inside(path).map_err(io::Error::other)?)
}

pub(crate) fn exists(path: &Path) -> bool {
    metadata(path).is_some()
}

pub(crate) fn is_file(path: &Path) -> bool {
    metadata(path).is_some_and(|metadata| metadata.is_file())
}

pub(crate) fn is_folder(path: &Path) -> bool {
    metadata(path).is_some_and(|metadata| metadata.is_dir())
}

/// Returns the path of what exists there, with every link followed.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    let real = fs::canonicalize(inside(path).map_err(io::Error::other)?)?;
    // Windows answers `\\?\C:\…`, which is right and which no one writes.
    Ok(match real.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(rest) if !rest.starts_with("UNC") => rest.into(),
        _ => real,
    })
}

/// Refuses pipes and devices, which no file can take the place of.
fn refuse_special(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::IsFolder { path: path.to_owned() }),
        Ok(metadata) if !metadata.is_file() => Err(Error::NotAFile { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Returns the file that a chain of symbolic links leads to, which need not exist.
pub(crate) fn behind_links(path: &Path) -> Result<PathBuf, Error> {
    let mut path = inside(path)?.into_owned();
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
