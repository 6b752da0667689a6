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
    refuse_special(path)?;
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
/// A symbolic link stays one: the file behind it changes. Mode, owner and extended attributes stay. New files are
/// readable by all, as far as the umask lets: a trust store holds no secret.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
    replace_as(path, 0o644, write)
}

fn replace_as(path: &Path, mode: u32, write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
    let path = behind_links(path)?;
    let folder = folder_of(&path);
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    refuse_special(&path)?;
    let old = match fs::metadata(&path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    if let Some(old) = &old {
        refuse_other_names(&path, old)?;
    }
    // What replaces another file is for its readers only, which may be few: a Java store may hold private keys.
    let mode = if old.is_some() { 0o600 } else { mode };
    let mut new = temporary(folder, &path, mode).map_err(Error::io("create a file beside", &path))?;
    let mut output = BufWriter::with_capacity(256 * 1024, new.as_file_mut());
    write(&mut output)?;
    output.flush().map_err(Error::io("write", &path))?;
    drop(output);
    if let Some(old) = &old {
        keep_access(new.as_file(), &path, old).map_err(Error::io("keep owner, mode and attributes of", &path))?;
    }
    new.as_file().sync_all().map_err(Error::io("write", &path))?;
    new.persist(&path).map_err(|error| Error::io("replace", &path)(error.error))?;
    sync_folder(folder).map_err(Error::io("write", folder))
}

/// Pipes and devices are no stores, and opening one may wait for ever.
fn refuse_special(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let folder = || io::ErrorKind::IsADirectory.into();
            let reason = if metadata.is_dir() { folder() } else { io::Error::other("not a regular file") };
            Err(Error::io("use", path)(reason))
        }
        _ => Ok(()),
    }
}

/// [`replace`] with these bytes.
pub(crate) fn replace_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |output| output.write_all(bytes).map_err(Error::io("write", path)))
}

/// [`replace_bytes`] that only this user may read.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_as(path, 0o600, |output| output.write_all(bytes).map_err(Error::io("write", path)))
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

fn temporary(folder: &Path, path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{name}.pgtrust-");
    builder.prefix(&prefix);
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(folder)
}

/// A rename would leave the other names of the file with the old bytes.
#[cfg(unix)]
fn refuse_other_names(path: &Path, old: &Metadata) -> Result<(), Error> {
    match std::os::unix::fs::MetadataExt::nlink(old) {
        0 | 1 => Ok(()),
        names => Err(Error::HardLinks { path: path.to_owned(), names }),
    }
}

#[cfg(not(unix))]
fn refuse_other_names(_: &Path, _: &Metadata) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn keep_access(new: &File, path: &Path, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(old.permissions())?;
    keep_attributes(new, path)
}

#[cfg(not(unix))]
fn keep_access(new: &File, _: &Path, old: &Metadata) -> io::Result<()> {
    new.set_permissions(old.permissions())
}

/// Access control lists and the SELinux label are extended attributes.
#[cfg(unix)]
fn keep_attributes(new: &File, path: &Path) -> io::Result<()> {
    use xattr::FileExt as _;
    let names = match xattr::list_deref(path) {
        Ok(names) => names,
        // A file system without them.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
        Err(error) => return Err(error),
    };
    for name in names {
        // Signatures of the old content, which the kernel makes and checks.
        if name == "security.ima" || name == "security.evm" {
            continue;
        }
        let value = xattr::get_deref(path, &name)?;
        if let Some(value) = value.filter(|value| new.get_xattr(&name).ok().flatten().as_ref() != Some(value)) {
            new.set_xattr(&name, &value)?;
        }
    }
    Ok(())
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
