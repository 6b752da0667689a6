//! Certificate policies, as far as a client that asks for none meets them (RFC 5280 section 6.1).

use super::facts::{CERTIFICATE_POLICIES, Facts, POLICY_CONSTRAINTS};
use super::reason::{Checked, Reason, Stop};
use crate::x509::asn1::{Reader, tag};

/// Tells whether a path that must have a policy has one. It has none where one of its certificates names none; what else
/// it has is not computed. `path` begins with the server's certificate and does not have the anchor.
pub(super) fn check(path: &[&Facts<'_>], engine: &'static str) -> Checked {
    let mut left = path.len() as u64 + 1;
    let (mut needed, mut named) = (false, true);
    for (index, facts) in path.iter().enumerate().rev() {
        named &= facts.has(CERTIFICATE_POLICIES);
        if left == 0 && !named {
            return Err(missing(facts));
        }
        let own = require_explicit(facts);
        if index == 0 {
            left = left.saturating_sub(1);
            needed = left == 0 || own == Some(0);
        } else {
            if !facts.self_issued() {
                left = left.saturating_sub(1);
            }
            left = own.map_or(left, |own| left.min(own));
        }
    }
    match (needed, named, path.first()) {
        (true, false, Some(leaf)) => Err(missing(leaf)),
        (true, true, Some(leaf)) => {
            Err(Stop::Unknown(Reason::unknown(leaf, engine, "a CA demands a certificate policy")))
        }
        _ => Ok(()),
    }
}

fn missing(facts: &Facts<'_>) -> Stop {
    Reason::malformed(facts, "names no certificate policy, which a CA above it demands").into()
}

/// `requireExplicitPolicy` of the policy constraints (RFC 5280 section 4.2.1.11).
fn require_explicit(facts: &Facts<'_>) -> Option<u64> {
    let extension = facts.extensions.iter().find(|extension| extension.oid == POLICY_CONSTRAINTS)?;
    let mut fields = Reader::new(extension.value).expect(tag::SEQUENCE, "the policy constraints").ok()?.reader();
    fields.optional(tag::context(0)).ok()??.number("certificates without a policy", u64::MAX).ok()
}
