//! Checks whether others could choose what a file holds.

use std::path::Path;

use crate::system::Error;

/// What a file is to pgtrust, which says who may write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// It decides what is trusted or what is run: for this user and root alone.
    Settings,
    /// Clients read roots from it. It may belong to whoever owns its folder, or was given it there.
    Store,
    /// It decides nothing. No link of another user's leads to it.
    Output,
}

/// Fails when others can write a file or folder, or a folder on the way to it in which they could put another in its place.
/// What is not there yet is in nobody's hands. Of a symbolic link the way to it counts, and the way to what is behind it.
///
/// The whole way counts, as for sshd(8) with `StrictModes`: who can write a folder can exchange everything below it. A sticky
/// bit keeps them from that.
///
/// A group counts as others only for what belongs to a user who is not alone in it: this is what a lax umask does to
/// somebody in `users`. What root opened for a group was opened on purpose, as Debian does below `/usr/local`.
#[cfg(unix)]
pub(crate) fn refuse_shared(path: &Path, guard: Guard) -> Result<(), Error> {
    use crate::system::file::{Way, absolute};

    let path = absolute(path);
    let way = Way::to(&path)?;
    for link in &way.links {
        refuse_link(link, &way.end, guard)?;
    }
    if guard == Guard::Output {
        return Ok(());
    }
    for folder in &way.folders {
        look(&path, folder, guard)?;
    }
    look(&path, &way.end, guard)
}

/// Elsewhere modes do not tell.
#[cfg(not(unix))]
pub(crate) fn refuse_shared(_: &Path, _: Guard) -> Result<(), Error> {
    Ok(())
}

/// Fails when others can write this file or folder on the way to a path, whose other parts are known.
#[cfg(unix)]
pub(crate) fn look(path: &Path, at: &Path, guard: Guard) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;

    use super::acl;
    use super::refusal::{Refusal, Writer};
    use super::users::{User, is_private};

    // Whoever reads what cannot be looked at says why.
    let Ok(metadata) = std::fs::symlink_metadata(at) else { return Ok(()) };
    if metadata.is_symlink() {
        return refuse_shared(at, guard);
    }
    if guard == Guard::Output {
        return Ok(());
    }
    // Devices and pipes are not stores, which is reported elsewhere, and their modes are as they must be.
    if !metadata.is_dir() && !metadata.is_file() {
        return Ok(());
    }
    let owner = User::of(metadata.uid());
    let sticky = metadata.is_dir() && is_sticky(at, &metadata);
    let refused = |writer| {
        let path = if metadata.is_dir() { path } else { at };
        Err(Refusal::Shared { path: path.to_owned(), at: at.to_owned(), mode: metadata.mode() & 0o7777, writer }.into())
    };
    let is_foreign = match guard {
        Guard::Settings => !owner.is_trusted(),
        // In a sticky folder everyone makes files, and its owner is who made it.
        _ => {
            metadata.is_file()
                && !owner.is_trusted()
                && folder_of(at).is_some_and(|(folder, of)| is_sticky(folder, &of) && of.uid() != metadata.uid())
        }
    };
    if is_foreign {
        return refused(Writer::Owner(owner));
    }
    if sticky {
        return Ok(());
    }
    let counts = |group: u32| !owner.is_root() && !is_private(group, owner);
    let acl = acl::writers(at);
    let by_mode = metadata.mode() & 0o020 != 0 && acl.as_ref().is_none_or(|acl| acl.owning_group);
    if metadata.mode() & 0o002 != 0 {
        return refused(Writer::Everyone);
    }
    if by_mode && counts(metadata.gid()) {
        return refused(Writer::Group(metadata.gid()));
    }
    let acl = acl.unwrap_or_default();
    if let Some(user) = acl.users.iter().map(|user| User::of(*user)).find(|user| !user.is_trusted() && *user != owner) {
        return refused(Writer::ListedUser(user));
    }
    match acl.groups.iter().find(|group| counts(**group)) {
        Some(group) => refused(Writer::ListedGroup(*group)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn look(_: &Path, _: &Path, _: Guard) -> Result<(), Error> {
    Ok(())
}

/// Fails when a link of another user's could lead elsewhere than meant. One that leads from a folder of theirs to a file of
/// theirs may stay where it is the store of theirs that is meant.
#[cfg(unix)]
fn refuse_link(link: &Path, end: &Path, guard: Guard) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;

    use super::refusal::Refusal;
    use super::users::User;

    let Ok(metadata) = std::fs::symlink_metadata(link) else { return Ok(()) };
    let owner = User::of(metadata.uid());
    let is_theirs = |metadata: std::fs::Metadata| User::of(metadata.uid()) == owner;
    let in_their_folder = || folder_of(link).is_some_and(|(folder, of)| !is_sticky(folder, &of) && is_theirs(of));
    let to_their_file = || match std::fs::metadata(end) {
        Ok(file) => is_theirs(file),
        Err(_) => folder_of(end).is_some_and(|(_, of)| is_theirs(of)),
    };
    if owner.is_trusted() || guard == Guard::Store && in_their_folder() && to_their_file() {
        return Ok(());
    }
    Err(Refusal::Link { path: end.to_owned(), link: link.to_owned(), owner }.into())
}

/// Fails for root with the HOME of another user, as under `sudo`, where a file is in there: that user chose what it holds
/// and where it leads.
#[cfg(unix)]
pub(crate) fn refuse_foreign_home(home: &Path, file: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;

    use super::refusal::Refusal;
    use super::users::User;
    use crate::system::file;

    let this = User::this();
    let Some(owner) = std::fs::metadata(home).ok().map(|metadata| User::of(metadata.uid())) else { return Ok(()) };
    // Either may be named by a link.
    let real = |path: &Path| file::Way::to(&file::absolute(path)).map(|way| way.end);
    let is_inside = || {
        file::absolute(file).starts_with(file::absolute(home))
            || matches!((real(file), real(home)), (Ok(file), Ok(home)) if file.starts_with(&home))
    };
    if !this.is_root() || owner.is_trusted() || !is_inside() {
        return Ok(());
    }
    Err(Refusal::ForeignHome { home: home.to_owned(), owner, this }.into())
}

#[cfg(not(unix))]
pub(crate) fn refuse_foreign_home(_: &Path, _: &Path) -> Result<(), Error> {
    Ok(())
}

/// Finds the owner of a file or folder; None where it is not known.
#[cfg(unix)]
pub(crate) fn owner_of(path: &Path) -> Option<super::User> {
    crate::system::file::metadata(path).map(|metadata| super::User::of(std::os::unix::fs::MetadataExt::uid(&metadata)))
}

/// Finds the owner of a file or folder; None where it is not known.
#[cfg(not(unix))]
pub(crate) fn owner_of(_: &Path) -> Option<super::User> {
    None
}

#[cfg(unix)]
fn folder_of(path: &Path) -> Option<(&Path, std::fs::Metadata)> {
    let folder = crate::system::file::folder_of(path);
    Some((folder, std::fs::metadata(folder).ok()?))
}

/// Tells whether only the owner of a file in this folder can give its name to another.
#[cfg(unix)]
fn is_sticky(folder: &Path, metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // Some containers have them without the sticky bit. No store that anybody relies on is below them.
    metadata.mode() & 0o1000 != 0 || TEMPORARY.iter().any(|temporary| folder == Path::new(temporary))
}

#[cfg(unix)]
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/private/tmp"];
