//! The owner of a file, and who may read it.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

#[cfg(unix)]
use base64::Engine as _;
#[cfg(unix)]
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::system::Error;

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

/// Returns the mode of a file or folder; None when there is none or only a link, and where modes do not tell who may read it.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> Option<u32> {
    let name = super::inside(super::folder_of(path)).ok()?.join(path.file_name()?);
    let metadata = std::fs::symlink_metadata(name).ok().filter(|metadata| !metadata.is_symlink())?;
    Some(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777)
}

#[cfg(not(unix))]
pub(crate) fn mode(_: &Path) -> Option<u32> {
    None
}

/// Gives a file or folder this mode.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(super::inside(path)?, mode).map_err(Error::io("change the mode of", path))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path, _: u32) -> Result<(), Error> {
    Ok(())
}

/// The owner, the mode and the attributes of a file. The journal keeps them for a file that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ownership {
    /// The mode's bits.
    pub mode: u32,
    /// The number of its user.
    pub owner: u32,
    /// The number of its group.
    pub group: u32,
    /// Extended attributes in base64. Access control lists and the SELinux label are such.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

#[cfg(unix)]
impl Ownership {
    /// Reads the ownership of a file, or of the one behind a symbolic link; None when there is no file.
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt as _;
        let path = &super::inside(path).map_err(io::Error::other)?;
        let old = match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            old => old?,
        };
        let names = match xattr::list_deref(path) {
            Ok(names) => names.collect(),
            // A file system without them.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut attributes = BTreeMap::new();
        for name in names {
            // Signatures of the old content, which the kernel makes and checks.
            if name == "security.ima" || name == "security.evm" {
                continue;
            }
            let text = name.to_str().ok_or(io::ErrorKind::InvalidData)?.to_owned();
            attributes.extend(xattr::get_deref(path, &name)?.map(|value| (text, STANDARD.encode(value))));
        }
        Ok(Some(Self { mode: old.mode() & 0o7777, owner: old.uid(), group: old.gid(), attributes }))
    }

    /// Returns as much of this as a record may bring back into a folder: no bits that give a program another user's rights, and
    /// for its owner this user, or who has the folder. A record may be old, or forged.
    pub(crate) fn restorable(&self, folder: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let is_theirs = |owner: u32| super::metadata(folder).is_some_and(|folder| folder.uid() == owner);
        let (owner, group) =
            if self.owner == user || is_theirs(self.owner) { (self.owner, self.group) } else { (user, group) };
        let is_harmless = |name: &str| !name.starts_with("trusted.") && name != "security.capability";
        let attributes = self.attributes.iter().filter(|(name, _)| is_harmless(name));
        let attributes = attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { mode: self.mode & 0o777, owner, group, attributes }
    }

    /// Applies this owner, mode and set of attributes to a file.
    pub(super) fn apply(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        use xattr::FileExt as _;
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (self.owner, self.group) {
            fchown(file, Some(self.owner), Some(self.group))?;
        }
        file.set_permissions(std::fs::Permissions::from_mode(self.mode))?;
        for (name, value) in &self.attributes {
            let value = STANDARD.decode(value).map_err(io::Error::other)?;
            if file.get_xattr(name).ok().flatten().as_ref() != Some(&value) {
                file.set_xattr(name, &value)?;
            }
        }
        Ok(())
    }
}

/// Elsewhere a new file has what its folder hands down.
#[cfg(not(unix))]
impl Ownership {
    pub(crate) fn of(_: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub(crate) fn restorable(&self, _: &Path) -> Self {
        self.clone()
    }

    pub(super) fn apply(&self, _: &File) -> io::Result<()> {
        Ok(())
    }
}
