//! Name constraints in Java (`NameConstraintsExtension`). Those of the anchor do not count.

use std::net::IpAddr;

use super::super::constraints::{
    Constraints, Match, directory_within, dns_within, email_within, host_within, ip_within, uri_host,
};
use super::super::facts::Facts;
use super::super::reason::{Checked, Reason, Stop};
use crate::x509::asn1::oid;
use crate::x509::names::GeneralName;

/// Every CA's constraints hold for all certificates below it, but for CAs that are self-issued.
pub(super) fn check(path: &[&Facts<'_>]) -> Checked {
    for (index, facts) in path.iter().enumerate() {
        if index != 0 && facts.self_issued() {
            continue;
        }
        for by in &path[index + 1..] {
            let Some(constraints) = by.constraints.get() else { continue };
            match [false, true].map(|dotted| allows(constraints, facts, dotted)) {
                [true, true] => {}
                [false, false] => return Err(Reason::name(facts, by).into()),
                _ => {
                    let why = "releases differ on name constraints that begin with a dot";
                    return Err(Stop::Unknown(Reason::unknown(by, "Java", why)));
                }
            }
        }
    }
    Ok(())
}

/// Not every release sees a domain and all below it in a base that begins with a dot (`dotted`): 17.0.9 and 21.0.4 do not,
/// 17.0.15 and 25 do.
fn allows(constraints: &Constraints<'_>, facts: &Facts<'_>, dotted: bool) -> bool {
    let compare = |base: &GeneralName<'_>, name: &GeneralName<'_>| compare(base, name, dotted);
    let subject = facts.certificate.subject();
    let bounded = constraints.permitted.iter().chain(&constraints.excluded).any(|tree| tree.bounded);
    let mut emails = subject.attributes().filter(|(oid, _)| *oid == EMAIL_ADDRESS);
    !bounded
        && (subject.as_bytes().is_empty() || constraints.allow(&GeneralName::Directory(subject), compare))
        && facts.names().iter().all(|name| constraints.allow(name, compare))
        && (facts.alt_names.get().is_some()
            || emails.all(|(_, value)| constraints.allow(&GeneralName::Email(value.content), compare)))
        && common_name(constraints, facts, compare)
}

/// The most specific common name is one more name where there is none of its kind: an address, or what Java takes for a
/// DNS name.
fn common_name(
    constraints: &Constraints<'_>,
    facts: &Facts<'_>,
    compare: impl Fn(&GeneralName<'_>, &GeneralName<'_>) -> Match,
) -> bool {
    let Some(name) = facts.certificate.common_names().pop() else { return true };
    match name.parse() {
        Ok(address) if !facts.names().iter().any(|name| matches!(name, GeneralName::Ip(_))) => match address {
            IpAddr::V4(ip) => constraints.allow(&GeneralName::Ip(&ip.octets()), compare),
            IpAddr::V6(ip) => constraints.allow(&GeneralName::Ip(&ip.octets()), compare),
        },
        Ok(_) => true,
        Err(_) if facts.names().iter().any(|name| matches!(name, GeneralName::Dns(_))) => true,
        Err(_) => !is_host(&name) || constraints.allow(&GeneralName::Dns(name.as_bytes()), compare),
    }
}

/// Labels of letters, digits and hyphens, no hyphen in front (`DNSName`).
fn is_host(name: &str) -> bool {
    name.split('.').all(|label| {
        label.starts_with(|first: char| first.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

fn compare(base: &GeneralName<'_>, name: &GeneralName<'_>, dotted: bool) -> Match {
    match (base, name) {
        (GeneralName::Dns([]), GeneralName::Dns(_)) => Match::Unreadable,
        (GeneralName::Dns([b'.', ..]), GeneralName::Dns(_)) if !dotted => Match::Outside,
        (GeneralName::Dns(base), GeneralName::Dns(name)) => Match::inside(dns_within(base, name)),
        // Java takes a network for a name, which is within itself.
        (GeneralName::Ip(base), GeneralName::Ip(ip)) if base == ip => Match::Inside,
        (GeneralName::Ip(base), GeneralName::Ip(ip)) => ip_within(base, ip),
        (GeneralName::Email(base), GeneralName::Email(address)) => email_within(base, address),
        (GeneralName::Uri(base), GeneralName::Uri(uri)) => {
            Match::inside(uri_host(uri).is_some_and(|host| host_within(base, host)))
        }
        (GeneralName::Directory(base), GeneralName::Directory(name)) => {
            directory_within(base.as_bytes(), name.as_bytes())
        }
        (GeneralName::Other(base, _), GeneralName::Other(name, _)) if base == name => Match::Unreadable,
        _ => Match::OtherKind,
    }
}

const EMAIL_ADDRESS: &[u8] = &oid!(raw 1.2.840.113549.1.9.1);
