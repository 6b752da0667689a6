//! What libpq takes for a host, a socket and a port.

use std::net::Ipv6Addr;

use super::error::Reason;

/// Tells whether libpq takes a host for the folder of a Unix socket, or for an abstract one (`is_unixsock_path`).
pub(super) fn is_socket(host: &str) -> bool {
    let is_drive = |host: &str| host.as_bytes().get(1) == Some(&b':') && host.as_bytes()[0].is_ascii_alphabetic();
    host.starts_with(['/', '@']) || cfg!(windows) && (host.starts_with('\\') || is_drive(host))
}

/// Reads a port as libpq does (`pqParseIntParam`).
pub(super) fn port_of(text: &str) -> Result<u16, Reason> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let wrong = || if text.contains('@') { Reason::At } else { Reason::Port };
    text.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)
}

/// Refuses what no resolver would take: most often a part of a password.
pub(super) fn check(host: &str) -> Result<(), Reason> {
    if !host.is_ascii() {
        return Err(Reason::International);
    }
    let address = host.split('%').next().unwrap_or_default();
    let is_v6 = address.parse::<Ipv6Addr>().is_ok();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let may = match host.split_once('%') {
        Some((_, zone)) => is_v6 && !zone.is_empty() && zone.bytes().all(is_name),
        None => is_v6 || host.bytes().all(is_name),
    };
    if may && host.len() <= LONGEST { Ok(()) } else { Err(Reason::Host) }
}

/// Bytes of a host: those of a DNS name, with its final dot.
const LONGEST: usize = 254;
