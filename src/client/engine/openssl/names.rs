//! Name constraints in OpenSSL (`check_name_constraints`, v3_ncons.c).

use super::super::constraints::{
    Constraints, Match, directory_within, dns_within, email_within, host_within, ip_within, uri_host,
};
use super::super::reason::{Checked, Reason};
use super::build::Chain;
use super::kind::Kind;
use crate::x509::asn1::{oid, tag};
use crate::x509::names::GeneralName;

/// Every CA's constraints hold for all certificates below it, but for CAs that are self-issued.
pub(super) fn check(chain: &Chain<'_, '_>) -> Checked {
    for (index, kind) in chain.certificates.iter().enumerate() {
        if index != 0 && kind.self_issued() {
            continue;
        }
        for by in &chain.certificates[index + 1..] {
            let Some(constraints) = by.constraints.get() else { continue };
            let names = kind.names().len() + kind.certificate.subject().attributes().count();
            let trees = constraints.permitted.len() + constraints.excluded.len();
            let allowed = names.saturating_mul(trees) <= MOST
                && subject(kind, constraints)
                && kind.names().iter().all(|name| constraints.allow(name, compare))
                && (index != 0 || common_names(kind, constraints));
            if !allowed {
                return Err(Reason::name(kind, by).into());
            }
        }
    }
    Ok(())
}

/// The subject is a directory name, and a mail address in it is one more name.
fn subject(kind: &Kind<'_>, constraints: &Constraints<'_>) -> bool {
    let subject = kind.certificate.subject();
    let mut emails = subject.attributes().filter(|(oid, _)| *oid == EMAIL_ADDRESS);
    subject.as_bytes().is_empty()
        || (constraints.allow(&GeneralName::Directory(subject), compare)
            && emails.all(|(_, value)| {
                value.tag == tag::IA5_STRING && constraints.allow(&GeneralName::Email(value.content), compare)
            }))
}

/// Where there is no DNS name, a common name that looks like one counts as one.
fn common_names(kind: &Kind<'_>, constraints: &Constraints<'_>) -> bool {
    if kind.names().iter().any(|name| matches!(name, GeneralName::Dns(_))) {
        return true;
    }
    kind.certificate.common_names().iter().all(|name| {
        let name = name.trim_end_matches('\0');
        let allowed = !looks_like_host(name) || constraints.allow(&GeneralName::Dns(name.as_bytes()), compare);
        !name.contains('\0') && allowed
    })
}

/// Two labels or more, of letters, digits, hyphens and underscores (`cn2dnsid`).
fn looks_like_host(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let label = |label: &&str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !label.is_empty() && label.chars().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    labels.len() > 1 && labels.iter().all(label)
}

fn compare(base: &GeneralName<'_>, name: &GeneralName<'_>) -> Match {
    match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => Match::inside(dns_within(base, name)),
        (GeneralName::Ip(base), GeneralName::Ip(ip)) => ip_within(base, ip),
        (GeneralName::Email(base), GeneralName::Email(address)) => email_within(base, address),
        (GeneralName::Uri(base), GeneralName::Uri(uri)) => {
            uri_host(uri).map_or(Match::Unreadable, |host| Match::inside(host_within(base, host)))
        }
        (GeneralName::Directory(base), GeneralName::Directory(name)) => {
            directory_within(base.as_bytes(), name.as_bytes())
        }
        // What OpenSSL cannot compare must not be constrained. Of an otherName it is the type that counts.
        (GeneralName::Other(OTHER_NAME, base), GeneralName::Other(OTHER_NAME, name)) => {
            if other_type(base) == other_type(name) { Match::Unreadable } else { Match::OtherKind }
        }
        (GeneralName::Other(base, _), GeneralName::Other(name, _)) if base == name => Match::Unreadable,
        _ => Match::OtherKind,
    }
}

/// The object identifier in front of an otherName.
fn other_type(content: &[u8]) -> Option<&[u8]> {
    let length = usize::from(*content.get(1)?);
    content.get(..length + 2)
}

const EMAIL_ADDRESS: &[u8] = &oid!(raw 1.2.840.113549.1.9.1);
const OTHER_NAME: u8 = tag::context_constructed(0);
/// `NAME_CHECK_MAX`: names times constraints.
const MOST: usize = 1 << 20;
