//! Lists of purposes (RFC 5280, section 4.2.1.12) that stand beside a certificate.

use crate::x509::asn1::{Element, Error, Reader, oid, tag};

/// What a list of purposes says of TLS servers.
pub(super) struct Purposes {
    /// Whether they are in it, by name or as any purpose.
    pub(super) servers: bool,
}

/// Reads a SEQUENCE OF OID.
pub(super) fn read(der: &[u8]) -> Result<Purposes, Error> {
    of(Reader::new(der).expect(tag::SEQUENCE, "a list of purposes")?)
}

/// Reads the list in this element.
pub(super) fn of(list: Element<'_>) -> Result<Purposes, Error> {
    let each = list.reader().all(tag::OID, "a purpose");
    let servers = each.map(|purpose| Ok([SERVER_AUTH, ANY_PURPOSE].contains(&purpose?.content)));
    Ok(Purposes { servers: servers.collect::<Result<Vec<bool>, Error>>()?.contains(&true) })
}

/// id-kp-serverAuth, RFC 5280 section 4.2.1.12.
const SERVER_AUTH: &[u8] = &oid!(raw 1.3.6.1.5.5.7.3.1);
/// anyExtendedKeyUsage, the same section.
const ANY_PURPOSE: &[u8] = &oid!(raw 2.5.29.37.0);
