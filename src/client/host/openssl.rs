//! OpenSSL's `X509_check_host` and `X509_check_ip` (crypto/x509/v3_utl.c), as three libraries call them: each with
//! `X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`.

use super::names::Names;
use super::{Mismatch, address};

/// Modules/_ssl.c and Lib/encodings/idna.py of CPython.
pub(super) fn python(names: &Names<'_>, host: &str) -> Result<bool, Mismatch> {
    if !host.is_ascii() {
        return Err(Mismatch::Internationalised);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let (last, others) = labels.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
    if last.len() > LABEL || others.iter().any(|label| label.is_empty() || label.len() > LABEL) {
        return Err(Mismatch::Host { reason: "a part of it is empty or longer than 63 characters" });
    }
    Ok(match address::of_openssl(host) {
        Some(octets) => names.addresses().any(|address| address == octets),
        None => check_host(names, host),
    })
}

/// `SslConnector` of rust-openssl: addresses as Rust reads them.
pub(super) fn native_tls(names: &Names<'_>, host: &str) -> bool {
    match address::strict(host) {
        Some(octets) => names.addresses().any(|address| address == octets),
        None => check_host(names, host),
    }
}

/// CertificateValidation.Unix.cs and pal_x509.c of dotnet/runtime: an address is looked for in the common names too.
pub(super) fn dotnet(names: &Names<'_>, host: &str) -> Result<bool, Mismatch> {
    if !host.is_ascii() {
        return Err(Mismatch::Internationalised);
    }
    let octets = address::loose_ipv4(host).map(|octets| octets.to_vec()).or_else(|| address::strict(host));
    Ok(match octets {
        Some(octets) => {
            names.addresses().any(|address| address == octets)
                || names.common.iter().any(|name| name.bytes.eq_ignore_ascii_case(host.as_bytes()))
        }
        None => check_host(names, host),
    })
}

/// `do_x509_check`: any dNSName keeps the common names out. A host that begins with a dot would stand for all below it;
/// nobody connects to one.
fn check_host(names: &Names<'_>, host: &str) -> bool {
    if host.starts_with('.') {
        return false;
    }
    let host = host.as_bytes();
    let mut dns = names.dns().peekable();
    if dns.peek().is_some() {
        return dns.any(|name| matches(name, host));
    }
    names.common.iter().any(|name| matches(name.text.as_bytes(), host))
}

/// `equal_wildcard`.
fn matches(name: &[u8], host: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    if has_valid_star(name) {
        let rest = &name[1..];
        let Some(label) = host.len().checked_sub(rest.len()).map(|length| host.split_at(length)) else { return false };
        let (label, host) = label;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        return !label.is_empty() && host.eq_ignore_ascii_case(rest) && (label == b"*" || label.iter().all(is_plain));
    }
    name.eq_ignore_ascii_case(host) && !name.contains(&0)
}

/// `valid_star`: one star, which is the first label, in a name of at least three labels of letters, digits and hyphens, none
/// of which begins or ends with a hyphen.
fn has_valid_star(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(b"*.") else { return false };
    let is_sound = |label: &[u8]| {
        !label.is_empty()
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
    };
    rest.contains(&b'.') && rest.split(|byte| *byte == b'.').all(is_sound)
}

/// Characters of a label of the DNS.
const LABEL: usize = 63;
