//! Kinds of files that are not stores, in words.

use std::fmt;

/// The kind of an input that is not a store. It is displayed with its article, for people who passed the wrong file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identified {
    /// An archive without certificates.
    Archive,
    /// A store of Bouncy Castle for FIPS.
    Bcfks,
    /// Bytes of no known kind, a certificate among them.
    Binary,
    /// A store of Bouncy Castle.
    Bks,
    /// A certificate request (RFC 2986).
    CertificateRequest,
    /// A certificate whose name OpenSSL cannot read.
    CertificateWithOddName,
    /// Something that should have been certificates.
    Damaged,
    /// Nothing, or blanks.
    Empty,
    /// An encrypted private key (RFC 5958).
    EncryptedKey,
    /// A web page.
    Html,
    /// JSON.
    Json,
    /// Blocks of PEM of other kinds.
    OtherPem,
    /// PKCS#12 in a form that is not read.
    Pkcs12,
    /// PKCS#7 in a form that is not read.
    Pkcs7,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A revocation list (RFC 5280).
    RevocationList,
    /// A public key of SSH.
    SshKey,
    /// Text.
    Text,
    /// A store of Bouncy Castle that is encrypted as a whole.
    Uber,
    /// XML other than a web page.
    Xml,
}

impl Identified {
    /// Tells whether it holds keys and certificates, in a form that is not read.
    pub(super) fn is_key_store(self) -> bool {
        matches!(self, Self::Bcfks | Self::Bks | Self::Pkcs12 | Self::Uber)
    }
}

impl fmt::Display for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Archive => "an archive without certificates",
            Self::Bcfks => "a BCFKS key store",
            Self::Binary => "binary data",
            Self::Bks => "a BKS key store",
            Self::CertificateRequest => "a certificate request",
            Self::CertificateWithOddName => "a certificate with a name that OpenSSL cannot read",
            Self::Damaged => "damaged",
            Self::Empty => "empty",
            Self::EncryptedKey => "an encrypted private key",
            Self::Html => "an HTML page",
            Self::Json => "JSON",
            Self::OtherPem => "something else in PEM",
            Self::Pkcs12 => "a PKCS#12 store",
            Self::Pkcs7 => "a PKCS#7 bundle",
            Self::PrivateKey => "a private key",
            Self::PublicKey => "a public key",
            Self::RevocationList => "a revocation list",
            Self::SshKey => "an SSH public key",
            Self::Text => "text without a certificate",
            Self::Uber => "a UBER key store",
            Self::Xml => "an XML document",
        })
    }
}
