//! What the black-box tests stand on: certificates, servers, and runs of the binary.

pub(crate) mod der;
pub(crate) mod forms;
pub(crate) mod keytool;
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
