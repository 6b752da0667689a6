//! libpq from version 15 on: fe-secure-common.c and fe-secure-openssl.c.

use super::address;
use super::names::{Alternative, Names};

/// Alternative names of the host's own kind keep the common name out; those of the other kind do not. Every dNSName is
/// compared with an address too. A name with a zero byte, or an address of a wrong length, ends the search.
pub(super) fn accepts(names: &Names<'_>, host: &str) -> bool {
    let is_address = address::loose_ipv4(host).is_some() || host.parse::<std::net::Ipv6Addr>().is_ok();
    let mut checks_common_name = true;
    for name in &names.alternative {
        checks_common_name &= is_address != matches!(name, Alternative::Ip(_));
        let matched = match name {
            Alternative::Dns(name) => name_matches(name, host),
            Alternative::Ip(octets) => address_matches(octets, host),
        };
        match matched {
            Some(false) => {}
            found => return found == Some(true),
        }
    }
    let first = names.common.first().filter(|_| checks_common_name);
    first.is_some_and(|name| name_matches(name.bytes, host) == Some(true))
}

/// None for an error.
fn name_matches(name: &[u8], host: &str) -> Option<bool> {
    if name.contains(&0) {
        return None;
    }
    let host = host.as_bytes();
    Some(name.eq_ignore_ascii_case(host) || wildcard_matches(name, host))
}

/// `wildcard_certificate_match`: `*.` and at least one character, for a host with no dot before the part that is compared.
fn wildcard_matches(name: &[u8], host: &[u8]) -> bool {
    if name.len() < 3 || !name.starts_with(b"*.") || name.len() > host.len() {
        return false;
    }
    let before = host.len() - name.len();
    let first_dot = memchr::memchr(b'.', host);
    host[before + 1..].eq_ignore_ascii_case(&name[1..]) && first_dot.is_some_and(|dot| dot >= before)
}

/// None for an error.
fn address_matches(octets: &[u8], host: &str) -> Option<bool> {
    match octets.len() {
        4 => Some(address::loose_ipv4(host).is_some_and(|address| address == *octets)),
        16 => Some(host.parse::<std::net::Ipv6Addr>().is_ok_and(|address| address.octets() == *octets)),
        _ => None,
    }
}
