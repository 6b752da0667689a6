//! Finds the blocks of a PEM file in chunks, whatever stands around them, and decodes them.
//!
//! Files in use are glued together, indented, cut, saved as UTF-16, and mixed with text. Every block stands for itself
//! here: a bad one is handed over with its reason, and the search goes on behind it. Time is linear in the input and
//! memory bounded, whatever the input is.

mod bare;

use std::io::{self, Read};

use memchr::memmem::{self, Finder};
use memchr::{memchr_iter, memchr2, memrchr2};

use super::body;
use super::dashes::{self, MARGIN};
use super::utf16::{self, Utf16};
use crate::format::Position;
use crate::system::limits;

pub(in crate::format) const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Words of lines that may have lost their dashes.
const BEGIN_WORD: &[u8] = b"BEGIN";
const END_WORD: &[u8] = b"END";
const CHUNK: usize = 256 * 1024;

/// One block, from the first dash of its first line to the last dash of its last.
pub(in crate::format) struct Block {
    pub(in crate::format) label: String,
    pub(in crate::format) position: Position,
    pub(in crate::format) der: Result<Vec<u8>, String>,
    /// Why some readers of PEM fail on it.
    pub(in crate::format) flaw: Option<&'static str>,
    /// Whether it stands there as it is, without armour.
    pub(in crate::format) bare: bool,
}

