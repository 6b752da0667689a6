//! Keys and parameters of algorithms, as the `KeyFactory` and `AlgorithmParameters` of their kind take them.

use super::super::fields::{Fields, elements, every, only};
use super::is_oid;
use crate::x509::asn1::{Element, Reader, oid, tag};

/// Kind and parameters of the key. NULL counts as none.
fn algorithm<'a>(fields: &Fields<'a>) -> Option<(&'a [u8], Option<Element<'a>>)> {
    let (kind, parameters) = fields.key_algorithm()?;
    Some((kind, parameters.filter(|parameters| parameters.tag != tag::NULL)))
}

/// An EC key whose curve Java cannot name: explicit parameters, none, SM2, and curves that nobody has used for long,
/// a few of which Java still names.
pub(super) fn is_of_unknown_curve(fields: &Fields<'_>) -> bool {
    algorithm(fields).is_some_and(|(kind, curve)| kind == EC && curve_octets(curve).is_none())
}

fn curve_octets(curve: Option<Element<'_>>) -> Option<usize> {
    let curve = curve.filter(|curve| curve.tag == tag::OID)?;
    CURVES.iter().find(|(oid, _)| *oid == curve.content).map(|(_, octets)| *octets)
}

/// Whether the key's octets are what its kind asks for. Whether they are any use is seen later.
pub(super) fn is_key(fields: &Fields<'_>) -> bool {
    let Some((kind, parameters)) = algorithm(fields) else { return false };
    let key = fields.key_octets();
    match kind {
        EC => {
            // `ECUtil.decodePoint` halves what follows the 04, and does not look at what is then left.
            let expected = curve_octets(parameters);
            expected.is_none_or(|octets| key.first() == Some(&4) && (key.len() - 1) / 2 == octets)
        }
        RSA | RSA_OF_X500 => is_rsa(key),
        PSS => is_rsa(key) && parameters.is_none_or(|parameters| is_pss(&parameters)),
        DSA => {
            Reader::new(key).element().is_ok_and(|y| is_number(&y))
                && parameters.is_none_or(|parameters| is_dsa(&parameters))
        }
        DIFFIE_HELLMAN => false,
        ED25519 | X25519 => key.len() == 32,
        ED448 => key.len() == 57,
        X448 => key.len() == 56,
        _ => true,
    }
}

/// Parameters of a signature's algorithm: of those in use only PSS has some that are read.
pub(super) fn has_signature_parameters(algorithm: &Element<'_>) -> bool {
    let mut parts = algorithm.reader();
    let is_pss_signature = parts.element().is_ok_and(|kind| kind.content == PSS);
    !is_pss_signature
        || parts.element().ok().is_none_or(|parameters| parameters.tag == tag::NULL || is_pss(&parameters))
}

/// `RSAPublicKeyImpl`: both numbers, neither padded too far nor out of range.
fn is_rsa(key: &[u8]) -> bool {
    let Some(mut numbers) = only(key).filter(|key| key.tag == tag::SEQUENCE).map(|key| key.reader()) else {
        return false;
    };
    let (Ok(modulus), Ok(exponent), true) = (numbers.element(), numbers.element(), numbers.is_empty()) else {
        return false;
    };
    if !is_number(&modulus) || !is_number(&exponent) {
        return false;
    }
    let (modulus, exponent) = (magnitude(modulus.content), magnitude(exponent.content));
    let bits = |number: &[u8]| number.len() * 8 - number.first().map_or(0, |first| first.leading_zeros() as usize);
    (64..=2048).contains(&modulus.len())
        && (exponent.len() > 1 || exponent.first().is_some_and(|octet| *octet >= 3))
        && (exponent.len(), exponent) < (modulus.len(), modulus)
        && (modulus.len() <= 384 || bits(exponent) <= 64)
}

/// `getPositiveBigInteger` takes all octets for digits.
fn magnitude(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|octet| **octet == 0).count();
    &content[zeros..]
}

