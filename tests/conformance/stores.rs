//! The files of roots that clients are given.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::chains::{Chain, openssl};

/// A kind of store.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    place: Place,
    content: fn(&Chain, &str) -> Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// No file is named.
    Nowhere,
    /// A file is named that does not exist.
    Missing,
    Named,
    /// Named, and nobody may read it.
    Closed,
    /// `~/.postgresql/root.crt`; no file is named.
    Home,
}

const RIGHT: Kind = Kind { name: "right", place: Place::Named, content: |chain, _| chain.root.clone().into() };

pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "none", place: Place::Nowhere, content: |_, _| Vec::new() },
    Kind { name: "missing", place: Place::Missing, ..RIGHT },
    RIGHT,
    Kind { name: "wrong", content: |_, other| other.into(), ..RIGHT },
    Kind { name: "right, wrong", content: |chain, other| join(&[&chain.root, other]), ..RIGHT },
    Kind { name: "wrong, right", content: |chain, other| join(&[other, &chain.root]), ..RIGHT },
    Kind { name: "intermediate", content: |chain, _| chain.intermediate.clone().into(), ..RIGHT },
    Kind { name: "leaf", content: |chain, _| chain.leaf.clone().into(), ..RIGHT },
    Kind { name: "expired", content: |chain, _| chain.expired_root.clone().into(), ..RIGHT },
    Kind { name: "expired, right", content: |chain, _| join(&[&chain.expired_root, &chain.root]), ..RIGHT },
    Kind { name: "cross-sign", content: |chain, _| chain.cross_sign.clone().into(), ..RIGHT },
    Kind { name: "cross-sign, right", content: |chain, _| join(&[&chain.cross_sign, &chain.root]), ..RIGHT },
    Kind { name: "old", content: |chain, _| chain.old_root.clone().into(), ..RIGHT },
    Kind { name: "twin, right", content: |chain, _| join(&[&chain.twin, &chain.root]), ..RIGHT },
    Kind { name: "right, twin", content: |chain, _| join(&[&chain.root, &chain.twin]), ..RIGHT },
    Kind { name: "damaged", content: |chain, other| join(&[&chain.root, &damaged(other)]), ..RIGHT },
    Kind { name: "damaged first", content: |chain, other| join(&[&damaged(other), &chain.root]), ..RIGHT },
    Kind { name: "empty", content: |_, _| Vec::new(), ..RIGHT },
    Kind { name: "text", content: |_, _| b"no certificate\n".to_vec(), ..RIGHT },
    Kind { name: "unreadable", place: Place::Closed, ..RIGHT },
    Kind { name: "BOM", content: |chain, _| join(&["\u{feff}", &chain.root]), ..RIGHT },
    Kind { name: "glued", content: |chain, other| join(&[other.trim_end(), &chain.root]), ..RIGHT },
    Kind { name: "DER", content: |chain, _| der(&chain.root), ..RIGHT },
    Kind { name: "right in home", place: Place::Home, ..RIGHT },
    Kind { name: "wrong in home", place: Place::Home, content: |_, other| other.into() },
];

/// A store as a client meets it.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) file: Option<PathBuf>,
    pub(crate) home: PathBuf,
}

impl Kind {
    /// Writes it below this folder. Homes stay the same for every chain, since clients that go on running have them.
    pub(crate) fn write(&self, folder: &Path, chain: &Chain, stranger: &str) -> Store {
        let words = self.name.replace(", ", "-").replace(' ', "-");
        let content = (self.content)(chain, stranger);
        let empty = folder.join("home");
        fs::create_dir_all(&empty).unwrap();
        if self.place == Place::Home {
            let home = folder.join(format!("home-{words}"));
            fs::create_dir_all(home.join(".postgresql")).unwrap();
            fs::write(home.join(".postgresql/root.crt"), content).unwrap();
            return Store { file: None, home };
        }
        let file = folder.join(format!("{words}.pem"));
        if matches!(self.place, Place::Named | Place::Closed) {
            let _ = fs::remove_file(&file);
            fs::write(&file, content).unwrap();
        }
        if self.place == Place::Closed {
            fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        }
        Store { file: (self.place != Place::Nowhere).then_some(file), home: empty }
    }
}

fn join(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

/// One line of its Base64 is missing.
fn damaged(pem: &str) -> String {
    pem.lines().enumerate().filter(|(index, _)| *index != 3).map(|(_, line)| format!("{line}\n")).collect()
}

fn der(pem: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.pem"), pem).unwrap();
    openssl(folder.path(), &["x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"]);
    fs::read(folder.path().join("root.der")).unwrap()
}

/// Lets other users read what is below this folder: a server and PgBouncer run as one.
pub(crate) fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
}
