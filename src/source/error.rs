//! Errors of sources.

use std::path::PathBuf;

/// Certificates could not be read or downloaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text does not name a customer of this provider.
    #[error("`{name}`: {reason}")]
    BadTenant {
        /// The text.
        name: String,
        /// What is wrong with it.
        reason: String,
        /// How it is named.
        usage: Option<String>,
    },
    /// No bundle could be made.
    #[error(transparent)]
    Bundle(#[from] crate::bundle::Error),
    /// A provider or a catalogue cannot be used.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::Error),
    /// A file could not be read or written in its format.
    #[error(transparent)]
    Decode(#[from] crate::format::DecodeError),
    /// A download failed.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Download(#[from] crate::source::DownloadError),
    /// Whether a server enforces TLS cannot be told or changed.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Enforcement(#[from] crate::source::enforcement::EnforcementError),
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] crate::manifest::Error),
    /// A text on the command line is neither a provider nor a file.
    #[error("`{name}` is neither a provider nor a file")]
    NoSuchSource {
        /// The text.
        name: String,
        /// The provider that may be meant.
        suggestion: Option<String>,
    },
    /// This machine's own roots were asked for, and none were found.
    #[error("no roots of this machine were found{}", .reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default())]
    NoSystemRoots {
        /// What stood against it, where that is known.
        reason: Option<String>,
    },
    /// The provider's file is not there.
    #[error("`{path}` does not exist: `{id}` has not been fetched")]
    NotFetched {
        /// The provider.
        id: String,
        /// Where its file would stand.
        path: PathBuf,
    },
    /// A server shows no certificate.
    #[error(transparent)]
    Server(#[from] crate::source::server::ServerError),
    /// A store cannot be read or changed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
    /// The CA of a customer could not be fetched.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Tenant(#[from] crate::source::TenantError),
}
