//! Files on their way to a name or from it. They stand beside the file of that name, and a kill may leave them there.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

/// Returns a new file that is to have this path. It is locked for as long as it is written, which tells it from one
/// that a kill left behind.
pub(super) fn temporary(folder: &Path, path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    sweep(folder, |_| false);
    let prefix = prefix(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(PART);
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    loop {
        let new = builder.tempfile_in(folder)?;
        match new.as_file().try_lock() {
            // Another run saw it before it was locked, and sweeps it away.
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !new.path().exists() => {}
            // Where files cannot be locked none is swept either.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(new),
        }
    }
}

/// Moves a whole file aside, beside the path whose place it has or shall have. It goes when it is dropped.
pub(super) fn move_aside(file: &Path, path: &Path) -> io::Result<TempPath> {
    let prefix = prefix(path);
    let mut builder = tempfile::Builder::new();
    let moved = builder.prefix(&prefix).suffix(WHOLE).make_in(super::folder_of(path), |name| fs::rename(file, name))?;
    Ok(moved.into_temp_path())
}

/// Removes what killed runs left in a folder: files that nobody writes any more, and whole ones whose content is known,
/// and so is no other program's.
pub(crate) fn sweep(folder: &Path, is_known: impl Fn(&[u8]) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if !name.starts_with('.') || !name.contains(MARK) || !is_file() {
            continue;
        }
        // The lock is held until the file is gone: a run that has just made it sees that.
        let part = || File::options().write(true).open(&path).ok().filter(|file| file.try_lock().is_ok());
        let whole = || super::read(&path).ok().flatten().filter(|bytes| is_known(bytes));
        let locked = if name.ends_with(PART) { part() } else { None };
        if locked.is_some() || name.ends_with(WHOLE) && whole().is_some() {
            let _ = fs::remove_file(&path);
        }
    }
}

fn prefix(path: &Path) -> String {
    format!(".{}{MARK}", path.file_name().unwrap_or_default().to_string_lossy())
}

const MARK: &str = ".pgtrust-";
/// Ends the names of files that are being written.
const PART: &str = ".part";
/// Ends the names of files that were in the place of another, or shall be.
const WHOLE: &str = ".whole";
