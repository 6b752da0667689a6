//! What a client does when it connects, as its model reads it from the parameters and from what it finds.

use std::fmt;
use std::path::PathBuf;

use super::engine::Engine;
use super::host::NameRule;
use super::store::{Dialect, SystemStore};

/// What a client will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The mode in effect, in the client's words.
    pub mode: String,
    /// What it tries.
    pub way: Way,
    /// The roots that it reads, where it verifies.
    pub roots: Roots,
    /// Revocation lists that it loads: they are demanded of every CA of the chain.
    pub crl: Option<PathBuf>,
    /// What builds its paths. Of several, as of the releases that it may run on, none is known to be it.
    pub engines: Vec<Engine>,
    /// How it compares the host's name; of several none is known to be it.
    pub names: Vec<NameRule>,
    /// The name that it compares, where that is not the host's.
    pub name: Option<&'static str>,
    /// What decided, step by step, for a person who asks.
    pub steps: Vec<String>,
}

/// What is tried, and what a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// No TLS.
    Plain,
    /// TLS only if the server lets nobody in without.
    PlainThenTls(Check),
    /// No TLS if the server has none, and with `On::Failure` after any failure of TLS.
    TlsThenPlain(Check, On),
    /// TLS or nothing.
    Tls(Check),
}

/// What lets a client go on without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The server says that it has no TLS.
    NoTls,
    /// That, or TLS fails, also over a certificate.
    Failure,
}

/// What of the server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing: anybody may answer.
    Nothing,
    /// That a root of the store stands at the end of its chain.
    Chain,
    /// That, and that it is for this host.
    Full,
}

/// The roots that a client reads.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// A file, and how it is read.
    pub file: Option<(PathBuf, Dialect)>,
    /// What the file is added to, or what stands in its place.
    pub base: Option<Base>,
}

/// Roots that nobody has to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Mozilla's list, as it is built into the client.
    Mozilla,
    /// The trust store of the JVM: this one, else the one that its options name, else its own.
    Jvm(Option<PathBuf>, Password),
    /// Those of the machine, as a library finds them.
    System(SystemStore),
}

/// The password with which a JVM opens its trust store.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// This one.
    Given(String),
    /// None.
    None,
    /// The usual one, where it fits: who names a store on the command line would give its own.
    Usual,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.base) {
            (Some((path, _)), None) => write!(f, "{}", path.display()),
            (Some((path, _)), Some(base)) => write!(f, "{} and {base}", path.display()),
            (None, Some(base)) => write!(f, "{base}"),
            (None, None) => f.write_str("none"),
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mozilla => f.write_str("its own public roots"),
            Self::Jvm(Some(path), _) => write!(f, "{}", path.display()),
            Self::Jvm(None, _) => f.write_str("the JVM's trust store"),
            Self::System(_) => f.write_str("system"),
        }
    }
}

impl Plan {
    /// Tells whether it verifies anything.
    pub fn verifies(&self) -> bool {
        match self.way {
            Way::Plain => false,
            Way::PlainThenTls(check) | Way::TlsThenPlain(check, _) | Way::Tls(check) => check != Check::Nothing,
        }
    }
}

impl Roots {
    /// No roots but those of this file.
    pub fn file(path: impl Into<PathBuf>, dialect: Dialect) -> Self {
        Self { file: Some((path.into(), dialect)), base: None }
    }

    /// These roots alone.
    pub fn base(base: Base) -> Self {
        Self { file: None, base: Some(base) }
    }

    /// The machine's roots alone, as a library finds them.
    pub fn system(system: SystemStore) -> Self {
        Self::base(Base::System(system))
    }

    /// The same with a file that is added.
    pub fn and_file(self, file: Option<PathBuf>, dialect: Dialect) -> Self {
        Self { file: file.map(|path| (path, dialect)), ..self }
    }
}

/// The client refuses before it asks the server.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The mode in effect.
    pub mode: String,
    /// Why, in one line.
    pub reason: String,
    /// The file that it needs and does not find, if that is it.
    pub lacks: Option<PathBuf>,
}

impl Refused {
    pub(super) fn of(mode: impl ToString, reason: impl Into<String>) -> Self {
        Self { mode: mode.to_string(), reason: reason.into(), lacks: None }
    }

    pub(super) fn lacking(mode: impl ToString, file: PathBuf) -> Self {
        let reason = format!("`{}` does not exist, or this user cannot see it", file.display());
        Self { mode: mode.to_string(), reason, lacks: Some(file) }
    }
}
