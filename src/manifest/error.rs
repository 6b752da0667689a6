//! Errors of the manifest.

use std::path::PathBuf;

/// The manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The manifest cannot be understood.
    #[error("`{path}`: {reason}")]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It would have more bytes than any run reads.
    #[error("`{path}` would have more than {limit} bytes")]
    Full {
        /// The manifest.
        path: PathBuf,
        /// The bytes that it may have.
        limit: u64,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}
