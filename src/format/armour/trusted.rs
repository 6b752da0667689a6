//! Trust settings that OpenSSL appends to a certificate in a `TRUSTED CERTIFICATE` block.

use crate::format::purposes;
use crate::x509::asn1::{Error, Reader, tag};

/// Tells whether these settings let a CA vouch for TLS servers, by the rule of OpenSSL's `X509_check_trust`: a purpose
/// that is rejected is not trusted, and where any purpose is listed as trusted, all others are not.
///
/// `X509_CERT_AUX`: SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] IMPLICIT SEQUENCE OF OID OPTIONAL, ... }
pub(crate) fn for_servers(settings: &[u8]) -> Result<bool, Error> {
    let mut reader = Reader::new(settings);
    if reader.is_empty() {
        return Ok(true);
    }
    let mut fields = reader.expect(tag::SEQUENCE, "a list of purposes")?.reader();
    if !reader.is_empty() {
        return Err(reader.malformed("bytes follow after it"));
    }
    let trusted = fields.optional(tag::SEQUENCE)?.map(purposes::of).transpose()?;
    let rejected = fields.optional(tag::context_constructed(0))?.map(purposes::of).transpose()?;
    Ok(!rejected.is_some_and(|rejected| rejected.servers) && trusted.is_none_or(|trusted| trusted.servers))
}
