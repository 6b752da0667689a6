//! BER (X.690) as stores in use are written: also with indefinite lengths and octet strings in pieces, which Java and
//! OpenSSL read too. What pgtrust writes itself is DER.

use std::borrow::Cow;

use crate::format::{Error, Place};
use crate::system::limits;
use crate::x509::asn1;

/// Tag octets that `asn1::tag` does not name.
pub(super) mod tag {
    pub(in super::super) use crate::x509::asn1::tag::*;

    pub(in super::super) const NULL: u8 = 0x05;
    pub(in super::super) const OCTET_STRING_IN_PIECES: u8 = 0x24;
}

/// Where in the file bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
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

    /// The place of `length` bytes that begin here.
    pub(super) fn place(self, length: usize) -> Place {
        let bytes = match self {
            Self::At(byte) => byte..byte.saturating_add(length as u64),
            Self::Within(start, end) => start..end,
        };
        Place { line: None, bytes }
    }

    fn within(self, length: usize) -> Self {
        let place = self.place(length);
        Self::Within(place.bytes.start, place.bytes.end)
    }
}

/// One tag-length-value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    /// Without the end-of-contents octets of an indefinite length.
    pub(super) content: &'a [u8],
    /// Everything from the tag on.
    pub(super) whole: &'a [u8],
    spot: Spot,
    header: usize,
}

impl<'a> Element<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, spot: self.spot.after(self.header) }
    }

    pub(super) fn place(&self) -> Place {
        self.spot.place(self.whole.len())
    }

    /// What is said about bytes that were made of this element's content, such as its decrypted form.
    pub(super) fn spot_within(&self) -> Spot {
        self.spot.within(self.whole.len())
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::Damaged { place: self.place(), reason: reason.into() }
    }

    /// The octets of an OCTET STRING, whatever its tag and however many pieces it is in, and where they stand.
    pub(super) fn octets(&self) -> Result<(Cow<'a, [u8]>, Spot), Error> {
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
                _ => return Err(piece.damaged("not a piece of an octet string")),
            }
        }
        Ok((Cow::Owned(octets), self.spot_within()))
    }

    /// A number that is not negative; more than 64 bits are an error that names the limit.
    pub(super) fn number(&self, what: &'static str, limit: u64) -> Result<u64, Error> {
        let digits = match self.content {
            [] => return Err(self.damaged("a number without digits")),
            [first, ..] if first & 0x80 != 0 => return Err(self.damaged("a negative number")),
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
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    spot: Spot,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8], spot: Spot) -> Self {
        Self { rest: bytes, spot }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn element(&mut self) -> Result<Element<'a>, Error> {
        let (header, length) = self.measure()?;
        let (tag, content) = match (self.rest.first(), self.rest.get(header..header + length.content)) {
            (Some(tag), Some(content)) => (*tag, content),
            _ => return Err(self.damaged("cut off")),
        };
        let (whole, rest) = self.rest.split_at(header + length.content + length.end);
        let element = Element { tag, content, whole, spot: self.spot, header };
        self.rest = rest;
        self.spot = self.spot.after(whole.len());
        Ok(element)
    }

    pub(super) fn expect(&mut self, tag: u8, what: &str) -> Result<Element<'a>, Error> {
        if self.peek_tag() != Some(tag) {
            return Err(self.damaged(format!("{what} is missing")));
        }
        self.element()
    }

    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Error> {
        if self.peek_tag() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }

    /// An OCTET STRING, in one piece or several.
    pub(super) fn octet_string(&mut self, what: &str) -> Result<Element<'a>, Error> {
        match self.peek_tag() {
            Some(tag::OCTET_STRING | tag::OCTET_STRING_IN_PIECES) => self.element(),
            _ => Err(self.damaged(format!("{what} is missing"))),
        }
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::Damaged { place: self.spot.place(0), reason: reason.into() }
    }

    /// How long the header of the next element is, and what follows it. Both are within the bytes that are left.
    fn measure(&self) -> Result<(usize, Length), Error> {
        let (header, content) = header(self.rest).map_err(|reason| self.damaged(reason))?;
        if let Some(content) = content {
            return Ok((header, Length { content, end: 0 }));
        }
        // X.690 section 8.1.3.6: the contents end with two zero octets.
        let mut position = header;
        let mut depth = 1_usize;
        loop {
            let rest = self.rest.get(position..).unwrap_or_default();
            if let [0, 0, ..] = rest {
                depth -= 1;
                if depth == 0 {
                    return Ok((header, Length { content: position - header, end: 2 }));
                }
                position += 2;
                continue;
            }
            match self::header(rest).map_err(|reason| self.damaged(reason))? {
                (header, Some(content)) => position += header + content,
                (_, None) if depth == limits::NESTING => {
                    let (limit, found) = (limits::NESTING as u64, depth as u64 + 1);
                    return Err(Error::Limit { what: "levels of nesting", limit, found });
                }
                (header, None) => {
                    depth += 1;
                    position += header;
                }
            }
        }
    }
}

