//! The fields of Java's stores, with every length checked before it is used.

use crate::format::{Error, Position};

/// Big-endian fields of Java's `DataOutput`.
#[derive(Clone)]
pub(super) struct JksReader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> JksReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or_else(|| {
            let reason = format!("{what} of {length} bytes is cut off after {}", rest.len());
            damaged(self.at, self.bytes.len(), reason)
        })?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, Error> {
        Ok(self.take(4, what)?.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    /// Bytes behind their length.
    pub(super) fn block(&mut self, what: &str) -> Result<&'a [u8], Error> {
        let length = self.u32(what)?;
        self.take(length as usize, what)
    }

    /// Returns the text behind its length, as `writeUTF` writes it.
    pub(super) fn utf(&mut self, what: &str) -> Result<&'a [u8], Error> {
        let length = self.take(2, what)?.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte));
        self.take(length, what)
    }
}

pub(super) fn damaged(start: usize, end: usize, reason: String) -> Error {
    Error::Damaged { position: position(start, end), reason }
}

pub(super) fn position(start: usize, end: usize) -> Position {
    Position { line: None, bytes: start as u64..end as u64 }
}
