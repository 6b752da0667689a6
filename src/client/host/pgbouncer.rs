//! PgBouncer's libtls: usual/tls/tls_verify.c of libusual, from 2016 to 2025.

use super::address;
use super::names::{Alternative, Names};

/// Unlike OpenBSD's libtls it goes on to the common name, whatever alternative names there are.
pub(super) fn accepts(names: &Names<'_>, host: &str) -> bool {
    let octets = address::strict(host);
    for name in &names.alternative {
        match (name, &octets) {
            // A zero byte, or a blank for a name, ends the search.
            (Alternative::Dns(name), None) if name.contains(&0) || *name == b" " => return false,
            (Alternative::Dns(name), None) if name_matches(name, host.as_bytes()) => return true,
            (Alternative::Ip(address), Some(octets)) if address == octets => return true,
            _ => {}
        }
    }
    let Some(first) = names.common.first().filter(|name| !name.bytes.contains(&0)) else { return false };
    match octets {
        Some(_) => first.bytes == host.as_bytes(),
        None => name_matches(first.bytes, host.as_bytes()),
    }
}

/// `tls_match_name`: `*.` before at least two labels.
fn name_matches(name: &[u8], host: &[u8]) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(domain) = name.strip_prefix(b"*").filter(|domain| domain.starts_with(b".")) else { return false };
    let Some(second_dot) = memchr::memchr(b'.', &domain[1..]).filter(|dot| *dot > 0) else { return false };
    if domain.get(second_dot + 2) == Some(&b'.') {
        return false;
    }
    let own = memchr::memchr(b'.', host).filter(|dot| *dot > 0).map(|dot| &host[dot..]);
    own.is_some_and(|own| own.len() > 1 && own.eq_ignore_ascii_case(domain))
}
