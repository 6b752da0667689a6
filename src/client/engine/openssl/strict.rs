//! What `X509_V_FLAG_X509_STRICT` demands besides, of chains of two or more.

use super::super::facts::{AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, SUBJECT_KEY_ID, usage};
use super::super::reason::{Checked, Reason};
use super::kind::Kind;
use crate::x509::names::SUBJECT_ALT_NAME;

pub(super) fn check(kind: &Kind<'_>, last: bool) -> Checked {
    let problem = constraints(kind).or_else(|| names(kind)).or_else(|| identifiers(kind, last));
    problem.map_or(Ok(()), |why| Err(Reason::malformed(kind, why).into()))
}

fn constraints(kind: &Kind<'_>) -> Option<&'static str> {
    let signs = !kind.lacks_usage(usage::KEY_CERT_SIGN);
    let says_signs = kind.key_usage.get().is_some_and(|bits| bits & usage::KEY_CERT_SIGN != 0);
    match (kind.is_ca(), kind.path_length()) {
        (false, Some(_)) => Some("limits paths and is no CA, which strict verification forbids"),
        (true, Some(_)) if !signs => Some("limits paths and may not sign, which strict verification forbids"),
        (true, _) if !kind.is_critical(BASIC_CONSTRAINTS) => {
            Some("has basic constraints that are not critical, which strict verification demands")
        }
        (true, _) if kind.key_usage.get().is_none() => Some("has no key usage, which strict verification demands"),
        (false, _) if says_signs => Some("may sign certificates and is no CA, which strict verification forbids"),
        _ => None,
    }
}

fn names(kind: &Kind<'_>) -> Option<&'static str> {
    let named = kind.has(SUBJECT_ALT_NAME);
    let signs_lists = !kind.lacks_usage(usage::CRL_SIGN);
    if kind.issuer.is_empty() {
        return Some("has an empty issuer");
    }
    if kind.subject.is_empty() && (kind.is_ca() || signs_lists || !named) {
        return Some("has an empty subject");
    }
    if kind.subject.is_empty() && !kind.is_critical(SUBJECT_ALT_NAME) {
        return Some("has an empty subject and alternative names that are not critical");
    }
    if named && kind.names().is_empty() {
        return Some("has empty alternative names");
    }
    (!kind.one_algorithm).then_some("names two signature algorithms")
}

fn identifiers(kind: &Kind<'_>, last: bool) -> Option<&'static str> {
    if kind.is_critical(AUTHORITY_KEY_ID) || kind.is_critical(SUBJECT_KEY_ID) {
        return Some("has a critical key identifier, which strict verification forbids");
    }
    if kind.certificate.version() < 3 {
        return (!kind.extensions.is_empty()).then_some("has extensions and is not of version 3");
    }
    let authority = kind.authority_key();
    if !last && authority.is_none() {
        return Some("has no authority key identifier, which strict verification demands");
    }
    (kind.is_ca() && !kind.has(SUBJECT_KEY_ID))
        .then_some("has no subject key identifier, which strict verification demands")
}
