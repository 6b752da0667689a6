//! Distinguished names as text, safe to show.

use std::fmt;

use crate::x509::asn1::{Element, Malformed, Reader, dotted, tag};

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

    /// The name's own content: the RDNSequence without its outer tag and length.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.rdns
    }

    /// What people call the certificate: its common name, else organizational unit, else organization, else all of it.
    /// Escaped as in the display of the whole name.
    pub fn short(&self) -> String {
        let mut best: Option<(usize, String)> = None;
        let _ = self.each_attribute(|oid, value| {
            let rank = SHORT.iter().position(|wanted| *wanted == oid);
            if let Some(rank) = rank.filter(|rank| best.as_ref().is_none_or(|(known, _)| rank <= known)) {
                let mut text = String::new();
                let _ = write_value(&mut text, value);
                best = Some((rank, text));
            }
            Ok(())
        });
        best.map_or_else(|| self.to_string(), |(_, text)| text)
    }

    fn each_attribute(
        &self,
        mut visit: impl FnMut(&'a [u8], &Element<'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut rdns = Reader::new(self.rdns);
        while !rdns.is_empty() {
            let mut attributes = Reader::new(rdns.expect(tag::SET, "name")?.content);
            while !attributes.is_empty() {
                let (oid, value) = attribute(&mut attributes)?;
                visit(oid, &value)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(rdns) = rdns(self.rdns) else { return f.write_str("(unreadable name)") };
        for (index, rdn) in rdns.iter().rev().enumerate() {
            let mut attributes = Reader::new(rdn);
            let mut separator = if index == 0 { "" } else { "," };
            while !attributes.is_empty() {
                f.write_str(separator)?;
                separator = "+";
                match attribute(&mut attributes) {
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

/// Contents of the sets of attributes, in the order of the encoding.
fn rdns(content: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut rdns = Vec::with_capacity(8);
    let mut reader = Reader::new(content);
    while !reader.is_empty() {
        rdns.push(reader.expect(tag::SET, "name")?.content);
    }
    Ok(rdns)
}

fn attribute<'a>(attributes: &mut Reader<'a>) -> Result<(&'a [u8], Element<'a>), Malformed> {
    let mut fields = Reader::new(attributes.expect(tag::SEQUENCE, "name")?.content);
    Ok((fields.expect(tag::OID, "name")?.content, fields.element()?))
}

fn write_attribute(out: &mut impl fmt::Write, oid: &[u8], value: &Element<'_>) -> fmt::Result {
    match label(oid) {
        Some(label) if is_text(value.tag) => {
            out.write_str(label)?;
            out.write_char('=')?;
            write_value(out, value)
        }
        Some(label) => {
            out.write_str(label)?;
            out.write_char('=')?;
            write_hex(out, value.whole)
        }
        // RFC 4514 section 2.4: a dotted type takes its value as hexadecimal BER.
        None => {
            write!(out, "{}=", dotted(oid))?;
            write_hex(out, value.whole)
        }
    }
}

fn write_hex(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    out.write_char('#')?;
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
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
    let bytes = value.content;
    match value.tag {
        tag::BMP_STRING => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            write_escaped(out, &text)
        }
        tag::UNIVERSAL_STRING => {
            let text: String = bytes
                .chunks_exact(4)
                .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
                .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            write_escaped(out, &text)
        }
        _ => match str::from_utf8(bytes) {
            Ok(text) => write_escaped(out, text),
            // TeletexString in real certificates is Latin-1, whatever T.61 says.
            Err(_) => write_escaped(out, &bytes.iter().map(|byte| char::from(*byte)).collect::<String>()),
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

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 0x04, 0x0b];

/// Most telling first.
const SHORT: &[&[u8]] = &[COMMON_NAME, ORGANIZATIONAL_UNIT, ORGANIZATION];

/// RFC 4514 section 3, and the short names that OpenSSL prints for what roots use besides.
fn label(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        // 2.5.4: X.520
        [0x55, 0x04, attribute] => match attribute {
            0x03 => "CN",
            0x04 => "SN",
            0x05 => "serialNumber",
            0x06 => "C",
            0x07 => "L",
            0x08 => "ST",
            0x09 => "STREET",
            0x0a => "O",
            0x0b => "OU",
            0x0c => "title",
            0x0f => "businessCategory",
            0x11 => "postalCode",
            0x2a => "GN",
            0x2e => "dnQualifier",
            0x61 => "organizationIdentifier",
            _ => return None,
        },
        // 0.9.2342.19200300.100.1: RFC 4519
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01] => "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        // 1.2.840.113549.1.9.1: PKCS #9
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        _ => return None,
    })
}
