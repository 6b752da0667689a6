//! `org.postgresql.ssl.PGjdbcHostnameVerifier`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Mismatch;
use super::names::{Alternative, CommonName, Names};
use crate::x509::asn1::tag;

/// Addresses are compared as texts with dNSNames too. Any dNSName keeps the common names out, an iPAddress does not.
pub(super) fn accepts(names: &Names<'_>, host: &str) -> Result<bool, Mismatch> {
    let host = ascii(host)?;
    // An address of another length than Java knows, some with a mask, and an extension without names: Java 25 reads no such
    // certificate. Java 17 goes on to the common name.
    if names.is_empty_extension || !names.addresses().all(|address| [4, 8, 16, 32].contains(&address.len())) {
        return Ok(false);
    }
    let matches = |name: &Alternative<'_>| match name {
        Alternative::Dns(name) => name_matches(name, host),
        Alternative::Ip(octets) => address(octets).is_some_and(|text| text.eq_ignore_ascii_case(host)),
    };
    if names.alternative.iter().any(matches) {
        return Ok(true);
    }
    if names.dns().next().is_some() {
        return Ok(false);
    }
    // Java reads no further than one attribute of a set, and which depends on the others.
    let alone = || names.common.iter().filter(|name| name.is_alone);
    // It writes a string of another kind in hexadecimal, and pgjdbc fails on that.
    if alone().any(|name| !READ.contains(&name.tag)) {
        return Ok(false);
    }
    Ok(alone().max_by_key(|name| specific(name)).is_some_and(|name| name_matches(name.text.as_bytes(), host)))
}

/// Brackets are taken off an address; of a name `java.net.IDN` takes only labels of 1 to 63 characters.
fn ascii(host: &str) -> Result<&str, Mismatch> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return Ok(address);
    }
    if !host.is_ascii() {
        return Err(Mismatch::Internationalised);
    }
    let labels = host.strip_suffix('.').filter(|host| !host.is_empty()).unwrap_or(host).split('.');
    if host != "." && labels.into_iter().any(|label| label.is_empty() || label.len() > 63) {
        return Err(Mismatch::Host { reason: "a part of it is empty or longer than 63 characters" });
    }
    Ok(host)
}

/// As Java writes it, which shortens no IPv6 address.
fn address(octets: &[u8]) -> Option<String> {
    if let Ok([a, b, c, d]) = <[u8; 4]>::try_from(octets) {
        return Some(Ipv4Addr::new(a, b, c, d).to_string());
    }
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?);
    let groups = || address.segments().map(|group| format!("{group:x}")).join(":");
    Some(address.to_ipv4_mapped().map_or_else(groups, |address| address.to_string()))
}

/// Dots, then few stars, then length. Of equal ones Java's stable sort leaves the last of the certificate at the end.
fn specific(name: &CommonName<'_>) -> (usize, std::cmp::Reverse<usize>, usize) {
    let count = |wanted: char| name.text.chars().filter(|c| *c == wanted).count();
    (count('.'), std::cmp::Reverse(count('*')), name.text.encode_utf16().count())
}

/// `verifyHostName`: a star at the very start stands for what has no dot, or for nothing.
fn name_matches(name: &[u8], host: &str) -> bool {
    let host = host.as_bytes();
    match memchr::memrchr(b'*', name) {
        None => name.eq_ignore_ascii_case(host),
        Some(0) if name.contains(&b'.') => {
            let rest = &name[1..];
            let Some(start) = host.len().checked_sub(rest.len()) else { return false };
            !host[..start].contains(&b'.') && host[start..].eq_ignore_ascii_case(rest)
        }
        Some(_) => false,
    }
}

/// Kinds of strings that Java takes for text in a name.
const READ: [u8; 4] = [tag::UTF8_STRING, tag::PRINTABLE_STRING, tag::TELETEX_STRING, tag::IA5_STRING];
