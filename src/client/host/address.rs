//! Addresses in the ways in which libraries read them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `inet_aton`: one to four numbers in decimal, octal or hexadecimal, of which the last takes up what is left.
pub(super) fn loose_ipv4(text: &str) -> Option<[u8; 4]> {
    let parts: Vec<&str> = text.split('.').collect();
    let numbers: Vec<u32> = parts.iter().map(|part| number(part)).collect::<Option<_>>()?;
    let (last, front) = numbers.split_last()?;
    if front.len() > 3 || front.iter().any(|number| *number > 0xff) {
        return None;
    }
    let free = 8 * (4 - front.len() as u32);
    if free < 32 && *last >> free != 0 {
        return None;
    }
    let front = front.iter().enumerate().fold(0, |sum, (index, number)| sum | number << (24 - 8 * index));
    Some((front | last).to_be_bytes())
}

fn number(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = match lower.as_bytes() {
        [b'0', b'x', ..] => (lower.get(2..)?, 16),
        [b'0', _, ..] => (lower.get(1..)?, 8),
        _ => (lower.as_str(), 10),
    };
    // `from_str_radix` takes a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    u32::from_str_radix(digits, base).ok()
}

/// The octets of an address in its usual form: `inet_pton`.
pub(super) fn strict(text: &str) -> Option<Vec<u8>> {
    let ipv4 = || text.parse::<Ipv4Addr>().ok().map(|address| address.octets().to_vec());
    let ipv6 = || text.parse::<Ipv6Addr>().ok().map(|address| address.octets().to_vec());
    ipv4().or_else(ipv6)
}

/// OpenSSL's `a2i_IPADDRESS`, which takes needless zeros in decimal numbers.
pub(super) fn of_openssl(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') {
        return strict(text);
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<u8> =
        text.split('.').map(|part| part.parse().ok().filter(|_| digits(part))).collect::<Option<_>>()?;
    (parts.len() == 4).then_some(parts)
}
