//! The few pieces of BER/DER (X.690) that certificates need, read without copying.

/// Tag octets, X.690 section 8.1.2 (class, constructed bit and number in one byte).
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
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

/// What stands where something else was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// One tag-length-value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Tag and length octets included.
    pub(crate) whole: &'a [u8],
}

/// Reads elements one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let (tag, header, length) = header(self.rest)?;
        let end = header.checked_add(length).filter(|end| *end <= self.rest.len()).ok_or(Malformed("cut off"))?;
        let (whole, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Element { tag, content: &whole[header..], whole })
    }

    pub(crate) fn expect(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, Malformed> {
        let element = self.element().map_err(|_| Malformed(what))?;
        if element.tag == tag { Ok(element) } else { Err(Malformed(what)) }
    }

    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.peek_tag() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }
}

/// Tag, length of the header, length of the content.
///
/// Lengths that are longer than they need be are read too: certificates with them are in use, and the bytes keep
/// their identity whatever we would have written.
pub(crate) fn header(bytes: &[u8]) -> Result<(u8, usize, usize), Malformed> {
    let [tag, first, rest @ ..] = bytes else {
        return Err(Malformed("cut off"));
    };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag number above 30"));
    }
    if *first < 0x80 {
        return Ok((*tag, 2, usize::from(*first)));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 {
        return Err(Malformed("an indefinite length"));
    }
    if count > 4 {
        return Err(Malformed("a length beyond four bytes"));
    }
    let octets = rest.get(..count).ok_or(Malformed("cut off"))?;
    let length = octets.iter().fold(0usize, |length, octet| (length << 8) | usize::from(*octet));
    Ok((*tag, 2 + count, length))
}

/// Tag of the first element, and its content as far as the bytes go.
pub(crate) fn open(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, start, length) = header(bytes).ok()?;
    let content = bytes.get(start..)?;
    Some((tag, &content[..length.min(content.len())]))
}

/// Dotted decimal form of an object identifier's content octets (X.690 section 8.19).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_the_input_are_refused() {
        assert!(Reader::new(&[0x30, 0x05, 1, 2]).element().is_err());
        assert!(Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).element().is_err());
        assert!(Reader::new(&[0x30]).element().is_err());
        assert!(Reader::new(&[0x30, 0x80, 0, 0]).element().is_err());
    }

    #[test]
    fn object_identifiers_are_written_with_dots() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]), "1.2.840.113549.1.1.11");
        assert_eq!(dotted(&[0x55, 0x04, 0x03]), "2.5.4.3");
        assert_eq!(dotted(&[0x88, 0x37, 0x03]), "2.999.3");
    }
}
