//! What OpenSSL appends to a certificate in a `TRUSTED CERTIFICATE` block: its own trust settings.

use crate::x509::asn1::{Malformed, Reader, tag};

/// Whether these settings let a CA vouch for TLS servers, by the rule of OpenSSL's `X509_check_trust`: a purpose that is
/// rejected is not trusted, and where any purpose is listed as trusted, all others are not.
///
/// `X509_CERT_AUX`: SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] IMPLICIT SEQUENCE OF OID OPTIONAL, ... }
pub(super) fn for_servers(settings: &[u8]) -> Result<bool, Malformed> {
    let mut reader = Reader::new(settings);
    if reader.is_empty() {
        return Ok(true);
    }
    let mut fields = Reader::new(reader.expect(tag::SEQUENCE, "trust settings")?.content);
    if !reader.is_empty() {
        return Err(Malformed("bytes behind the trust settings"));
    }
    let trusted = fields.optional(tag::SEQUENCE)?.map(|list| names_servers(list.content)).transpose()?;
    let rejected = fields.optional(tag::context_constructed(0))?.map(|list| names_servers(list.content)).transpose()?;
    Ok(rejected != Some(true) && trusted != Some(false))
}

fn names_servers(list: &[u8]) -> Result<bool, Malformed> {
    let mut reader = Reader::new(list);
    let mut found = false;
    while !reader.is_empty() {
        found |= [SERVER_AUTH, ANY_PURPOSE].contains(&reader.expect(tag::OID, "a purpose")?.content);
    }
    Ok(found)
}

/// id-kp-serverAuth, RFC 5280 section 4.2.1.12.
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// anyExtendedKeyUsage, the same section.
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];
