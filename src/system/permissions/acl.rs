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

/// One entry of a list: for whom it is, what it permits as in a mode, and the number of a user or group.
pub(super) struct Entry {
    tag: u8,
    permissions: u8,
    id: u32,
}

/// Reads the list of a file or folder; None where it has none. Lists of macOS and of NFSv4 are others, and are not read.
pub(super) fn entries(path: &Path) -> Option<Vec<Entry>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let list = xattr::get(path, "system.posix_acl_access").ok().flatten()?;
    let (version, entries) = list.split_first_chunk()?;
    if u32::from_le_bytes(*version) != VERSION {
        return None;
    }
    let entry = |entry: &[u8; 8]| {
        let [tag, _, permissions, _, id @ ..] = *entry;
        Entry { tag, permissions, id: u32::from_le_bytes(id) }
    };
    Some(entries.as_chunks::<8>().0.iter().map(entry).collect())
}

/// Tells who can write a file or folder by its list; None where it has none.
pub(super) fn writers(path: &Path) -> Option<Writers> {
    let entries = entries(path)?;
    let is_masked = entries.iter().any(|entry| entry.tag == MASK && entry.permissions & WRITE == 0);
    let mut writers = Writers::default();
    for entry in entries.iter().filter(|entry| entry.permissions & WRITE != 0 && !is_masked) {
        match entry.tag {
            USER => writers.users.push(entry.id),
            OWNING_GROUP => writers.owning_group = true,
            GROUP => writers.groups.push(entry.id),
            _ => {}
        }
    }
    Some(writers)
}

/// Tells what a list permits a user who does not own the file, as in a mode; None where it says no more than the mode does
/// for others. `group` is that of the file. A group that permits counts before one that does not.
pub(super) fn permitted(entries: &[Entry], user: u32, groups: &[u32], group: u32, wanted: u8) -> Option<bool> {
    let mask = entries.iter().find(|entry| entry.tag == MASK).map_or(7, |entry| entry.permissions);
    let permits = |entry: &Entry| entry.permissions & mask & wanted == wanted;
    if let Some(entry) = entries.iter().find(|entry| entry.tag == USER && entry.id == user) {
        return Some(permits(entry));
    }
    let of_group = |entry: &&Entry| match entry.tag {
        OWNING_GROUP => groups.contains(&group),
        GROUP => groups.contains(&entry.id),
        _ => false,
    };
    let mut matching = entries.iter().filter(of_group).map(permits).peekable();
    matching.peek()?;
    Some(matching.any(|permits| permits))
}

const VERSION: u32 = 2;
const WRITE: u8 = 2;
const USER: u8 = 0x02;
const OWNING_GROUP: u8 = 0x04;
const GROUP: u8 = 0x08;
const MASK: u8 = 0x10;
