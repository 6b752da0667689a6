//! What led to a Java installation.

use std::fmt;

/// What led to a Java installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundBy {
    /// A [`JvmFolder`](super::JvmFolder) of this name.
    Folder(&'static str),
    /// The variable `JAVA_HOME`.
    JavaHome,
    /// Whoever asks named its folder.
    Name,
    /// The first `java` on `PATH`.
    Path,
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder(name) => name,
            Self::JavaHome => "JAVA_HOME",
            Self::Name => "--java-home",
            Self::Path => "java on PATH",
        })
    }
}
