//! SafeBags (RFC 7292 section 4.2): the entries of a store with their names.

use std::borrow::Cow;

use crate::format::alias::is_own;
use crate::format::{Error, Goes, Position, goes_if};
use crate::system::limits;
use crate::x509::Certificate;
use crate::x509::asn1::{Element, Reader, Spot, bmp_text, der, oid, tag};

/// One entry.
pub(super) struct Bag<'a> {
    pub(super) kind: BagKind<'a>,
    pub(super) alias: Option<String>,
    /// What ties a private key and its certificate together.
    pub(super) key_id: Option<Cow<'a, [u8]>>,
    /// Whether it has Java's attribute for certificates that are trusted, whatever for: Java does not look at that.
    pub(super) trusted: bool,
    /// Whether its list begins with it.
    pub(super) first: bool,
    pub(super) position: Position,
}

pub(super) enum BagKind<'a> {
    Certificate(Cow<'a, [u8]>),
    Key,
    Revocations,
    Secret,
    Unknown,
}

/// Reads the entries of a SafeContents.
pub(super) fn read<'a>(contents: &'a [u8], spot: Spot, bags: &mut Vec<Bag<'a>>) -> Result<(), Error> {
    if contents.is_empty() {
        return Ok(());
    }
    let list = Reader::at(contents, spot).expect(tag::SEQUENCE, "the list of entries")?;
    let mut levels = vec![(list.reader(), true)];
    while let Some((list, first)) = levels.last_mut() {
        if list.is_empty() {
            levels.pop();
            continue;
        }
        let bag = list.expect(tag::SEQUENCE, "an entry")?;
        let first = std::mem::take(first);
        if bags.len() == limits::STORE_ENTRIES as usize {
            let limit = limits::STORE_ENTRIES.into();
            return Err(Error::Limit { what: "entries", limit, found: limit + 1 });
        }
        let mut fields = bag.reader();
        let oid = fields.expect(tag::OID, "the kind of an entry")?.content;
        let value = fields.expect(tag::context_constructed(0), "the value of an entry")?;
        let kind = match oid.strip_prefix(BAG) {
            Some([NESTED]) if levels.len() < limits::NESTING => {
                let nested = value.reader().expect(tag::SEQUENCE, "the list of entries")?;
                levels.push((nested.reader(), true));
                continue;
            }
            Some([NESTED]) => {
                let (limit, found) = (limits::NESTING as u64, levels.len() as u64 + 1);
                return Err(Error::Limit { what: "levels of nesting", limit, found });
            }
            Some([KEY | SHROUDED_KEY]) => BagKind::Key,
            Some([CERTIFICATE]) => certificate(&value)?.map_or(BagKind::Unknown, BagKind::Certificate),
            Some([REVOCATIONS]) => BagKind::Revocations,
            Some([SECRET]) => BagKind::Secret,
            _ => BagKind::Unknown,
        };
        let mut bag =
            Bag { kind, alias: None, key_id: None, trusted: false, first, position: Position::binary(bag.bytes()) };
        if let Some(attributes) = fields.optional(tag::SET)? {
            bag.read_attributes(attributes.reader())?;
        }
        bags.push(bag);
    }
    Ok(())
}

/// The rest of a list once entries are removed.
pub(super) enum Left {
    /// It had none of them.
    All,
    /// It had no others.
    Nothing,
    /// The others, as a list.
    Others(Vec<u8>),
}

/// Returns the list without what goes of the certificates that are trusted. Lists within it hold what others put there.
pub(super) fn without(contents: &[u8], spot: Spot, goes: Goes<'_>) -> Result<Left, Error> {
    if contents.is_empty() {
        return Ok(Left::All);
    }
    let mut list = Reader::at(contents, spot).expect(tag::SEQUENCE, "the list of entries")?.reader();
    let mut left = Vec::new();
    let mut found = false;
    while !list.is_empty() {
        let entry = list.element()?;
        let mut bags = Vec::new();
        let alone = der(tag::SEQUENCE, &[entry.whole]);
        read(&alone, entry.spot_within(), &mut bags)?;
        match &bags[..] {
            [bag] if bag.is_asked(goes) => found = true,
            _ => left.push(entry.whole),
        }
    }
    Ok(match (found, &left[..]) {
        (false, _) => Left::All,
        (true, []) => Left::Nothing,
        (true, left) => Left::Others(der(tag::SEQUENCE, left)),
    })
}

