//! Kind and size of a public key.

use std::fmt;

use x509_parser::asn1_rs::Tag;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::x509::asn1::{Error, Reader, dotted, tag};

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
    /// Anything else, by the object identifier of its algorithm in dotted form.
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
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Anything else, by its object identifier in dotted form; `explicit` where the parameters are written out.
    Other(String),
}

impl Key {
    pub(super) fn from_spki(spki: &[u8]) -> Self {
        let unreadable = || Self::Other("unreadable key".to_owned());
        let Ok((_, key)) = SubjectPublicKeyInfo::from_der(spki) else { return unreadable() };
        let oid = &key.algorithm.algorithm;
        match curve(&key.algorithm) {
            Some(curve) => Self::Ec(curve),
            None if [OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS].contains(oid) => {
                modulus_bits(&key.subject_public_key.data).map_or_else(|_| unreadable(), Self::Rsa)
            }
            None if *oid == OID_SIG_ED25519 => Self::Ed25519,
            None if *oid == OID_SIG_ED448 => Self::Ed448,
            None => Self::Other(dotted(oid.as_bytes())),
        }
    }
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
        Some(other) => Curve::Other(dotted(other.as_bytes())),
        None => Curve::Other("explicit".to_owned()),
    })
}

/// Bits of the modulus of an RSAPublicKey (RFC 8017 appendix A.1.1). x509-parser counts whole bytes, and reads none with
/// a zero too many in front.
fn modulus_bits(key: &[u8]) -> Result<usize, Error> {
    let mut fields = Reader::new(key).expect(tag::SEQUENCE, "the key")?.reader();
    let modulus = fields.expect(tag::INTEGER, "the modulus")?.content;
    let leading = modulus.iter().take_while(|octet| **octet == 0).count();
    Ok(match modulus.get(leading) {
        None => 0,
        Some(first) => (modulus.len() - leading) * 8 - first.leading_zeros() as usize,
    })
}
