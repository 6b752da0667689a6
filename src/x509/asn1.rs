//! BER and DER (X.690): read without copying, so that what is written again keeps its bytes.
//!
//! Stores in use have indefinite lengths and octet strings in pieces, which Java and OpenSSL read too. What pgtrust
//! writes itself is DER. asn1-rs finds where an element ends; what is added here is where in the file it stands, and
//! that its bytes stay at hand.

mod write;

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use x509_parser::asn1_rs::{self, Any, FromBer as _, Header};
use x509_parser::nom;

use crate::system::limits;
pub(crate) use write::{der, der_number};
/// Content octets of an object identifier: `oid!(raw 2.5.4.3)`.
pub(crate) use x509_parser::asn1_rs::oid;

/// Tag octets, X.690 section 8.1.2 (class, constructed bit and number in one byte).
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1a;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const OCTET_STRING_IN_PIECES: u8 = 0x24;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]`, primitive.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]`, constructed.
    pub(crate) const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Why bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// These bytes of the file break the rules.
    #[error("{reason}")]
    Malformed { bytes: Range<u64>, reason: String },
    /// A number asks for more than pgtrust spends.
    #[error("{what}: {found} is above the limit of {limit}")]
    Limit { what: &'static str, limit: u64, found: u64 },
}

/// The place in the file that bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// They begin at this byte.
    At(u64),
    /// They were decrypted or put together from what stands between these bytes.
    Within(u64, u64),
}

impl Spot {
    fn after(self, count: usize) -> Self {
        match self {
            Self::At(byte) => Self::At(byte.saturating_add(count as u64)),
            within => within,
        }
    }

    /// Returns the bytes of the file that `length` bytes come from which begin here.
    pub(crate) fn bytes(self, length: usize) -> Range<u64> {
        match self {
            Self::At(byte) => byte..byte.saturating_add(length as u64),
            Self::Within(start, end) => start..end,
        }
    }
}

/// One tag-length-value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Without the end-of-contents octets of an indefinite length.
    pub(crate) content: &'a [u8],
    /// Everything from the tag on.
    pub(crate) whole: &'a [u8],
    spot: Spot,
    header: usize,
}

impl<'a> Element<'a> {
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, spot: self.spot.after(self.header) }
    }

    /// Returns the bytes of the file that it takes up.
    pub(crate) fn bytes(&self) -> Range<u64> {
        self.spot.bytes(self.whole.len())
    }

    /// Tells whether the length is written in as few octets as it can be, as DER wants it (X.690 section 10.1).
    pub(crate) fn has_shortest_length(&self) -> bool {
        let length = self.content.len();
        let octets = if length < 0x80 { 0 } else { (usize::BITS - length.leading_zeros()).div_ceil(8) };
        self.header == 2 + octets as usize && self.whole.get(1) != Some(&INDEFINITE)
    }

    /// Returns the place of bytes that were made of this element's content, such as its decrypted form.
    pub(crate) fn spot_within(&self) -> Spot {
        let Range { start, end } = self.bytes();
        Spot::Within(start, end)
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::Malformed { bytes: self.bytes(), reason: reason.into() }
    }

    /// Returns the octets of an OCTET STRING, whatever its tag and however many pieces it is in, and where they stand.
    pub(crate) fn octets(&self) -> Result<(Cow<'a, [u8]>, Spot), Error> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok((Cow::Borrowed(self.content), self.spot.after(self.header)));
        }
        let mut octets = Vec::new();
        let mut levels = vec![self.reader()];
        while let Some(reader) = levels.last_mut() {
            if reader.is_empty() {
                levels.pop();
                continue;
            }
            let piece = reader.element()?;
            match piece.tag {
                tag::OCTET_STRING => octets.extend_from_slice(piece.content),
                tag::OCTET_STRING_IN_PIECES if levels.len() < limits::NESTING => levels.push(piece.reader()),
                _ => return Err(piece.malformed("not a piece of an octet string")),
            }
        }
        Ok((Cow::Owned(octets), self.spot_within()))
    }

    /// Returns a number that is not negative; more than 64 bits are an error that names the limit.
    pub(crate) fn number(&self, what: &'static str, limit: u64) -> Result<u64, Error> {
        let digits = match self.content {
            [] => return Err(self.malformed("a number without digits")),
            [first, ..] if first & 0x80 != 0 => return Err(self.malformed("a negative number")),
            digits => digits.get(digits.iter().take_while(|digit| **digit == 0).count()..).unwrap_or_default(),
        };
        let found = match digits.len() {
            0..=8 => digits.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)),
            _ => u64::MAX,
        };
        if found > limit { Err(Error::Limit { what, limit, found }) } else { Ok(found) }
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    spot: Spot,
}

