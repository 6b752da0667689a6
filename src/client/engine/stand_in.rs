//! A certificate in the place of the server's own: by the same issuer, without an end.
//!
//! It tells what becomes of a chain once the server has renewed its own certificate, and lets a chain be judged that begins
//! with a CA. Nobody can have signed it; what judges it takes its signature for good, and no other's.

use crate::x509::asn1::{der, tag};
use crate::x509::{Certificate, Key, Name};

/// Makes it, issued by whoever has this name and key identifier, with a signature of this algorithm (an
/// AlgorithmIdentifier).
pub(super) fn below(issuer: Name<'_>, key_id: Option<&[u8]>, algorithm: &[u8]) -> Option<Certificate> {
    let extension = |content: &[&[u8]]| der(tag::SEQUENCE, content);
    let authority = key_id.map(|key_id| der(tag::SEQUENCE, &[&der(tag::context(0), &[key_id])]));
    let authority = authority.map(|value| extension(&[AUTHORITY_KEY_ID, &der(tag::OCTET_STRING, &[&value])]));
    let extensions = [
        extension(&[KEY_USAGE, TRUE, &der(tag::OCTET_STRING, &[DIGITAL_SIGNATURE])]),
        extension(&[EXTENDED_KEY_USAGE, &der(tag::OCTET_STRING, &[SERVER_AUTH])]),
        authority.unwrap_or_default(),
    ];
    let contents = der(
        tag::SEQUENCE,
        &[
            VERSION_3,
            &der(tag::INTEGER, &[&[1]]),
            algorithm,
            &der(tag::SEQUENCE, &[issuer.as_bytes()]),
            &der(
                tag::SEQUENCE,
                &[&der(tag::UTC_TIME, &[b"700101000000Z"]), &der(tag::GENERALIZED_TIME, &[b"99991231235959Z"])],
            ),
            &der(tag::SEQUENCE, &[SUBJECT]),
            P256_KEY,
            &der(tag::context_constructed(3), &[&der(tag::SEQUENCE, &[&extensions.concat()])]),
        ],
    );
    let certificate = der(tag::SEQUENCE, &[&contents, algorithm, &der(tag::BIT_STRING, &[&[0], SIGNATURE])]);
    Certificate::from_der(certificate).ok()
}

/// The algorithm of a signature by a key of this kind, as far as engines care: its AlgorithmIdentifier.
pub(super) fn algorithm_by(key: &Key) -> &'static [u8] {
    match key {
        Key::Ec(_) => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
        Key::Ed25519 => b"\x30\x05\x06\x03\x2b\x65\x70",
        _ => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
    }
}

/// An algorithm that nothing else has (2.999.1, the arc for examples): webpki knows it only where it is to take it for good.
pub(super) const OWN: &[u8] = b"\x30\x05\x06\x03\x88\x37\x01";

const VERSION_3: &[u8] = b"\xa0\x03\x02\x01\x02";
const TRUE: &[u8] = b"\x01\x01\xff";
const KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f";
const EXTENDED_KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x25";
const AUTHORITY_KEY_ID: &[u8] = b"\x06\x03\x55\x1d\x23";
const DIGITAL_SIGNATURE: &[u8] = b"\x03\x02\x07\x80";
const SERVER_AUTH: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
/// A common name.
const SUBJECT: &[u8] = b"\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06server";
/// A SEQUENCE of two numbers.
const SIGNATURE: &[u8] = b"\x30\x06\x02\x01\x01\x02\x01\x01";
/// The generator of P-256, whose private key is 1.
const P256_KEY: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04\
\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
