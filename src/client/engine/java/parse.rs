//! What Java refuses to read (`X509CertImpl`): with one such certificate sent, a handshake fails.

use super::super::facts::{
    AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, Facts, Field, KEY_USAGE, NAME_CONSTRAINTS, NETSCAPE_TYPE,
    SUBJECT_KEY_ID,
};
use crate::x509::names::{GeneralName, SUBJECT_ALT_NAME};
use crate::x509::{Curve, Key};

/// Returns why Java cannot read a certificate. An extension that is not critical may be anything.
pub(super) fn unreadable(facts: &Facts<'_>) -> Option<&'static str> {
    let unnamed = facts.subject.is_empty();
    let named = facts.is_critical(SUBJECT_ALT_NAME) && !facts.names().is_empty();
    let problems = [
        (facts.issuer.is_empty(), "has an empty issuer, which Java does not read"),
        (unnamed && !named, "has no name that Java reads"),
        (facts.has_duplicates(), "has an extension twice, which Java does not read"),
        (!facts.one_algorithm, "names two signature algorithms, which Java does not read"),
        (has_unreadable(facts), "has a critical extension that Java does not read"),
        (has_unknown_curve(facts), "has a key on a curve that Java does not read"),
    ];
    problems.into_iter().find(|(found, _)| *found).map(|(_, why)| why)
}

fn has_unreadable(facts: &Facts<'_>) -> bool {
    let bad_address =
        facts.names().iter().any(|name| matches!(name, GeneralName::Ip(ip) if ![4, 8, 16, 32].contains(&ip.len())));
    let malformed = [
        (BASIC_CONSTRAINTS, facts.basic_constraints.is_malformed()),
        (KEY_USAGE, facts.key_usage.is_malformed()),
        (EXTENDED_KEY_USAGE, facts.purposes.is_malformed()),
        (SUBJECT_KEY_ID, facts.key_id.is_malformed()),
        (AUTHORITY_KEY_ID, facts.authority.is_malformed()),
        (SUBJECT_ALT_NAME, facts.alt_names.is_malformed() || bad_address),
        (NAME_CONSTRAINTS, matches!(facts.constraints, Field::Malformed)),
        (NETSCAPE_TYPE, facts.netscape_type.is_malformed()),
    ];
    malformed.into_iter().any(|(oid, found)| found && facts.is_critical(oid))
}

/// The smaller curves and those beside NIST's were removed with JDK 16.
fn has_unknown_curve(facts: &Facts<'_>) -> bool {
    matches!(facts.certificate.key(), Key::Ec(Curve::Other(_) | Curve::P256K1))
}
