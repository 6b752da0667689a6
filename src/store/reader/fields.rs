//! The fields of a certificate as they stand in its bytes, for rules about how they are written.

use std::collections::HashSet;

use crate::x509::Certificate;
use crate::x509::asn1::{Element, Reader, tag};

/// RFC 5280 section 4.1. That they are there, [`Certificate`] has seen to.
pub(super) struct Fields<'a> {
    /// 1, 2 or 3.
    pub(super) version: u8,
    /// What is in `[0]`, where it is there.
    pub(super) explicit_version: Option<Element<'a>>,
    pub(super) serial: Element<'a>,
    pub(super) inner_algorithm: Element<'a>,
    pub(super) issuer: Element<'a>,
    pub(super) validity: Element<'a>,
    pub(super) subject: Element<'a>,
    pub(super) key: Element<'a>,
    /// Unique identifiers and extensions.
    optional: Reader<'a>,
    pub(super) outer_algorithm: Element<'a>,
    pub(super) der: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(certificate: &'a Certificate) -> Option<Self> {
        let der = certificate.der();
        let mut outer = Reader::new(der).element().ok()?.reader();
        let mut inner = outer.element().ok()?.reader();
        let explicit_version = inner.optional(tag::context_constructed(0)).ok()?;
        Some(Self {
            version: certificate.version(),
            explicit_version,
            serial: inner.element().ok()?,
            inner_algorithm: inner.element().ok()?,
            issuer: inner.element().ok()?,
            validity: inner.element().ok()?,
            subject: inner.element().ok()?,
            key: inner.element().ok()?,
            optional: inner,
            outer_algorithm: outer.element().ok()?,
            der,
        })
    }

    /// Issuer and subject, once where they are the same.
    pub(super) fn names(&self) -> impl Iterator<Item = Element<'a>> {
        let subject = (self.subject.whole != self.issuer.whole).then_some(self.subject);
        [self.issuer].into_iter().chain(subject)
    }

    /// Both identifiers of the signature's algorithm, and that of the key.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = Element<'a>> {
        let of_key = self.key.reader().element().ok();
        [Some(self.inner_algorithm), Some(self.outer_algorithm), of_key].into_iter().flatten()
    }

    /// Whether a number is in `[0]`, or the field is not there.
    pub(super) fn has_version(&self) -> bool {
        let is_number = |number: Element<'_>| number.tag == tag::INTEGER;
        self.explicit_version.is_none_or(|version| version.reader().element().is_ok_and(is_number))
    }

    /// Whether the validity is two dates, and no more.
    pub(super) fn has_two_dates(&self) -> bool {
        let is_date = |date: Element<'_>| matches!(date.tag, tag::UTC_TIME | tag::GENERALIZED_TIME);
        pair(self.validity.reader()).is_some_and(|(start, end)| is_date(start) && is_date(end))
    }

    /// Whether the key is an algorithm and a BIT STRING, and no more.
    pub(super) fn has_key_parts(&self) -> bool {
        pair(self.key.reader())
            .is_some_and(|(algorithm, bits)| [algorithm.tag, bits.tag] == [tag::SEQUENCE, tag::BIT_STRING])
    }

    /// Content of the kind of key, and its parameters.
    pub(super) fn key_algorithm(&self) -> Option<(&'a [u8], Option<Element<'a>>)> {
        let mut parts = self.key.reader().element().ok()?.reader();
        Some((parts.element().ok()?.content, parts.element().ok()))
    }

    /// The content of the key's BIT STRING after its count of unused bits.
    pub(super) fn key_octets(&self) -> &'a [u8] {
        let mut parts = elements(self.key.reader()).skip(1);
        parts.next().and_then(|bits| bits.content.get(1..)).unwrap_or_default()
    }

    /// Unique identifiers.
    pub(super) fn unique_ids(&self) -> impl Iterator<Item = Element<'a>> {
        elements(self.optional).filter(|field| field.tag != tag::context_constructed(3))
    }

    /// Whether anything follows the key.
    pub(super) fn has_optional_fields(&self) -> bool {
        !self.optional.is_empty()
    }

    /// The field of the extensions and the SEQUENCE in it.
    pub(super) fn extensions_field(&self) -> Option<(Element<'a>, Element<'a>)> {
        let field = elements(self.optional).find(|field| field.tag == tag::context_constructed(3))?;
        Some((field, field.reader().element().ok()?))
    }

    /// Whether the extensions are a SEQUENCE of what looks like extensions, if the field is there.
    pub(super) fn has_extensions_list(&self) -> bool {
        self.extensions_field().is_none_or(|(_, list)| {
            list.tag == tag::SEQUENCE && every(list.reader(), |extension| Extension::of(*extension).is_some())
        })
    }

    pub(super) fn extensions(&self) -> impl Iterator<Item = Extension<'a>> {
        let list = self.extensions_field().map(|(_, list)| list.reader());
        list.into_iter().flat_map(elements).filter_map(Extension::of)
    }
}

