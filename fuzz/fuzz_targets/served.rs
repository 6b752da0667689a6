//! The certificates of a server: in the first flight of a TLS handshake, and as a list, each with two bytes for its length.
#![no_main]

use pgtrust::server::Served;
use pgtrust::server::flight::{Flight, flight};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(Flight::Shown { chain, .. }) = flight(bytes) {
        look_at(&chain);
    }
    if let Ok(chain) = Served::of(listed(bytes)) {
        look_at(&chain);
    }
});

fn listed(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut ders = Vec::new();
    while let [high, low, rest @ ..] = bytes {
        let (der, rest) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes([*high, *low]))));
        ders.push(der);
        bytes = rest;
    }
    ders
}

fn look_at(chain: &Served) {
    assert!(chain.len() <= pgtrust::limits::SERVED);
    chain.certificates.iter().for_each(|certificate| pgtrust_fuzz::certificate(certificate.der()));
    for unreadable in &chain.unreadable {
        assert!((1..=chain.len()).contains(&unreadable.position));
        pgtrust_fuzz::shown(&unreadable.reason);
    }
}
