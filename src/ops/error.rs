//! The error of the whole library.

use std::path::PathBuf;

use crate::x509::Fingerprint;
use crate::{bundle, catalog, format, hook, journal, manifest, schedule, settings, source, store, system};

/// Any failure of pgtrust, by the room that it comes from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No bundle could be made.
    #[error(transparent)]
    Bundle(bundle::Error),
    /// A provider or a catalogue cannot be used.
    #[error(transparent)]
    Catalog(catalog::Error),
    /// What clients find on this machine cannot be read.
    #[error(transparent)]
    Surroundings(#[from] crate::client::surroundings::SurroundingsError),
    /// A text names no server.
    #[error(transparent)]
    Target(#[from] crate::client::target::TargetError),
    /// A file could not be read or written in its format.
    #[error(transparent)]
    Decode(#[from] format::DecodeError),
    /// A hook did not run as it should.
    #[error(transparent)]
    Hook(hook::Error),
    /// A change cannot be made or put back.
    #[error(transparent)]
    Journal(journal::Error),
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(manifest::Error),
    /// Errors of a request that cannot be carried out.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A job cannot be scheduled.
    #[error(transparent)]
    Schedule(schedule::Error),
    /// Settings of clients cannot be written.
    #[error(transparent)]
    Settings(settings::Error),
    /// Certificates could not be read or downloaded.
    #[error(transparent)]
    Source(source::Error),
    /// A store cannot be found, read or changed.
    #[error(transparent)]
    Store(store::Error),
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] system::Error),
}

impl Error {
    /// Returns what a program of others said beside it, which may hold secrets: it is shown, and never kept.
    pub fn said(&self) -> Option<&str> {
        #[cfg(feature = "fetch")]
        if let Self::Source(source::Error::Tenant(error)) = self
            && let source::TenantReason::NoToken { said, .. } = &error.reason
        {
            return said.as_deref();
        }
        None
    }

    /// Tells whether the request itself is wrong, and not one part of what it names.
    pub(super) fn is_of_whole_request(&self) -> bool {
        matches!(self, Self::Request(error) if !matches!(error, RequestError::WouldEmpty { .. }))
    }

    /// Tells whether another run holds a lock for longer than this one waits.
    pub(super) fn is_of_lock(&self) -> bool {
        matches!(
            self,
            Self::System(system::Error::Locked { .. })
                | Self::Journal(journal::Error::System(system::Error::Locked { .. }))
        )
    }

    /// Tells whether another program changed a file between reading and writing, so that a second try may succeed.
    pub(super) fn is_of_a_race(&self) -> bool {
        matches!(self, Self::System(system::Error::ChangedMeanwhile { .. }))
    }
}

