//! Programs of others: found, run within limits, and ended with their process group.
//!
//! [`Programs`] knows where they are and what of our environment they do not get. A program has a time limit, gets nothing
//! on standard input unless it is given, and may print so much and no more.
//!
//! On Unix it leads a process group of its own. That group is killed when the time is over, when too much is printed, and
//! once the program itself has ended: what it left behind has no work to do for us. Hooks alone may leave something running.
//! A process that made a group or a session of its own, as daemons do, has left it: nothing waits for it, and it goes on.
//! Elsewhere the program alone is killed.

mod group;
mod program;
mod programs;
#[cfg(unix)]
mod terminal;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::system::text::cause;
pub use group::end_all;
pub(crate) use program::End;
pub use programs::{Programs, Withheld};

/// Another program did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It ended with a failure.
    #[error("`{command}` failed: {words}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said, or how it ended where it said nothing.
        words: String,
    },
    /// It is needed and not here.
    #[error("`{name}` is not installed")]
    Missing {
        /// The program.
        name: &'static str,
        /// The packages that bring it, as in `Debian: x; Fedora: y`.
        packages: &'static str,
    },
    /// The time for the whole run was over before it ended, or before it could be started.
    #[error("`{command}` did not end: {}", self.reason())]
    NoTime {
        /// The command line.
        command: String,
    },
    /// The system did not start it.
    #[error("could not run `{program}`: {}", cause(.source))]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Its time was over, and it was killed.
    #[error("`{command}` failed: {}", self.reason())]
    TimedOut {
        /// The command line.
        command: String,
        /// The time that it had.
        limit: Duration,
    },
    /// It printed more than anyone reads, and was killed.
    #[error("`{command}` failed: {}", self.reason())]
    TooMuchOutput {
        /// The command line.
        command: String,
        /// The bytes that it might print.
        limit: u64,
    },
}

impl Error {
    /// Why it failed, without the command line.
    pub fn reason(&self) -> String {
        match self {
            Self::Failed { words, .. } => words.clone(),
            Self::NoTime { .. } => "the time for the whole run is over".to_owned(),
            Self::TimedOut { limit, .. } => format!("it does not end within {limit:?}"),
            Self::TooMuchOutput { limit, .. } => format!("it prints more than {limit} bytes"),
            Self::Missing { .. } | Self::NotStarted { .. } => self.to_string(),
        }
    }
}

/// The program of this name in the first of these folders that has it, by its absolute path.
#[expect(clippy::disallowed_methods, reason = "programs of this machine, or of an image that is entered for them")]
pub(crate) fn find(name: &str, folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let found = folders.map(|folder| folder.join(&name)).find(|file| file.is_file())?;
    Some(std::path::absolute(&found).unwrap_or(found))
}

/// The folders of a search path such as `PATH`. A relative one is passed over: whoever chooses the folder that pgtrust is started
/// in must not choose the program too.
fn folders(search_path: &OsStr) -> impl Iterator<Item = PathBuf> + '_ {
    std::env::split_paths(search_path).filter(|folder| folder.is_absolute())
}
