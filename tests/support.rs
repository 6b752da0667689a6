//! What the black-box tests stand on: certificates, servers, and runs of the binary.

pub(crate) mod der;
pub(crate) mod forms;
#[path = "../src/cli/hint.rs"]
mod hint;
pub(crate) mod keytool;
pub(crate) mod odd;
#[cfg(unix)]
pub(crate) mod pgbouncer;
pub(crate) mod pgtrust;
pub(crate) mod pki;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod provider_server;
pub(crate) mod random;
pub(crate) mod reply;
pub(crate) mod store;
pub(crate) mod tools;

/// What the command line tells a user to do about an error of the library.
pub(crate) trait Hint {
    fn hint(&self) -> Option<String>;
}

impl Hint for ::pgtrust::Error {
    fn hint(&self) -> Option<String> {
        hint::hint(self)
    }
}
