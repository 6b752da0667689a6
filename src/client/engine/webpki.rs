//! rustls-webpki itself, with the signature algorithms that rustls takes with one of its two providers.
//!
//! rustls reads a store by `anchor_from_trusted_cert`; what that cannot read is no anchor.

use std::time::Duration;

use pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
    alg_id,
};
use webpki::aws_lc_rs as algorithms;
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::reason::Reason;
use super::stand_in;
use super::{Answer, Question};
use crate::x509::{Certificate, Curve, Key};

/// What rustls verifies signatures with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// aws-lc-rs, the default since rustls 0.23.
    AwsLc,
    /// ring, which has no P-521.
    Ring,
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Self::AwsLc => "rustls with aws-lc-rs",
            Self::Ring => "rustls with ring",
        }
    }

    fn algorithms(self) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
        match self {
            Self::AwsLc => [SHARED, ONLY_AWS_LC].concat(),
            Self::Ring => SHARED.to_vec(),
        }
    }

    /// Tells whether a server can prove that it has such a key: TLS has signatures of these only.
    fn has_handshakes_with(self, key: &Key) -> bool {
        match key {
            Key::Ec(Curve::P256 | Curve::P384) | Key::Ed25519 => true,
            Key::Ec(Curve::P521) => self == Self::AwsLc,
            Key::Rsa(bits) => (2048..=8192).contains(bits),
            Key::Ec(_) | Key::Ed448 | Key::Other(_) => false,
        }
    }
}

/// rustls reads the server's certificate for the signature of the handshake too.
pub(super) fn handshake(provider: Provider, leaf: &Certificate) -> Option<Reason> {
    let key = leaf.key();
    let is_pss = leaf.spki().windows(super::RSA_PSS.len()).any(|bytes| bytes == super::RSA_PSS);
    if is_pss || !provider.has_handshakes_with(&key) {
        let (certificate, engine) = (leaf.title(), provider.name().to_owned());
        return Some(Reason::Algorithm { certificate, what: format!("the key {key}"), engine });
    }
    EndEntityCert::try_from(&CertificateDer::from(leaf.der())).err().map(|error| refusal(leaf, &error))
}

/// With a stand-in for the first certificate its signature is taken for good.
pub(super) fn build(provider: Provider, question: Question<'_>, with_stand_in: bool) -> Answer {
    let [leaf, sent @ ..] = question.chain else { return Answer::Refused(Reason::NothingSent) };
    if let Some(reason) = handshake(provider, leaf).filter(|_| !with_stand_in) {
        return Answer::Refused(reason);
    }
    let ders: Vec<CertificateDer<'_>> = question.anchors.iter().map(|anchor| anchor.der().into()).collect();
    let read = question.anchors.iter().zip(&ders);
    let (known, anchors): (Vec<&Certificate>, Vec<TrustAnchor<'_>>) =
        read.filter_map(|(certificate, der)| Some((certificate, anchor_from_trusted_cert(der).ok()?))).unzip();
    let intermediates: Vec<CertificateDer<'_>> = sent.iter().map(|certificate| certificate.der().into()).collect();
    let seconds = u64::try_from(question.at.unix_timestamp()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let der = CertificateDer::from(leaf.der());
    let usage = KeyUsage::server_auth();
    let mut algorithms = provider.algorithms();
    if with_stand_in {
        algorithms.extend(STAND_INS.iter().map(|stand_in| stand_in as &dyn SignatureVerificationAlgorithm));
    }
    let end = match EndEntityCert::try_from(&der) {
        Ok(end) => end,
        Err(error) => return Answer::Refused(refusal(leaf, &error)),
    };
    match end.verify_for_usage(&algorithms, &anchors, &intermediates, time, usage, None, None) {
        Ok(path) => Answer::Trusted { path: certificates(&path, leaf, sent, (&known, &anchors)) },
        Err(error @ (Error::CertExpired { .. } | Error::CertNotValidYet { .. })) => {
            Answer::Refused(dated(question).unwrap_or_else(|| refusal(leaf, &error)))
        }
        Err(error) => Answer::Refused(refusal(leaf, &error)),
    }
}

fn certificates(
    path: &VerifiedPath<'_>,
    leaf: &Certificate,
    sent: &[Certificate],
    (known, anchors): (&[&Certificate], &[TrustAnchor<'_>]),
) -> Vec<Certificate> {
    let between = path.intermediate_certificates().filter_map(|found| {
        let der = found.der();
        sent.iter().find(|certificate| certificate.der() == &*der)
    });
    let anchor =
        known.iter().zip(anchors).find(|(_, anchor)| *anchor == path.anchor()).map(|(certificate, _)| *certificate);
    [leaf].into_iter().chain(between).chain(anchor).cloned().collect()
}

/// webpki does not say which certificate is out of its time.
fn dated(question: Question<'_>) -> Option<Reason> {
    let at = question.at.unix_timestamp();
    question.chain.iter().find_map(|certificate| match certificate {
        ended if ended.not_after().unix_timestamp() < at => Some(Reason::expired(ended)),
        early if early.not_before().unix_timestamp() > at => Some(Reason::not_yet_valid(early)),
        _ => None,
    })
}

fn refusal(leaf: &Certificate, error: &Error) -> Reason {
    let certificate = leaf.title();
    match error {
        Error::UnknownIssuer => {
            Reason::NoIssuer { certificate, issuer: leaf.issuer().to_string(), place: "does not lead to the store" }
        }
        Error::CaUsedAsEndEntity => Reason::Webpki { certificate, why: "it is the certificate of a CA".to_owned() },
        error => Reason::Webpki { certificate, why: format!("{error:?}") },
    }
}

/// `SUPPORTED_SIG_ALGS` of rustls with ring.
static SHARED: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
];

/// What it has besides with aws-lc-rs. ML-DSA is in neither: servers have no such certificates yet.
static ONLY_AWS_LC: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA512,
    algorithms::ECDSA_P521_SHA256,
    algorithms::ECDSA_P521_SHA384,
    algorithms::ECDSA_P521_SHA512,
];

/// Takes the signature of a stand-in for good, by a key of this kind.
#[derive(Debug)]
struct StandIn(AlgorithmIdentifier);

impl SignatureVerificationAlgorithm for StandIn {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // Without the tag and the length of its SEQUENCE.
        AlgorithmIdentifier::from_slice(&stand_in::OWN[2..])
    }
}

static STAND_INS: &[StandIn] = &[
    StandIn(alg_id::RSA_ENCRYPTION),
    StandIn(alg_id::ECDSA_P256),
    StandIn(alg_id::ECDSA_P384),
    StandIn(alg_id::ECDSA_P521),
    StandIn(alg_id::ED25519),
];
