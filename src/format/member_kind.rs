//! Kinds of members of a store that are not certificates.

use std::fmt;

use serde::{Serialize, Serializer};

/// The kind of a member that is rightly there and is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberKind {
    /// A request for a certificate.
    CertificateRequest,
    /// A certificate that vouches for no TLS server.
    DistrustedCertificate,
    /// A private key, with its chain where it has one.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A list of certificates that are no longer valid.
    RevocationList,
    /// A secret key or a password.
    SecretKey,
    /// Anything else.
    Unknown,
}

impl MemberKind {
    /// Returns the word in messages and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::CertificateRequest => "certificate-request",
            Self::DistrustedCertificate => "distrusted-certificate",
            Self::PrivateKey => "private-key",
            Self::PublicKey => "public-key",
            Self::RevocationList => "revocation-list",
            Self::SecretKey => "secret-key",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for MemberKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for MemberKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