fn is_number(number: &Element<'_>) -> bool {
    number.tag == tag::INTEGER && !number.content.is_empty()
}

fn is_dsa(parameters: &Element<'_>) -> bool {
    let count = elements(parameters.reader()).count();
    parameters.tag == tag::SEQUENCE && every(parameters.reader(), is_number) && count == 3
}

/// `PSSParameters`.
fn is_pss(parameters: &Element<'_>) -> bool {
    parameters.tag == tag::SEQUENCE
        && every(parameters.reader(), |field| {
            let inner = field.reader().element();
            match field.tag {
                0xa0 | 0x80 => inner.is_ok_and(|hash| is_algorithm(&hash)),
                0xa1 | 0x81 => inner.is_ok_and(|function| {
                    let mut parts = function.reader();
                    let mgf1 = parts.element().is_ok_and(|kind| kind.tag == tag::OID && kind.content == MGF1);
                    let hash = parts.element().is_ok_and(|hash| is_algorithm(&hash) && is_mgf1_hash(&hash));
                    function.tag == tag::SEQUENCE && mgf1 && hash && parts.is_empty()
                }),
                0xa2 | 0x82 => {
                    inner.is_ok_and(|salt| is_number(&salt) && salt.content[0] & 0x80 == 0 && salt.content.len() <= 4)
                }
                0xa3 | 0x83 => inner.is_ok_and(|trailer| is_number(&trailer) && magnitude(trailer.content) == [1]),
                _ => false,
            }
        })
}

fn is_algorithm(algorithm: &Element<'_>) -> bool {
    algorithm.tag == tag::SEQUENCE
        && super::is_algorithm(algorithm)
        && algorithm.reader().element().is_ok_and(|kind| is_oid(kind.content))
}

fn is_mgf1_hash(hash: &Element<'_>) -> bool {
    let kind = hash.reader().element().map(|kind| kind.content).unwrap_or_default();
    kind == SHA1 || kind.strip_prefix(NIST_HASHES).is_some_and(|number| matches!(number, [1..=10]))
}

const EC: &[u8] = &oid!(raw 1.2.840.10045.2.1);
const RSA: &[u8] = &oid!(raw 1.2.840.113549.1.1.1);
const RSA_OF_X500: &[u8] = &oid!(raw 2.5.8.1.1);
const PSS: &[u8] = &oid!(raw 1.2.840.113549.1.1.10);
const MGF1: &[u8] = &oid!(raw 1.2.840.113549.1.1.8);
const DSA: &[u8] = &oid!(raw 1.2.840.10040.4.1);
/// It signs nothing, so no root has such a key.
const DIFFIE_HELLMAN: &[u8] = &oid!(raw 1.2.840.113549.1.3.1);
const X25519: &[u8] = &oid!(raw 1.3.101.110);
const X448: &[u8] = &oid!(raw 1.3.101.111);
const ED25519: &[u8] = &oid!(raw 1.3.101.112);
const ED448: &[u8] = &oid!(raw 1.3.101.113);
const SHA1: &[u8] = &oid!(raw 1.3.14.3.2.26);
const NIST_HASHES: &[u8] = &oid!(raw 2.16.840.1.101.3.4.2);

/// Curves by their object identifiers, and the octets of a coordinate.
const CURVES: &[(&[u8], usize)] = &[
    (&oid!(raw 1.2.840.10045.3.1.7), 32),
    (&oid!(raw 1.3.132.0.34), 48),
    (&oid!(raw 1.3.132.0.35), 66),
    (&oid!(raw 1.2.840.10045.3.1.1), 24),
    (&oid!(raw 1.3.132.0.33), 28),
    (&oid!(raw 1.3.132.0.10), 32),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.1), 20),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.3), 24),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.5), 28),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.7), 32),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.9), 40),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.11), 48),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.13), 64),
];
