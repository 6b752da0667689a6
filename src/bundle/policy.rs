//! The certificates of a set that a policy accepts or rejects, and why.

use super::set::{CertificateSet, Origin};
use super::{Policy, Reason};
use crate::system::text::shortened;
use crate::x509::{Certificate, Key, Verdict, own_signatures};

pub(super) enum Decision {
    Rejected(Reason),
    Accepted {
        /// Whether more than the user's word speaks for it: its own signature, its pin, or that this machine trusts it.
        verified: bool,
    },
}

/// Decides about each certificate of a sealed set, in the order of the set.
pub(super) fn decide(set: &CertificateSet, policy: &Policy) -> Vec<Decision> {
    let mut undecided = Vec::new();
    let mut decisions: Vec<Decision> = set
        .linked()
        .enumerate()
        .map(|(index, (certificate, links))| {
            let pinned = set.origins(links).any(|origin| matches!(origin, Origin::Provider { .. }));
            if let Some((reason, _)) = set.distrust_of(index) {
                return Decision::Rejected(Reason::Distrusted { reason });
            }
            decide_at_sight(certificate, pinned, policy).unwrap_or_else(|| {
                undecided.push((index, certificate, links));
                Decision::Accepted { verified: true }
            })
        })
        .collect();
    let certificates: Vec<&Certificate> = undecided.iter().map(|(_, certificate, _)| *certificate).collect();
    for ((index, certificate, links), verdict) in undecided.into_iter().zip(own_signatures(&certificates)) {
        decisions[index] = match verdict {
            Verdict::Valid => continue,
            Verdict::Invalid => Decision::Rejected(Reason::SignatureOfAnother),
            Verdict::Unknown if set.origins(links).any(is_of_machine) => continue,
            Verdict::Unknown if set.origins(links).any(is_of_user) => Decision::Accepted { verified: false },
            Verdict::Unknown => Decision::Rejected(Reason::UnknownSignature { signature: certificate.own_signature() }),
        };
    }
    decisions
}

/// Decides all but whether its own key made its signature. A pinned root was examined when it was pinned or accepted;
/// exceptions are documented with the pin.
fn decide_at_sight(certificate: &Certificate, pinned: bool, policy: &Policy) -> Option<Decision> {
    let reason = if policy.excludes(certificate) {
        Reason::Excluded
    } else if certificate.expired(policy.as_of) {
        Reason::Expired(certificate.not_after().date())
    } else if pinned {
        return Some(Decision::Accepted { verified: true });
    } else if let Key::Rsa(bits @ ..MIN_RSA_BITS) = certificate.key() {
        Reason::WeakKey { bits }
    } else if policy.allow_non_roots {
        return Some(Decision::Accepted { verified: true });
    } else if !certificate.is_self_issued() {
        Reason::NotSelfSigned { issuer: shortened(&certificate.issuer().to_string()).into_owned() }
    } else if !certificate.is_ca() {
        Reason::NotCa
    } else {
        return None;
    };
    Some(Decision::Rejected(reason))
}

fn is_of_machine(origin: &Origin) -> bool {
    matches!(origin, Origin::System | Origin::Jdk)
}

fn is_of_user(origin: &Origin) -> bool {
    matches!(origin, Origin::File(_) | Origin::Stdin)
}

/// 829 bits were factored in 2020; OpenSSL refuses fewer than 1024 by default.
const MIN_RSA_BITS: usize = 1024;