impl<'a> Reader<'a> {
    /// Makes a reader of bytes that nobody asks the place of, or of a whole file.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, Spot::At(0))
    }

    /// Makes a reader of bytes that come from this place.
    pub(crate) const fn at(bytes: &'a [u8], spot: Spot) -> Self {
        Self { rest: bytes, spot }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn element(&mut self) -> Result<Element<'a>, Error> {
        if let Some(element) = self.plain_element() {
            self.rest = &self.rest[element.whole.len()..];
            self.spot = self.spot.after(element.whole.len());
            return Ok(element);
        }
        let (rest, any) = Any::from_ber(self.rest).map_err(|error| self.refused(error))?;
        let (whole, _) = self.rest.split_at(self.rest.len() - rest.len());
        let end_of_contents = if any.header.length().is_definite() { 0 } else { 2 };
        let header = whole.len() - any.data.len() - end_of_contents;
        let tag = match whole {
            [tag, ..] if tag & 0x1f < 0x1f => *tag,
            _ => return Err(self.malformed("a tag number above 30")),
        };
        let element = Element { tag, content: any.data, whole, spot: self.spot, header };
        self.rest = rest;
        self.spot = self.spot.after(whole.len());
        Ok(element)
    }

    /// An element of a definite length in at most three octets, which nearly all are. asn1-rs takes several times as long.
    fn plain_element(&self) -> Option<Element<'a>> {
        let (header, length) = match *self.rest {
            [_, length @ 0..=0x7f, ..] => (2, usize::from(length)),
            [_, 0x81, length, ..] => (3, usize::from(length)),
            [_, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            _ => return None,
        };
        let whole = self.rest.get(..header + length)?;
        let tag = *whole.first().filter(|tag| **tag & 0x1f < 0x1f)?;
        Some(Element { tag, content: &whole[header..], whole, spot: self.spot, header })
    }

    fn refused(&self, error: nom::Err<asn1_rs::Error>) -> Error {
        match error {
            nom::Err::Incomplete(_) => self.malformed("cut off"),
            nom::Err::Error(asn1_rs::Error::BerMaxDepth) => {
                Error::Limit { what: "levels of nesting", limit: ENDLESS, found: ENDLESS + 1 }
            }
            _ => self.malformed("an invalid tag or length"),
        }
    }

    pub(crate) fn expect(&mut self, tag: u8, what: &str) -> Result<Element<'a>, Error> {
        if self.peek_tag() != Some(tag) {
            return Err(self.malformed(format!("{what} is missing")));
        }
        self.element()
    }

    /// Iterates over all that is left, which must be elements of this tag. A caller that goes on after an error gets
    /// the error again.
    pub(crate) fn all(mut self, tag: u8, what: &str) -> impl Iterator<Item = Result<Element<'a>, Error>> {
        iter::from_fn(move || (!self.is_empty()).then(|| self.expect(tag, what)))
    }

    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Error> {
        if self.peek_tag() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }

    /// Returns an OCTET STRING, in one piece or several.
    pub(crate) fn octet_string(&mut self, what: &str) -> Result<Element<'a>, Error> {
        match self.peek_tag() {
            Some(tag::OCTET_STRING | tag::OCTET_STRING_IN_PIECES) => self.element(),
            _ => Err(self.malformed(format!("{what} is missing"))),
        }
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::Malformed { bytes: self.spot.bytes(0), reason: reason.into() }
    }
}

/// Returns the tag of the first element, and its content as far as the bytes go.
pub(crate) fn open(head: &[u8]) -> Option<(u8, &[u8])> {
    let (content, header) = Header::from_ber(head).ok()?;
    let length = header.length().definite().ok();
    Some((*head.first()?, length.and_then(|length| content.get(..length)).unwrap_or(content)))
}

/// Returns the content of a SEQUENCE that begins so, as far as the bytes go.
pub(crate) fn begun_sequence(head: &[u8]) -> Option<&[u8]> {
    open(head).filter(|(tag, _)| *tag == tag::SEQUENCE).map(|(_, content)| content)
}

/// Dotted decimal form of an object identifier's content octets (X.690 section 8.19). asn1-rs takes the first two arcs for
/// one octet: 2.999 would be 3.16.55.
pub(crate) fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<String> = Vec::new();
    let mut arc: u128 = 0;
    for octet in oid {
        arc = arc.wrapping_shl(7) | u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first.to_string());
                arc -= first * 40;
            }
            arcs.push(arc.to_string());
            arc = 0;
        }
    }
    arcs.join(".")
}

/// Returns the text of a BMPString. What is beyond it comes in surrogate pairs from Java.
pub(crate) fn bmp_text(content: &[u8]) -> String {
    let (units, _) = content.as_chunks();
    String::from_utf16_lossy(&units.iter().map(|unit| u16::from_be_bytes(*unit)).collect::<Vec<_>>())
}

const CONSTRUCTED: u8 = 0x20;
/// The length octet of what ends with end-of-contents octets.
const INDEFINITE: u8 = 0x80;
/// Levels of indefinite lengths that asn1-rs follows.
const ENDLESS: u64 = 50;

#[cfg(test)]
mod tests;
