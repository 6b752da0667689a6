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
    /// Others removed a store since.
    #[error("`{path}` is gone: it was removed since pgtrust wrote it")]
    GoneSince {
        /// The store.
        path: PathBuf,
    },
    /// There is no such change, or it is put back.
    #[error("there is no change {id} to undo")]
    NoSuchChange {
        /// What was asked for.
        id: u64,
    },
    /// A journal that others could write names what it never had.
    #[error("`{path}` is left alone: only `{journal}` says that it was a store, which others could write")]
    NotItsOwn {
        /// The file.
        path: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// Nothing is left to undo.
    #[error("there is no change to undo")]
    NothingToUndo,
    /// Nothing of this store is left to undo.
    #[error("there is no change of `{store}` to undo")]
    NothingToUndoOf {
        /// The store.
        store: PathBuf,
    },
    /// A change is put back already.
    #[error("change {id} is put back already, by change {by}")]
    PutBackAlready {
        /// What was asked for.
        id: u64,
        /// The change that did it.
        by: u64,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
    /// There is a journal, and what it says is not known.
    #[error("the journal `{path}` cannot be read: {reason}")]
    Unreadable {
        /// The journal.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
