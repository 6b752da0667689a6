//! `Certificate.VerifyHostname` of Go's crypto/x509.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::names::Names;

/// Never the common name. An address may stand in brackets, and may name a zone.
pub(super) fn accepts(names: &Names<'_>, host: &str) -> bool {
    // Go reads no certificate with other bytes in such names.
    if names.dns().any(|name| !name.is_ascii()) || !names.addresses().all(is_readable) {
        return false;
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).filter(|bare| !bare.is_empty());
    if let Some(address) = address(bare.unwrap_or(host)) {
        return names.addresses().filter_map(octets).any(|octets| octets == address);
    }
    let is_valid = is_hostname(host.strip_suffix('.').unwrap_or(host), false);
    names.dns().filter_map(|name| str::from_utf8(name).ok()).any(|name| {
        if is_valid && is_hostname(name, true) {
            matches(name, host.strip_suffix('.').unwrap_or(host))
        } else {
            !["", "."].contains(&name) && name.eq_ignore_ascii_case(host)
        }
    })
}

/// An IPv4 address in the form of IPv6 is read by old releases only.
fn is_readable(address: &[u8]) -> bool {
    match <[u8; 16]>::try_from(address) {
        Ok(octets) => Ipv6Addr::from(octets).to_ipv4_mapped().is_none(),
        Err(_) => address.len() == 4,
    }
}

/// `netip.ParseAddr`, in the form of IPv6.
fn address(text: &str) -> Option<[u8; 16]> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.to_ipv6_mapped().octets());
    }
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let address = address.parse::<Ipv6Addr>().ok().filter(|_| zone != Some(""))?;
    // An IPv4 address has no zone.
    (zone.is_none() || address.to_ipv4_mapped().is_none()).then(|| address.octets())
}

fn octets(address: &[u8]) -> Option<[u8; 16]> {
    match *address {
        [a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d).to_ipv6_mapped().octets()),
        _ => address.try_into().ok(),
    }
}

/// `validHostname`.
fn is_hostname(name: &str, is_pattern: bool) -> bool {
    let is_label = |label: &str| {
        let is_character =
            |(index, byte): (usize, u8)| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' && index > 0;
        !label.is_empty() && label.bytes().enumerate().all(is_character)
    };
    name != "*"
        && name.split('.').enumerate().all(|(index, label)| is_pattern && index == 0 && label == "*" || is_label(label))
}

/// `matchHostnames`.
fn matches(name: &str, host: &str) -> bool {
    let (name, host): (Vec<&str>, Vec<&str>) = (name.split('.').collect(), host.split('.').collect());
    let is_same = |(index, (label, of_host)): (usize, (&&str, &&str))| {
        index == 0 && *label == "*" || label.eq_ignore_ascii_case(of_host)
    };
    name.len() == host.len() && name.iter().zip(&host).enumerate().all(is_same)
}
