//! POSIX access control lists, as Linux keeps them: acl(5), and `posix_acl_xattr_entry` of the kernel.

use std::path::Path;

/// Who can write a file by its list, beside its owner and everyone.
#[derive(Debug, Default)]
pub(super) struct Writers {
    /// Whether the group of the file can.
    pub(super) owning_group: bool,
    /// The users.
    pub(super) users: Vec<u32>,
    /// The groups.
    pub(super) groups: Vec<u32>,
}

/// Reads the list of a file or folder; None where it has none. Lists of macOS and of NFSv4 are others, and are not read.
pub(super) fn writers(path: &Path) -> Option<Writers> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let list = xattr::get(path, "system.posix_acl_access").ok().flatten()?;
    let (version, entries) = list.split_first_chunk()?;
    if u32::from_le_bytes(*version) != VERSION {
        return None;
    }
    let entries = entries.as_chunks::<8>().0.iter().map(|entry| {
        let [tag, _, permissions, _, id @ ..] = *entry;
        (tag, permissions & WRITE != 0, u32::from_le_bytes(id))
    });
    let is_masked = entries.clone().any(|(tag, writes, _)| tag == MASK && !writes);
    let mut writers = Writers::default();
    for (tag, _, id) in entries.filter(|(_, writes, _)| *writes && !is_masked) {
        match tag {
            USER => writers.users.push(id),
            OWNING_GROUP => writers.owning_group = true,
            GROUP => writers.groups.push(id),
            _ => {}
        }
    }
    Some(writers)
}

const VERSION: u32 = 2;
const WRITE: u8 = 2;
const USER: u8 = 0x02;
const OWNING_GROUP: u8 = 0x04;
const GROUP: u8 = 0x08;
const MASK: u8 = 0x10;
