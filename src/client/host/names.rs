//! The names of a certificate, as the rules ask for them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::x509::asn1::{Element, Reader, oid, tag};
use crate::x509::{Certificate, GeneralName};

/// The names that name rules look at.
pub(super) struct Names<'a> {
    /// dNSName and iPAddress of the subject alternative names, in their order.
    pub(super) alternative: Vec<Alternative<'a>>,
    /// Whether there is the extension, with no name of any kind in it.
    pub(super) is_empty_extension: bool,
    /// Common names, most general first.
    pub(super) common: Vec<CommonName<'a>>,
}

pub(super) enum Alternative<'a> {
    Dns(&'a [u8]),
    Ip(&'a [u8]),
}

pub(super) struct CommonName<'a> {
    /// As it stands in the certificate.
    pub(super) bytes: &'a [u8],
    pub(super) text: String,
    /// The tag of its string.
    pub(super) tag: u8,
    /// Whether no other attribute is in its set.
    pub(super) is_alone: bool,
}

impl<'a> Names<'a> {
    /// None where alternative names cannot be read to the end.
    pub(super) fn of(certificate: &'a Certificate) -> Option<Self> {
        let names = match certificate.alt_names() {
            Some(names) if !names.whole => return None,
            names => names.map(|names| names.names).unwrap_or_default(),
        };
        let is_empty_extension = names.is_empty() && certificate.alt_names().is_some();
        let alternative = names.into_iter().filter_map(|name| match name {
            GeneralName::Dns(name) => Some(Alternative::Dns(name)),
            GeneralName::Ip(address) => Some(Alternative::Ip(address)),
            _ => None,
        });
        Some(Self { alternative: alternative.collect(), is_empty_extension, common: common_names(certificate) })
    }

    pub(super) fn dns(&self) -> impl Iterator<Item = &'a [u8]> {
        self.alternative.iter().filter_map(|name| match name {
            Alternative::Dns(name) => Some(*name),
            Alternative::Ip(_) => None,
        })
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = &'a [u8]> {
        self.alternative.iter().filter_map(|name| match name {
            Alternative::Ip(address) => Some(*address),
            Alternative::Dns(_) => None,
        })
    }

    /// Returns what a message shows: alternative names, else common names.
    pub(super) fn shown(&self) -> Vec<String> {
        let alternative = self.alternative.iter().map(|name| match name {
            Alternative::Dns(name) => String::from_utf8_lossy(name).into_owned(),
            Alternative::Ip(address) => address_text(address),
        });
        let common = self.common.iter().map(|name| name.text.clone());
        if self.alternative.is_empty() { common.collect() } else { alternative.collect() }
    }
}

fn address_text(address: &[u8]) -> String {
    match *address {
        [a, b, c, d] => Ipv4Addr::new(a, b, c, d).to_string(),
        _ => <[u8; 16]>::try_from(address).map_or_else(|_| "?".to_owned(), |octets| Ipv6Addr::from(octets).to_string()),
    }
}

fn common_names<'a>(certificate: &'a Certificate) -> Vec<CommonName<'a>> {
    let texts = certificate.common_names();
    let mut names: Vec<(Element<'_>, bool)> = Vec::new();
    let attributes = |set: &Element<'_>| set.reader().all(tag::SEQUENCE, "an attribute").count();
    for set in Reader::new(certificate.subject().as_bytes()).all(tag::SET, "a set of attributes").map_while(Result::ok)
    {
        let is_alone = attributes(&set) == 1;
        for attribute in set.reader().all(tag::SEQUENCE, "an attribute").map_while(Result::ok) {
            let mut parts = attribute.reader();
            let (Ok(kind), Ok(value)) = (parts.element(), parts.element()) else { continue };
            if kind.content == COMMON_NAME {
                names.push((value, is_alone));
            }
        }
    }
    let named = |((value, is_alone), text): ((Element<'a>, bool), String)| CommonName {
        bytes: value.content,
        text,
        tag: value.tag,
        is_alone,
    };
    names.into_iter().zip(texts).map(named).collect()
}

const COMMON_NAME: &[u8] = &oid!(raw 2.5.4.3);
