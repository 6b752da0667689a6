//! Errors of the catalogue.

/// A provider or a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A catalogue that the manifest names cannot be used.
    #[error("catalogue `{name}`: {reason}")]
    BadCatalogue {
        /// Its folder or URL.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A provider's definition does not hold.
    #[error("provider `{id}`: {reason}")]
    BadProvider {
        /// The provider.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The provider's CA is different for every user, project or server.
    #[error("`{id}` has no roots that are the same for all")]
    NoFixedRoots {
        /// The provider.
        id: String,
        /// The flags that say whose CA is meant, where it has an API.
        flags: Option<String>,
        /// How to get the CA.
        obtain: Vec<String>,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
    /// There is no such provider.
    #[error("`{id}` is not a provider")]
    UnknownProvider {
        /// What was asked for.
        id: String,
        /// What may be meant.
        suggestion: Option<String>,
    },
    /// No root of the provider is of this region.
    #[error("`{id}` has no root of its own for the region `{region}`")]
    UnknownRegion {
        /// The provider.
        id: String,
        /// What was asked for.
        region: String,
        /// What there is.
        regions: Vec<String>,
        /// Whether it publishes a bundle that grows with new regions.
        grows: bool,
    },
}
