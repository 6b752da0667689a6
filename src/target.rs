//! The known places that clients read roots from.
//!
//! To add one: a file below `target/` and its entry in [`TARGETS`].

mod postgres;
pub mod system;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::format::Format;
use crate::layout::Environment;

/// Every target.
pub static TARGETS: &[&Target] = &[&postgres::POSTGRES];

/// One known place.
pub struct Target {
    /// The name after `--target` and in the manifest.
    pub name: &'static str,
    /// What reads it, in a few words.
    pub summary: &'static str,
    /// The format that its clients read.
    pub format: fn() -> &'static Format,
    /// Where it is.
    pub locate: fn(&Environment) -> Result<PathBuf, Error>,
    /// What a user must know before it changes, with this machine's own roots in it or without.
    pub advice: fn(store: &Path, with_system: bool) -> Vec<Advice>,
}

/// Something that a user must know, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The fact.
    pub warning: String,
    /// The remedy.
    pub hint: String,
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().copied().find(|target| target.name == name)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
