//! What a target says of a connection, in libpq's words and the same for every client.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What a target says of the connection to one server.
///
/// None means that the target does not say: a client then asks its variables and files, and takes its own default. A
/// password is never in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameters {
    /// The name, or the IP address, that a client asks the certificate for. Empty where the target has only `hostaddr`.
    pub host: String,
    /// `hostaddr`: the address to connect to, whatever the name is.
    pub address: Option<IpAddr>,
    /// The port; None means 5432.
    pub port: Option<u16>,
    /// The database user.
    pub user: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// `sslmode`.
    pub mode: Option<Mode>,
    /// `sslrootcert`. A `~` in it is as it was written.
    pub root: Option<Root>,
    /// `sslnegotiation`: whether TLS begins at once, with no question before it.
    pub direct: Option<bool>,
    /// `sslcrl`.
    pub crl: Option<PathBuf>,
    /// `sslcrldir`.
    pub crl_folder: Option<PathBuf>,
    /// `sslfactory`, of pgjdbc.
    pub factory: Option<String>,
    /// The service whose parameters are among these.
    pub service: Option<String>,
    /// Settings of single clients that decide about TLS, by the names of [`OPTIONS`].
    pub options: BTreeMap<&'static str, String>,
    /// Parameters that libpq has no name for: it refuses the whole string. Behind a password, where one may be a part of
    /// it, a name is `…`.
    pub unknown: Vec<String>,
}

/// What [`Parameters::options`] may hold, and whose it is: `ssl`, `uselibpqcompat` (node-postgres), `sslaccept`,
/// `sslcert`, `sslidentity` (Prisma), `sslinline` (lib/pq), `sslhostnameverifier` (pgjdbc), `TrustServerCertificate`,
/// `CheckCertificateRevocation` (Npgsql), the others libpq's. `sslcert` is never a secret; what `sslkey` holds may be.
pub const OPTIONS: &[&str] = &[
    "CheckCertificateRevocation",
    "TrustServerCertificate",
    "gssencmode",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslaccept",
    "sslcert",
    "sslcertmode",
    "sslhostnameverifier",
    "sslidentity",
    "sslinline",
    "sslsni",
    "uselibpqcompat",
];

/// How far a client goes to have TLS, and what it verifies (libpq's `sslmode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// No TLS.
    Disable,
    /// TLS where the server asks for it.
    Allow,
    /// TLS where the server has it.
    Prefer,
    /// TLS.
    Require,
    /// TLS, with a certificate that a root vouches for.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
    /// TLS, verifying nothing: node-postgres' own.
    NoVerify,
}

impl Mode {
    /// Every mode, from the weakest of libpq's to the strongest.
    pub const ALL: [Self; 7] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull, Self::NoVerify];

    /// Returns the mode as libpq writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
            Self::NoVerify => "no-verify",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = NotAMode;

    fn from_str(text: &str) -> Result<Self, NotAMode> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| NotAMode::new(text))
    }
}

/// A text is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no sslmode{}{}", shown(.text), .suggestion.map(|mode| format!("; `{mode}` is meant?")).unwrap_or_default())]
pub struct NotAMode {
    /// The text, where it looks like a mode.
    pub text: Option<String>,
    /// What may be meant.
    pub suggestion: Option<Mode>,
}

impl NotAMode {
    fn new(text: &str) -> Self {
        let plain: String = text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        let is_word = |c: char| c.is_ascii_alphabetic() || "-_ ".contains(c);
        let same = |mode: &Mode| mode.as_str().replace('-', "") == plain;
        let suggestion = match plain.as_str() {
            // Of Azure's own pages.
            "verifyall" | "verify" | "full" | "verifyidentity" => Some(Mode::VerifyFull),
            "true" | "required" | "on" => Some(Mode::Require),
            "false" | "disabled" | "off" => Some(Mode::Disable),
            "preferred" => Some(Mode::Prefer),
            _ => Mode::ALL.into_iter().find(same),
        };
        Self { text: (text.len() <= LONGEST && text.chars().all(is_word)).then(|| text.to_owned()), suggestion }
    }
}

fn shown(text: &Option<String>) -> String {
    text.as_ref().map(|text| format!(" `{text}`")).unwrap_or_default()
}

/// Where the roots are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// `sslrootcert=system`: the machine's own. A file of that name is `./system`.
    System,
    /// A file, as it was written.
    File(PathBuf),
}

impl Root {
    /// Returns the file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::System => None,
            Self::File(path) => Some(path),
        }
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl From<&Path> for Root {
    fn from(path: &Path) -> Self {
        if path == Path::new("system") { Self::System } else { Self::File(path.to_owned()) }
    }
}

impl From<&str> for Root {
    fn from(text: &str) -> Self {
        if text == "system" { Self::System } else { Self::File(text.into()) }
    }
}

/// Characters of a text that may be meant as a mode.
const LONGEST: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_libpqs_words() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "verify-all".parse::<Mode>().unwrap_err();
        assert_eq!(error.to_string(), "there is no sslmode `verify-all`; `verify-full` is meant?");
        assert_eq!("Verify_CA".parse::<Mode>().unwrap_err().suggestion, Some(Mode::VerifyCa));
        assert_eq!("s3cret!".parse::<Mode>().unwrap_err().to_string(), "there is no sslmode");
    }
}
