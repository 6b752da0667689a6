//! What Go refuses to read: with one such certificate sent, a handshake fails, and a pool leaves it out.

use super::super::constraints::Subtree;
use super::super::facts::{
    AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, CRL_POINTS, EXTENDED_KEY_USAGE, Facts, Field,
    INHIBIT_ANY_POLICY, KEY_USAGE, NAME_CONSTRAINTS, POLICY_CONSTRAINTS, POLICY_MAPPINGS, SUBJECT_KEY_ID,
};
use crate::x509::asn1::{Element, Error, Reader, oid, tag};
use crate::x509::names::{GeneralName, SUBJECT_ALT_NAME};
use crate::x509::{Curve, Key, Name};

/// Returns why Go cannot read a certificate (`ParseCertificate`).
pub(super) fn unreadable(facts: &Facts<'_>) -> Option<&'static str> {
    let negative = facts.certificate.serial_octets().first().is_some_and(|first| first & 0x80 != 0);
    let malformed = facts.key_usage.is_malformed()
        || facts.basic_constraints.is_malformed()
        || facts.path_length().is_some_and(|length| length < 0)
        || facts.purposes.is_malformed()
        || facts.key_id.is_malformed()
        || facts.authority.is_malformed()
        || !names_are_readable(facts)
        || !constraints_are_readable(facts)
        || !others_are_readable(facts);
    let problems = [
        (negative, "has a negative serial number, which Go does not read"),
        (!facts.one_algorithm, "names two signature algorithms, which Go does not read"),
        (facts.has_duplicates(), "has an extension twice, which Go does not read"),
        (malformed, "has an extension that Go does not read"),
        (!is_readable_name(facts.certificate.subject()), "has a subject that Go does not read"),
        (!is_readable_name(facts.certificate.issuer()), "has an issuer that Go does not read"),
        (!key_is_readable(facts), "has a key that Go does not read"),
    ];
    problems.into_iter().find(|(found, _)| *found).map(|(_, why)| why)
}

/// Returns the first critical extension that Go reads and does not process.
pub(super) fn unhandled<'a>(facts: &Facts<'a>) -> Option<&'a [u8]> {
    let named = |name: &GeneralName<'_>| !matches!(name, GeneralName::Directory(_) | GeneralName::Other(..));
    if facts.is_critical(SUBJECT_ALT_NAME) && !facts.names().iter().any(named) {
        return Some(SUBJECT_ALT_NAME);
    }
    let mut trees = facts.constraints.get().into_iter().flat_map(|found| found.permitted.iter().chain(&found.excluded));
    if facts.is_critical(NAME_CONSTRAINTS) && !trees.all(|tree| named(&tree.base)) {
        return Some(NAME_CONSTRAINTS);
    }
    facts.critical_beside(HANDLED)
}

/// RSASSA-PSS keys are of no kind to Go.
pub(super) fn is_pss_key(facts: &Facts<'_>) -> bool {
    key_algorithm(facts).is_ok_and(|(oid, _)| oid == oid!(raw 1.2.840.113549.1.1.10))
}

fn key_is_readable(facts: &Facts<'_>) -> bool {
    match facts.certificate.key() {
        Key::Rsa(_) => is_pss_key(facts) || key_algorithm(facts).is_ok_and(|(_, parameters)| parameters == [5, 0]),
        Key::Ec(Curve::Other(name)) => name == "P-224",
        Key::Ec(Curve::P256K1) => false,
        Key::Other(name) => name != "unreadable key",
        _ => true,
    }
}

/// The object identifier of the key's algorithm, and its parameters with their tag.
fn key_algorithm<'a>(facts: &Facts<'a>) -> Result<(&'a [u8], &'a [u8]), Error> {
    let mut key = Reader::new(facts.certificate.spki()).expect(tag::SEQUENCE, "the key")?.reader();
    let mut algorithm = key.expect(tag::SEQUENCE, "the algorithm")?.reader();
    Ok((algorithm.expect(tag::OID, "its type")?.content, algorithm.rest()))
}

fn is_readable_name(name: Name<'_>) -> bool {
    name.attributes().all(|(_, value)| match value.tag {
        tag::PRINTABLE_STRING => value.content.iter().all(|octet| is_printable(*octet)),
        tag::UTF8_STRING => str::from_utf8(value.content).is_ok(),
        tag::IA5_STRING => value.content.is_ascii(),
        tag::NUMERIC_STRING => value.content.iter().all(|octet| octet.is_ascii_digit() || *octet == b' '),
        tag::BMP_STRING => value.content.len() % 2 == 0,
        _ => true,
    })
}

/// Go lets asterisk and ampersand pass (`isPrintable`).
fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&octet)
}

