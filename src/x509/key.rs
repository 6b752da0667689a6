//! Kind and size of a public key.

use std::fmt;

use crate::x509::asn1::{Malformed, Reader, dotted, tag};

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
        read(spki).unwrap_or_else(|malformed| Self::Other(malformed.0.to_owned()))
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

/// The parts of a SubjectPublicKeyInfo.
pub(super) struct PublicKey<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) curve: Option<Curve>,
    /// Content of the BIT STRING without its count of unused bits.
    pub(super) bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    pub(super) fn from_spki(spki: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(Reader::new(spki).expect(tag::SEQUENCE, "unreadable key")?.content);
        let mut algorithm = Reader::new(fields.expect(tag::SEQUENCE, "unreadable key")?.content);
        let bits = fields.expect(tag::BIT_STRING, "unreadable key")?.content;
        let oid = algorithm.expect(tag::OID, "unreadable key")?.content;
        let curve = (oid == EC).then(|| match algorithm.element() {
            Ok(parameters) if parameters.tag == tag::OID => match parameters.content {
                [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Curve::P256,
                [0x2b, 0x81, 0x04, 0x00, 0x22] => Curve::P384,
                [0x2b, 0x81, 0x04, 0x00, 0x23] => Curve::P521,
                other => Curve::Other(dotted(other)),
            },
            _ => Curve::Other("explicit".to_owned()),
        });
        Ok(Self { algorithm: oid, curve, bits: bits.get(1..).unwrap_or_default() })
    }
}

fn read(spki: &[u8]) -> Result<Key, Malformed> {
    let key = PublicKey::from_spki(spki)?;
    Ok(match (key.algorithm, key.curve) {
        (_, Some(curve)) => Key::Ec(curve),
        (RSA | RSA_PSS, None) => Key::Rsa(modulus_bits(key.bits)?),
        (ED25519, None) => Key::Ed25519,
        (ED448, None) => Key::Ed448,
        (other, None) => Key::Other(dotted(other)),
    })
}

/// Bits of the modulus of an RSAPublicKey (RFC 8017 appendix A.1.1).
fn modulus_bits(key: &[u8]) -> Result<usize, Malformed> {
    let mut fields = Reader::new(Reader::new(key).expect(tag::SEQUENCE, "unreadable key")?.content);
    let modulus = fields.expect(tag::INTEGER, "unreadable key")?.content;
    let leading = modulus.iter().take_while(|octet| **octet == 0).count();
    Ok(match modulus.get(leading) {
        None => 0,
        Some(first) => (modulus.len() - leading) * 8 - first.leading_zeros() as usize,
    })
}

/// 1.2.840.10045.2.1
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.3.101.112
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// 1.3.101.113
const ED448: &[u8] = &[0x2b, 0x65, 0x71];
/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
