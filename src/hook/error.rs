//! Errors of hooks.

use crate::system::text::sanitise;

/// A hook did not run as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hook did not do what it is for.
    #[error("hook `{hook}` failed: {}", sanitise(.reason))]
    HookFailed {
        /// Its command line.
        hook: String,
        /// Why, with its own last words.
        reason: String,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}
