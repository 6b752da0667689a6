//! Signature algorithms: their names, and whether a signature verifies.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use super::key::{Curve, PublicKey};
use crate::x509::asn1::{Malformed, Reader, dotted, tag};

/// What a certificate's signature covers, and how it was made.
pub(super) struct Signed<'a> {
    message: &'a [u8],
    algorithm: &'a [u8],
    parameters: &'a [u8],
    /// Content of the BIT STRING without its count of unused bits.
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(super) fn of(certificate: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(Reader::new(certificate).expect(tag::SEQUENCE, "certificate")?.content);
        let message = fields.expect(tag::SEQUENCE, "certificate")?.whole;
        let mut algorithm = Reader::new(fields.expect(tag::SEQUENCE, "signature algorithm")?.content);
        let signature = fields.expect(tag::BIT_STRING, "signature")?.content;
        let oid = algorithm.expect(tag::OID, "signature algorithm")?.content;
        let parameters = if algorithm.is_empty() { &[][..] } else { algorithm.element()?.whole };
        Ok(Self { message, algorithm: oid, parameters, signature: signature.get(1..).unwrap_or_default() })
    }

    /// The name that OpenSSL and the RFCs use, else the object identifier.
    pub(super) fn algorithm_name(&self) -> String {
        let known = ALGORITHMS.iter().find(|(oid, ..)| *oid == self.algorithm);
        known.map_or_else(|| dotted(self.algorithm), |(_, name, _)| (*name).to_owned())
    }

    pub(super) fn verdict(&self, spki: &[u8]) -> Verdict {
        let Ok(key) = PublicKey::from_spki(spki) else { return Verdict::Unknown };
        let Some(algorithm) = self.verification(&key) else { return Verdict::Unknown };
        match UnparsedPublicKey::new(algorithm, key.bits).verify(self.message, self.signature) {
            Ok(()) => Verdict::Valid,
            Err(_) => Verdict::Invalid,
        }
    }

    fn verification(&self, key: &PublicKey<'_>) -> Option<&'static dyn VerificationAlgorithm> {
        use Hash::{Sha1, Sha256, Sha384, Sha512};
        let (_, _, scheme) = ALGORITHMS.iter().find(|(oid, ..)| *oid == self.algorithm)?;
        Some(match (scheme, &key.curve) {
            (Scheme::Pkcs1(Sha1), None) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            (Scheme::Pkcs1(Sha256), None) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            (Scheme::Pkcs1(Sha384), None) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Scheme::Pkcs1(Sha512), None) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            (Scheme::Pss, None) => match pss_hash(self.parameters)? {
                Sha1 => return None,
                Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
                Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
                Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
            },
            (Scheme::Ecdsa(Sha1), Some(Curve::P256)) => &signature::ECDSA_P256_SHA1_ASN1,
            (Scheme::Ecdsa(Sha256), Some(Curve::P256)) => &signature::ECDSA_P256_SHA256_ASN1,
            (Scheme::Ecdsa(Sha384), Some(Curve::P256)) => &signature::ECDSA_P256_SHA384_ASN1,
            (Scheme::Ecdsa(Sha512), Some(Curve::P256)) => &signature::ECDSA_P256_SHA512_ASN1,
            (Scheme::Ecdsa(Sha256), Some(Curve::P384)) => &signature::ECDSA_P384_SHA256_ASN1,
            (Scheme::Ecdsa(Sha384), Some(Curve::P384)) => &signature::ECDSA_P384_SHA384_ASN1,
            (Scheme::Ecdsa(Sha512), Some(Curve::P384)) => &signature::ECDSA_P384_SHA512_ASN1,
            (Scheme::Ecdsa(Sha1), Some(Curve::P521)) => &signature::ECDSA_P521_SHA1_ASN1,
            (Scheme::Ecdsa(Sha256), Some(Curve::P521)) => &signature::ECDSA_P521_SHA256_ASN1,
            (Scheme::Ecdsa(Sha384), Some(Curve::P521)) => &signature::ECDSA_P521_SHA384_ASN1,
            (Scheme::Ecdsa(Sha512), Some(Curve::P521)) => &signature::ECDSA_P521_SHA512_ASN1,
            (Scheme::Ed25519, None) => &signature::ED25519,
            _ => return None,
        })
    }
}

/// What came of verifying a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key did not make it.
    Invalid,
    /// Its kind is not among those that pgtrust verifies.
    Unknown,
    /// The key made it.
    Valid,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy)]
enum Scheme {
    Ecdsa(Hash),
    Ed25519,
    Pkcs1(Hash),
    Pss,
    /// Named, not verified.
    Unsupported,
}

/// The hash of RSASSA-PSS-params (RFC 4055 section 3.1), if the salt is as long as the hash: no other is verified.
fn pss_hash(parameters: &[u8]) -> Option<Hash> {
    let mut fields = Reader::new(Reader::new(parameters).expect(tag::SEQUENCE, "parameters").ok()?.content);
    let hash = fields.optional(tag::context_constructed(0)).ok()??;
    let mut algorithm = Reader::new(Reader::new(hash.content).expect(tag::SEQUENCE, "hash").ok()?.content);
    let (hash, length) = match algorithm.expect(tag::OID, "hash").ok()?.content {
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => (Hash::Sha256, 32),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02] => (Hash::Sha384, 48),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03] => (Hash::Sha512, 64),
        _ => return None,
    };
    fields.optional(tag::context_constructed(1)).ok()?;
    let salt = fields.optional(tag::context_constructed(2)).ok()??;
    (Reader::new(salt.content).expect(tag::INTEGER, "salt").ok()?.content == [length]).then_some(hash)
}

const fn pkcs1(last: u8) -> [u8; 9] {
    [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last]
}

const fn ecdsa_sha2(last: u8) -> [u8; 8] {
    [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last]
}

/// RFC 3279, RFC 4055, RFC 5758, RFC 8410.
const ALGORITHMS: &[(&[u8], &str, Scheme)] = &[
    (&pkcs1(0x02), "md2WithRSAEncryption", Scheme::Unsupported),
    (&pkcs1(0x04), "md5WithRSAEncryption", Scheme::Unsupported),
    (&pkcs1(0x05), "sha1WithRSAEncryption", Scheme::Pkcs1(Hash::Sha1)),
    (&pkcs1(0x0a), "rsassaPss", Scheme::Pss),
    (&pkcs1(0x0b), "sha256WithRSAEncryption", Scheme::Pkcs1(Hash::Sha256)),
    (&pkcs1(0x0c), "sha384WithRSAEncryption", Scheme::Pkcs1(Hash::Sha384)),
    (&pkcs1(0x0d), "sha512WithRSAEncryption", Scheme::Pkcs1(Hash::Sha512)),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01], "ecdsa-with-SHA1", Scheme::Ecdsa(Hash::Sha1)),
    (&ecdsa_sha2(0x02), "ecdsa-with-SHA256", Scheme::Ecdsa(Hash::Sha256)),
    (&ecdsa_sha2(0x03), "ecdsa-with-SHA384", Scheme::Ecdsa(Hash::Sha384)),
    (&ecdsa_sha2(0x04), "ecdsa-with-SHA512", Scheme::Ecdsa(Hash::Sha512)),
    (&[0x2b, 0x65, 0x70], "ED25519", Scheme::Ed25519),
    (&[0x2b, 0x65, 0x71], "ED448", Scheme::Unsupported),
];
