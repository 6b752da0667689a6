//! Stores that a manifest keeps.

use std::path::PathBuf;

use serde::Deserialize;

/// A store that this machine keeps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeptTarget {
    /// A known place.
    pub name: Option<String>,
    /// Or a file.
    pub path: Option<PathBuf>,
    /// What goes into it.
    pub sources: Vec<String>,
    /// What a new file is written in.
    pub format: Option<String>,
    /// The file whose first line is its password.
    pub password_file: Option<PathBuf>,
    /// Whether a new file has no password.
    #[serde(default)]
    pub no_password: bool,
    /// Whether it is that of every Java installation.
    #[serde(default)]
    pub all_jdks: bool,
}

impl KeptTarget {
    /// Returns how it is opened and written.
    pub fn opening(&self) -> Opening {
        Opening {
            format: self.format.clone(),
            password_file: self.password_file.clone(),
            no_password: self.no_password,
            all_jdks: self.all_jdks,
        }
    }
}

/// The way in which a store is opened and written, as far as it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The format of a new file.
    pub format: Option<String>,
    /// The file whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// Whether a new file has no password.
    pub no_password: bool,
    /// Whether every Java installation is meant.
    pub all_jdks: bool,
}

impl Opening {
    /// This, and for what it leaves open the other. A password and none exclude each other.
    pub fn or(self, other: Self) -> Self {
        let open = self.password_file.is_none() && !self.no_password;
        Self {
            format: self.format.or(other.format),
            password_file: if open { other.password_file } else { self.password_file },
            no_password: if open { other.no_password } else { self.no_password },
            all_jdks: self.all_jdks || other.all_jdks,
        }
    }
}
