//! `tls.checkServerIdentity` of Node.js: lib/tls.js.

use std::borrow::Cow;

use super::names::Names;
use super::{Mismatch, address};

/// The first release that reads the host by the rules of browsers: `url.domainToASCII`.
const AS_BROWSERS: u16 = 24;

pub(super) fn accepts(names: &Names<'_>, host: &str, major: u16) -> Result<bool, Mismatch> {
    let host = if major < AS_BROWSERS { Cow::Borrowed(host) } else { Cow::Owned(domain_to_ascii(host)?) };
    let host = host.strip_suffix('.').unwrap_or(&host);
    // Of an IPv6 address the zone does not count.
    let address = host.split_once('%').filter(|(address, zone)| address.contains(':') && !zone.is_empty());
    if let Some(octets) = address::strict(address.map_or(host, |(address, _)| address)) {
        return Ok(names.addresses().any(|address| address == octets));
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut dns = names.dns().peekable();
    if dns.peek().is_some() {
        return Ok(dns.any(|name| matches(name, host)));
    }
    Ok(names.common.iter().any(|name| matches(name.text.as_bytes(), host)))
}

/// `check`: one star in the first label of at least three, anywhere in it.
fn matches(name: &[u8], host: &str) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !name.iter().all(|byte| (0x21..=0x7f).contains(byte)) {
        return false;
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let (names, hosts): (Vec<&str>, Vec<&str>) = (name.split('.').collect(), host.split('.').collect());
    let is_same =
        names.len() == hosts.len() && !names.contains(&"") && names.iter().zip(&hosts).skip(1).all(|(a, b)| a == b);
    let (Some(first), Some(own)) = (names.first().filter(|_| is_same), hosts.first()) else { return false };
    let parts: Vec<&str> = first.split('*').collect();
    match parts[..] {
        [_] => first == own,
        _ if first.contains("xn--") => first == own,
        [before, after] => {
            names.len() > 2
                && before.len() + after.len() <= own.len()
                && own.starts_with(before)
                && own.ends_with(after)
        }
        _ => false,
    }
}

/// The host parser of the URL Standard, for letters, digits, hyphens, underscores and dots: a name whose last label is a
/// number must be an IPv4 address.
fn domain_to_ascii(host: &str) -> Result<String, Mismatch> {
    const NO_HOST: Mismatch = Mismatch::Host { reason: "Node.js takes it for no host" };
    // What begins with `xn--` must be a name in that spelling, which it takes for no host otherwise.
    if !host.is_ascii() || host.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--")) {
        return Err(Mismatch::Internationalised);
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(NO_HOST);
    }
    let host = host.to_ascii_lowercase();
    let without_dot = host.strip_suffix('.').unwrap_or(&host);
    let last = without_dot.rsplit('.').next().unwrap_or_default();
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(is_hexadecimal);
    if !is_number {
        return Ok(host);
    }
    let octets = address::loose_ipv4(without_dot).ok_or(NO_HOST)?;
    Ok(std::net::Ipv4Addr::from(octets).to_string())
}
