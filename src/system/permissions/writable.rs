//! Checks whether this user can change a file.

use std::path::Path;

use crate::system::Error;

/// Fails when this user cannot replace a file, create one of this name, or create files in a folder of this name; of a
/// symbolic link the file behind it counts. Nothing is touched, and what only the attempt tells, as a full disk, is not
/// told.
#[cfg(unix)]
pub(crate) fn check_writable(path: &Path) -> Result<(), Error> {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{Access, access};
    use rustix::io::Errno;

    use super::users::User;
    use super::{Obstacle, Refusal};
    use crate::system::file;

    let real = file::behind_links(path)?;
    let refused = |obstacle| Err(Refusal::NotWritable { path: path.to_owned(), obstacle }.into());
    let permission = |at: &Path, metadata: &fs::Metadata| Obstacle::Permission {
        at: at.to_owned(),
        owner: User::of(metadata.uid()),
        mode: metadata.mode() & 0o7777,
    };
    let standing = fs::metadata(&real).ok();
    if let Some(metadata) = standing.as_ref().filter(|metadata| !metadata.is_dir()) {
        match access(&real, Access::WRITE_OK) {
            Err(Errno::ROFS) => return refused(Obstacle::ReadOnly { at: real }),
            Err(Errno::PERM) => return refused(Obstacle::Immutable { at: real }),
            // It is replaced as a whole, so its own mode does not count.
            _ => {}
        }
        if is_mount(&real) {
            return refused(Obstacle::Mount);
        }
        // Its owner stays, and only root can give files away.
        if !User::this().is_root() && User::of(metadata.uid()) != User::this() {
            return refused(permission(&real, metadata));
        }
    }
    let inside = if standing.is_some_and(|metadata| metadata.is_dir()) { &real } else { file::folder_of(&real) };
    let mut folders = inside.ancestors().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
    let Some((folder, metadata)) = folders.find_map(|folder| Some((folder, fs::metadata(folder).ok()?))) else {
        return Ok(());
    };
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Err(Errno::ROFS) => refused(Obstacle::ReadOnly { at: folder.to_owned() }),
        Err(Errno::PERM) => refused(Obstacle::Immutable { at: folder.to_owned() }),
        Err(Errno::ACCESS) => refused(permission(folder, &metadata)),
        _ => Ok(()),
    }
}

/// Elsewhere only the attempt tells.
#[cfg(not(unix))]
pub(crate) fn check_writable(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Tells whether a file is mounted by itself, as containers do with single files.
#[cfg(target_os = "linux")]
fn is_mount(file: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let status = statx(CWD, file, AtFlags::empty(), StatxFlags::empty());
    status.is_ok_and(|status| status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_mount(_: &Path) -> bool {
    false
}
