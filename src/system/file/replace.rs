//! Files take the place of others as a whole, by their name.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::ownership::{Ownership, refuse_other_names};
use super::temporary::{move_aside, temporary};
use super::{behind_links, folder_of, inside, refuse_special};
use crate::system::Error;

/// Replaces a file, or creates it and the folders above it: the bytes go to a temporary file beside it and to the disk,
/// then take the name. At every moment the name stands for the old file or the new one, whole.
///
/// A symbolic link stays one: the file behind it changes. Mode, owner and extended attributes stay. New files are
/// readable by all, as far as the umask lets: a trust store holds no secret.
pub(crate) fn replace<E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let path = behind_links(path)?;
    let new = beside(&path, READABLE, None, write)?;
    persist(new, &path)?;
    Ok(sync_folder(folder_of(&path))?)
}

/// [`replace`] with these bytes.
pub(crate) fn replace_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |output| output.write_all(bytes).map_err(Error::io("write", path)))
}

/// [`replace_bytes`] that only this user may read.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = behind_links(path)?;
    if !folder_of(&path).exists() {
        create_private_folder(folder_of(&path))?;
    }
    let new = beside(&path, PRIVATE, None, |output| output.write_all(bytes).map_err(Error::io("write", &path)))?;
    make_private(new.as_file(), PRIVATE);
    persist(new, &path)?;
    sync_folder(folder_of(&path))
}

/// [`replace`], or removal, of a file that has these bytes. Fails and changes nothing when it has others, because somebody
/// was faster. A file that is not there comes back with this ownership.
pub(crate) fn swap(
    path: &Path,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    ownership: Option<&Ownership>,
) -> Result<(), Error> {
    let path = behind_links(path)?;
    let changed = || Error::ChangedMeanwhile { path: path.clone() };
    if super::read(&path)?.as_deref() != before {
        return Err(changed());
    }
    let swapped = match (before, after) {
        (None, None) => true,
        (Some(before), None) => remove_if_unchanged(&path, before)?,
        (_, Some(after)) => {
            let write = |output: &mut dyn Write| output.write_all(after).map_err(Error::io("write", &path));
            let new = beside(&path, READABLE, ownership, write)?;
            rename_into_place(new, &path, before, after)?
        }
    };
    if !swapped {
        return Err(changed());
    }
    sync_folder(folder_of(&path))
}

/// Removes a file for good; of a symbolic link the file behind it. Not an error when it is gone.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let path = behind_links(path)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &path)(error)),
        _ => sync_folder(folder_of(&path)),
    }
}

/// Removes what has this name: of a symbolic link the link. Not an error when it is gone.
pub(crate) fn remove_name(path: &Path) -> Result<(), Error> {
    let folder = inside(folder_of(path))?;
    match fs::remove_file(folder.join(path.file_name().unwrap_or_default())) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Gives a file or folder the first of these names that is free, and returns that.
pub(crate) fn set_aside(path: &Path, name: impl Fn(&Path, u32) -> PathBuf) -> Result<PathBuf, Error> {
    let path = behind_links(path)?;
    // A hundred of them are for a person to look at.
    let mut names = (1..=100).map(|number| name(&path, number));
    let aside = names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_else(|| name(&path, 101));
    fs::rename(&path, &aside).map_err(Error::io("rename", &path))?;
    Ok(aside)
}

/// Removes an empty folder.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), Error> {
    fs::remove_dir(inside(folder)?).map_err(Error::io("remove", folder))
}

/// Makes a folder and those above it. All may read them, as far as the umask lets; only this user writes.
pub(crate) fn create_folders(folder: &Path) -> Result<(), Error> {
    let folder = inside(folder)?;
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    let mut missing = missing.into_iter().rev().filter(|folder| *folder != Path::new(""));
    missing.try_for_each(|folder| make_folder(folder, 0o755))
}

/// [`create_folders`], of which only this user may enter the last one. One that is there already becomes so.
pub(crate) fn create_private_folder(folder: &Path) -> Result<(), Error> {
    create_folders(folder_of(folder))?;
    make_folder(&inside(folder)?, 0o700)?;
    // Opening a pipe would wait for ever.
    if !super::is_folder(folder) {
        return Err(Error::io("create", folder)(io::ErrorKind::NotADirectory.into()));
    }
    if cfg!(unix)
        && let Ok(standing) = File::open(inside(folder)?)
    {
        make_private(&standing, 0o700);
    }
    Ok(())
}

fn make_folder(folder: &Path, mode: u32) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    #[cfg(not(unix))]
    let _ = mode;
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::io("create", folder)(error)),
        _ => Ok(()),
    }
}

/// Opens a file for this user alone, which is made if it is not there.
pub(crate) fn open_or_make(path: &Path, options: &mut OpenOptions) -> Result<File, Error> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, PRIVATE);
    let file = options.create(true).open(inside(path)?).map_err(Error::io("open", path))?;
    make_private(&file, PRIVATE);
    Ok(file)
}

/// Earlier versions made files and folders that others could open. One of another user is refused where that matters.
#[cfg(unix)]
pub(crate) fn make_private(file: &File, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
        let _ = file.set_permissions(PermissionsExt::from_mode(mode));
    }
}

