//! Errors of settings.

/// Settings cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
    /// There is no snippet for such a client.
    #[error("there is no snippet for `{name}`")]
    UnknownClient {
        /// What was asked for.
        name: String,
        /// What may be meant.
        suggestion: Option<&'static str>,
    },
}
