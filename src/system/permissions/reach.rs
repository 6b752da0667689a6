//! Checks whether a user can read a file, and what stands in the way.

use std::path::{Path, PathBuf};

/// The user that a client runs as: who runs this, or another one.
#[derive(Clone, Debug, Default)]
pub struct Who {
    #[cfg(unix)]
    other: Option<Other>,
}

#[cfg(unix)]
#[derive(Clone, Debug)]
struct Other {
    user: u32,
    groups: Vec<u32>,
    home: PathBuf,
}

impl Who {
    /// Returns the one who runs this.
    pub fn this() -> Self {
        Self::default()
    }

    /// Returns the user of this name, or of this number, as passwd(5) and group(5) of this machine have it. None where they
    /// do not know it, and on Windows.
    #[cfg(unix)]
    pub fn named(name: &str) -> Option<Self> {
        let super::users::Account { number, groups, home } = super::users::account(name)?;
        Some(Self { other: Some(Other { user: number, groups, home: home.into() }) })
    }

    /// Returns the user of this name. Windows has no such list.
    #[cfg(not(unix))]
    pub fn named(_: &str) -> Option<Self> {
        None
    }

    /// Returns the home folder of another user; None for the one who runs this, whose environment tells it.
    #[cfg(unix)]
    pub fn home(&self) -> Option<&Path> {
        self.other.as_ref().map(|other| other.home.as_path())
    }

    /// Returns the home folder of another user, of whom there is none here.
    #[cfg(not(unix))]
    pub fn home(&self) -> Option<&Path> {
        None
    }
}

/// What keeps a user from a file.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only the attempt tells there"))]
pub(crate) enum Unreachable {
    /// It is not there.
    Missing,
    /// The user may not pass a folder on the way.
    Closed {
        /// The first such folder.
        folder: PathBuf,
    },
    /// The user may not read it.
    Denied,
    /// Who runs this may not look, and so cannot tell for another user.
    Unseen {
        /// The folder or file.
        at: PathBuf,
    },
}

/// Finds what keeps this user from reading a file; of a link the way to it counts, and the way to what is behind it. None
/// where nothing does, or where only the attempt tells.
#[cfg(unix)]
pub(crate) fn obstacle(path: &Path, who: &Who) -> Option<Unreachable> {
    use crate::system::file::{Way, absolute, is_open_already};

    if is_open_already(path) {
        return None;
    }
    let way = Way::to(&absolute(path)).ok()?;
    let closed = |at: &PathBuf| Unreachable::Closed { folder: at.clone() };
    for folder in &way.folders {
        if let Some(obstacle) = refusal(folder, who, Wanted::Pass, closed(folder)) {
            return Some(obstacle);
        }
    }
    refusal(&way.end, who, Wanted::Read, Unreachable::Denied)
}

/// Elsewhere only the attempt tells.
#[cfg(not(unix))]
pub(crate) fn obstacle(_: &Path, _: &Who) -> Option<Unreachable> {
    None
}

/// What is to be done, as a bit of a mode.
#[cfg(unix)]
#[derive(Clone, Copy)]
enum Wanted {
    Pass = 1,
    Read = 4,
}

/// Returns `denied` where the user may not do it, or that nothing is there.
#[cfg(unix)]
fn refusal(at: &Path, who: &Who, wanted: Wanted, denied: Unreachable) -> Option<Unreachable> {
    use rustix::fs::{Access, access};
    use rustix::io::Errno;

    let Some(other) = &who.other else {
        let mode = match wanted {
            Wanted::Pass => Access::EXEC_OK,
            Wanted::Read => Access::READ_OK,
        };
        return match access(at, mode) {
            Err(Errno::NOENT | Errno::NOTDIR) => Some(Unreachable::Missing),
            // Nothing is below a file, which only its mode makes a program.
            Err(Errno::ACCESS) if is_file_on_the_way(at, wanted) => Some(Unreachable::Missing),
            Err(Errno::ACCESS) => Some(denied),
            _ => None,
        };
    };
    match std::fs::metadata(at) {
        Ok(_) if is_file_on_the_way(at, wanted) => Some(Unreachable::Missing),
        Ok(metadata) if other.may(at, &metadata, wanted as u8) => None,
        Ok(_) => Some(denied),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Some(Unreachable::Unseen { at: at.to_owned() })
        }
        Err(_) => Some(Unreachable::Missing),
    }
}

#[cfg(unix)]
fn is_file_on_the_way(at: &Path, wanted: Wanted) -> bool {
    matches!(wanted, Wanted::Pass) && std::fs::metadata(at).is_ok_and(|metadata| !metadata.is_dir())
}

#[cfg(unix)]
impl Other {
    /// As the kernel decides: acl(5), for root nothing.
    fn may(&self, at: &Path, metadata: &std::fs::Metadata, wanted: u8) -> bool {
        use std::os::unix::fs::MetadataExt as _;

        let bits = |shift: u32| (metadata.mode() >> shift) as u8 & wanted == wanted;
        if self.user == 0 {
            return true;
        }
        if metadata.uid() == self.user {
            return bits(6);
        }
        let group = metadata.gid();
        match super::acl::entries(at) {
            Some(list) => {
                super::acl::permitted(&list, self.user, &self.groups, group, wanted).unwrap_or_else(|| bits(0))
            }
            None if self.groups.contains(&group) => bits(3),
            None => bits(0),
        }
    }
}
