//! Identification of files that no format recognises.

use super::{Format, Identified, MemberKind};
use crate::x509::asn1;

impl Identified {
    /// Identifies a file of this format that holds nothing but this kind.
    pub(super) fn only(format: &Format, kind: MemberKind) -> Self {
        match kind {
            _ if format.is_archive() => Self::Archive,
            MemberKind::CertificateRequest => Self::CertificateRequest,
            MemberKind::PublicKey => Self::PublicKey,
            MemberKind::RevocationList => Self::RevocationList,
            MemberKind::PrivateKey => Self::PrivateKey,
            MemberKind::DistrustedCertificate | MemberKind::SecretKey | MemberKind::Unknown => Self::OtherPem,
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
        [b'P', b'K', 3 | 5, 4 | 6, ..] | [0x1f, 0x8b, ..] => Identified::Archive,
        [0, 0, 0, 1 | 2, 0, 0, 0, 8..=64, ..] => what_bouncy_castle(head),
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

/// BKS and UBER begin with a version, a salt and a count of iterations. The entries of BKS follow as they are, those of UBER
/// are encrypted.
fn what_bouncy_castle(head: &[u8]) -> Identified {
    let salt = usize::from(head[7]);
    match head.get(12 + salt..) {
        // The kind of the first entry, and the length of its name.
        Some([0..=4, 0, ..] | [0]) => Identified::Bks,
        Some(_) => Identified::Uber,
        None => Identified::Binary,
    }
}

/// 1.2.840.113549.1.5.13: what encrypts the entries of a BCFKS store.
const PBES2: &[u8] = &[asn1::tag::OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];

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
    if asn1::begun_sequence(content).is_some_and(|algorithm| algorithm.starts_with(PBES2)) {
        return Some(Identified::Bcfks);
    }
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
