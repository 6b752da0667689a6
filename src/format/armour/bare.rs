//! DER that stands in a file without armour, behind text or behind more DER.

use crate::x509::asn1::tag;

/// The length of a structure, as far as its first bytes tell.
#[derive(Debug, PartialEq)]
pub(super) enum Length {
    /// Bytes from its tag to its end.
    Definite(usize),
    /// An end-of-contents mark ends it.
    Indefinite,
}

/// Finds the first place in a text at which a certificate, a list of them, a key or a store may begin in DER: a SEQUENCE
/// of more than 127 bytes, or one that begins with a version, as short keys do. No text has these bytes: in UTF-8 the first
/// two of them, in any code page the control characters.
pub(super) fn begin(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(tag::SEQUENCE, text)
        .find(|at| matches!(text[at + 1..], [0x80..=0x84, ..] | [_, tag::INTEGER, 1, 0..=3, ..]))
}

/// Returns the length of the structure that begins here, if it is one of those. They begin with another SEQUENCE, an
/// object identifier or a version.
pub(super) fn length(head: &[u8]) -> Option<Length> {
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
    let length = octets.iter().fold(short, |length, octet| length << 8 | usize::from(*octet));
    Some(if *first == 0x80 { Length::Indefinite } else { Length::Definite(length.saturating_add(2 + count)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_der_is_taken_for_it() {
        assert_eq!(begin(b"100 0x 0\x82"), Some(7));
        assert_eq!(begin("0\u{201a} 0\u{20ac} 0\u{82}".as_bytes()), None);
        assert_eq!(length(b"\x30\x82\x01\x00\x30\x82\x00\x10"), Some(Length::Definite(260)));
        assert_eq!(begin(b"key: 0\x2e\x02\x01\x00\x30\x05"), Some(5));
        assert_eq!(length(b"\x30\x2e\x02\x01\x00\x30\x05"), Some(Length::Definite(48)));
        assert_eq!(length(b"\x30\x80\x06\x09\x2a"), Some(Length::Indefinite));
        for other in
            [&b""[..], b"\x30", b"\x30\x82\x01", b"\x30\x82\x01\x00\x04\x09", b"\x30\x85\x01\x01\x01\x01\x01\x30\x09"]
        {
            assert_eq!(length(other), None, "{other:?}");
        }
    }
}
