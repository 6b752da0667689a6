//! Name constraints in Go (`checkChainConstraints`): they hold for the alternative names of all certificates below, and
//! for no common name.

use super::super::constraints::{Constraints, Match, dns_within, ip_within, uri_host};
use super::super::facts::Facts;
use super::super::reason::{Checked, Reason};
use super::parse::is_domain;
use crate::x509::names::GeneralName;

pub(super) fn check(path: &[&Facts<'_>]) -> Checked {
    for (index, facts) in path.iter().enumerate() {
        for by in &path[index + 1..] {
            let Some(constraints) = by.constraints.get() else { continue };
            if !facts.names().iter().all(|name| allows(constraints, name)) {
                return Err(Reason::name(facts, by).into());
            }
        }
    }
    Ok(())
}

fn allows(constraints: &Constraints<'_>, name: &GeneralName<'_>) -> bool {
    let readable = match name {
        GeneralName::Dns(name) => is_domain(name),
        GeneralName::Uri(uri) => uri_host(uri).is_some_and(|host| !is_address(host)),
        GeneralName::Email(address) => host_of(address).is_some_and(is_domain),
        _ => true,
    };
    let under_wildcard = match name {
        GeneralName::Dns([b'*', rest @ ..]) => constraints.excluded.iter().any(|tree| match tree.base {
            GeneralName::Dns(base) => parent(base).is_some_and(|parent| parent.eq_ignore_ascii_case(rest)),
            _ => false,
        }),
        _ => false,
    };
    readable && !under_wildcard && constraints.allow(name, compare)
}

fn compare(base: &GeneralName<'_>, name: &GeneralName<'_>) -> Match {
    match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => Match::inside(dns_within(base, name)),
        (GeneralName::Ip(base), GeneralName::Ip(ip)) => ip_within(base, ip),
        (GeneralName::Uri(base), GeneralName::Uri(uri)) => {
            Match::inside(uri_host(uri).is_some_and(|host| dns_within(base, host)))
        }
        (GeneralName::Email(base), GeneralName::Email(address)) if base.contains(&b'@') => Match::inside(
            host_of(base).map(<[u8]>::to_ascii_lowercase) == host_of(address).map(<[u8]>::to_ascii_lowercase)
                && mailbox_of(base) == mailbox_of(address),
        ),
        (GeneralName::Email(base), GeneralName::Email(address)) => {
            Match::inside(host_of(address).is_some_and(|host| dns_within(base, host)))
        }
        _ => Match::OtherKind,
    }
}

/// What stands behind the first label, with its dot: a wildcard there would have the constrained name.
fn parent(base: &[u8]) -> Option<&[u8]> {
    let dot = base.iter().position(|octet| *octet == b'.')?;
    base.get(dot..)
}

fn is_address(host: &[u8]) -> bool {
    host.starts_with(b"[") || str::from_utf8(host).is_ok_and(|host| host.parse::<std::net::IpAddr>().is_ok())
}

fn host_of(address: &[u8]) -> Option<&[u8]> {
    let at = address.iter().rposition(|octet| *octet == b'@')?;
    address.get(at + 1..)
}

fn mailbox_of(address: &[u8]) -> Option<&[u8]> {
    let at = address.iter().rposition(|octet| *octet == b'@')?;
    address.get(..at)
}
