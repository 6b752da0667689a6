//! Who owns a file and may read it.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use crate::error::Error;

/// A rename would leave the other names of the file with the old bytes.
#[cfg(unix)]
pub(super) fn refuse_other_names(path: &Path, old: &Metadata) -> Result<(), Error> {
    match std::os::unix::fs::MetadataExt::nlink(old) {
        0 | 1 => Ok(()),
        names => Err(Error::HardLinks { path: path.to_owned(), names }),
    }
}

#[cfg(not(unix))]
pub(super) fn refuse_other_names(_: &Path, _: &Metadata) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn keep_access(new: &File, path: &Path, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(old.permissions())?;
    keep_attributes(new, path)
}

#[cfg(not(unix))]
pub(super) fn keep_access(new: &File, _: &Path, old: &Metadata) -> io::Result<()> {
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

/// What root makes in somebody's folder is theirs, as under `sudo` with a HOME that is not root's.
#[cfg(unix)]
pub(super) fn new_like_folder(new: &File, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    if rustix::process::geteuid().is_root() {
        let folder = std::fs::metadata(folder)?;
        if folder.uid() != 0 {
            fchown(new, Some(folder.uid()), Some(folder.gid()))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn new_like_folder(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}
