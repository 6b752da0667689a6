//! Finds the blocks of a PEM file in chunks, whatever stands around them, and decodes them.
//!
//! Files in use are glued together, indented, cut, saved as UTF-16, and mixed with text. Every block stands for itself
//! here: a bad one is handed over with its reason, and the search goes on behind it. Time is linear in the input and
//! memory bounded, whatever the input is.

use std::io::{self, Read};

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr2, memrchr2};

use super::utf16::{self, Utf16};
use crate::format::Position;
use crate::system::limits;

pub(in crate::format) const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Larger blocks are not certificates.
const CHUNK: usize = 256 * 1024;

/// The base64 of RFC 4648, padding and last bits not insisted on: the certificate inside tells whether it is whole.
pub(in crate::format) static BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One block, from the first dash of its first line to the last dash of its last.
pub(in crate::format) struct Block {
    pub(in crate::format) label: String,
    pub(in crate::format) position: Position,
    pub(in crate::format) der: Result<Vec<u8>, String>,
    /// Why some readers of PEM fail on it.
    pub(in crate::format) flaw: Option<&'static str>,
}

/// Positions in it count from the first unread byte, so that they stay true when the buffer moves.
pub(in crate::format) struct Scanner<R> {
    input: R,
    utf16: Option<Utf16>,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins and ends.
    start: usize,
    end: usize,
    /// Offset of the first unread byte in the file (once it is UTF-8), and its line.
    offset: u64,
    line: u64,
    /// The byte before the first unread one, and the first of its line that is not blank.
    before: u8,
    first_of_line: Option<u8>,
    ended: bool,
    /// Base64 of the current block without line ends.
    text: Vec<u8>,
    flaw_of_file: Option<&'static str>,
    begin: Finder<'static>,
    dashes: Finder<'static>,
}

impl<R: Read> Scanner<R> {
    pub(in crate::format) fn new(input: R) -> io::Result<Self> {
        let mut scanner = Self {
            input,
            utf16: None,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            line: 1,
            before: b'\n',
            first_of_line: None,
            ended: false,
            text: Vec::with_capacity(8 * 1024),
            flaw_of_file: None,
            begin: Finder::new(BEGIN),
            dashes: Finder::new(DASHES),
        };
        scanner.have(4)?;
        if let Some(mut utf16) = Utf16::detect(scanner.unread()) {
            let head = scanner.unread().to_vec();
            scanner.buffer.clear();
            utf16.decode(&head, &mut scanner.buffer);
            scanner.end = scanner.buffer.len();
            scanner.utf16 = Some(utf16);
            scanner.flaw_of_file = Some("it is in UTF-16");
        } else if scanner.unread().starts_with(utf16::BYTE_ORDER_MARK) {
            scanner.flaw_of_file = Some("the file begins with a byte order mark");
        }
        Ok(scanner)
    }

