//! Where programs of others are.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use super::program::Program;
use super::{find, folders};

/// The programs of this machine.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    search_path: OsString,
}

impl Programs {
    /// The programs in the folders of a search path such as `PATH`.
    pub fn new(search_path: impl Into<OsString>) -> Self {
        Self { search_path: search_path.into() }
    }

    /// The same, in the folders of another search path.
    #[must_use]
    pub fn found_in(&self, search_path: &OsStr) -> Self {
        Self { search_path: search_path.to_owned() }
    }

    /// The program of this name, by its absolute path.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        find(name, folders(&self.search_path))
    }

    /// A program that is to be run, and may take so long.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>, time: Duration) -> Program {
        Program::new(program.as_ref(), time)
    }
}
