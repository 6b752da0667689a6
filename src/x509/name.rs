//! Distinguished names as text, safe to show.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;

use data_encoding::HEXUPPER;

use crate::x509::asn1::{Element, Error, Reader, bmp_text, dotted, oid, tag};

/// A distinguished name (RFC 5280 section 4.1.2.4).
///
/// Displayed in the string form of RFC 4514: most specific part first, `CN=...,O=...,C=..`. Everything that could
/// act on a terminal or hide from a reader (control characters, bidirectional and invisible ones) is written as
/// the hexadecimal pairs that the RFC allows for any byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// Content of the RDNSequence.
    rdns: &'a [u8],
}

impl<'a> Name<'a> {
    pub(super) fn new(rdns: &'a [u8]) -> Self {
        Self { rdns }
    }

    /// Returns the name's own content: the RDNSequence without its outer tag and length.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.rdns
    }

    /// Returns what people call the certificate: its common name, else organizational unit, else organization, else the
    /// whole name. It is escaped as in the display of the whole name.
    pub fn short(&self) -> String {
        let known = |(oid, value)| Some((SHORT.iter().position(|wanted| *wanted == oid)?, value));
        let best = self.attributes().filter_map(known).max_by_key(|(rank, _)| Reverse(*rank));
        best.map_or_else(
            || self.to_string(),
            |(_, value)| {
                let mut text = String::new();
                let _ = write_value(&mut text, &value);
                text
            },
        )
    }

    /// Returns the texts of its common names, most general first, with nothing escaped.
    pub(crate) fn common_names(&self) -> Vec<String> {
        self.attributes().filter(|(oid, _)| *oid == COMMON_NAME).map(|(_, value)| text(&value).into_owned()).collect()
    }

    /// Returns types and values, most general first, as far as they can be read.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a [u8], Element<'a>)> {
        let rdns = Reader::new(self.rdns).all(tag::SET, RDN).map_while(Result::ok);
        let attributes = rdns.flat_map(|rdn| rdn.reader().all(tag::SEQUENCE, ATTRIBUTE).map_while(Result::ok));
        attributes.map_while(|attribute| parts(attribute).ok())
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rdns: Result<Vec<_>, _> = Reader::new(self.rdns).all(tag::SET, RDN).collect();
        let Ok(rdns) = rdns else { return f.write_str("(unreadable name)") };
        for (index, rdn) in rdns.iter().rev().enumerate() {
            let mut separator = if index == 0 { "" } else { "," };
            for attribute in rdn.reader().all(tag::SEQUENCE, ATTRIBUTE) {
                f.write_str(separator)?;
                separator = "+";
                match attribute.and_then(parts) {
                    Ok((oid, value)) => write_attribute(f, oid, &value)?,
                    Err(_) => return f.write_str("(unreadable)"),
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Type and value of an attribute.
fn parts(attribute: Element<'_>) -> Result<(&[u8], Element<'_>), Error> {
    let mut fields = attribute.reader();
    Ok((fields.expect(tag::OID, "the type of an attribute")?.content, fields.element()?))
}

fn write_attribute(out: &mut impl fmt::Write, oid: &[u8], value: &Element<'_>) -> fmt::Result {
    match label(oid) {
        Some(label) if is_text(value.tag) => {
            out.write_str(label)?;
            out.write_char('=')?;
            write_value(out, value)
        }
        Some(label) => write!(out, "{label}=#{}", HEXUPPER.encode(value.whole)),
        // RFC 4514 section 2.4: a dotted type takes its value as hexadecimal BER.
        None => write!(out, "{}=#{}", dotted(oid), HEXUPPER.encode(value.whole)),
    }
}

fn is_text(tag: u8) -> bool {
    matches!(
        tag,
        tag::UTF8_STRING
            | tag::NUMERIC_STRING
            | tag::PRINTABLE_STRING
            | tag::TELETEX_STRING
            | tag::IA5_STRING
            | tag::VISIBLE_STRING
            | tag::UNIVERSAL_STRING
            | tag::BMP_STRING
    )
}

fn write_value(out: &mut impl fmt::Write, value: &Element<'_>) -> fmt::Result {
    write_escaped(out, &text(value))
}

/// What a string of any kind says.
fn text<'a>(value: &Element<'a>) -> Cow<'a, str> {
    let bytes = value.content;
    match value.tag {
        tag::BMP_STRING => Cow::Owned(bmp_text(bytes)),
        tag::UNIVERSAL_STRING => {
            let (codes, _) = bytes.as_chunks();
            let characters = codes.iter().map(|code| char::from_u32(u32::from_be_bytes(*code)));
            Cow::Owned(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            // TeletexString in real certificates is Latin-1, whatever T.61 says.
            Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
        },
    }
}

/// RFC 4514 section 2.4, and hexadecimal pairs for what must not reach a terminal.
fn write_escaped(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'-' | b'_' | b'(' | b')' | b'/' | b':')
    };
    if text.bytes().all(plain) && !text.starts_with(' ') && !text.ends_with(' ') {
        return out.write_str(text);
    }
    let last = text.chars().count().saturating_sub(1);
    for (index, c) in text.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(out, "\\{c}")?,
            ' ' | '#' if index == 0 => write!(out, "\\{c}")?,
            ' ' if index == last => out.write_str("\\ ")?,
            c if crate::system::text::is_unsafe(c) => {
                c.encode_utf8(&mut [0; 4]).bytes().try_for_each(|byte| write!(out, "\\{byte:02X}"))?;
            }
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

const RDN: &str = "a set of attributes";
const ATTRIBUTE: &str = "an attribute";

const COMMON_NAME: &[u8] = &oid!(raw 2.5.4.3);
const ORGANIZATION: &[u8] = &oid!(raw 2.5.4.10);
const ORGANIZATIONAL_UNIT: &[u8] = &oid!(raw 2.5.4.11);

/// Most telling first.
const SHORT: &[&[u8]] = &[COMMON_NAME, ORGANIZATIONAL_UNIT, ORGANIZATION];

fn label(oid: &[u8]) -> Option<&'static str> {
    LABELS.iter().find(|(known, _)| *known == oid).map(|(_, label)| *label)
}

/// RFC 4514 section 3, and the short names that OpenSSL prints for what roots use besides.
const LABELS: &[(&[u8], &str)] = &[
    (COMMON_NAME, "CN"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    (&oid!(raw 2.5.4.6), "C"),
    (&oid!(raw 2.5.4.7), "L"),
    (&oid!(raw 2.5.4.8), "ST"),
    (&oid!(raw 2.5.4.4), "SN"),
    (&oid!(raw 2.5.4.5), "serialNumber"),
    (&oid!(raw 2.5.4.9), "STREET"),
    (&oid!(raw 2.5.4.12), "title"),
    (&oid!(raw 2.5.4.15), "businessCategory"),
    (&oid!(raw 2.5.4.17), "postalCode"),
    (&oid!(raw 2.5.4.42), "GN"),
    (&oid!(raw 2.5.4.46), "dnQualifier"),
    (&oid!(raw 2.5.4.97), "organizationIdentifier"),
    (&oid!(raw 0.9.2342.19200300.100.1.1), "UID"),
    (&oid!(raw 0.9.2342.19200300.100.1.25), "DC"),
    (&oid!(raw 1.2.840.113549.1.9.1), "emailAddress"),
];
