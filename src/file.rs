//! Files, read with a limit and replaced whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// The largest input that is read.
pub(crate) const MAX_INPUT: u64 = 1 << 30;
/// The largest folder that is read.
const MAX_ENTRIES: usize = 50_000;
/// The largest file that is read into memory as a whole.
const MAX_WHOLE: u64 = 256 << 20;

/// The whole file; None when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let mut bytes = Vec::new();
    let read = file.take(MAX_WHOLE + 1).read_to_end(&mut bytes);
    read.map_err(Error::io("read", path))?;
    if bytes.len() as u64 > MAX_WHOLE {
        return Err(Error::io("read", path)(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(Some(bytes))
}

/// A whole file that must be there and be UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = read(path)?.ok_or_else(|| Error::io("read", path)(io::ErrorKind::NotFound.into()))?;
    String::from_utf8(bytes).map_err(|_| Error::io("read", path)(io::ErrorKind::InvalidData.into()))
}

/// What is in a folder, sorted; nothing when there is no folder. More than [`MAX_ENTRIES`] are an error.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", folder)(error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: Result<Vec<PathBuf>, _> = paths.take(MAX_ENTRIES + 1).collect();
    let mut paths = paths.map_err(Error::io("read", folder))?;
    if paths.len() > MAX_ENTRIES {
        let reason = io::Error::other(format!("it holds more than {MAX_ENTRIES} files"));
        return Err(Error::io("read", folder)(reason));
    }
    paths.sort();
    Ok(paths)
}

/// Replaces a file, or creates it and the folders above it: the bytes go to a temporary file beside it and to the disk,
/// then take the name. At every moment the name stands for the old file or the new one, whole.
///
/// A symbolic link stays one: the file behind it changes. Mode and owner stay. New files are readable by all, as far as
/// the umask lets: a trust store holds no secret.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
    let path = behind_links(path)?;
    let folder = folder_of(&path);
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let old = match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Some(metadata),
        Ok(_) => return Err(Error::io("replace", &path)(io::Error::other("not a regular file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let mut new = temporary(folder, &path).map_err(Error::io("create a file beside", &path))?;
    let mut output = BufWriter::with_capacity(256 * 1024, new.as_file_mut());
    write(&mut output)?;
    output.flush().map_err(Error::io("write", &path))?;
    drop(output);
    if let Some(old) = &old {
        keep_mode_and_owner(new.as_file(), old).map_err(Error::io("keep mode and owner of", &path))?;
    }
    new.as_file().sync_all().map_err(Error::io("write", &path))?;
    new.persist(&path).map_err(|error| Error::io("replace", &path)(error.error))?;
    sync_folder(folder).map_err(Error::io("write", folder))
}

/// [`replace`] with these bytes.
pub(crate) fn replace_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |output| output.write_all(bytes).map_err(Error::io("write", path)))
}

/// Removes a file for good; of a symbolic link the file behind it. Not an error when it is gone.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let path = behind_links(path)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &path)(error)),
        _ => sync_folder(folder_of(&path)).map_err(Error::io("write", &path)),
    }
}

/// Waits until no other process holds this lock, and holds it until the file is dropped.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(Error::io("open", path))?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(file)
}

/// The file that a chain of symbolic links leads to, which need not exist.
fn behind_links(path: &Path) -> Result<PathBuf, Error> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(Error::io("follow", &path)(io::Error::other("too many symbolic links")))
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn temporary(folder: &Path, path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{name}.pgtrust-");
    builder.prefix(&prefix);
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644));
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn keep_mode_and_owner(new: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_mode_and_owner(new: &File, old: &Metadata) -> io::Result<()> {
    new.set_permissions(old.permissions())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows has no such call: a rename there is on the disk when it returns.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Linux gives up after as many.
const MAX_LINKS: usize = 40;
