//! Signature algorithms: their names, and whether a signature verifies.

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPssSaltLength, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::key::{Curve, Key, curve};
use crate::x509::asn1::{dotted, oid};

/// Returns the name that OpenSSL and the RFCs use, else the object identifier.
pub(super) fn algorithm_name(certificate: &X509Certificate<'_>) -> String {
    let oid = certificate.signature_algorithm.algorithm.as_bytes();
    let known = ALGORITHMS.iter().find(|(known, ..)| *known == oid);
    known.map_or_else(|| dotted(oid), |(_, name, _)| (*name).to_owned())
}

/// Verifies a certificate's signature under a key.
///
/// A signature is wrong only where that is proven: the key can be read, it is of a kind and size that aws-lc verifies, and
/// it did not make the signature. Of another kind than the signature is, it cannot have made it.
pub(super) fn verdict(certificate: &X509Certificate<'_>, spki: &[u8]) -> Verdict {
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(spki) else { return Verdict::Unknown };
    let algorithm = &certificate.signature_algorithm;
    let known = ALGORITHMS.iter().find(|(oid, ..)| *oid == algorithm.algorithm.as_bytes());
    let Some((_, _, scheme)) = known else { return Verdict::Unknown };
    if !scheme.may_use(&key.algorithm) {
        return Verdict::Invalid;
    }
    let (bits, signature) = (modulus_bits(&key), &certificate.signature_value.data);
    if bits.is_some_and(|bits| signature.len() != bits.div_ceil(8)) {
        return Verdict::Invalid;
    }
    let Some(verification) = scheme.verification(algorithm, curve(&key.algorithm), bits) else {
        return Verdict::Unknown;
    };
    match ParsedPublicKey::new(verification, &*key.subject_public_key.data) {
        Err(_) => Verdict::Unknown,
        Ok(key) => match key.verify_sig(certificate.tbs_certificate.as_ref(), signature) {
            Ok(()) => Verdict::Valid,
            Err(_) => Verdict::Invalid,
        },
    }
}

/// Bits of the modulus of an RSA key; none for other keys.
fn modulus_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    match Key::of(key) {
        Key::Rsa(bits) => Some(bits),
        _ => None,
    }
}

/// The result of verifying a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key did not make it.
    Invalid,
    /// Kind or size of the signature or the key are not among those that pgtrust verifies, or the key cannot be read.
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

/// How a signature is made: with which kind of key, and from which hash.
#[derive(Clone, Copy)]
enum Scheme {
    /// None for a hash that is not verified.
    Ecdsa(Option<Hash>),
    Ed25519,
    /// Not verified.
    Ed448,
    /// None for a hash that is not verified.
    Pkcs1(Option<Hash>),
    Pss,
    /// With a key of a kind that has no name here. Not verified.
    Other,
}

impl Scheme {
    fn may_use(self, key: &AlgorithmIdentifier<'_>) -> bool {
        let key = &key.algorithm;
        match self {
            Self::Ecdsa(_) => *key == OID_KEY_TYPE_EC_PUBLIC_KEY,
            Self::Ed25519 => *key == OID_SIG_ED25519,
            Self::Ed448 => *key == OID_SIG_ED448,
            Self::Pkcs1(_) => *key == OID_PKCS1_RSAENCRYPTION,
            Self::Pss => [OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS].contains(key),
            Self::Other => true,
        }
    }

    /// Returns what verifies such a signature by a key on this curve or with a modulus of so many bits.
    fn verification(
        self,
        signature: &AlgorithmIdentifier<'_>,
        curve: Option<Curve>,
        bits: Option<usize>,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        use Hash::{Sha1, Sha256, Sha384, Sha512};
        let rsa = |parameters: &'static RsaParameters| {
            let sizes = parameters.min_modulus_len()..=parameters.max_modulus_len();
            let fits = bits.is_some_and(|bits| u32::try_from(bits).is_ok_and(|bits| sizes.contains(&bits)));
            fits.then_some(parameters as &dyn VerificationAlgorithm)
        };
        Some(match (self, curve) {
            (Self::Pkcs1(Some(Sha1)), _) => rsa(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)?,
            (Self::Pkcs1(Some(Sha256)), _) => rsa(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)?,
            (Self::Pkcs1(Some(Sha384)), _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA384)?,
            (Self::Pkcs1(Some(Sha512)), _) => rsa(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)?,
            (Self::Pss, _) => rsa(pss(signature, bits?)?)?,
            (Self::Ecdsa(Some(Sha1)), Some(Curve::P256)) => &signature::ECDSA_P256_SHA1_ASN1,
            (Self::Ecdsa(Some(Sha256)), Some(Curve::P256)) => &signature::ECDSA_P256_SHA256_ASN1,
            (Self::Ecdsa(Some(Sha384)), Some(Curve::P256)) => &signature::ECDSA_P256_SHA384_ASN1,
            (Self::Ecdsa(Some(Sha512)), Some(Curve::P256)) => &signature::ECDSA_P256_SHA512_ASN1,
            (Self::Ecdsa(Some(Sha256)), Some(Curve::P256K1)) => &signature::ECDSA_P256K1_SHA256_ASN1,
            (Self::Ecdsa(Some(Sha256)), Some(Curve::P384)) => &signature::ECDSA_P384_SHA256_ASN1,
            (Self::Ecdsa(Some(Sha384)), Some(Curve::P384)) => &signature::ECDSA_P384_SHA384_ASN1,
            (Self::Ecdsa(Some(Sha512)), Some(Curve::P384)) => &signature::ECDSA_P384_SHA512_ASN1,
            (Self::Ecdsa(Some(Sha1)), Some(Curve::P521)) => &signature::ECDSA_P521_SHA1_ASN1,
            (Self::Ecdsa(Some(Sha256)), Some(Curve::P521)) => &signature::ECDSA_P521_SHA256_ASN1,
            (Self::Ecdsa(Some(Sha384)), Some(Curve::P521)) => &signature::ECDSA_P521_SHA384_ASN1,
            (Self::Ecdsa(Some(Sha512)), Some(Curve::P521)) => &signature::ECDSA_P521_SHA512_ASN1,
            (Self::Ed25519, _) => &signature::ED25519,
            _ => return None,
        })
    }
}