#[cfg(not(unix))]
pub(crate) fn make_private(_: &File, _: u32) {}

/// The new file, under a name of its own beside the old one and on the disk.
fn beside<E: From<Error>>(
    path: &Path,
    mode: u32,
    ownership: Option<&Ownership>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<NamedTempFile, E> {
    let folder = folder_of(path);
    create_folders(folder)?;
    refuse_special(path)?;
    let old = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::unread("read", path)(error).into()),
    };
    if let Some(old) = &old {
        refuse_other_names(path, old)?;
    }
    // What replaces another file is for its readers only, which may be few: a Java store may hold private keys.
    let mode = if old.is_some() || ownership.is_some() { PRIVATE } else { mode };
    let mut new = temporary(folder, path, mode).map_err(Error::io("create a file beside", path))?;
    let mut output = BufWriter::with_capacity(256 * 1024, new.as_file_mut());
    write(&mut output)?;
    output.flush().map_err(Error::io("write", path))?;
    drop(output);
    let file = new.as_file();
    #[cfg(not(unix))]
    if let Some(old) = &old {
        file.set_permissions(old.permissions()).map_err(Error::io("keep the mode of", path))?;
    }
    let standing = Ownership::of(path).map_err(Error::io("keep owner, mode and attributes of", path))?;
    if let Some(ownership) = standing.as_ref().or(ownership) {
        ownership.apply(file).map_err(Error::io("keep owner, mode and attributes of", path))?;
    }
    file.sync_all().map_err(Error::io("write", path))?;
    Ok(new)
}

fn persist(new: NamedTempFile, path: &Path) -> Result<(), Error> {
    new.persist(path).map(drop).map_err(|error| Error::io("replace", path)(error.error))
}

/// Gives a new file the name. False, with nothing changed, when the file of that name is not the one that was read.
#[cfg(target_os = "linux")]
fn rename_into_place(new: NamedTempFile, path: &Path, before: Option<&[u8]>, after: &[u8]) -> Result<bool, Error> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let failed = |error: Errno| Error::io("replace", path)(error.into());
    let Some(before) = before else {
        return match renameat_with(CWD, new.path(), CWD, path, RenameFlags::NOREPLACE) {
            Ok(()) => {
                // Its own name has become the store's: nothing is left to clean up.
                let _ = new.into_temp_path().keep();
                Ok(true)
            }
            Err(Errno::EXIST) => Ok(false),
            Err(Errno::INVAL | Errno::NOSYS) => persist(new, path).map(|()| true),
            Err(error) => Err(failed(error)),
        };
    };
    let temporary = move_aside(new.path(), path).map_err(Error::io("create a file beside", path))?;
    // Closes it, and forgets the name that it had.
    let _ = new.into_temp_path().keep();
    let exchange = || renameat_with(CWD, &*temporary, CWD, path, RenameFlags::EXCHANGE);
    match exchange() {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(false),
        // A file system that cannot: there the moment between reading and renaming stays.
        Err(Errno::INVAL | Errno::NOSYS) => {
            return temporary.persist(path).map(|()| true).map_err(|error| Error::io("replace", path)(error.error));
        }
        Err(error) => return Err(failed(error)),
    }
    // The names are exchanged, so the file that stood there can still be looked at. If it is another than was read, it
    // goes back, and whoever takes the place of ours in that moment goes back too.
    let mut mine = before;
    for _ in 0..MAX_EXCHANGES {
        let taken = fs::read(&temporary);
        if taken.as_ref().is_ok_and(|taken| taken == mine) {
            return Ok(mine == before);
        }
        if let Err(error) = exchange() {
            // It may be another program's, so it stays.
            let _ = temporary.keep();
            return Err(failed(error));
        }
        taken.map_err(Error::unread("read", path))?;
        mine = after;
    }
    Ok(false)
}

#[cfg(not(target_os = "linux"))]
fn rename_into_place(new: NamedTempFile, path: &Path, _: Option<&[u8]>, _: &[u8]) -> Result<bool, Error> {
    persist(new, path).map(|()| true)
}

/// Removes a file. False, with nothing changed, when it is not the one that was read.
fn remove_if_unchanged(path: &Path, before: &[u8]) -> Result<bool, Error> {
    let failed = |error| Error::io("remove", path)(error);
    let temporary = match move_aside(path, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        moved => moved.map_err(failed)?,
    };
    let taken = fs::read(&temporary);
    if taken.as_ref().is_ok_and(|taken| taken == before) {
        return temporary.close().map(|()| true).map_err(failed);
    }
    match temporary.persist_noclobber(path) {
        Ok(()) => {}
        // Somebody has made the next one already.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            let _ = error.path.keep();
            return Err(failed(error.error));
        }
    }
    taken.map(|_| false).map_err(Error::unread("read", path))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io("write", folder))
}

/// Windows has no such call: a rename there is on the disk when it returns.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// The mode of a file that all may read.
const READABLE: u32 = 0o644;
/// The mode of a file for this user alone.
const PRIVATE: u32 = 0o600;
/// The number of exchanges of names while somebody changes a store all the time.
#[cfg(target_os = "linux")]
const MAX_EXCHANGES: usize = 100;