/// Tells whether a text has the first line of a block.
pub(in crate::format) fn has_block(text: &[u8]) -> bool {
    let loose = |word: usize| {
        let line = dashes::line(text, BEGIN_WORD, word, word <= MARGIN);
        line.is_some_and(|line| dashes::base64_follows(&text[line.end..]))
    };
    memmem::find(text, BEGIN).is_some() || memmem::find_iter(text, BEGIN_WORD).any(loose)
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
    /// Offset before which there is no BEGIN that is not read yet.
    searched: u64,
    /// The byte before the first unread one, and the first of its line that is not blank.
    before: u8,
    first_of_line: Option<u8>,
    ended: bool,
    /// Base64 of the current block without line ends.
    text: Vec<u8>,
    flaw_of_file: Option<&'static str>,
    begin: Finder<'static>,
    end_word: Finder<'static>,
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
            searched: 0,
            before: b'\n',
            first_of_line: None,
            ended: false,
            text: Vec::with_capacity(8 * 1024),
            flaw_of_file: None,
            begin: Finder::new(BEGIN_WORD),
            end_word: Finder::new(END_WORD),
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
            let word = self.find_begin();
            let kept = if self.ended { 0 } else { KEPT };
            let passed = word.unwrap_or_else(|| self.unread().len().saturating_sub(kept));
            if let Some(block) = self.bare_block_within(passed)? {
                return Ok(Some(block));
            }
            match word {
                Some(word) => {
                    self.consume(word.saturating_sub(MARGIN));
                    if let Some(block) = self.block_at(word.min(MARGIN))? {
                        return Ok(Some(block));
                    }
                }
                None => {
                    self.consume(passed);
                    if self.ended {
                        return Ok(None);
                    }
                    self.fill()?;
                }
            }
        }
    }

    /// The block whose first line has its BEGIN here; None where that is a word of some text, which is then passed over.
    fn block_at(&mut self, word: usize) -> io::Result<Option<Block>> {
        self.have(word + BEGIN_WORD.len() + limits::PEM_LABEL + 6 * MARGIN)?;
        let strict = word.checked_sub(DASHES.len()).filter(|begin| self.unread()[*begin..].starts_with(BEGIN));
        if let Some((begin, label_end)) = strict.and_then(|begin| Some((begin, self.label_end(begin)?))) {
            self.consume(begin);
            // A block that somebody took out by `#`.
            if self.first_of_line == Some(b'#') {
                self.consume(BEGIN.len());
                return Ok(None);
            }
            return self.block(label_end - begin).map(Some);
        }
        let starts_line = matches!(self.before, b'\n' | b'\r');
        let line = dashes::line(self.unread(), BEGIN_WORD, word, starts_line)
            .filter(|line| dashes::base64_follows(&self.unread()[line.end..]));
        match line {
            Some(line) => {
                self.consume(line.start);
                self.block_without_dashes(line.label, line.end - line.start).map(Some)
            }
            None => {
                self.consume(word + BEGIN_WORD.len());
                Ok(None)
            }
        }
    }

    /// Finds the end of the label of the BEGIN line that begins here.
    fn label_end(&self, begin: usize) -> Option<usize> {
        let line = &self.unread()[begin + BEGIN.len()..];
        let line = &line[..line.len().min(limits::PEM_LABEL + DASHES.len())];
        let line = &line[..memchr2(b'\r', b'\n', line).unwrap_or(line.len())];
        self.dashes.find(line).map(|length| begin + BEGIN.len() + length)
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
            self.have(dashes + END.len() + label.len() + DASHES.len() + MARGIN)?;
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
        // To the end of the line on which the block may end.
        let limit = if self.unread()[..end].ends_with(END) { (end + 2 * MARGIN).min(self.unread().len()) } else { end };
        match der.is_err().then(|| self.end_without_dashes(&label, body, limit)).flatten() {
            Some(line) => {
                flaw.get_or_insert(DASHES_CHANGED);
                let der = self.decode(body, line.start, &mut flaw);
                Ok(self.block_until(label, line.end, der, flaw))
            }
            None => Ok(self.block_until(label, end, der, flaw)),
        }
    }

    /// The block whose first line lacks its dashes and ends here.
    fn block_without_dashes(&mut self, label: String, body: usize) -> io::Result<Block> {
        let mut from = body;
        let limit = loop {
            if let Some(next) = self.begin.find(&self.unread()[from..]) {
                break from + next;
            }
            from = from.max(self.unread().len().saturating_sub(BEGIN_WORD.len()));
            if self.unread().len() > limits::CERTIFICATE || !self.fill()? {
                break self.unread().len();
            }
        };
        let mut flaw = self.flaw_of_file.or(Some(DASHES_CHANGED));
        match self.end_without_dashes(&label, body, limit) {
            Some(line) => {
                let der = self.decode(body, line.start, &mut flaw);
                Ok(self.block_until(label, line.end, der, flaw))
            }
            None => {
                // With what may be the dashes of the next.
                let end = limit.saturating_sub(MARGIN).max(body);
                Ok(self.block_until(label, end, Err("it has no END line".to_owned()), flaw))
            }
        }
    }

    /// The END line of this label before `limit`, whatever has become of its dashes.
    fn end_without_dashes(&self, label: &str, body: usize, limit: usize) -> Option<dashes::Line> {
        let unread = self.unread();
        self.end_word
            .find_iter(&unread[body..limit])
            .filter_map(|word| dashes::line(unread, END_WORD, body + word, false))
            .find(|line| line.label == label)
    }

    fn block_until(
        &mut self,
        label: String,
        end: usize,
        der: Result<Vec<u8>, String>,
        flaw: Option<&'static str>,
    ) -> Block {
        let position = Position { line: Some(self.line), bytes: self.offset..self.offset + end as u64 };
        self.consume(end);
        Block { label, position, der, flaw, bare: false }
    }

    fn find_begin(&mut self) -> Option<usize> {
        let from = self.searched.saturating_sub(self.offset) as usize;
        let found = self.begin.find(self.unread().get(from..)?).map(|word| from + word);
        let clear = found.unwrap_or_else(|| self.unread().len().saturating_sub(BEGIN_WORD.len()));
        self.searched = self.offset + clear as u64;
        found
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
        body::decode(&buffer[*start + from..*start + to], text, flaw)
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

const DASHES_CHANGED: &str = "its BEGIN or END line lacks its dashes";
/// Bytes that stay unread before more is read: a first word may lie across, with its margin.
const KEPT: usize = MARGIN + BEGIN_WORD.len();
