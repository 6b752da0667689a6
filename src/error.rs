//! What can go wrong, where, and what to do about it.

mod hint;

use std::io;
use std::path::{Path, PathBuf};

use crate::bundle::Rejected;
use crate::format;
use crate::guard;
use crate::process;
use crate::text::sanitise;

/// Any failure of pgtrust. The message says what failed, which thing and why; [`hint`](Self::hint) says what to do.
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
    /// The manifest cannot be understood.
    #[error("`{path}`: {reason}")]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
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
    /// OpenSSL stops at a file of a hashed folder, so that what is behind it is never found.
    #[error("`{path}`: OpenSSL cannot read it and stops there, so it would not find `{subject}` behind it")]
    BlockedHash {
        /// The file.
        path: PathBuf,
        /// The certificate that was to go behind it.
        subject: String,
    },
    /// The bytes that stood there before a change are kept no longer.
    #[error("change {id} cannot be undone: the bytes that `{path}` had before it are kept no longer")]
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
    /// A store holds a block that cannot be read; many clients then refuse all of it.
    #[error("`{path}`: {place}: {reason}")]
    DamagedStore {
        /// The store.
        path: PathBuf,
        /// Where in it.
        place: format::Place,
        /// What is wrong.
        reason: String,
    },
    /// Bytes could not be read or written in their format.
    #[error("`{origin}`: {source}")]
    Decode {
        /// The path, or another name of the input.
        origin: String,
        /// Why.
        source: format::Error,
    },
    /// A download failed.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Download(#[from] crate::source::DownloadError),
    /// No certificate passed the policy.
    #[error("no root is left to put into a bundle{}", first_reason(.rejected))]
    EmptyBundle {
        /// What did not pass.
        rejected: Vec<Rejected>,
    },
    /// Another program changed it between reading and writing.
    #[error("`{path}` was changed by another program at the same moment")]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
    },
    /// Whether a server enforces TLS cannot be told or changed.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Enforcement(#[from] crate::enforcement::EnforcementError),
    /// The file has other names, which would keep the old bytes.
    #[error("`{path}` has {names} names (hard links): replacing one of them would part it from the others")]
    HardLinks {
        /// The file.
        path: PathBuf,
        /// How many names it has.
        names: u64,
    },
    /// Somebody else changes it.
    #[error("`{path}` is locked{}", .holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default())]
    Locked {
        /// The file or folder.
        path: PathBuf,
        /// The process, where the system tells it.
        holder: Option<String>,
    },
    /// A hook did not do what it is for.
    #[error("hook `{hook}` failed: {}", sanitise(.reason))]
    HookFailed {
        /// Its command line.
        hook: String,
        /// Why, with its own last words.
        reason: String,
    },
    /// The hooks of a manifest that belongs to somebody else.
    #[error("`{path}` belongs to another user, so its hooks are not run")]
    HooksOfAnother {
        /// The manifest.
        path: PathBuf,
    },
    /// There is no home folder to put anything under.
    #[error("neither HOME nor PGTRUST_HOME names a folder")]
    HomeUnknown,
    /// The operating system refused.
    #[error("could not {action} `{path}`: {}", cause(.source))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The `java` on `PATH` does not tell which installation it starts.
    #[error("`{java}` does not tell which Java it starts: {}", sanitise(.reason))]
    JavaSilent {
        /// The program.
        java: PathBuf,
        /// What it says instead.
        reason: String,
    },
    /// No Java is in use.
    #[error("neither JAVA_HOME nor `java` on PATH tells which Java is in use")]
    JavaUnknown,
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
    /// There is no Java installation at all.
    #[error("no Java installation is found below `{root}`")]
    NoJvmAnywhere {
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// A path is no Java installation.
    #[error("`{path}` ({found}) is no Java installation: {reason}")]
    NoJvm {
        /// The path.
        path: PathBuf,
        /// What led to it, as [`Jvm::found`](crate::jvm::Jvm::found).
        found: &'static str,
        /// What it lacks.
        reason: String,
    },
    /// The Java trust store is not there.
    #[error("`{path}` does not exist: there is no Java trust store yet")]
    NoJavaStore {
        /// Where it would stand.
        path: PathBuf,
    },
    /// No place is known where this machine keeps the roots of all its programs.
    #[error("`{root}` has no system store that pgtrust knows")]
    NoSystemStore {
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// A text on the command line is neither a provider nor a file.
    #[error("`{name}` is neither a provider nor a file")]
    NoSuchSource {
        /// The text.
        name: String,
        /// The provider that may be meant.
        suggestion: Option<String>,
    },
    /// The provider's file is not there.
    #[error("`{path}` does not exist: `{id}` has not been fetched")]
    NotFetched {
        /// The provider.
        id: String,
        /// Where its file would stand.
        path: PathBuf,
    },
    /// The folder is not an NSS database that pgtrust can use.
    #[error("`{path}` is not an NSS database: {reason}")]
    NotAnNssDatabase {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// Nothing was named and nothing is kept.
    #[error("no provider is named, and the manifest keeps none")]
    NothingKept,
    /// There is no such change, or it is put back.
    #[error("there is no change {id} to undo")]
    NoSuchChange {
        /// What was asked for.
        id: u64,
    },
    /// Nothing is left to undo.
    #[error("there is no change to undo")]
    NothingToUndo,
    /// Another program did not do what it was asked.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// A file is left alone.
    #[error(transparent)]
    Refused(#[from] guard::Refusal),
    /// A job cannot be scheduled.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::Problem),
    /// Nothing was named, and several providers could be meant.
    #[error("no provider is named, and the manifest keeps {}", .ids.len())]
    SeveralKept {
        /// The providers.
        ids: Vec<String>,
    },
    /// There is no snippet for such a client.
    #[error("there is no snippet for `{name}`")]
    UnknownClient {
        /// What was asked for.
        name: String,
        /// What may be meant.
        suggestion: Option<&'static str>,
    },
    /// The target is in the home of a user, and a folder that stands for `/` has none.
    #[error("the target `{target}` is in a user's home, and nothing tells which user of `{root}` is meant")]
    TargetOfUser {
        /// The target.
        target: &'static str,
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// The CA of a customer could not be had.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Tenant(#[from] crate::source::TenantError),
    /// The path's format cannot be told from its name.
    #[error("`{path}`: its name does not say which format to write")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
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
    },
    /// A value would break out of the text that it is written into.
    #[error("`{value}` cannot be written for {place}: it holds {what}")]
    Unwritable {
        /// The value.
        value: String,
        /// Where it should go.
        place: String,
        /// What stands against it.
        what: &'static str,
    },
    /// Every root in the store is stale.
    #[error(
        "every root in `{path}` has expired or is out of use, and without a root a client may check nothing at all"
    )]
    WouldEmpty {
        /// The store.
        path: PathBuf,
    },
    /// A store holds what its new format has no place for.
    #[error("`{path}`: holds {kind_with_article}, which {format} has no place for", kind_with_article = article(.kind))]
    WouldLose {
        /// The store.
        path: PathBuf,
        /// What would be lost.
        kind: &'static str,
        /// The format that was asked for.
        format: &'static str,
    },
    /// What was written does not read back as what was meant; the old store stands.
    #[error("`{path}`: what was to be written does not read back, so the old file stays")]
    WouldNotReadBack {
        /// The store.
        path: PathBuf,
    },
}

impl Error {
    /// For `map_err` on what the system refused.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "private-key" => "a private key",
        "secret-key" => "a secret key",
        "revocation-list" => "a revocation list",
        _ => "something that is no certificate",
    }
}

fn first_reason(rejected: &[Rejected]) -> String {
    match rejected {
        [] => String::new(),
        [first] => format!(": `{}` {}", first.certificate.subject(), first.reason),
        [first, rest @ ..] => {
            format!(": `{}` {}, and {} more", first.certificate.subject(), first.reason, rest.len())
        }
    }
}

/// The system's words without Rust's `(os error 13)`.
pub(crate) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