struct Length {
    content: usize,
    /// End-of-contents octets.
    end: usize,
}

/// The content of a SEQUENCE that begins so, as far as the bytes go.
pub(super) fn begun_sequence(head: &[u8]) -> Option<&[u8]> {
    match head {
        [tag::SEQUENCE, 0x80, content @ ..] => Some(content),
        _ => asn1::open(head).filter(|(tag, _)| *tag == tag::SEQUENCE).map(|(_, content)| content),
    }
}

/// Length of the header, and of the content unless that is indefinite. A definite content is within the bytes.
fn header(bytes: &[u8]) -> Result<(usize, Option<usize>), &'static str> {
    if let [tag, 0x80, ..] = bytes {
        // Only constructed encodings may have it.
        return if tag & CONSTRUCTED == 0 || tag & 0x1f == 0x1f { Err("an invalid tag") } else { Ok((2, None)) };
    }
    let (_, header, content) = asn1::header(bytes).map_err(|malformed| malformed.0)?;
    let end = header.checked_add(content).filter(|end| *end <= bytes.len());
    end.map(|_| (header, Some(content))).ok_or("cut off")
}

/// An element in DER with the parts as its content.
pub(super) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut element = Vec::with_capacity(length + 6);
    element.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => element.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            let octets = octets.get(zeros..).unwrap_or_default();
            element.push(0x80 | octets.len() as u8);
            element.extend_from_slice(octets);
        }
    }
    for part in parts {
        element.extend_from_slice(part);
    }
    element
}

/// An INTEGER in DER.
pub(super) fn der_number(number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let zeros = octets.iter().take(7).take_while(|octet| **octet == 0).count();
    let octets = octets.get(zeros..).unwrap_or_default();
    let sign: &[u8] = if octets.first().is_some_and(|first| first & 0x80 != 0) { &[0] } else { &[] };
    der(tag::INTEGER, &[sign, octets])
}

const CONSTRUCTED: u8 = 0x20;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Element<'_>, Error> {
        Reader::new(bytes, Spot::At(0)).element()
    }

    #[test]
    fn indefinite_lengths_end_where_their_own_end_stands() {
        let nested = [0x30, 0x80, 0x30, 0x80, 0x04, 0x02, 0, 0, 0, 0, 0x05, 0, 0, 0, 0xff];
        let outer = read(&nested).unwrap();
        assert_eq!((outer.whole, outer.content), (&nested[..14], &nested[2..12]));
        let mut fields = outer.reader();
        let inner = fields.element().unwrap();
        assert_eq!((inner.content, inner.place().bytes), (&nested[4..8], 2..10));
        assert_eq!(fields.element().unwrap().place().bytes, 10..12);
        assert!(fields.is_empty());
    }

    #[test]
    fn octet_strings_in_pieces_are_put_together() {
        let pieces = [0x24, 0x80, 0x04, 1, b'a', 0x24, 4, 0x04, 2, b'b', b'c', 0x04, 0, 0, 0];
        let (octets, spot) = read(&pieces).unwrap().octets().unwrap();
        assert_eq!((&*octets, spot), (&b"abc"[..], Spot::Within(0, 15)));
        let (octets, spot) = read(&[0x04, 1, b'a']).unwrap().octets().unwrap();
        assert_eq!((&*octets, spot), (&b"a"[..], Spot::At(2)));
    }

    #[test]
    fn what_has_no_end_or_no_bottom_is_refused() {
        for bytes in [&[0x30, 0x80, 0x05][..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x04, 0x80, 0, 0], &[]] {
            assert!(matches!(read(bytes), Err(Error::Damaged { .. })), "{bytes:?}");
        }
        let deep = [0x30, 0x80].repeat(1_000_000);
        assert!(matches!(read(&deep), Err(Error::Limit { limit: 32, .. })));
    }

    #[test]
    fn numbers_and_lengths_are_written_as_they_are_read() {
        for number in [0, 1, 127, 128, 255, 256, 10_000, u64::MAX] {
            let written = der_number(number);
            assert_eq!(read(&written).unwrap().number("", u64::MAX).unwrap(), number);
        }
        assert_eq!(der_number(128), [2, 2, 0, 128]);
        for length in [0, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            assert_eq!(read(&der(tag::OCTET_STRING, &[&content])).unwrap().content, content);
        }
    }
}