/// Errors of a request that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A line of a list of servers names none.
    #[error("`{path}`: {reason}")]
    BadHosts {
        /// The list.
        path: PathBuf,
        /// The line, and why.
        reason: crate::client::target::BadLine,
    },
    /// No server is named, and nothing around names one.
    #[error("no server is named, and neither variables nor files in `{folder}` name one")]
    NoTarget {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Something is where a new file is to be.
    #[error("`{path}` exists already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The chains of several servers do not go into one file.
    #[error("one file takes the certificates of one server, and there are {servers}")]
    OneChain {
        /// How many there are.
        servers: usize,
    },
    /// A rotation is of another provider than the server.
    #[error("`{id}` is no rotation of the provider of `{host}`")]
    RotationOfAnother {
        /// The rotation.
        id: String,
        /// The server.
        host: String,
    },
    /// No store has a certificate that a pattern names.
    #[error("`--without {pattern}` names no certificate of the stores that are read")]
    UnusedPattern {
        /// What was asked for.
        pattern: String,
    },
    /// A server is asked through a Unix socket.
    #[error("`{path}` is a Unix socket, which has no TLS")]
    Socket {
        /// The socket.
        path: PathBuf,
    },
    /// No client has this name.
    #[error("no client is called `{name}`")]
    UnknownClient {
        /// What was asked for.
        name: String,
    },
    /// The catalogue has no such rotation.
    #[error("no rotation is called `{id}`")]
    UnknownRotation {
        /// What was asked for.
        id: String,
    },
    /// A file exists and is something else than a store.
    #[error("`{path}` exists and is not a certificate store")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// A folder exists and has something in it.
    #[error("`{path}` exists and is not an empty folder")]
    FolderNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// An NSS database has no other format.
    #[error("`{path}` is an NSS database and not `{format}`")]
    FormatOfDatabase {
        /// The database.
        path: PathBuf,
        /// What was asked for.
        format: String,
    },
    /// A target does not come in every format.
    #[error("the target `{target}` has no format `{format}`")]
    FormatOfTarget {
        /// The target.
        target: &'static str,
        /// What was asked for.
        format: String,
        /// What there is.
        formats: &'static [&'static str],
    },
    /// A store holds something that a bundle would not.
    #[error("`{path}` exists and holds more than certificates ({other})")]
    HoldsOthers {
        /// The store.
        path: PathBuf,
        /// The first of it.
        other: String,
    },
    /// `PGTRUST_MIRROR_AUTH` is not what it should be.
    #[error("PGTRUST_MIRROR_AUTH is not `user:password`")]
    BadMirrorAuth,
    /// A file has no password in it.
    #[error("`{path}` holds no password")]
    NoPassword {
        /// The file.
        path: PathBuf,
    },
    /// The manifest keeps no store, and none was named.
    #[error("the manifest keeps no store")]
    NoStoreKept,
    /// The held certificate is not a root.
    #[error("`{subject}` is not a self-signed CA certificate")]
    NotARoot {
        /// Its subject.
        subject: String,
    },
    /// No such certificate is held.
    #[error("no held certificate has the fingerprint {fingerprint}")]
    NotHeld {
        /// What was asked for.
        fingerprint: Fingerprint,
    },
    /// No root of this provider is held.
    #[error("nothing is held of `{provider}`")]
    NothingHeld {
        /// What was asked for.
        provider: String,
    },
    /// More must be known of a customer.
    #[error("`{name}` needs {} too", .missing.iter().map(|it| format!("`--{it}`")).collect::<Vec<_>>().join(" and "))]
    MissingValues {
        /// The provider.
        name: String,
        /// What is missing.
        missing: Vec<String>,
        /// All that must be known, in the order of a tenant's name.
        placeholders: Vec<String>,
    },
    /// A password that later runs need is not in a file.
    #[error("`{path}` is not a regular file")]
    PasswordNotInFile {
        /// What was named.
        path: PathBuf,
    },
    /// What a URL serves cannot be followed.
    #[error("`{url}` serves a {format} store, which cannot be followed")]
    NotFollowed {
        /// The URL.
        url: String,
        /// What it serves.
        format: &'static str,
    },
    /// A provider of the user's own has this name and another definition.
    #[error("`{path}` is there already and says something else")]
    ProviderDiffers {
        /// Its folder.
        path: PathBuf,
    },
    /// The manifest uses a provider.
    #[error("`{name}` is in use: {}", .uses.join(", "))]
    ProviderInUse {
        /// The provider.
        name: String,
        /// For what.
        uses: Vec<String>,
        /// The manifest.
        manifest: PathBuf,
    },
    /// Another catalogue has a provider of this name.
    #[error("`{name}` is {}", .catalogue.as_ref().map_or_else(|| "a built-in provider".to_owned(), |it| format!("a provider of the catalogue `{it}`")))]
    ProviderTaken {
        /// The name.
        name: String,
        /// The catalogue; None for the built-in one.
        catalogue: Option<String>,
    },
    /// A value tells nothing of what is named.
    #[error("`--{name}` says nothing of what is named here")]
    UnusedValue {
        /// What it is a value of.
        name: String,
    },
    /// A token is for one provider.
    #[error("a token is for one provider, and the customers of {count} are named")]
    TokenOfOne {
        /// How many providers are named.
        count: usize,
    },
    /// The Java trust store is not there.
    #[error("`{path}` does not exist: there is no Java trust store yet")]
    NoJavaStore {
        /// Where it would stand.
        path: PathBuf,
    },
    /// No provider was named and none is kept.
    #[error("no provider is named, and the manifest keeps none")]
    NothingKept,
    /// No provider was named, and several are kept.
    #[error("no provider is named, and the manifest keeps {}", .ids.len())]
    SeveralKept {
        /// The providers.
        ids: Vec<String>,
    },
    /// Every root in the store is stale.
    #[error(
        "every root in `{path}` has expired or is out of use, and without a root a client may check nothing at all"
    )]
    WouldEmpty {
        /// The store.
        path: PathBuf,
    },
}

/// An error of a room that only passes on what a room below it says counts as one of that room: there is one way to match it.
macro_rules! flatten {
    ($($room:ident as $own:ident, passing on $($passed:ident),*;)*) => {$(
        impl From<$room::Error> for Error {
            fn from(error: $room::Error) -> Self {
                match error {
                    $($room::Error::$passed(error) => error.into(),)*
                    error => Self::$own(error),
                }
            }
        }
    )*};
}

flatten! {
    bundle as Bundle, passing on Decode, System;
    catalog as Catalog, passing on System;
    hook as Hook, passing on System;
    journal as Journal, passing on System;
    manifest as Manifest, passing on System;
    schedule as Schedule, passing on System;
    settings as Settings, passing on System;
    source as Source, passing on Bundle, Catalog, Decode, Manifest, Store, System;
    store as Store, passing on Decode, System;
}

#[cfg(feature = "fetch")]
impl From<source::DownloadError> for Error {
    fn from(error: source::DownloadError) -> Self {
        source::Error::from(error).into()
    }
}

impl From<crate::client::found::FoundError> for Error {
    fn from(error: crate::client::found::FoundError) -> Self {
        match error {
            crate::client::found::FoundError::Surroundings(error) => error.into(),
            crate::client::found::FoundError::Target(error) => error.into(),
        }
    }
}
