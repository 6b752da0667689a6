//! Errors of the journal.

use std::path::PathBuf;

/// A change cannot be made or put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes from before a change are no longer kept.
    #[error("change {id} cannot be undone: the bytes that `{path}` had before it are no longer kept")]
    BytesGone {
        /// The change.
        id: u64,
        /// The file.
        path: PathBuf,
    },
    /// Others changed a store since pgtrust did, so that an undo would lose their change.
    #[error("`{path}` has changed since pgtrust wrote it")]
    ChangedSince {
        /// The store.
        path: PathBuf,
    },
    /// There is no such change, or it is put back.
    #[error("there is no change {id} to undo")]
    NoSuchChange {
        /// What was asked for.
        id: u64,
    },
    /// Nothing is left to undo.
    #[error("there is no change to undo")]
    NothingToUndo,
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}
