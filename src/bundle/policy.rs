//! What of a set a policy refuses, and why.

use super::set::{CertificateSet, Origin};
use super::{Pattern, Policy, Reason};
use crate::x509::{Certificate, Verdict, own_signatures};

/// The certificates of a sealed set that a policy refuses: the place of each in the set, in ascending order, and why.
pub(super) fn refused(set: &CertificateSet, policy: &Policy) -> Vec<(usize, Reason)> {
    let mut refused = Vec::new();
    let mut unproved = Vec::new();
    for (index, (certificate, links)) in set.linked().enumerate() {
        let pinned = set.origins(links).any(|origin| matches!(origin, Origin::Provider { .. }));
        match judge(certificate, pinned, policy) {
            Judgement::Refused(reason) => refused.push((index, reason)),
            Judgement::Taken => {}
            Judgement::TakenIfProved => unproved.push((index, certificate)),
        }
    }
    let certificates: Vec<&Certificate> = unproved.iter().map(|(_, certificate)| *certificate).collect();
    for ((index, certificate), verdict) in unproved.into_iter().zip(own_signatures(&certificates)) {
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

enum Judgement {
    Refused(Reason),
    Taken,
    /// If its own key made its signature.
    TakenIfProved,
}

/// A pin has been judged when it was pinned or accepted; exceptions are documented with it.
fn judge(certificate: &Certificate, pinned: bool, policy: &Policy) -> Judgement {
    let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(certificate));
    if matches(&policy.exclude) || !(policy.only.is_empty() || matches(&policy.only)) {
        return Judgement::Refused(Reason::Excluded);
    }
    if certificate.expired(policy.as_of) {
        return Judgement::Refused(Reason::Expired(certificate.not_after().date()));
    }
    if pinned || policy.allow_non_roots {
        return Judgement::Taken;
    }
    if !certificate.is_self_issued() {
        return Judgement::Refused(Reason::NotSelfSigned { issuer: certificate.issuer().to_string() });
    }
    if !certificate.is_ca() {
        return Judgement::Refused(Reason::NotCa);
    }
    Judgement::TakenIfProved
}
