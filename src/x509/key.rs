//! Kind and size of a public key.

use std::fmt;

use x509_parser::asn1_rs::{Oid, Tag};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::x509::asn1::{Error, Reader, dotted, oid, tag};

/// A public key's kind (RFC 3279 section 2.3, RFC 5480, RFC 8410). Displayed as `RSA 2048`, `EC P-256`, `Ed25519`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// Elliptic curve.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// Anything else, by the name of its algorithm or its object identifier in dotted form.
    Other(String),
    /// RSA with the length of its modulus in bits.
    Rsa(usize),
}

/// A named elliptic curve.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// Koblitz's curve secp256k1.
    P256K1,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Anything else, by its name or its object identifier in dotted form; `explicit` where the parameters are written out.
    Other(String),
}

impl Key {
    pub(crate) fn from_spki(spki: &[u8]) -> Self {
        SubjectPublicKeyInfo::from_der(spki).map_or_else(|_| unreadable(), |(_, key)| Self::of(&key))
    }

    pub(super) fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let oid = &key.algorithm.algorithm;
        match curve(&key.algorithm) {
            Some(curve) => Self::Ec(curve),
            None if [OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS].contains(oid) => {
                rsa_bits(&key.subject_public_key.data).map_or_else(|_| unreadable(), |[modulus, _]| Self::Rsa(modulus))
            }
            None if *oid == OID_SIG_ED25519 => Self::Ed25519,
            None if *oid == OID_SIG_ED448 => Self::Ed448,
            None => Self::Other(name_of(oid)),
        }
    }
}

fn unreadable() -> Key {
    Key::Other("unreadable key".to_owned())
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Other(what) => f.write_str(what),
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P256K1 => "secp256k1",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Other(oid) => oid,
        })
    }
}

/// Returns the curve of a key's algorithm; None for what is not an elliptic curve in the form of RFC 5480.
pub(super) fn curve(algorithm: &AlgorithmIdentifier<'_>) -> Option<Curve> {
    if algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return None;
    }
    // `as_oid` takes an element of any tag and class for an object identifier.
    let named = algorithm.parameters.as_ref().filter(|found| found.header.is_universal() && found.tag() == Tag::Oid);
    Some(match named.and_then(|named| named.as_oid().ok()) {
        Some(oid) if oid == OID_EC_P256 => Curve::P256,
        Some(oid) if oid == OID_NIST_EC_P384 => Curve::P384,
        Some(oid) if oid == OID_NIST_EC_P521 => Curve::P521,
        Some(oid) if oid.as_bytes() == oid!(raw 1.3.132.0.10) => Curve::P256K1,
        Some(other) => Curve::Other(name_of(&other)),
        None => Curve::Other("explicit".to_owned()),
    })
}

fn name_of(oid: &Oid<'_>) -> String {
    let oid = oid.as_bytes();
    NAMES.iter().find(|(known, _)| *known == oid).map_or_else(|| dotted(oid), |(_, name)| (*name).to_owned())
}

/// Bits of the exponent of an RSA key, where they are more than aws-lc takes (`RSA_R_BAD_E_VALUE`).
pub(super) fn long_exponent(spki: &[u8]) -> Option<usize> {
    let (_, key) = SubjectPublicKeyInfo::from_der(spki).ok()?;
    let Key::Rsa(_) = Key::of(&key) else { return None };
    rsa_bits(&key.subject_public_key.data).ok().map(|[_, exponent]| exponent).filter(|bits| *bits > 33)
}

/// Bits of modulus and exponent of an RSAPublicKey (RFC 8017 appendix A.1.1). x509-parser counts whole bytes, and reads
/// none with a zero too many in front.
fn rsa_bits(key: &[u8]) -> Result<[usize; 2], Error> {
    let mut fields = Reader::new(key).expect(tag::SEQUENCE, "the key")?.reader();
    let modulus = bits(fields.expect(tag::INTEGER, "the modulus")?.content);
    Ok([modulus, bits(fields.expect(tag::INTEGER, "the exponent")?.content)])
}

fn bits(number: &[u8]) -> usize {
    let leading = number.iter().take_while(|octet| **octet == 0).count();
    number.get(leading).map_or(0, |first| (number.len() - leading) * 8 - first.leading_zeros() as usize)
}

/// Keys and curves that are named and not verified: RFC 3279, RFC 5639, RFC 9881, GM/T 0006-2012.
const NAMES: &[(&[u8], &str)] = &[
    (&oid!(raw 1.2.156.10197.1.301), "SM2"),
    (&oid!(raw 1.2.840.10040.4.1), "DSA"),
    (&oid!(raw 1.3.132.0.33), "P-224"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.7), "brainpoolP256r1"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.11), "brainpoolP384r1"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.13), "brainpoolP512r1"),
    (&oid!(raw 2.16.840.1.101.3.4.3.17), "ML-DSA-44"),
    (&oid!(raw 2.16.840.1.101.3.4.3.18), "ML-DSA-65"),
    (&oid!(raw 2.16.840.1.101.3.4.3.19), "ML-DSA-87"),
];
