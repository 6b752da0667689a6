//! Asking a live server: what it shows, and what becomes of it when it is no PostgreSQL server, or a hostile one.

mod hostile;
mod many;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod tls;

use std::time::Duration;

use pgtrust::Fingerprint;
use pgtrust::server::{Address, Negotiation, Observed, ServerReason, ask};

/// What no server of a test needs.
const LONG: Duration = Duration::from_secs(60);

fn local(port: u16) -> Address {
    Address { host: "localhost".to_owned(), address: None, port }
}

fn observed(address: &Address, negotiation: Negotiation) -> Observed {
    ask(address, negotiation, LONG).unwrap_or_else(|error| panic!("{error}"))
}

fn reason(address: &Address, negotiation: Negotiation, timeout: Duration) -> ServerReason {
    ask(address, negotiation, timeout).unwrap_err().reason
}

fn fingerprints(observed: &Observed) -> Vec<Fingerprint> {
    observed.chain.certificates.iter().map(|certificate| certificate.fingerprint()).collect()
}
