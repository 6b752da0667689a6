//! The blocks of a file as OpenSSL's `PEM_read_bio` finds them: crypto/pem/pem_lib.c of OpenSSL 3.0.

use super::base64::decoded;
use super::{CERTIFICATE, TRUSTED, X509_CERTIFICATE};
use crate::client::store::Unusable;

/// A block with sound base64.
pub(super) struct Section {
    pub(super) label: String,
    /// What stands before an empty line, such as `Proc-Type: 4,ENCRYPTED`.
    pub(super) header: Vec<u8>,
    der: Vec<u8>,
    /// The line of its BEGIN, from 1.
    pub(super) line: u64,
}

impl Section {
    /// Returns its content. Fails where a header says or seems to say that it is encrypted.
    pub(super) fn plain(&self) -> Result<Vec<u8>, Unusable> {
        if self.header.is_empty() {
            return Ok(self.der.clone());
        }
        Err(Unusable::damaged(self.line, "it has a header, or an empty line in it"))
    }

    pub(super) fn is_certificate(&self) -> bool {
        [CERTIFICATE, X509_CERTIFICATE, TRUSTED].contains(&self.label.as_str())
    }
}

/// What a zero byte does to its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ZeroBytes {
    /// The line ends there, as with `fgets` in C; one that begins so is taken for the end of the file.
    EndLines,
    /// Nothing at first: the text is in memory.
    Stay,
}

/// Finds one block after the other.
pub(super) struct Sections<'a> {
    rest: &'a [u8],
    zero_bytes: ZeroBytes,
    /// The line that the rest begins on.
    line: u64,
}

/// Which part of a block is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It shows at the first colon or empty line.
    Unknown,
    Header,
    Data,
}

impl<'a> Sections<'a> {
    pub(super) fn new(text: &'a [u8], zero_bytes: ZeroBytes) -> Self {
        Self { rest: text, zero_bytes, line: 1 }
    }

    /// Returns the next block, if there is any. Fails where OpenSSL reads no further.
    pub(super) fn next(&mut self) -> Result<Option<Section>, Unusable> {
        let Some((label, line)) = self.begin() else { return Ok(None) };
        let (header, data) = self.body(&label, line)?;
        let der = decoded(&data).ok_or_else(|| Unusable::damaged(line, "its base64 is broken"))?;
        if der.is_empty() {
            return Err(Unusable::damaged(line, "nothing is in it"));
        }
        Ok(Some(Section { label: String::from_utf8_lossy(&label).into_owned(), header, der, line }))
    }

    /// `get_name`: the label of the next BEGIN line, and its number.
    fn begin(&mut self) -> Option<(Vec<u8>, u64)> {
        let mut is_first = true;
        loop {
            let line = self.line;
            let text = trimmed(self.gets()?, is_first);
            is_first = false;
            let label = text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(TAIL));
            if let Some(label) = label {
                return Some((until_zero(label).to_vec(), line));
            }
        }
    }

    /// `get_header_and_data`.
    fn body(&mut self, label: &[u8], begin: u64) -> Result<(Vec<u8>, Vec<u8>), Unusable> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let (mut part, mut is_short, mut is_partial) = (Part::Unknown, false, false);
        loop {
            let number = self.line;
            let was_partial = is_partial;
            let Some(piece) = self.gets() else { return Err(Unusable::damaged(begin, "it has no END line")) };
            is_partial = piece.len() == PIECE && !piece.ends_with(b"\n");
            if part == Part::Unknown && piece.contains(&b':') {
                part = Part::Header;
            }
            let text = trimmed(piece, false);
            if text == b"\n" {
                if part == Part::Data && !was_partial {
                    return Err(Unusable::damaged(number, "an empty line stands in the block"));
                }
                if !was_partial {
                    part = Part::Data;
                }
                continue;
            }
            if let Some(end) = text.strip_prefix(END) {
                if !end.strip_prefix(label).is_some_and(|end| end.starts_with(TAIL)) {
                    let wanted = String::from_utf8_lossy(label);
                    let reason = format!("it should be `-----END {wanted}-----`, alone on its line");
                    return Err(Unusable::damaged(number, reason));
                }
                return Ok(if part == Part::Unknown { (second, first) } else { (first, second) });
            }
            if is_short || part == Part::Data && text.len() > ENCODED_LINE {
                return Err(Unusable::damaged(number, "behind a header its lines must have 64 characters"));
            }
            is_short = part == Part::Data && text.len() < ENCODED_LINE;
            let into = if part == Part::Data { &mut second } else { &mut first };
            into.extend_from_slice(until_zero(&text));
        }
    }

    /// `BIO_gets` with room for 254 bytes: a line, or a piece of one.
    fn gets(&mut self) -> Option<&'a [u8]> {
        let room = &self.rest[..self.rest.len().min(PIECE)];
        let end = memchr::memchr(b'\n', room).map_or(room.len(), |end| end + 1);
        let (piece, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += u64::from(piece.ends_with(b"\n"));
        let piece = if self.zero_bytes == ZeroBytes::EndLines { until_zero(piece) } else { piece };
        (!piece.is_empty()).then_some(piece)
    }
}

/// `sanitize_line`: without a byte order mark on the first line that is looked at, and with a line feed for what ends it.
/// Bytes beyond ASCII count as blanks there, as they do in a signed `char`.
fn trimmed(piece: &[u8], is_first: bool) -> Vec<u8> {
    let text = if is_first && piece.len() > 3 { piece.strip_prefix(BYTE_ORDER_MARK).unwrap_or(piece) } else { piece };
    let end = text.iter().rposition(|byte| (0x21..0x80).contains(byte)).map_or(0, |last| last + 1);
    let mut line = text[..end].to_vec();
    line.push(b'\n');
    line
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const TAIL: &[u8] = b"-----\n";
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// `LINESIZE` less the zero byte.
const PIECE: usize = 254;
/// With its line feed.
const ENCODED_LINE: usize = 65;
