//! One path judged by Java (`PKIXCertPathValidator`, and the final checks of its builder, which are nearly the same).

use time::OffsetDateTime;

use super::super::facts::{
    BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, EXTENDED_KEY_USAGE, Facts, INHIBIT_ANY_POLICY, KEY_USAGE,
    NAME_CONSTRAINTS, POLICY_CONSTRAINTS, POLICY_MAPPINGS, usage,
};
use super::super::policies;
use super::super::reason::{Checked, Reason, Stop};
use super::{algorithms, names};
use crate::x509::Verdict;
use crate::x509::names::SUBJECT_ALT_NAME;

/// Judges a path, which begins with the server's certificate and does not have the anchor. The dates count at this time;
/// the builder has looked at them.
pub(super) fn path(path: &[&Facts<'_>], anchor: &Facts<'_>, at: Option<OffsetDateTime>) -> Checked {
    algorithms::check_key(anchor)?;
    lengths(path)?;
    for (index, facts) in path.iter().enumerate().rev() {
        algorithms::check(facts)?;
        if index > 0 && facts.lacks_usage(usage::KEY_CERT_SIGN) {
            return Err(Reason::usage(facts, "its key usage does not include signing certificates").into());
        }
        if let Some(at) = at {
            dates(facts, at)?;
        }
        critical(facts)?;
    }
    names::check(path)?;
    policies::check(path, "Java")?;
    let issuers = path.iter().skip(1).copied().chain([anchor]);
    let mut unknown = Ok(());
    for (facts, issuer) in path.iter().zip(issuers) {
        match signed(facts, issuer) {
            Err(Stop::Unknown(reason)) => unknown = Err(Stop::Unknown(reason)),
            judged => judged?,
        }
    }
    unknown
}

/// Basic constraints and path lengths, from the anchor down (`ConstraintsChecker`). Those of the anchor do not count.
fn lengths(path: &[&Facts<'_>]) -> Checked {
    let mut left = path.len() as i64;
    for (index, facts) in path.iter().enumerate().skip(1).rev() {
        let old = facts.certificate.version() < 3 && index + 1 == path.len() && facts.self_issued();
        if !(old || facts.is_ca()) {
            return Err(Reason::not_a_ca(facts, "its basic constraints do not say so").into());
        }
        if !facts.self_issued() {
            if left <= 0 {
                return Err(Reason::too_long(path[index + 1..].first().unwrap_or(facts)).into());
            }
            left -= 1;
        }
        left = facts.path_length().map_or(left, |length| left.min(length));
    }
    Ok(())
}

pub(super) fn dates(facts: &Facts<'_>, at: OffsetDateTime) -> Checked {
    if facts.certificate.not_before() > at {
        return Err(Reason::not_yet_valid(facts.certificate).into());
    }
    if facts.certificate.not_after() < at {
        return Err(Reason::expired(facts.certificate).into());
    }
    Ok(())
}

pub(super) fn critical(facts: &Facts<'_>) -> Checked {
    facts.critical_beside(PROCESSED).map_or(Ok(()), |oid| Err(Reason::critical(facts, oid).into()))
}

pub(super) fn signed(facts: &Facts<'_>, issuer: &Facts<'_>) -> Checked {
    match facts.signature_by(issuer) {
        Verdict::Valid => Ok(()),
        Verdict::Invalid => Err(Reason::signature(facts, issuer).into()),
        Verdict::Unknown => Err(Stop::Unknown(Reason::unverified(facts, "Java"))),
    }
}

const PROCESSED: &[&[u8]] = &[
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    POLICY_MAPPINGS,
    POLICY_CONSTRAINTS,
    INHIBIT_ANY_POLICY,
    SUBJECT_ALT_NAME,
    KEY_USAGE,
    EXTENDED_KEY_USAGE,
];
