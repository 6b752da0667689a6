//! What is looked at before a store is changed: whether others could change it too, and whether this user can.

mod shared;
mod users;
mod writable;

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::manifest::{self, Place};
use crate::system::file;
use crate::system::layout::Layout;
pub use shared::refuse_shared;
pub use users::{User, owner_of};
pub use writable::check_writable;

/// Why a file is left alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Others can write it, or put another file in its place.
    #[error("{who} can write `{at}` (mode {mode:04o}), and so {}", done(.path, .at))]
    Shared {
        /// The file.
        path: PathBuf,
        /// The file, or a folder that leads to it.
        at: PathBuf,
        /// The mode of that.
        mode: u32,
        /// Who can.
        who: String,
    },
    /// This user cannot write it.
    #[error("could not write `{path}`: {obstacle}")]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        obstacle: Obstacle,
    },
    /// This user cannot write where pgtrust keeps what it keeps.
    #[error("could not write `{path}`, where pgtrust keeps its own: {obstacle}")]
    NoPlace {
        /// The folder.
        path: PathBuf,
        /// Why not.
        obstacle: Obstacle,
    },
}

/// What stands in the way of a change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// Not even its owner may change it.
    #[error("it is immutable: `{at}`")]
    Immutable {
        /// The file or folder that has the attribute.
        at: PathBuf,
    },
    /// It is mounted by itself, so that no other file can take its name.
    #[error("it is a mount of its own, so no new file can take its place")]
    Mount,
    /// The modes do not let this user.
    #[error("permission denied: `{at}` belongs to {owner}, mode {mode:04o}")]
    Permission {
        /// The file or folder.
        at: PathBuf,
        /// Whose it is.
        owner: User,
        /// Its mode.
        mode: u32,
    },
    /// The file system is mounted so.
    #[error("`{at}` is on a read-only file system")]
    ReadOnly {
        /// The file or folder.
        at: PathBuf,
    },
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Shared { at, who, .. } => {
                let bits = if who == shared::EVERYONE { "o-w" } else { "g-w" };
                format!("`chmod {bits} {}`; `--allow-writable` goes on all the same", at.display())
            }
            Self::NoPlace { .. } => {
                "PGTRUST_HOME moves it to another folder; for an image, run pgtrust when it is built: `--root DIR`"
                    .to_owned()
            }
            Self::NotWritable { obstacle, .. } => format!("{}; {ELSEWHERE}", obstacle.remedy()),
        }
    }
}

impl Obstacle {
    fn remedy(&self) -> String {
        match self {
            Self::Immutable { at } => format!("`chattr -i {}`", at.display()),
            Self::Mount => "change the file that is mounted there, or mount its folder".to_owned(),
            Self::Permission { owner, at, .. } if *owner == User::this() => format!("`chmod u+w {}`", at.display()),
            Self::Permission { owner, .. } => format!("run it as {owner}, as with `sudo`"),
            Self::ReadOnly { .. } => "for an image, run it when the image is built: `--root DIR`".to_owned(),
        }
    }
}

/// Refuses a manifest, a journal, and providers of the user's own or of a catalogue's folder that others could write: they
/// say what is trusted.
pub fn refuse_shared_settings(layout: &Layout, root: &Path) -> Result<(), Error> {
    refuse_shared(&layout.manifest, root)?;
    refuse_shared(&layout.state.join(crate::journal::FILE), root)?;
    // A manifest that cannot be read, and a folder that cannot, are for those who need them to report.
    let named = manifest::catalogues(&layout.manifest).unwrap_or_default();
    let folders = named.iter().filter_map(|catalogue| match &catalogue.place {
        Place::Folder(path) => Some(path),
        // Its digest says what it is.
        Place::Archive { .. } => None,
    });
    for provider in folders.chain([&layout.catalogue]).flat_map(|folder| file::entries(folder).unwrap_or_default()) {
        for part in file::entries(&provider).unwrap_or_default() {
            refuse_shared(&part, root)?;
        }
        refuse_shared(&provider, root)?;
    }
    Ok(())
}

/// Fails when this user cannot write in a folder of pgtrust's own.
pub fn check_place(folder: &Path) -> Result<(), Error> {
    check_writable(folder).map_err(|error| match error {
        Error::Refused(Refusal::NotWritable { path, obstacle }) => Refusal::NoPlace { path, obstacle }.into(),
        error => error,
    })
}

fn done(path: &Path, at: &Path) -> String {
    if path == at {
        "choose what is trusted".to_owned()
    } else {
        format!("put another file in the place of `{}`", path.display())
    }
}

const ELSEWHERE: &str = "or `--output FILE` writes another file: point PGSSLROOTCERT or `sslrootcert=` at it, for Java \
                         `--target java` and JAVA_TOOL_OPTIONS (`pgtrust env`)";
