//! Trust settings that OpenSSL appends to a certificate in a `TRUSTED CERTIFICATE` block.

use crate::x509::asn1::{Element, Error, Reader, oid, tag};

/// Tells whether these settings let a CA vouch for TLS servers, by the rule of OpenSSL's `X509_check_trust`: a purpose
/// that is rejected is not trusted, and where any purpose is listed as trusted, all others are not.
///
/// `X509_CERT_AUX`: SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] IMPLICIT SEQUENCE OF OID OPTIONAL, ... }
pub(super) fn for_servers(settings: &[u8]) -> Result<bool, Error> {
    let mut reader = Reader::new(settings);
    if reader.is_empty() {
        return Ok(true);
    }
    let mut fields = reader.expect(tag::SEQUENCE, "a list of purposes")?.reader();
    if !reader.is_empty() {
        return Err(reader.malformed("bytes follow after it"));
    }
    let trusted = fields.optional(tag::SEQUENCE)?.map(names_servers).transpose()?;
    let rejected = fields.optional(tag::context_constructed(0))?.map(names_servers).transpose()?;
    Ok(rejected != Some(true) && trusted != Some(false))
}

fn names_servers(list: Element<'_>) -> Result<bool, Error> {
    list.reader()
        .all(tag::OID, "a purpose")
        .try_fold(false, |found, purpose| Ok(found | [SERVER_AUTH, ANY_PURPOSE].contains(&purpose?.content)))
}

/// id-kp-serverAuth, RFC 5280 section 4.2.1.12.
const SERVER_AUTH: &[u8] = &oid!(raw 1.3.6.1.5.5.7.3.1);
/// anyExtendedKeyUsage, the same section.
const ANY_PURPOSE: &[u8] = &oid!(raw 2.5.29.37.0);
