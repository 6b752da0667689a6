//! DER that stands in a file without armour, behind text or behind more DER.

use std::io::{self, Read};

use super::{Block, Scanner};
use crate::system::limits;
use crate::x509::asn1::{Reader, tag};

impl<R: Read> Scanner<R> {
    /// The next DER that begins before `limit`, if it is of the kind that certificates come in.
    pub(super) fn bare_block_within(&mut self, limit: usize) -> io::Result<Option<Block>> {
        self.have(limit + 16)?;
        let mut from = 0;
        while let Some(at) = begin(self.unread(), from, limit) {
            if let Some(length) = length(&self.unread()[at..]) {
                self.consume(at);
                return self.bare_block(&length).map(Some);
            }
            from = at + 1;
        }
        Ok(None)
    }

    fn bare_block(&mut self, length: &Length) -> io::Result<Block> {
        self.have(match length {
            Length::Definite(length) => (*length).min(limits::CERTIFICATE + 1),
            Length::Indefinite => limits::CERTIFICATE + 1,
        })?;
        let unread = self.unread();
        let within = &unread[..unread.len().min(limits::CERTIFICATE)];
        let (der, end) = match Reader::new(within).element() {
            Ok(element) => (Ok(element.whole.to_vec()), element.whole.len()),
            Err(_) if within.len() < unread.len() => (Err("it is larger than 1 MiB".to_owned()), unread.len()),
            Err(error) => (Err(error.to_string()), unread.len()),
        };
        let mut block = self.block_until(String::new(), end, der, self.flaw_of_file.or(Some("it is DER behind text")));
        block.bare = true;
        Ok(block)
    }
}

/// The length of a structure, as far as its first bytes tell.
#[derive(Debug, PartialEq)]
enum Length {
    /// Bytes from its tag to its end.
    Definite(usize),
    /// An end-of-contents mark ends it.
    Indefinite,
}

/// Finds the first place between two at which a certificate, a list of them, a key or a store may begin in DER: a SEQUENCE
/// of more than 127 bytes, or one that begins with a version, as short keys do. No text has these bytes: in UTF-8 the first
/// two of them, in any code page the control characters.
fn begin(text: &[u8], from: usize, limit: usize) -> Option<usize> {
    memchr::memchr_iter(tag::SEQUENCE, &text[from..limit])
        .map(|at| from + at)
        .find(|at| matches!(text[at + 1..], [0x80..=0x84, ..] | [_, tag::INTEGER, 1, 0..=3, ..]))
}

/// Returns the length of the structure that begins here, if it is one of those. They begin with another SEQUENCE, an
/// object identifier or a version.
fn length(head: &[u8]) -> Option<Length> {
    let [tag::SEQUENCE, first, rest @ ..] = head else { return None };
    let (count, short) = match first {
        0x80..=0x84 => (usize::from(first - 0x80), 0),
        0..0x80 => (0, usize::from(*first)),
        _ => return None,
    };
    let (octets, content) = rest.split_at_checked(count)?;
    let content_begins = match content {
        [tag::SEQUENCE | tag::OID, length, ..] => *length > 2,
        [tag::INTEGER, 1, 0..=3, ..] => true,
        _ => false,
    };
    if !content_begins {
        return None;
    }
    if *first == 0x80 {
        // Of what is read, only PKCS#7 need not tell its length.
        return (content[0] == tag::OID).then_some(Length::Indefinite);
    }
    let length = octets.iter().fold(short, |length, octet| length << 8 | usize::from(*octet));
    (length >= SHORTEST).then_some(Length::Definite(length.saturating_add(2 + count)))
}

/// Bytes of the shortest key, less those of its tag and length.
const SHORTEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &[u8]) -> Option<usize> {
        begin(text, 0, text.len())
    }

    #[test]
    fn only_what_may_be_der_is_taken_for_it() {
        assert_eq!(whole(b"100 0x 0\x82"), Some(7));
        assert_eq!(whole("0\u{201a} 0\u{20ac} 0\u{82}".as_bytes()), None);
        assert_eq!(length(b"\x30\x82\x01\x00\x30\x82\x00\x10"), Some(Length::Definite(260)));
        assert_eq!(whole(b"key: 0\x2e\x02\x01\x00\x30\x05"), Some(5));
        assert_eq!(length(b"\x30\x2e\x02\x01\x00\x30\x05"), Some(Length::Definite(48)));
        assert_eq!(length(b"\x30\x80\x06\x09\x2a"), Some(Length::Indefinite));
        for other in [
            &b""[..],
            b"\x30",
            b"\x30\x82\x01",
            b"\x30\x82\x01\x00\x04\x09",
            b"\x30\x80\x30\x80",
            b"\x30\x85\x01\x01\x01\x01\x01\x30\x09",
        ] {
            assert_eq!(length(other), None, "{other:?}");
        }
    }
}
