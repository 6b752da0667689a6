//! The names that a certificate is for: its subject alternative names and common names.

use super::asn1::{Element, Reader, oid, tag};
use super::{Certificate, Name};

/// A GeneralName (RFC 5280 section 4.2.1.6). The bytes stand as in the certificate: none is checked to be a name of its
/// kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName<'a> {
    /// dNSName.
    Dns(&'a [u8]),
    /// rfc822Name.
    Email(&'a [u8]),
    /// uniformResourceIdentifier.
    Uri(&'a [u8]),
    /// iPAddress: 4 or 16 octets in a certificate, twice as many in a constraint, where it is well formed.
    Ip(&'a [u8]),
    /// directoryName.
    Directory(Name<'a>),
    /// Any other kind, by its tag octet, with its content.
    Other(u8, &'a [u8]),
}

impl<'a> GeneralName<'a> {
    pub(crate) fn of(element: &Element<'a>) -> Self {
        let directory = tag::context_constructed(4);
        match element.tag {
            tag if tag == tag::context(1) => Self::Email(element.content),
            tag if tag == tag::context(2) => Self::Dns(element.content),
            tag if tag == tag::context(6) => Self::Uri(element.content),
            tag if tag == tag::context(7) => Self::Ip(element.content),
            tag if tag == directory => match element.reader().expect(tag::SEQUENCE, "a name") {
                Ok(name) => Self::Directory(Name::new(name.content)),
                Err(_) => Self::Other(tag, element.content),
            },
            tag => Self::Other(tag, element.content),
        }
    }
}

/// The names of a subject alternative name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AltNames<'a> {
    /// In the order of the certificate, up to the first that cannot be read.
    pub names: Vec<GeneralName<'a>>,
    /// Whether all could be read.
    pub whole: bool,
}

impl<'a> AltNames<'a> {
    pub(crate) fn read(value: &'a [u8]) -> Self {
        let mut outer = Reader::new(value);
        let Ok(list) = outer.expect(tag::SEQUENCE, "the names") else {
            return Self { names: Vec::new(), whole: false };
        };
        let (names, rest) = general_names(list.reader());
        Self { names, whole: rest && outer.is_empty() }
    }
}

/// The names up to the first that cannot be read, and whether all could be.
pub(crate) fn general_names(mut reader: Reader<'_>) -> (Vec<GeneralName<'_>>, bool) {
    let mut names = Vec::new();
    while !reader.is_empty() {
        let Ok(element) = reader.element() else { return (names, false) };
        names.push(GeneralName::of(&element));
    }
    (names, true)
}

impl Certificate {
    /// Returns the subject alternative names; None for a certificate without the extension. Of several the first counts.
    pub fn alt_names(&self) -> Option<AltNames<'_>> {
        let outline = self.outline().ok()?;
        let extension = outline.extensions.iter().find(|extension| extension.oid == SUBJECT_ALT_NAME)?;
        Some(AltNames::read(extension.value))
    }

    /// Returns the common names of the subject in the order of the certificate, most general first. They are not escaped:
    /// for comparing, not for showing.
    pub fn common_names(&self) -> Vec<String> {
        self.subject().common_names()
    }
}

/// Content octets of the object identifier of the extension.
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &oid!(raw 2.5.29.17);
