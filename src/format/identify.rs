//! Identification of files that no format recognises.

use super::{Format, Identified, MemberKind, zip};
use crate::x509::asn1;

impl Identified {
    /// Identifies a file of this format that holds nothing but this kind.
    pub(super) fn only(format: &Format, kind: MemberKind) -> Self {
        match kind {
            _ if *format == zip::ZIP => Self::Zip,
            MemberKind::CertificateRequest => Self::CertificateRequest,
            MemberKind::PublicKey => Self::PublicKey,
            MemberKind::RevocationList => Self::RevocationList,
            MemberKind::PrivateKey => Self::PrivateKey,
            MemberKind::SecretKey | MemberKind::Unknown => Self::OtherPem,
        }
    }
}

/// Identifies an input that no format recognises.
pub(crate) fn what_is(head: &[u8]) -> Identified {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let trimmed = head.trim_ascii_start();
    let starts = |prefix: &[u8]| trimmed.len() >= prefix.len() && trimmed[..prefix.len()].eq_ignore_ascii_case(prefix);
    match head {
        [] => Identified::Empty,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Identified::Zip,
        [0x1f, 0x8b, ..] => Identified::Gzip,
        [0x30, ..] => what_asn1(head).unwrap_or(Identified::Binary),
        _ if trimmed.is_empty() => Identified::Empty,
        _ if starts(b"<!doctype html") || starts(b"<html") => Identified::Html,
        _ if starts(b"<?xml") || starts(b"<") => Identified::Xml,
        _ if starts(b"{") || starts(b"[") => Identified::Json,
        _ if starts(b"ssh-") || starts(b"ecdsa-sha2-") => Identified::SshKey,
        _ if head.contains(&0) => Identified::Binary,
        _ => Identified::Text,
    }
}

/// Identifies an ASN.1 structure by its first fields. None for what may be a certificate.
fn what_asn1(head: &[u8]) -> Option<Identified> {
    use asn1::tag;
    let (_, outer) = asn1::open(head)?;
    let (first, content) = asn1::open(outer)?;
    let mut fields = asn1::Reader::new(outer);
    match (first, content) {
        (tag::INTEGER, [3]) => return Some(Identified::Pkcs12),
        (tag::INTEGER, [0 | 1]) => return Some(Identified::PrivateKey),
        (tag::OID, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, ..]) => return Some(Identified::Pkcs7),
        (tag::SEQUENCE, _) => {}
        _ => return None,
    }
    let mut inner = asn1::Reader::new(content);
    if inner.peek_tag() == Some(tag::OID) {
        fields.element().ok()?;
        return match fields.peek_tag()? {
            // EncryptedPrivateKeyInfo (RFC 5958 section 3)
            tag::OCTET_STRING => Some(Identified::EncryptedKey),
            tag::BIT_STRING => Some(Identified::PublicKey),
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
        [_, _, tag::UTC_TIME | tag::GENERALIZED_TIME] => Some(Identified::RevocationList),
        [tag::SEQUENCE, tag::SEQUENCE, last] if last == tag::context_constructed(0) => {
            Some(Identified::CertificateRequest)
        }
        _ => None,
    }
}
