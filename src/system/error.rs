//! Errors of files, locks and permissions.

use std::io;
use std::path::{Path, PathBuf};

use super::permissions::Refusal;
use super::process;
use super::text::cause;

/// The machine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program changed it between reading and writing.
    #[error("`{path}` was changed by another program at the same moment")]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
    },
    /// The file has other names, which would keep the old bytes.
    #[error("`{path}` has {names} names (hard links): replacing one of them would part it from the others")]
    HardLinks {
        /// The file.
        path: PathBuf,
        /// How many names it has.
        names: u64,
    },
    /// There is no home folder to put anything under.
    #[error("neither HOME nor PGTRUST_HOME names a folder")]
    HomeUnknown,
    /// A folder stands where a file is meant.
    #[error("could not use `{path}`: is a directory")]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no such folder to stand for `/`.
    #[error("`{path}` is not a folder, and so cannot stand for `/`")]
    NoImage {
        /// The path.
        path: PathBuf,
    },
    /// A pipe or a device stands where a file is meant.
    #[error("could not use `{path}`: not a regular file")]
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Somebody else changes it.
    #[error("`{path}` is locked{}", .holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default())]
    Locked {
        /// The file or folder.
        path: PathBuf,
        /// The process, where the system tells it.
        holder: Option<String>,
    },
    /// A file is left alone.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another program did not do what it was asked.
    #[error(transparent)]
    Process(#[from] process::Error),
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
}

impl Error {
    /// For `map_err` on a change that the system refused.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::refused(action, false, path)
    }

    /// For `map_err` on a look that the system refused.
    pub fn unread(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::refused(action, true, path)
    }

    /// Tells whether what was to be read is not there.
    pub(crate) fn is_absent(&self) -> bool {
        // Below a file there is none either: HOME is `/dev/null` for some services.
        let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        matches!(self, Self::Io(error) if absent.contains(&error.source.kind()))
    }

    fn refused(action: &'static str, reads: bool, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io(IoError { action, reads, path, source })
    }
}

/// The operating system refused something.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} `{}`: {}", .path.display(), cause(.source))]
pub struct IoError {
    /// What was tried, as a verb.
    pub action: &'static str,
    /// Whether that changes nothing.
    pub reads: bool,
    /// On what.
    pub path: PathBuf,
    /// The system's answer.
    pub source: io::Error,
}
