//! What a user must know of a store before it changes, and how clients come to read it.

use std::fmt;
use std::path::PathBuf;

/// Something that a user must know before a store changes. Displayed as a phrase without a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// A JVM trusts its cacerts for everything.
    EveryProgramOfJvm,
    /// The first `root.crt` changes connections that checked nothing before.
    FirstRootCrt {
        /// The file.
        path: PathBuf,
        /// Whether the roots of this machine or of the JDK go in too.
        with_public_roots: bool,
    },
    /// Programs have a database open.
    OpenDatabase {
        /// The database.
        path: PathBuf,
    },
    /// libpq reads revocation lists beside the store.
    RevocationList {
        /// The file with them.
        path: PathBuf,
    },
    /// Java reads another file in place of a cacerts.
    ShadowedCacerts {
        /// The file that it reads.
        by: PathBuf,
    },
    /// Every program of the machine trusts the system's store.
    WholeMachine,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EveryProgramOfJvm => {
                f.write_str("every program on this JVM comes to trust these roots, for every server")
            }
            Self::FirstRootCrt { path, .. } => write!(
                f,
                "creating `{}` makes every `sslmode=require` connection of this user verify the server's CA, \
                 and lets `sslmode=prefer` fall back to plaintext where that fails",
                path.display()
            ),
            Self::OpenDatabase { path } => {
                write!(f, "programs that have `{}` open go on with the old database", path.display())
            }
            Self::RevocationList { path } => write!(
                f,
                "`{}` stands beside it: libpq then refuses every chain for which it holds no revocation list",
                path.display()
            ),
            Self::ShadowedCacerts { by } => {
                write!(f, "Java reads `{}` in place of the cacerts beside it", by.display())
            }
            Self::WholeMachine => f.write_str(
                "the system store is what every program of this machine trusts, for every web site and not only for \
                 PostgreSQL",
            ),
        }
    }
}

/// How clients come to read a store, where they do not by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Usage {
    /// Containers mount the file of a server's CA.
    Container {
        /// The file here.
        file: PathBuf,
        /// Its path in the container.
        mount: String,
    },
    /// A JVM that is pointed at the store trusts nothing else.
    JvmTrustsNothingElse,
    /// A JVM is pointed at the store by these options.
    JvmOptions(String),
    /// pgjdbc needs a parameter to use the JVM's store.
    Pgjdbc,
}
