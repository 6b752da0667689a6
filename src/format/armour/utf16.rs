//! Files that Windows editors and shells saved as UTF-16.

use std::borrow::Cow;

/// U+FEFF in UTF-8.
pub(in crate::format) const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Turns UTF-16 into UTF-8 piece by piece.
pub(in crate::format) struct Utf16 {
    big_endian: bool,
    /// An odd byte, or half of a surrogate pair, at the end of the last piece.
    pending: Vec<u8>,
}

impl Utf16 {
    /// Detects it by a byte order mark, or by ASCII written in two bytes.
    pub(in crate::format) fn detect(head: &[u8]) -> Option<Self> {
        let big_endian = match head {
            [0xfe, 0xff, ..] => true,
            [0xff, 0xfe, ..] => false,
            [0, 1..=0x7f, 0, 1..=0x7f, ..] => true,
            [1..=0x7f, 0, 1..=0x7f, 0, ..] => false,
            _ => return None,
        };
        Some(Self { big_endian, pending: Vec::new() })
    }

    pub(in crate::format) fn decode(&mut self, piece: &[u8], output: &mut Vec<u8>) {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(piece);
        let mut units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| if self.big_endian { [pair[0], pair[1]] } else { [pair[1], pair[0]] })
            .map(u16::from_be_bytes)
            .collect();
        let mut whole = units.len() * 2;
        if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
            whole -= 2;
        }
        self.pending = bytes.split_off(whole);
        for c in char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)) {
            if c != '\u{feff}' {
                output.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// Returns a whole file as UTF-8, without a byte order mark.
pub(in crate::format) fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    match Utf16::detect(bytes) {
        None => Cow::Borrowed(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
        Some(mut utf16) => {
            let mut text = Vec::with_capacity(bytes.len());
            utf16.decode(bytes, &mut text);
            Cow::Owned(text)
        }
    }
}