/// What verifies a signature with these RSASSA-PSS-params (RFC 4055 section 3.1). aws-lc has one hash for message and mask,
/// and a salt that is as long as the hash or as long as it can be (RFC 8017 section 9.1.1): OpenSSL's `digest` and `max`.
fn pss(algorithm: &AlgorithmIdentifier<'_>, bits: usize) -> Option<&'static RsaParameters> {
    use signature::{RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512};
    const MAX: RsaPssSaltLength = RsaPssSaltLength::Max;
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    let hash = parameters.hash_algorithm_oid();
    if parameters.mask_gen_algorithm().ok()?.hash != *hash || parameters.trailer_field() != 1 {
        return None;
    }
    let (length, [digest, max]): (usize, [&'static RsaParameters; 2]) = match hash {
        oid if *oid == OID_NIST_HASH_SHA256 => {
            (32, [&RSA_PSS_2048_8192_SHA256, &const { RSA_PSS_2048_8192_SHA256.with_pss_salt_length(MAX) }])
        }
        oid if *oid == OID_NIST_HASH_SHA384 => {
            (48, [&RSA_PSS_2048_8192_SHA384, &const { RSA_PSS_2048_8192_SHA384.with_pss_salt_length(MAX) }])
        }
        oid if *oid == OID_NIST_HASH_SHA512 => {
            (64, [&RSA_PSS_2048_8192_SHA512, &const { RSA_PSS_2048_8192_SHA512.with_pss_salt_length(MAX) }])
        }
        _ => return None,
    };
    match usize::try_from(parameters.salt_length()).ok()? {
        salt if salt == length => Some(digest),
        salt if salt + length + 2 == (bits + 6) / 8 => Some(max),
        _ => None,
    }
}

/// RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881, GM/T 0006-2012.
const ALGORITHMS: &[(&[u8], &str, Scheme)] = &[
    (&oid!(raw 1.2.156.10197.1.501), "SM2-with-SM3", Scheme::Other),
    (&oid!(raw 1.2.840.10040.4.3), "dsa-with-SHA1", Scheme::Other),
    (&oid!(raw 1.2.840.10045.4.1), "ecdsa-with-SHA1", Scheme::Ecdsa(Some(Hash::Sha1))),
    (&oid!(raw 1.2.840.10045.4.3.1), "ecdsa-with-SHA224", Scheme::Ecdsa(None)),
    (&oid!(raw 1.2.840.10045.4.3.2), "ecdsa-with-SHA256", Scheme::Ecdsa(Some(Hash::Sha256))),
    (&oid!(raw 1.2.840.10045.4.3.3), "ecdsa-with-SHA384", Scheme::Ecdsa(Some(Hash::Sha384))),
    (&oid!(raw 1.2.840.10045.4.3.4), "ecdsa-with-SHA512", Scheme::Ecdsa(Some(Hash::Sha512))),
    (&oid!(raw 1.2.840.113549.1.1.2), "md2WithRSAEncryption", Scheme::Pkcs1(None)),
    (&oid!(raw 1.2.840.113549.1.1.4), "md5WithRSAEncryption", Scheme::Pkcs1(None)),
    (&oid!(raw 1.2.840.113549.1.1.5), "sha1WithRSAEncryption", Scheme::Pkcs1(Some(Hash::Sha1))),
    (&oid!(raw 1.2.840.113549.1.1.10), "rsassaPss", Scheme::Pss),
    (&oid!(raw 1.2.840.113549.1.1.11), "sha256WithRSAEncryption", Scheme::Pkcs1(Some(Hash::Sha256))),
    (&oid!(raw 1.2.840.113549.1.1.12), "sha384WithRSAEncryption", Scheme::Pkcs1(Some(Hash::Sha384))),
    (&oid!(raw 1.2.840.113549.1.1.13), "sha512WithRSAEncryption", Scheme::Pkcs1(Some(Hash::Sha512))),
    (&oid!(raw 1.2.840.113549.1.1.14), "sha224WithRSAEncryption", Scheme::Pkcs1(None)),
    (&oid!(raw 1.3.101.112), "ED25519", Scheme::Ed25519),
    (&oid!(raw 1.3.101.113), "ED448", Scheme::Ed448),
    (&oid!(raw 2.16.840.1.101.3.4.3.2), "dsa-with-SHA256", Scheme::Other),
    (&oid!(raw 2.16.840.1.101.3.4.3.14), "RSA-SHA3-256", Scheme::Pkcs1(None)),
    (&oid!(raw 2.16.840.1.101.3.4.3.15), "RSA-SHA3-384", Scheme::Pkcs1(None)),
    (&oid!(raw 2.16.840.1.101.3.4.3.16), "RSA-SHA3-512", Scheme::Pkcs1(None)),
    (&oid!(raw 2.16.840.1.101.3.4.3.17), "ML-DSA-44", Scheme::Other),
    (&oid!(raw 2.16.840.1.101.3.4.3.18), "ML-DSA-65", Scheme::Other),
    (&oid!(raw 2.16.840.1.101.3.4.3.19), "ML-DSA-87", Scheme::Other),
];
