//! What can be taken out of a file.

use super::Position;
use crate::x509::{Certificate, Fingerprint};

/// Tells whether something goes. It is asked once about each, in the order of the file.
pub type Goes<'a> = &'a mut dyn FnMut(&Removable<'_>) -> bool;

/// Something that can be taken out of a file.
#[derive(Debug)]
pub enum Removable<'a> {
    /// A certificate.
    Certificate {
        /// The certificate itself.
        certificate: &'a Certificate,
        /// Where it stands.
        position: &'a Position,
        /// Whether pgtrust put it there, by its name or the comment over it. Where neither is kept, whoever put it there.
        own: bool,
        /// Whether the same stands there before it, and neither has a name.
        again: bool,
    },
    /// Something that should be a certificate and cannot be read.
    Unreadable {
        /// Where it stands.
        position: &'a Position,
        /// Why, in words.
        reason: &'a str,
    },
}

impl Removable<'_> {
    /// Tells whether it is one of these certificates, and pgtrust put it there.
    pub fn is_own(&self, certificates: &[Fingerprint]) -> bool {
        match self {
            Self::Certificate { certificate, own, .. } => *own && certificates.contains(&certificate.fingerprint()),
            Self::Unreadable { .. } => false,
        }
    }
}

/// Asks about what should be a certificate, under a name or with a place of its own.
pub(super) fn goes_if(goes: Goes<'_>, der: &[u8], position: &Position, own: impl FnOnce(&Certificate) -> bool) -> bool {
    match Certificate::from_der(der) {
        Ok(certificate) => {
            let own = own(&certificate);
            goes(&Removable::Certificate { certificate: &certificate, position, own, again: false })
        }
        Err(error) => goes(&Removable::Unreadable { position, reason: &error.to_string() }),
    }
}
