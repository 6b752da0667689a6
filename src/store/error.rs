//! Errors of stores.

use std::path::PathBuf;

use super::jvm::FoundBy;
use crate::bundle::Reason;
use crate::format::{self, MemberKind};
use crate::system::text::sanitise;

/// A store cannot be found, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OpenSSL stops at a file of a hashed folder, so that what is behind it is never found.
    #[error("`{path}`: OpenSSL cannot read it and stops there, so it would not find `{subject}` behind it")]
    BlockedHash {
        /// The file.
        path: PathBuf,
        /// The certificate that was to go behind it.
        subject: String,
    },
    /// Nothing is left that the store can hold.
    #[error(transparent)]
    Bundle(#[from] crate::bundle::Error),
    /// A store holds a block that cannot be read; many clients then refuse all of it.
    #[error("`{path}`: {position}: {reason}; {reader} may read nothing of it")]
    DamagedStore {
        /// The store.
        path: PathBuf,
        /// Where in it.
        position: format::Position,
        /// What is wrong.
        reason: String,
        /// The programs for which the store is.
        reader: &'static str,
    },
    /// A file could not be read or written in its format.
    #[error(transparent)]
    Decode(#[from] format::DecodeError),
    /// A root that is to be added stands there already, with the words that it is not to be trusted.
    #[error("`{path}`: says of `{subject}` that it is not trusted for TLS servers")]
    DistrustedThere {
        /// The store.
        path: PathBuf,
        /// The root.
        subject: String,
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
    /// A path is not a Java installation.
    #[error("`{path}` ({found}) is no Java installation: {reason}")]
    NoJvm {
        /// The path.
        path: PathBuf,
        /// What led to it, as [`Jvm::found`](crate::store::jvm::Jvm::found).
        found: FoundBy,
        /// What it lacks.
        reason: String,
    },
    /// There is no Java installation at all.
    #[error("no Java installation is found below `{root}`")]
    NoJvmAnywhere {
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// No place is known where this machine keeps the roots of all its programs.
    #[error("`{root}` has no system store that pgtrust knows")]
    NoSystemStore {
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// The system makes the file anew of its own roots, and what is added there is gone with the next update.
    #[error("`{path}` is made by the system, of roots that stand elsewhere: what is added to it does not last")]
    GeneratedBundle {
        /// The file.
        path: PathBuf,
    },
    /// A store would hold nothing any more.
    #[error("`{path}`: no certificate would be left in it")]
    NothingLeft {
        /// The store.
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
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
    /// The store of a Java installation is nothing that Java reads there.
    #[error("`{path}`: is {what}, and Java reads nothing but JKS and PKCS#12 there: it trusts no server")]
    NotCacerts {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// Whether it holds certificates all the same.
        is_store: bool,
    },
    /// The target is in the home of a user, and a folder that stands for `/` has none.
    #[error("the target `{target}` is in a user's home, and nothing tells which user of `{root}` is meant")]
    TargetOfUser {
        /// The target.
        target: &'static str,
        /// What was taken for the root of the file system.
        root: PathBuf,
    },
    /// The path's format cannot be told from its name.
    #[error("`{path}`: its name does not say which format to write")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A program for which the store is reads nothing of it, because of one certificate.
    #[error("`{path}`: {}", of_store(.subject, .reason))]
    UnreadableStore {
        /// The store.
        path: PathBuf,
        /// The certificate.
        subject: String,
        /// Which program, and why.
        reason: Reason,
    },
    /// A store holds what its new format has no place for.
    #[error("`{path}`: holds {kind_with_article}, which {format} has no place for", kind_with_article = article(*.kind))]
    WouldLose {
        /// The store.
        path: PathBuf,
        /// What would be lost.
        kind: MemberKind,
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

fn of_store(subject: &str, reason: &Reason) -> String {
    match reason {
        Reason::Unreadable { reader, why, .. } => {
            format!("{reader} reads nothing of it, because of `{subject}`: it has {why}")
        }
        other => format!("`{subject}` {other}"),
    }
}

fn article(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::DistrustedCertificate => "a certificate that is not trusted for TLS servers",
        MemberKind::PrivateKey => "a private key",
        MemberKind::SecretKey => "a secret key",
        MemberKind::RevocationList => "a revocation list",
        _ => "something that is not a certificate",
    }
}
