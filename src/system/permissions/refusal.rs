//! Why a file is left alone.

use std::path::{Path, PathBuf};

use super::User;

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

/// An obstacle to a change.
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

fn done(path: &Path, at: &Path) -> String {
    if path == at {
        "choose what is trusted".to_owned()
    } else {
        format!("put another file in the place of `{}`", path.display())
    }
}
