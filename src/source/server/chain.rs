//! The certificates of a server as it sent them.

use super::ServerReason;
use crate::system::limits;
use crate::x509::Certificate;

/// A chain as a server sent it: its own certificate first. Nothing in it is trusted.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Those that can be read, in the server's order.
    pub certificates: Vec<Certificate>,
    /// Those that cannot.
    pub unreadable: Vec<Unreadable>,
}

/// What stands in a chain and is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its place in the chain; the server's own certificate has 1.
    pub position: usize,
    /// Why it cannot be read.
    pub reason: String,
}

impl Served {
    /// Reads the DER of each certificate of a chain; fails where there are more than [`limits::SERVED`].
    pub fn of<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ServerReason> {
        let mut served = Self::default();
        for (index, der) in ders.into_iter().enumerate() {
            if index == limits::SERVED {
                return Err(ServerReason::TooMany { limit: limits::SERVED });
            }
            match Certificate::from_der(der) {
                Ok(certificate) => served.certificates.push(certificate),
                Err(error) => served.unreadable.push(Unreadable { position: index + 1, reason: error.to_string() }),
            }
        }
        Ok(served)
    }

    /// Returns how many the server sent.
    pub fn len(&self) -> usize {
        self.certificates.len() + self.unreadable.len()
    }

    /// Tells whether the server sent none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
