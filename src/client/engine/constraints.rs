//! Name constraints (RFC 5280 section 4.2.1.10) as far as the engines read them alike.

use crate::x509::asn1::{Error, Reader, tag};
use crate::x509::name_hash;
use crate::x509::names::GeneralName;

/// The subtrees of names that a CA may issue for, and those that it may not.
#[derive(Clone, Debug)]
pub(super) struct Constraints<'a> {
    pub(super) permitted: Vec<Subtree<'a>>,
    pub(super) excluded: Vec<Subtree<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Subtree<'a> {
    pub(super) base: GeneralName<'a>,
    /// It has a minimum above zero or a maximum, which no engine supports.
    pub(super) bounded: bool,
}

/// How a name stands to the base of a subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Within it.
    Inside,
    OtherKind,
    Outside,
    /// The engine gives up.
    Unreadable,
}

impl Match {
    pub(super) fn inside(inside: bool) -> Self {
        if inside { Self::Inside } else { Self::Outside }
    }
}

impl<'a> Constraints<'a> {
    pub(super) fn read(value: &'a [u8]) -> Result<Self, Error> {
        let mut outer = Reader::new(value);
        let mut fields = outer.expect(tag::SEQUENCE, "the name constraints")?.reader();
        let mut trees = |number| match fields.optional(tag::context_constructed(number))? {
            Some(trees) => trees.reader().all(tag::SEQUENCE, "a subtree").map(|tree| subtree(tree?.reader())).collect(),
            None => Ok(Vec::new()),
        };
        let (permitted, excluded) = (trees(0)?, trees(1)?);
        if fields.is_empty() && outer.is_empty() {
            Ok(Self { permitted, excluded })
        } else {
            Err(fields.malformed("more than belongs there"))
        }
    }

    /// Tells whether they allow a name: within one of the permitted subtrees of its kind, where there are such, and within
    /// none of the excluded.
    pub(super) fn allow(
        &self,
        name: &GeneralName<'_>,
        compare: impl Fn(&GeneralName<'_>, &GeneralName<'_>) -> Match,
    ) -> bool {
        let (mut limited, mut permitted) = (false, false);
        for tree in &self.permitted {
            match compare(&tree.base, name) {
                Match::OtherKind => continue,
                Match::Unreadable => return false,
                _ if tree.bounded => return false,
                Match::Inside => permitted = true,
                Match::Outside => {}
            }
            limited = true;
        }
        let excludes = |tree: &Subtree<'_>| match compare(&tree.base, name) {
            Match::OtherKind => false,
            Match::Inside | Match::Unreadable => true,
            Match::Outside => tree.bounded,
        };
        (permitted || !limited) && !self.excluded.iter().any(excludes)
    }
}

fn subtree(mut fields: Reader<'_>) -> Result<Subtree<'_>, Error> {
    let base = GeneralName::of(&fields.element()?);
    let minimum = fields.optional(tag::context(0))?;
    let maximum = fields.optional(tag::context(1))?;
    let bounded = maximum.is_some() || minimum.is_some_and(|minimum| minimum.content.iter().any(|octet| *octet != 0));
    if fields.is_empty() { Ok(Subtree { base, bounded }) } else { Err(fields.malformed("more than belongs there")) }
}

/// Tells whether a DNS name is the base or ends with it at a dot. An empty base has all names.
pub(super) fn dns_within(base: &[u8], name: &[u8]) -> bool {
    let Some(before) = name.len().checked_sub(base.len()) else { return false };
    let (rest, end) = name.split_at(before);
    base.is_empty()
        || (end.eq_ignore_ascii_case(base) && (rest.is_empty() || base.starts_with(b".") || rest.ends_with(b".")))
}

/// Tells whether a host is the base, or ends with it where it begins with a dot: the rule for addresses of mail and web.
pub(super) fn host_within(base: &[u8], host: &[u8]) -> bool {
    match base {
        [b'.', ..] => host.len() > base.len() && dns_within(base, host),
        _ => host.eq_ignore_ascii_case(base),
    }
}

/// How a mail address stands to a base, which is an address or a host.
pub(super) fn email_within(base: &[u8], address: &[u8]) -> Match {
    let Some((mailbox, host)) = split_last(address, b'@') else { return Match::Unreadable };
    Match::inside(match split_last(base, b'@') {
        Some((wanted, base)) => (wanted.is_empty() || wanted == mailbox) && host.eq_ignore_ascii_case(base),
        None => host_within(base, host),
    })
}

/// How an address of 4 or 16 octets stands to a base of an address and a mask.
pub(super) fn ip_within(base: &[u8], ip: &[u8]) -> Match {
    if ![4, 16].contains(&ip.len()) || ![8, 32].contains(&base.len()) {
        return Match::Unreadable;
    }
    if base.len() != 2 * ip.len() {
        return Match::Outside;
    }
    let (network, mask) = base.split_at(ip.len());
    let same = |((ip, network), mask): ((&u8, &u8), &u8)| ip & mask == network & mask;
    Match::inside(ip.iter().zip(network).zip(mask).all(same))
}

/// Tells whether a name, as its RDNSequence, begins with the base.
pub(super) fn directory_within(base: &[u8], name: &[u8]) -> Match {
    match (name_hash::canonical(base), name_hash::canonical(name)) {
        (Some(base), Some(name)) => Match::inside(name.starts_with(&base)),
        _ => Match::Unreadable,
    }
}

/// Returns the host of a URI: what stands between `//` and a colon or a slash.
pub(super) fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let start = uri.windows(3).position(|three| three == b"://")? + 3;
    let rest = uri.get(start..)?;
    let length = rest.iter().position(|octet| b":/?#".contains(octet)).unwrap_or(rest.len());
    Some(&rest[..length]).filter(|host| !host.is_empty())
}

fn split_last(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let index = text.iter().rposition(|octet| *octet == at)?;
    Some((&text[..index], &text[index + 1..]))
}