    /// Returns the next block; text around it is passed over.
    pub(in crate::format) fn next_block(&mut self) -> io::Result<Option<Block>> {
        loop {
            match self.begin.find(self.unread()) {
                Some(begin) => {
                    self.consume(begin);
                    match self.label_end()? {
                        Some(end) if self.first_of_line != Some(b'#') => return self.block(end).map(Some),
                        // Dashes in running text, or a block that somebody took out by `#`.
                        _ => self.consume(BEGIN.len()),
                    }
                }
                None => {
                    self.consume(self.unread().len().saturating_sub(BEGIN.len() - 1));
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Finds the end of the label of the BEGIN line at the start of the unread bytes.
    fn label_end(&mut self) -> io::Result<Option<usize>> {
        self.have(BEGIN.len() + limits::PEM_LABEL + DASHES.len())?;
        let line = &self.unread()[BEGIN.len()..];
        let line = &line[..line.len().min(limits::PEM_LABEL + DASHES.len())];
        let line = &line[..memchr2(b'\r', b'\n', line).unwrap_or(line.len())];
        Ok(self.dashes.find(line).map(|length| BEGIN.len() + length))
    }

    fn block(&mut self, label_end: usize) -> io::Result<Block> {
        let label = String::from_utf8_lossy(&self.unread()[BEGIN.len()..label_end]).into_owned();
        let body = label_end + DASHES.len();
        let mut flaw = self.flaw_of_file.or(match self.before {
            b'\n' | b'\r' => None,
            b' ' | b'\t' => Some("its first line is indented"),
            _ => Some("it is glued to what stands before it on its line"),
        });
        let mut from = body;
        let (der, end) = loop {
            let Some(dashes) = self.find_dashes(from)? else {
                let whole = self.unread().len();
                if self.ended {
                    break (Err("it has no END line".to_owned()), whole);
                }
                // Dashes may begin at the very end.
                break (Err("it is larger than 1 MiB".to_owned()), whole - DASHES.len());
            };
            self.have(dashes + END.len() + label.len() + DASHES.len())?;
            let rest = &self.unread()[dashes..];
            if rest.starts_with(BEGIN) {
                break (Err("it has no END line before the next BEGIN".to_owned()), dashes);
            }
            if let Some(rest) = rest.strip_prefix(END) {
                let closing = rest.strip_prefix(label.as_bytes()).is_some_and(|rest| rest.starts_with(DASHES));
                if !closing {
                    break (Err("its END line has another label".to_owned()), dashes + END.len());
                }
                let der = self.decode(body, dashes, &mut flaw);
                break (der, dashes + END.len() + label.len() + DASHES.len());
            }
            from = dashes + DASHES.len();
            if from > limits::CERTIFICATE {
                break (Err("it is larger than 1 MiB".to_owned()), from);
            }
        };
        let position = Position { line: Some(self.line), bytes: self.offset..self.offset + end as u64 };
        self.consume(end);
        Ok(Block { label, position, der, flaw })
    }

    /// The next five dashes from here, not searched for beyond the largest block.
    fn find_dashes(&mut self, mut from: usize) -> io::Result<Option<usize>> {
        loop {
            let unread = self.unread();
            if let Some(found) = self.dashes.find(&unread[from..]) {
                return Ok(Some(from + found));
            }
            from = from.max(unread.len().saturating_sub(DASHES.len() - 1));
            if unread.len() > limits::CERTIFICATE || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Decodes the base64 between two positions.
    fn decode(&mut self, from: usize, to: usize, flaw: &mut Option<&'static str>) -> Result<Vec<u8>, String> {
        let Self { buffer, start, text, .. } = self;
        let body = &buffer[*start + from..*start + to];
        text.clear();
        if !body.first().is_some_and(u8::is_ascii_whitespace) || !body.ends_with(b"\n") && !body.ends_with(b"\r") {
            flaw.get_or_insert("its first and last line do not stand alone");
        }
        gather(body, text, flaw);
        if text.len() % 4 != 0 {
            flaw.get_or_insert("its base64 is not padded");
        }
        BASE64.decode(&*text).map_err(|error| reason(&error))
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, count: usize) {
        let Some(last) = count.checked_sub(1) else { return };
        let passed = &self.buffer[self.start..self.start + count];
        self.line += match memchr_iter(b'\n', passed).count() {
            // Lines of an old Mac end with a carriage return.
            0 => memchr_iter(b'\r', passed).count() as u64,
            lines => lines as u64,
        };
        self.before = passed[last];
        let line = match memrchr2(b'\n', b'\r', passed) {
            Some(end) => {
                self.first_of_line = None;
                &passed[end + 1..]
            }
            None => passed,
        };
        if self.first_of_line.is_none() {
            self.first_of_line = line.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        }
        self.offset += count as u64;
        self.start += count;
    }

    /// Reads on until this many bytes are unread. False when the input ends before.
    fn have(&mut self, count: usize) -> io::Result<bool> {
        while self.unread().len() < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads on. False at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let chunk = match &mut self.utf16 {
            None => {
                let full = self.end + CHUNK;
                if self.buffer.len() < full {
                    self.buffer.resize(full, 0);
                }
                let read = read(&mut self.input, &mut self.buffer[self.end..full])?;
                self.end += read;
                read
            }
            Some(utf16) => {
                let mut chunk = vec![0; CHUNK];
                let read = read(&mut self.input, &mut chunk)?;
                self.buffer.truncate(self.end);
                utf16.decode(&chunk[..read], &mut self.buffer);
                self.end = self.buffer.len();
                read
            }
        };
        self.ended = chunk == 0;
        Ok(!self.ended)
    }
}

fn read(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Base64 without white space and without the headers of RFC 1421, and what is unusual about its lines.
fn gather(body: &[u8], text: &mut Vec<u8>, flaw: &mut Option<&'static str>) {
    if memchr(b'\n', body).is_none() && memchr(b'\r', body).is_some() {
        flaw.get_or_insert("its lines end with a carriage return only");
    }
    let mut lines = body.split(|byte| *byte == b'\n').peekable();
    // What follows BEGIN on its own line.
    if lines.peek().is_some_and(|first| first.trim_ascii().is_empty()) {
        lines.next();
    }
    if lines.peek().is_some_and(|line| memchr(b':', line).is_some()) {
        flaw.get_or_insert("it has headers");
        lines.by_ref().take_while(|line| !line.trim_ascii().is_empty()).for_each(drop);
    }
    while let Some(line) = lines.next() {
        match line.trim_ascii() {
            [] if lines.peek().is_some() => {
                flaw.get_or_insert("it has an empty line inside");
            }
            _ if line.starts_with(b" ") || line.starts_with(b"\t") => {
                flaw.get_or_insert("its lines are indented");
            }
            _ => {}
        }
        text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    }
}

fn reason(error: &DecodeError) -> String {
    match error {
        DecodeError::InvalidByte(_, byte) => format!("its base64 holds `{}`", byte.escape_ascii()),
        _ => "its base64 is cut off".to_owned(),
    }
}
