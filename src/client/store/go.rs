//! Go's `CertPool.AppendCertsFromPEM`, on top of encoding/pem as of Go 1.25: it goes on without what it cannot read.

use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;

use super::{Loaded, Unusable, certificate, line_of};

pub(super) fn read(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let mut loaded = Loaded::default();
    let mut known = HashSet::new();
    let mut at = 0;
    while let Some(found) = next(bytes, at) {
        note_skipped(bytes, at..found.begin, &mut loaded);
        at = found.rest;
        let line = line_of(bytes, found.begin);
        if found.label != b"CERTIFICATE" {
            let label = String::from_utf8_lossy(found.label);
            loaded.pass_over(
                line,
                format!("it is labelled `{}`, not `CERTIFICATE`", crate::system::text::sanitise(&label)),
            );
        } else if found.has_headers {
            loaded.pass_over(line, "it has a header");
        } else {
            match certificate(found.der, "go") {
                Ok(certificate) if known.insert(certificate.fingerprint()) => loaded.push(certificate),
                Ok(_) => {}
                Err(reason) => loaded.pass_over(line, reason),
            }
        }
    }
    note_skipped(bytes, at..bytes.len(), &mut loaded);
    if loaded.certificates.is_empty() {
        return match loaded.passed_over.into_iter().next() {
            Some(first) => Err(Unusable::damaged(first.line, first.reason)),
            None => Err(Unusable::Empty),
        };
    }
    Ok(loaded)
}

/// Notes each BEGIN of a certificate in a part of the text that was skipped.
fn note_skipped(bytes: &[u8], part: std::ops::Range<usize>, loaded: &mut Loaded) {
    let start = part.start;
    let skipped = bytes.get(part).unwrap_or_default();
    for at in memmem::find_iter(skipped, b"-----BEGIN CERTIFICATE") {
        loaded.pass_over(line_of(bytes, start + at), "it is not a whole block on lines of its own, with sound base64");
    }
}

struct Block<'a> {
    begin: usize,
    label: &'a [u8],
    has_headers: bool,
    der: Vec<u8>,
    /// Where the text goes on behind it.
    rest: usize,
}

/// `pem.Decode`: of an END line and the last BEGIN line before it.
fn next(text: &[u8], from: usize) -> Option<Block<'_>> {
    let mut after_end = from;
    loop {
        let start = after_end;
        let end = start + memmem::find(text.get(start..)?, END)?;
        after_end = end + END.len();
        let begin = memmem::rfind(&text[start..end], BEGIN).map(|begin| start + begin);
        let Some(begin) = begin.filter(|begin| *begin == start || text[begin - 1] == b'\n') else { continue };
        match block(text, begin, end) {
            Ok(block) => return Some(block),
            Err(NotHere { ends: false }) => {}
            Err(NotHere { ends: true }) => return None,
        }
    }
}

/// There is no block, and, where it ends, none behind it either.
struct NotHere {
    ends: bool,
}

fn block(text: &[u8], begin: usize, end: usize) -> Result<Block<'_>, NotHere> {
    let no = NotHere { ends: false };
    let (line, mut at) = line(text, begin + BEGIN.len());
    let Some(label) = line.strip_suffix(DASHES) else { return Err(no) };
    let mut has_headers = false;
    loop {
        if at >= text.len() {
            return Err(NotHere { ends: true });
        }
        let (header, after) = self::line(text, at);
        if !header.contains(&b':') {
            break;
        }
        has_headers = true;
        at = after;
    }
    let after_end = end + END.len();
    if has_headers && end < at {
        return Err(NotHere { ends: after_end < at });
    }
    let (ending, _) = self::line(text, after_end);
    if ending.strip_prefix(label) != Some(DASHES) {
        return Err(no);
    }
    let body: Vec<u8> = text.get(at..end).unwrap_or_default().iter().copied().filter(|byte| !is_blank(*byte)).collect();
    let Ok(der) = BASE64.decode(body) else { return Err(no) };
    Ok(Block { begin, label, has_headers, der, rest: self::line(text, after_end - 1).1 })
}

/// The line that begins here, without blanks at its end, and where the next one begins.
fn line(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = text.get(at..).unwrap_or_default();
    let (end, next) = match memchr::memchr(b'\n', rest) {
        Some(end) => (end, end + 1),
        None => (rest.len(), rest.len()),
    };
    let line = rest[..end].strip_suffix(b"\r").filter(|_| next > end).unwrap_or(&rest[..end]);
    let length = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    (&line[..length], at + next)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

pub(super) static BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";
