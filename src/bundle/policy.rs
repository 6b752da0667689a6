//! The certificates of a set that a policy rejects, and why.

use super::set::{CertificateSet, Origin};
use super::{Pattern, Policy, Reason};
use crate::x509::{Certificate, Verdict, own_signatures};

/// Returns the certificates of a sealed set that a policy refuses: the place of each in the set, in ascending order,
/// and why.
pub(super) fn refused(set: &CertificateSet, policy: &Policy) -> Vec<(usize, Reason)> {
    let mut refused = Vec::new();
    let mut undecided = Vec::new();
    for (index, (certificate, links)) in set.linked().enumerate() {
        let pinned = set.origins(links).any(|origin| matches!(origin, Origin::Provider { .. }));
        match decide(certificate, pinned, policy) {
            Decision::Rejected(reason) => refused.push((index, reason)),
            Decision::Accepted => {}
            Decision::AcceptedIfSelfSigned => undecided.push((index, certificate)),
        }
    }
    let certificates: Vec<&Certificate> = undecided.iter().map(|(_, certificate)| *certificate).collect();
    for ((index, certificate), verdict) in undecided.into_iter().zip(own_signatures(&certificates)) {
        match verdict {
            Verdict::Valid => {}
            Verdict::Invalid => refused.push((index, Reason::SignatureOfAnother)),
            Verdict::Unknown => {
                refused.push((index, Reason::UnknownSignature { algorithm: certificate.signature_algorithm() }));
            }
        }
    }
    refused.sort_unstable_by_key(|(index, _)| *index);
    refused
}

enum Decision {
    Rejected(Reason),
    Accepted,
    /// If its own key made its signature.
    AcceptedIfSelfSigned,
}

/// A pinned root was examined when it was pinned or accepted; exceptions are documented with the pin.
fn decide(certificate: &Certificate, pinned: bool, policy: &Policy) -> Decision {
    let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(certificate));
    if matches(&policy.exclude) || !(policy.only.is_empty() || matches(&policy.only)) {
        return Decision::Rejected(Reason::Excluded);
    }
    if certificate.expired(policy.as_of) {
        return Decision::Rejected(Reason::Expired(certificate.not_after().date()));
    }
    if pinned || policy.allow_non_roots {
        return Decision::Accepted;
    }
    if !certificate.is_self_issued() {
        return Decision::Rejected(Reason::NotSelfSigned { issuer: certificate.issuer().to_string() });
    }
    if !certificate.is_ca() {
        return Decision::Rejected(Reason::NotCa);
    }
    Decision::AcceptedIfSelfSigned
}
