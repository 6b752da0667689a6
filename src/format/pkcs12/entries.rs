//! Entries of a store as Java sees them: trusted certificates, keys with their chains, and what it does not see.

use std::collections::{HashMap, HashSet};

use super::bag::{Bag, BagKind};
use crate::format::alias::folded;
use crate::format::private_key::too_many;
use crate::format::{Error, Member, MemberKind, PrivateKey};
use crate::system::limits;
use crate::x509::{Certificate, NotACertificate};

/// Returns the entries as members, in their order. The certificates of a private key's chain are part of that key's
/// entry and no trust anchors: they are handed over with it.
pub(super) fn members(bags: Vec<Bag<'_>>) -> Result<Vec<Member>, Error> {
    let certificates: Vec<_> = bags.iter().map(parse).collect();
    let mut chains = chains(&bags, &certificates)?;
    let chained: HashSet<usize> =
        chains.values().flatten().copied().filter(|index| bags.get(*index).is_some_and(|bag| !bag.trusted)).collect();
    let visible = visible(&bags, &certificates);
    let in_chain = |index: usize| certificates.get(index).cloned().flatten().and_then(Result::ok).map(Ok);
    let member = |(index, (bag, certificate)): (usize, (Bag<'_>, &Parsed))| {
        let Bag { alias, position, .. } = bag;
        let certificate = match certificate {
            _ if chained.contains(&index) => return None,
            Some(Ok(certificate)) => certificate.clone(),
            Some(Err(error)) => return Some(Member::Rejected { position, reason: error.to_string() }),
            None => {
                return Some(match bag.kind.of_member() {
                    MemberKind::PrivateKey => {
                        let chain = chains.remove(&index).unwrap_or_default().into_iter().filter_map(in_chain);
                        Member::PrivateKey(PrivateKey::entry(alias, position, chain.collect()))
                    }
                    kind => Member::Other { alias, kind, position },
                });
            }
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
    Ok(bags.into_iter().zip(&certificates).enumerate().filter_map(member).collect())
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

/// The certificates that belong to each private key, found as Java finds them: the key's own by its identifier and its
/// name, then issuer by issuer up to one that is its own, the first certificate of a subject being the one.
fn chains(bags: &[Bag<'_>], certificates: &[Parsed]) -> Result<HashMap<usize, Vec<usize>>, Error> {
    let is_key = |(_, bag): &(usize, &Bag<'_>)| matches!(bag.kind, BagKind::Key);
    let keys: Vec<(usize, &Bag<'_>)> = bags.iter().enumerate().filter(is_key).collect();
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

    let mut chains = HashMap::new();
    let mut left = limits::STORE_ENTRIES;
    for (place, key) in &keys {
        let Some(id) = key.key_id.as_deref().or_else(|| (keys.len() == 1).then_some(ONLY_KEY)) else { continue };
        let alias = key.alias.as_deref().map(folded);
        let named = || alias.is_some().then(|| by_alias.get(&alias)).flatten();
        let own = by_both.get(&(Some(id), alias.clone())).or_else(|| by_id.get(&Some(id))).or_else(named);
        let mut next = own.copied();
        let (mut chain, mut known) = (Vec::new(), HashSet::new());
        while let Some(index) = next.filter(|index| known.insert(*index)) {
            let Some(Some(Ok(certificate))) = certificates.get(index) else { break };
            left = left.checked_sub(1).ok_or_else(too_many)?;
            chain.push(index);
            let issuer = Some(certificate.issuer()).filter(|issuer| *issuer != certificate.subject());
            next = issuer.and_then(|issuer| by_subject.get(issuer.as_bytes()).copied());
        }
        chains.insert(*place, chain);
    }
    Ok(chains)
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