/// The DER in a CertBag; None when it is of another kind than X.509.
fn certificate<'a>(value: &Element<'a>) -> Result<Option<Cow<'a, [u8]>>, Error> {
    let mut fields = value.reader().expect(tag::SEQUENCE, "the certificate's kind")?.reader();
    if fields.expect(tag::OID, "the certificate's kind")?.content != X509 {
        return Ok(None);
    }
    let value = fields.expect(tag::context_constructed(0), "the certificate")?;
    Ok(Some(value.reader().octet_string("the certificate")?.octets()?.0))
}

impl<'a> Bag<'a> {
    /// Asks whether it goes.
    fn is_asked(&self, goes: Goes<'_>) -> bool {
        let (BagKind::Certificate(der), true) = (&self.kind, self.trusted) else { return false };
        let is_own = |certificate: &Certificate| self.alias.as_ref().is_some_and(|alias| is_own(alias, certificate));
        goes_if(goes, der, &self.position, is_own)
    }

    fn read_attributes(&mut self, mut attributes: Reader<'a>) -> Result<(), Error> {
        while !attributes.is_empty() {
            let mut attribute = attributes.expect(tag::SEQUENCE, "an attribute")?.reader();
            let oid = attribute.expect(tag::OID, "an attribute's kind")?.content;
            let mut values = attribute.expect(tag::SET, "an attribute's values")?.reader();
            match oid {
                FRIENDLY_NAME if !values.is_empty() => self.alias = text(&values.element()?),
                LOCAL_KEY_ID if !values.is_empty() => {
                    self.key_id = Some(values.octet_string("the key's name")?.octets()?.0)
                }
                TRUSTED_KEY_USAGE => self.trusted = true,
                _ => {}
            }
        }
        Ok(())
    }
}

/// RFC 2985 section 5.5.1 has BMPString.
fn text(value: &Element<'_>) -> Option<String> {
    match value.tag {
        tag::BMP_STRING => Some(bmp_text(value.content)),
        tag::UTF8_STRING => Some(String::from_utf8_lossy(value.content).into_owned()),
        _ => None,
    }
}

/// Returns a SafeContents of certificates that Java trusts, each under its alias.
pub(super) fn write(certificates: &[(String, &Certificate)]) -> Vec<u8> {
    let any_usage = attribute(TRUSTED_KEY_USAGE, &der(tag::OID, &[ANY_KEY_USAGE]));
    let bags = certificates.iter().map(|(alias, certificate)| {
        let value = der(tag::context_constructed(0), &[&der(tag::OCTET_STRING, &[certificate.der()])]);
        let value = der(tag::SEQUENCE, &[&der(tag::OID, &[X509]), &value]);
        let name: Vec<u8> = alias.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let name = attribute(FRIENDLY_NAME, &der(tag::BMP_STRING, &[&name]));
        // DER sorts the members of a set.
        let attributes = if name < any_usage { [&name, &any_usage] } else { [&any_usage, &name] };
        let attributes = der(tag::SET, &attributes.map(Vec::as_slice));
        let kind = der(tag::OID, &[BAG, &[CERTIFICATE]]);
        der(tag::SEQUENCE, &[&kind, &der(tag::context_constructed(0), &[&value]), &attributes])
    });
    let bags: Vec<Vec<u8>> = bags.collect();
    der(tag::SEQUENCE, &bags.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    der(tag::SEQUENCE, &[&der(tag::OID, &[oid]), &der(tag::SET, &[value])])
}

/// SafeBag types, and what follows them.
const BAG: &[u8] = &oid!(raw 1.2.840.113549.1.12.10.1);
const KEY: u8 = 1;
const SHROUDED_KEY: u8 = 2;
const CERTIFICATE: u8 = 3;
const REVOCATIONS: u8 = 4;
const SECRET: u8 = 5;
const NESTED: u8 = 6;

const FRIENDLY_NAME: &[u8] = &oid!(raw 1.2.840.113549.1.9.20);
const LOCAL_KEY_ID: &[u8] = &oid!(raw 1.2.840.113549.1.9.21);
const X509: &[u8] = &oid!(raw 1.2.840.113549.1.9.22.1);
/// Oracle's, and the value that Java gives it.
const TRUSTED_KEY_USAGE: &[u8] = &oid!(raw 2.16.840.1.113894.746875.1.1);
const ANY_KEY_USAGE: &[u8] = &oid!(raw 2.5.29.37.0);
