//! CSV as RFC 4180 has it: fields in quotes may hold line ends, separators, and quotes twice.

use std::ops::Range;

/// One row.
pub(super) struct Row {
    pub(super) fields: Vec<Vec<u8>>,
    pub(super) bytes: Range<u64>,
}

/// The rows of a text.
pub(super) struct Rows<'a> {
    text: &'a [u8],
    separator: u8,
    at: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(text: &'a [u8], separator: u8) -> Self {
        Self { text, separator, at: 0 }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (mut fields, mut field, mut quoted) = (Vec::new(), Vec::new(), false);
        let mut end = rest.len();
        let mut bytes = rest.iter().copied().enumerate().peekable();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' if quoted && bytes.peek().is_some_and(|(_, next)| *next == b'"') => {
                    bytes.next();
                    field.push(b'"');
                }
                b'"' if quoted || field.is_empty() => quoted = !quoted,
                b'\n' if !quoted => {
                    end = at + 1;
                    break;
                }
                _ if byte == self.separator && !quoted => fields.push(std::mem::take(&mut field)),
                _ => field.push(byte),
            }
        }
        fields.push(field.trim_ascii_end().to_vec());
        let row = Row { fields, bytes: self.at as u64..(self.at + end) as u64 };
        self.at += end;
        Some(row)
    }
}