fn names_are_readable(facts: &Facts<'_>) -> bool {
    !facts.alt_names.is_malformed()
        && facts.names().iter().all(|name| match name {
            GeneralName::Dns(name) | GeneralName::Email(name) => name.is_ascii(),
            GeneralName::Uri(uri) => uri.is_ascii() && is_readable_uri(uri),
            GeneralName::Ip(ip) => ip.len() == 4 || ip.len() == 16 && !is_mapped(ip),
            GeneralName::Directory(_) | GeneralName::Other(..) => true,
        })
}

fn is_readable_uri(uri: &[u8]) -> bool {
    !uri.iter().any(u8::is_ascii_control) && super::super::constraints::uri_host(uri).is_none_or(is_domain)
}

fn constraints_are_readable(facts: &Facts<'_>) -> bool {
    let readable = |tree: &Subtree<'_>| match tree.base {
        GeneralName::Dns(name) | GeneralName::Uri(name) => name.is_ascii() && is_constraint(name),
        GeneralName::Email(name) => name.is_ascii() && (name.contains(&b'@') || is_constraint(name)),
        GeneralName::Ip(ip) => is_network(ip),
        GeneralName::Directory(_) | GeneralName::Other(..) => true,
    };
    match &facts.constraints {
        Field::Absent => true,
        Field::Malformed => false,
        Field::Present(found) => {
            let mut trees = found.permitted.iter().chain(&found.excluded).peekable();
            trees.peek().is_some() && trees.all(readable)
        }
    }
}

/// An address and a mask of ones before zeros.
fn is_network(ip: &[u8]) -> bool {
    if ![8, 32].contains(&ip.len()) {
        return false;
    }
    let (address, mask) = ip.split_at(ip.len() / 2);
    let mut ended = false;
    let contiguous = mask.iter().all(|octet| {
        let fits = if ended { *octet == 0 } else { octet.leading_ones() + octet.trailing_zeros().min(8) >= 8 };
        ended |= *octet != 0xff;
        fits
    });
    contiguous && !is_mapped(address)
}

/// An IPv4 address in the form of IPv6.
fn is_mapped(ip: &[u8]) -> bool {
    ip.len() == 16 && ip.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
}

/// A leading dot is allowed in a constraint.
fn is_constraint(name: &[u8]) -> bool {
    is_domain(name.strip_prefix(b".").unwrap_or(name))
}

/// Labels of visible characters, no dot at the end (`domainNameValid`).
pub(super) fn is_domain(name: &[u8]) -> bool {
    let label = |label: &[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_graphic);
    name.is_empty() || name.split(|octet| *octet == b'.').all(label)
}

/// Key identifiers and authority information may not be critical, and the latter and the policies must be readable.
fn others_are_readable(facts: &Facts<'_>) -> bool {
    let sequence = |element: Result<Element<'_>, Error>| element.is_ok();
    facts.extensions.iter().all(|extension| match extension.oid {
        AUTHORITY_KEY_ID | SUBJECT_KEY_ID => !extension.critical,
        AUTHORITY_INFORMATION => !extension.critical && descriptions_are_readable(extension.value),
        CERTIFICATE_POLICIES | CRL_POINTS | POLICY_MAPPINGS => {
            let list = Reader::new(extension.value).expect(tag::SEQUENCE, "the list");
            list.is_ok_and(|list| list.reader().all(tag::SEQUENCE, "an entry").all(sequence))
        }
        POLICY_CONSTRAINTS => Reader::new(extension.value).expect(tag::SEQUENCE, "the constraints").is_ok(),
        INHIBIT_ANY_POLICY => Reader::new(extension.value).expect(tag::INTEGER, "the number").is_ok(),
        _ => true,
    })
}

fn descriptions_are_readable(value: &[u8]) -> bool {
    let description = |description: Result<Element<'_>, Error>| {
        description.is_ok_and(|description| description.reader().expect(tag::OID, "the method").is_ok())
    };
    let list = Reader::new(value).expect(tag::SEQUENCE, "the descriptions");
    list.is_ok_and(|list| list.reader().all(tag::SEQUENCE, "a description").all(description))
}

const AUTHORITY_INFORMATION: &[u8] = &oid!(raw 1.3.6.1.5.5.7.1.1);

const HANDLED: &[&[u8]] = &[
    SUBJECT_KEY_ID,
    KEY_USAGE,
    SUBJECT_ALT_NAME,
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    CRL_POINTS,
    CERTIFICATE_POLICIES,
    POLICY_MAPPINGS,
    AUTHORITY_KEY_ID,
    POLICY_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    INHIBIT_ANY_POLICY,
    AUTHORITY_INFORMATION,
];
