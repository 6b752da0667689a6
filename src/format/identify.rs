//! What a file is that no format recognises.

use crate::x509::asn1;

/// What an input is that no format recognises, with its article, for people who passed the wrong file.
pub(crate) fn what_is(head: &[u8]) -> &'static str {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let trimmed = head.trim_ascii_start();
    let starts = |prefix: &[u8]| trimmed.len() >= prefix.len() && trimmed[..prefix.len()].eq_ignore_ascii_case(prefix);
    match head {
        [] => "empty",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive without certificates",
        [0x1f, 0x8b, ..] => "gzip data",
        [0x30, ..] => what_asn1(head).unwrap_or("binary data"),
        _ if trimmed.is_empty() => "empty",
        _ if starts(b"<!doctype html") || starts(b"<html") => "an HTML page",
        _ if starts(b"<?xml") || starts(b"<") => "an XML document",
        _ if starts(b"{") || starts(b"[") => "JSON",
        _ if starts(b"ssh-") || starts(b"ecdsa-sha2-") => "an SSH public key",
        _ if head.contains(&0) => "binary data",
        _ => "text without a certificate",
    }
}

/// What an ASN.1 structure is, by its first fields. None for what may be a certificate.
fn what_asn1(head: &[u8]) -> Option<&'static str> {
    use asn1::tag;
    let (_, outer) = asn1::open(head)?;
    let (first, content) = asn1::open(outer)?;
    let mut fields = asn1::Reader::new(outer);
    match (first, content) {
        (tag::INTEGER, [3]) => return Some("a PKCS#12 store"),
        (tag::INTEGER, [0 | 1]) => return Some("a private key"),
        (tag::OID, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, ..]) => return Some("a PKCS#7 bundle"),
        (tag::SEQUENCE, _) => {}
        _ => return None,
    }
    let mut inner = asn1::Reader::new(content);
    if inner.peek_tag() == Some(tag::OID) {
        fields.element().ok()?;
        return match fields.peek_tag()? {
            // EncryptedPrivateKeyInfo (RFC 5958 section 3)
            tag::OCTET_STRING => Some("an encrypted private key"),
            tag::BIT_STRING => Some("a public key"),
            _ => None,
        };
    }
    // Signed structures: CertificationRequestInfo (RFC 2986), TBSCertList and TBSCertificate (RFC 5280). A certificate
    // of version 1 begins as they do, with a number and names, and differs in what follows.
    inner.optional(tag::INTEGER).ok()?;
    let mut after = Vec::new();
    while let (Ok(element), true) = (inner.element(), after.len() < 3) {
        after.push(element.tag);
    }
    match after[..] {
        [_, _, tag::UTC_TIME | tag::GENERALIZED_TIME] => Some("a revocation list"),
        [tag::SEQUENCE, tag::SEQUENCE, last] if last == tag::context_constructed(0) => Some("a certificate request"),
        _ => None,
    }
}
