//! Signature algorithms: their names, and whether a signature verifies.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512};
use x509_parser::prelude::FromDer as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::key::{Curve, curve};
use crate::x509::asn1::{dotted, oid};

/// Returns the name that OpenSSL and the RFCs use, else the object identifier.
pub(super) fn algorithm_name(certificate: &X509Certificate<'_>) -> String {
    let oid = certificate.signature_algorithm.algorithm.as_bytes();
    let known = ALGORITHMS.iter().find(|(known, ..)| *known == oid);
    known.map_or_else(|| dotted(oid), |(_, name, _)| (*name).to_owned())
}

/// Verifies a certificate's signature under a key.
pub(super) fn verdict(certificate: &X509Certificate<'_>, spki: &[u8]) -> Verdict {
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(spki) else { return Verdict::Unknown };
    let Some(algorithm) = verification(&certificate.signature_algorithm, curve(&key.algorithm)) else {
        return Verdict::Unknown;
    };
    let key = UnparsedPublicKey::new(algorithm, &*key.subject_public_key.data);
    match key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data) {
        Ok(()) => Verdict::Valid,
        Err(_) => Verdict::Invalid,
    }
}

fn verification(
    signature: &AlgorithmIdentifier<'_>,
    curve: Option<Curve>,
) -> Option<&'static dyn VerificationAlgorithm> {
    use Hash::{Sha1, Sha256, Sha384, Sha512};
    let (_, _, scheme) = ALGORITHMS.iter().find(|(oid, ..)| *oid == signature.algorithm.as_bytes())?;
    Some(match (scheme, curve) {
        (Scheme::Pkcs1(Sha1), None) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (Scheme::Pkcs1(Sha256), None) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (Scheme::Pkcs1(Sha384), None) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (Scheme::Pkcs1(Sha512), None) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (Scheme::Pss, None) => match pss_hash(signature)? {
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

/// The result of verifying a signature.
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
fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    let (hash, length) = match parameters.hash_algorithm_oid() {
        oid if *oid == OID_NIST_HASH_SHA256 => (Hash::Sha256, 32),
        oid if *oid == OID_NIST_HASH_SHA384 => (Hash::Sha384, 48),
        oid if *oid == OID_NIST_HASH_SHA512 => (Hash::Sha512, 64),
        _ => return None,
    };
    (parameters.salt_length() == length).then_some(hash)
}

/// RFC 3279, RFC 4055, RFC 5758, RFC 8410.
const ALGORITHMS: &[(&[u8], &str, Scheme)] = &[
    (&oid!(raw 1.2.840.113549.1.1.2), "md2WithRSAEncryption", Scheme::Unsupported),
    (&oid!(raw 1.2.840.113549.1.1.4), "md5WithRSAEncryption", Scheme::Unsupported),
    (&oid!(raw 1.2.840.113549.1.1.5), "sha1WithRSAEncryption", Scheme::Pkcs1(Hash::Sha1)),
    (&oid!(raw 1.2.840.113549.1.1.10), "rsassaPss", Scheme::Pss),
    (&oid!(raw 1.2.840.113549.1.1.11), "sha256WithRSAEncryption", Scheme::Pkcs1(Hash::Sha256)),
    (&oid!(raw 1.2.840.113549.1.1.12), "sha384WithRSAEncryption", Scheme::Pkcs1(Hash::Sha384)),
    (&oid!(raw 1.2.840.113549.1.1.13), "sha512WithRSAEncryption", Scheme::Pkcs1(Hash::Sha512)),
    (&oid!(raw 1.2.840.10045.4.1), "ecdsa-with-SHA1", Scheme::Ecdsa(Hash::Sha1)),
    (&oid!(raw 1.2.840.10045.4.3.2), "ecdsa-with-SHA256", Scheme::Ecdsa(Hash::Sha256)),
    (&oid!(raw 1.2.840.10045.4.3.3), "ecdsa-with-SHA384", Scheme::Ecdsa(Hash::Sha384)),
    (&oid!(raw 1.2.840.10045.4.3.4), "ecdsa-with-SHA512", Scheme::Ecdsa(Hash::Sha512)),
    (&oid!(raw 1.3.101.112), "ED25519", Scheme::Ed25519),
    (&oid!(raw 1.3.101.113), "ED448", Scheme::Unsupported),
];
