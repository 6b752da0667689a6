//! Entries of a store as Java sees them: trusted certificates, keys with their chains, and what it does not see.

use std::collections::{HashMap, HashSet};

use super::bag::{Bag, BagKind};
use crate::format::alias::folded;
use crate::format::{Member, MemberKind};
use crate::x509::{Certificate, NotACertificate};

/// Returns the entries as members, in their order. The certificates of a private key's chain are part of that key's
/// entry and no trust anchors: they are not handed over.
pub(super) fn members(bags: Vec<Bag<'_>>) -> Vec<Member> {
    let certificates: Vec<_> = bags.iter().map(parse).collect();
    let chained = chained(&bags, &certificates);
    let visible = visible(&bags, &certificates);
    let member = |(index, (bag, certificate)): (usize, (Bag<'_>, Parsed))| {
        let Bag { alias, position, .. } = bag;
        let certificate = match certificate {
            _ if chained.contains(&index) => return None,
            Some(Ok(certificate)) => certificate,
            Some(Err(error)) => return Some(Member::Rejected { position, reason: error.to_string() }),
            None => return Some(Member::Other { alias, kind: bag.kind.of_member(), position }),
        };
        let flaw = if !bag.trusted {
            Some(UNTRUSTED)
        } else if visible.contains(&index) {
            None
        } else {
            Some(SHADOWED)
        };
        Some(Member::Certificate { alias, certificate, position, flaw })
    };
    bags.into_iter().zip(certificates).enumerate().filter_map(member).collect()
}

type Parsed = Option<Result<Certificate, NotACertificate>>;

fn parse(bag: &Bag<'_>) -> Parsed {
    match &bag.kind {
        BagKind::Certificate(der) => Some(Certificate::from_der(&**der)),
        _ => None,
    }
}

impl BagKind<'_> {
    fn of_member(&self) -> MemberKind {
        match self {
            Self::Key => MemberKind::PrivateKey,
            Self::Revocations => MemberKind::RevocationList,
            Self::Secret => MemberKind::SecretKey,
            Self::Certificate(_) | Self::Unknown => MemberKind::Unknown,
        }
    }
}

/// The certificates that belong to private keys, found as Java finds them: the key's own by its identifier and its
/// name, then issuer by issuer, the first certificate of a subject being the one. What is trusted stays an entry.
fn chained(bags: &[Bag<'_>], certificates: &[Parsed]) -> HashSet<usize> {
    let keys: Vec<&Bag<'_>> = bags.iter().filter(|bag| matches!(bag.kind, BagKind::Key)).collect();
    let mut by_both = HashMap::new();
    let mut by_id = HashMap::new();
    let mut by_alias = HashMap::new();
    let mut by_subject = HashMap::new();
    for (index, (bag, certificate)) in bags.iter().zip(certificates).enumerate() {
        let Some(Ok(certificate)) = certificate else { continue };
        by_subject.entry(certificate.subject().as_bytes()).or_insert(index);
        if bag.trusted {
            continue;
        }
        // Old programs tie nothing where there is nothing to confuse: one key, its certificate first.
        let id = bag.key_id.as_deref().or_else(|| (keys.len() == 1 && bag.first).then_some(ONLY_KEY));
        let alias = bag.alias.as_deref().map(folded);
        by_both.entry((id, alias.clone())).or_insert(index);
        by_id.insert(id, index);
        by_alias.insert(alias, index);
    }

    let mut chained = HashSet::new();
    for key in &keys {
        let Some(id) = key.key_id.as_deref().or_else(|| (keys.len() == 1).then_some(ONLY_KEY)) else { continue };
        let alias = key.alias.as_deref().map(folded);
        let named = || alias.is_some().then(|| by_alias.get(&alias)).flatten();
        let own = by_both.get(&(Some(id), alias.clone())).or_else(|| by_id.get(&Some(id))).or_else(named);
        let mut next = own.copied();
        // A certificate that is known has its issuers known too.
        while let Some(index) = next.filter(|index| chained.insert(*index)) {
            let Some(Some(Ok(certificate))) = certificates.get(index) else { break };
            next = by_subject.get(certificate.issuer().as_bytes()).copied();
        }
    }
    chained.retain(|index| bags.get(*index).is_some_and(|bag| !bag.trusted));
    chained
}

/// The trusted certificates that Java shows: of entries with one name, the last.
fn visible(bags: &[Bag<'_>], certificates: &[Parsed]) -> HashSet<usize> {
    let mut last = HashMap::new();
    let mut nameless = HashSet::new();
    for (index, (bag, certificate)) in bags.iter().zip(certificates).enumerate() {
        let entry = match &bag.kind {
            BagKind::Certificate(_) => bag.trusted && matches!(certificate, Some(Ok(_))),
            BagKind::Key | BagKind::Secret => true,
            BagKind::Revocations | BagKind::Unknown => false,
        };
        match &bag.alias {
            Some(alias) if entry => drop(last.insert(folded(alias), index)),
            None if entry => drop(nameless.insert(index)),
            _ => {}
        }
    }
    last.into_values().chain(nameless).collect()
}

/// The identifier that Java assumes where there is one key and none is given.
const ONLY_KEY: &[u8] = b"01";

const UNTRUSTED: &str = "Java does not see it: it lacks the trusted attribute";
const SHADOWED: &str = "Java does not see it: a later entry has the same alias";
