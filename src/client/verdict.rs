//! What comes of a connection, and what mends it.

use std::path::PathBuf;

use super::Client;
use crate::x509::Certificate;

/// What a client makes of a server.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which client.
    pub client: &'static Client,
    /// The mode in effect, in its words.
    pub mode: String,
    /// The roots that it reads, where it verifies: a path, or words.
    pub store: Option<String>,
    /// What comes of it.
    pub outcome: Outcome,
    /// Why, in one line.
    pub reason: String,
    /// What mends it; None where nothing is to be mended.
    pub remedy: Option<Remedy>,
    /// What decided, step by step.
    pub steps: Vec<String>,
    /// From the server's certificate to the root, where the chain was verified.
    pub path: Vec<Certificate>,
    /// The roots that it read.
    pub roots: Vec<Certificate>,
    /// Whether the root stands in a file that somebody named, and not only among those that a machine or a client brings.
    pub by_file: bool,
}

impl Verdict {
    /// One of which nothing is known yet.
    pub(super) fn of(client: &'static Client) -> Self {
        Self {
            client,
            mode: String::new(),
            store: None,
            outcome: Outcome::Undetermined,
            reason: String::new(),
            remedy: None,
            steps: Vec::new(),
            path: Vec::new(),
            roots: Vec::new(),
            by_file: false,
        }
    }

    /// Returns the file of its roots, if they all stand in one.
    pub fn file(&self) -> Option<PathBuf> {
        self.store.as_ref().filter(|_| self.by_file).map(PathBuf::from)
    }
}

/// What comes of a connection, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It goes on without TLS.
    Plaintext,
    /// It is encrypted, and nobody has looked who answers.
    Unverified,
    /// There is no connection.
    Refused,
    /// pgtrust cannot tell; the reason says what would decide it.
    Undetermined,
    /// The server's certificate is verified as far as the mode asks for it.
    Verified,
}

impl Outcome {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Unverified => "unverified",
            Self::Refused => "refused",
            Self::Undetermined => "undetermined",
            Self::Verified => "verified",
        }
    }
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Set this, in the client's own words.
    Set(String),
    /// Get the roots that the server needs, and set this with their file in the place of `FILE`.
    Obtain(String),
    /// Put the roots that the server needs into this file; None for the user's `root.crt`.
    Install(Option<PathBuf>),
    /// The server is to be mended, in a few words.
    Server(String),
    /// Do this, in a few words.
    Do(String),
}