/// Whether there are two extensions of one kind among those that count.
pub(super) fn has_extension_twice(fields: &Fields<'_>, counts: impl Fn(&Extension<'_>) -> bool) -> bool {
    if fields.extensions().nth(FEW).is_none() {
        return fields.extensions().enumerate().any(|(index, extension)| {
            let same = |other: &Extension<'_>| other.oid == extension.oid && counts(other);
            fields.extensions().take(index).any(|other| same(&other)) && counts(&extension)
        });
    }
    let mut seen = HashSet::new();
    fields.extensions().filter(|extension| counts(extension)).any(|extension| !seen.insert(extension.oid))
}

/// RFC 5280 section 4.1.2.9.
pub(super) struct Extension<'a> {
    /// Content of its object identifier.
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    /// Content of its OCTET STRING.
    pub(super) value: &'a [u8],
    /// Whether the lengths of its parts are as short as they can be.
    pub(super) has_shortest_lengths: bool,
    /// Whether its parts are what they must be.
    pub(super) has_parts: bool,
    /// Whether something follows its value.
    pub(super) goes_on: bool,
}

impl<'a> Extension<'a> {
    fn of(whole: Element<'a>) -> Option<Self> {
        let mut parts = whole.reader();
        let oid = parts.element().ok()?;
        let critical = parts.optional(tag::BOOLEAN).ok()?;
        let value = parts.element().ok()?;
        let lengths = [Some(whole), Some(oid), critical, Some(value)];
        Some(Self {
            oid: oid.content,
            critical: critical.is_some_and(|flag| flag.content != [0]),
            value: value.content,
            has_shortest_lengths: lengths.iter().flatten().all(Element::has_shortest_length),
            has_parts: [whole.tag, oid.tag, value.tag] == [tag::SEQUENCE, tag::OID, tag::OCTET_STRING]
                && critical.is_none_or(|flag| flag.content.len() == 1),
            goes_on: !parts.is_empty(),
        })
    }
}

/// Iterates up to the first that cannot be read.
pub(super) fn elements(mut reader: Reader<'_>) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || if reader.is_empty() { None } else { reader.element().ok() })
}

/// Returns the one element of these bytes, if that is what they are.
pub(super) fn only(bytes: &[u8]) -> Option<Element<'_>> {
    let mut reader = Reader::new(bytes);
    let element = reader.element().ok()?;
    reader.is_empty().then_some(element)
}

/// Returns the two elements of these bytes, if that is what they are.
pub(super) fn pair(mut reader: Reader<'_>) -> Option<(Element<'_>, Element<'_>)> {
    let both = (reader.element().ok()?, reader.element().ok()?);
    reader.is_empty().then_some(both)
}

/// Tells whether these are elements to the end, and every one passes.
pub(super) fn every<'a>(mut reader: Reader<'a>, passes: impl Fn(&Element<'a>) -> bool) -> bool {
    while !reader.is_empty() {
        if !reader.element().is_ok_and(|element| passes(&element)) {
            return false;
        }
    }
    true
}

/// Extensions that are compared with each other one by one. No root has more.
const FEW: usize = 32;
