//! Files with a token or a password that others can read.

use std::path::Path;

/// Tells whether every user of the machine can read this file: it is open to all, and so is each folder on the way. What a group may
/// read was opened for it on purpose.
#[cfg(unix)]
pub(crate) fn is_readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(path) = path.canonicalize() else { return false };
    let allows = |path: &Path, bit: u32| path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & bit != 0);
    path.is_file() && allows(&path, 0o004) && path.ancestors().skip(1).all(|folder| allows(folder, 0o001))
}

#[cfg(not(unix))]
pub(crate) fn is_readable_by_all(_: &Path) -> bool {
    false
}
