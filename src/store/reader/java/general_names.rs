//! `GeneralName` and its kinds (RFC 5280 section 4.2.1.6).

use super::super::fields::every;
use super::{is_name, is_oid, is_rdn};
use crate::x509::asn1::{Element, tag};

/// At least one, and each can be read.
pub(super) fn are_general_names(names: &Element<'_>) -> bool {
    !names.content.is_empty() && every(names.reader(), is_general_name)
}

pub(super) fn is_general_name(name: &Element<'_>) -> bool {
    if name.tag == URI { is_uri(name.content) } else { is_other_than_uri(name) }
}

/// The base of a name constraint, where a URI is a host.
pub(super) fn is_constraint(name: &Element<'_>) -> bool {
    if name.tag == URI {
        let host = name.content.strip_prefix(b".").unwrap_or(name.content);
        return is_host(host);
    }
    is_other_than_uri(name)
}

fn is_other_than_uri(name: &Element<'_>) -> bool {
    let content = name.content;
    match name.tag {
        OTHER => {
            let mut parts = name.reader();
            parts.element().is_ok_and(|kind| kind.tag == tag::OID && is_oid(kind.content))
                && parts.element().is_ok_and(|value| value.tag == tag::context_constructed(0))
        }
        MAIL => is_mail(content),
        // X.400 addresses are not looked at, nor is a DNS name.
        DNS | X400 => true,
        DIRECTORY => is_directory(name),
        ADDRESS => matches!(content.len(), 4 | 8 | 16 | 32),
        REGISTERED => is_oid(content),
        // The party of an EDI name: Java 17 and 25 take it in different forms, and nobody uses one.
        _ => false,
    }
}

/// `RFC822Name`: something after the first @.
fn is_mail(text: &[u8]) -> bool {
    let domain = text.iter().position(|octet| *octet == b'@').map_or(text, |at| &text[at + 1..]);
    !domain.is_empty() && domain != b"."
}

/// `X500Name`, with the SEQUENCE around its sets or without.
fn is_directory(name: &Element<'_>) -> bool {
    match name.reader().element() {
        Ok(inner) if inner.tag == tag::SEQUENCE => is_name(&inner),
        Ok(_) => every(name.reader(), is_rdn),
        Err(_) => name.content.is_empty(),
    }
}

/// `java.net.URI` with a scheme.
fn is_uri(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|octet| *octet == b':') else { return false };
    let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(octet));
    is_scheme && rest.first().is_some_and(|first| *first != b'#') && has_uri_octets(rest)
}

fn has_uri_octets(text: &[u8]) -> bool {
    let mut fragments = 0;
    text.iter().enumerate().all(|(index, octet)| match octet {
        b'%' => text.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        b'#' => {
            fragments += 1;
            fragments == 1
        }
        octet => octet.is_ascii_alphanumeric() || b"-_.!~*'(),;:$&+=?/@".contains(octet) || !octet.is_ascii(),
    })
}

/// `DNSName`, as it is where a host is meant.
fn is_host(text: &[u8]) -> bool {
    text.split(|octet| *octet == b'.').all(|label| {
        label.first().is_some_and(u8::is_ascii_alphanumeric)
            && label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
    })
}

const OTHER: u8 = tag::context_constructed(0);
const MAIL: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
const X400: u8 = tag::context_constructed(3);
const DIRECTORY: u8 = tag::context_constructed(4);
const URI: u8 = tag::context(6);
const ADDRESS: u8 = tag::context(7);
const REGISTERED: u8 = tag::context(8);
