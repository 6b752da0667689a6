//! What others can try so that pgtrust trusts a root of theirs, runs a program of theirs, or writes where they may not. Each cell
//! is an attacker, what they have their hands on, and a command. None is let in.

mod images;
mod settings;
mod stores;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;

use crate::support::pgtrust::Home;
use crate::support::tools;

/// Somebody else on the machine.
const OTHER: u32 = 12_345;

/// A way to another's file.
#[derive(Clone, Copy, Debug)]
enum Way {
    EveryoneWritesFile,
    EveryoneWritesFolder,
    ListNamesOtherForFile,
    ListNamesOtherForFolder,
    OtherOwnsFile,
    OtherOwnsFolder,
    OtherOwnsFileInStickyFolder,
    LinkOfOther,
}

const WAYS: [Way; 8] = [
    Way::EveryoneWritesFile,
    Way::EveryoneWritesFolder,
    Way::ListNamesOtherForFile,
    Way::ListNamesOtherForFolder,
    Way::OtherOwnsFile,
    Way::OtherOwnsFolder,
    Way::OtherOwnsFileInStickyFolder,
    Way::LinkOfOther,
];

impl Way {
    /// Opens this file to somebody else.
    fn open(self, file: &Path) {
        let folder = file.parent().unwrap();
        let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let give = |path: &Path| chown(path, Some(OTHER), Some(OTHER)).unwrap();
        match self {
            Self::EveryoneWritesFile => chmod(file, 0o646),
            Self::EveryoneWritesFolder => chmod(folder, 0o757),
            Self::ListNamesOtherForFile => list_other(file),
            Self::ListNamesOtherForFolder => list_other(folder),
            Self::OtherOwnsFile => give(file),
            Self::OtherOwnsFolder => give(folder),
            Self::OtherOwnsFileInStickyFolder => {
                chmod(folder, 0o1777);
                give(file);
            }
            Self::LinkOfOther => {
                let theirs = file.with_extension("theirs");
                fs::rename(file, &theirs).unwrap();
                give(&theirs);
                symlink(&theirs, file).unwrap();
                lchown(file, Some(OTHER), Some(OTHER)).unwrap();
            }
        }
    }
}

/// As `setfacl -m u:12345:rwx` does.
fn list_other(path: &Path) {
    let entry = |tag: u16, permissions: u16, id: u32| {
        [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let entries = [(1, 7, u32::MAX), (2, 7, OTHER), (4, 5, u32::MAX), (16, 7, u32::MAX), (32, 5, u32::MAX)];
    let list: Vec<u8> = entries.into_iter().flat_map(|(tag, permissions, id)| entry(tag, permissions, id)).collect();
    xattr::set(path, "system.posix_acl_access", &[&2_u32.to_le_bytes()[..], &list].concat()).unwrap();
}

/// Tells whether this user may give files away, as root does.
fn is_root() -> bool {
    let probe = tempfile::NamedTempFile::new().unwrap();
    let may = chown(probe.path(), Some(OTHER), Some(OTHER)).is_ok();
    if !may {
        tools::report("skipped: attempts of other users: only root can set them up");
    }
    may
}

/// Cells that were tried, and those that got in.
#[derive(Default)]
struct Table {
    tried: usize,
    let_in: Vec<String>,
}

impl Table {
    fn tried(&mut self, cell: String, kept_out: bool) {
        self.tried += 1;
        if !kept_out {
            self.let_in.push(cell);
        }
    }

    #[track_caller]
    fn close(self, name: &str) {
        tools::report(&format!("attempts on {name}: {} tried, {} let in", self.tried, self.let_in.len()));
        assert!(self.let_in.is_empty(), "{}", self.let_in.join("\n"));
    }
}

/// A copy with all modes and owners.
fn copy_of(template: &Home) -> Home {
    let home = Home::new();
    let copied = home.command("cp").arg("-a").arg(template.path().join(".")).arg(home.path()).status();
    assert!(copied.unwrap().success());
    home
}
