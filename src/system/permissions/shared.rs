//! Checks whether others than its owner could change a file.

use std::path::Path;

use crate::system::Error;

/// Fails when others can write a file or folder, or a folder on the way to it in which they could put another in its place.
/// What is not there yet is in nobody's hands. Of a symbolic link the way to it counts, and the way to what is behind it.
///
/// The whole way counts, as for sshd(8) with `StrictModes`: who can write a folder can exchange everything below it. A sticky
/// bit keeps them from that. `root` is the folder that stands for `/`; what leads there is the business of the machine that
/// builds the image.
///
/// A group counts as others only for what belongs to a user who is not alone in it: this is what a lax umask does to
/// somebody in `users`. What root opened for a group was opened on purpose, as Debian does below `/usr/local`.
#[cfg(unix)]
pub(crate) fn refuse_shared(path: &Path, root: &Path) -> Result<(), Error> {
    use std::ffi::OsString;
    use std::fs;
    use std::path::{Component, PathBuf};

    let absolute = |path: &Path| std::path::absolute(path).map_err(Error::unread("find", path));
    let (path, root) = (absolute(path)?, absolute(root)?);
    let parts = |path: &Path| {
        let named = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
        path.components().rev().filter(named).map(|part| part.as_os_str().to_owned()).collect::<Vec<OsString>>()
    };
    let mut here = PathBuf::from("/");
    let mut rest = parts(&path);
    let mut links = 0;
    while let Some(part) = rest.pop() {
        look(&path, &here, &root)?;
        if part == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&part);
        match fs::read_link(&next) {
            Ok(_) if links == crate::system::limits::LINKS => return Ok(()),
            Ok(target) => {
                links += 1;
                if target.has_root() {
                    here = PathBuf::from("/");
                }
                rest.extend(parts(&target));
            }
            Err(_) => here = next,
        }
    }
    look(&path, &here, &root)
}

/// Elsewhere modes do not tell.
#[cfg(not(unix))]
pub(crate) fn refuse_shared(_: &Path, _: &Path) -> Result<(), Error> {
    Ok(())
}

/// Fails when others can write this file or folder on the way to a path.
#[cfg(unix)]
fn look(path: &Path, at: &Path, root: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;

    use super::Refusal;
    use super::users::{User, group, is_private};

    // Whoever reads what cannot be looked at says why.
    let Ok(metadata) = std::fs::symlink_metadata(at) else { return Ok(()) };
    // Devices and pipes are not stores, which is reported elsewhere, and their modes are as they must be.
    if !metadata.is_dir() && !metadata.is_file() {
        return Ok(());
    }
    let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    let above_root = root.starts_with(at) && root != at;
    // Some containers have them without the sticky bit. No store that anybody relies on is below them.
    let temporary = at != path.parent().unwrap_or(path) && TEMPORARY.iter().any(|folder| at == Path::new(folder));
    if sticky || above_root || temporary {
        return Ok(());
    }
    let owner = User::of(metadata.uid());
    let who = if metadata.mode() & 0o002 != 0 {
        EVERYONE.to_owned()
    } else if metadata.mode() & 0o020 != 0 && !owner.is_root() && !is_private(metadata.gid(), owner) {
        group(metadata.gid())
    } else {
        return Ok(());
    };
    let path = if metadata.is_dir() { path } else { at };
    let mode = metadata.mode() & 0o7777;
    Err(Refusal::Shared { path: path.to_owned(), at: at.to_owned(), mode, who }.into())
}

pub(super) const EVERYONE: &str = "every user";
#[cfg(unix)]
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/private/tmp"];
