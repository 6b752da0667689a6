//! PEM (RFC 7468), read as forgivingly as files in use need, written strictly.

pub(crate) mod order;
mod removal;

use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::armour::{Block, CERTIFICATE, Scanner, TRUSTED, has_block, member, member_or_key, utf8, write_block};
use super::{Derivations, Entry, Error, Format, Member, pkcs7};
use crate::x509::{Certificate, Fingerprint};

pub(super) static PEM: Format = Format {
    name: "pem",
    extensions: &["pem", "crt", "ca-bundle", "cert"],
    writable: true,
    profile_of: None,
    usual_passwords: &[None],
    recognise,
    decode_within: decode,
    encode,
    merge,
    remove: removal::remove,
};

fn recognise(head: &[u8]) -> bool {
    has_block(&utf8(head)) && !pkcs7::is_text(head)
}

fn decode(input: &mut dyn Read, _: Option<&str>, _: &Derivations, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let mut scanner = Scanner::new(input)?;
    while let Some(block) = scanner.next_block()? {
        if pkcs7::is_in(&block) {
            pkcs7_members(block).into_iter().for_each(&mut *visit);
        } else {
            visit(member_or_key(block));
        }
    }
    Ok(())
}

/// Few clients read PKCS#7 where they expect certificates. A block that holds nothing else is given to them as such.
fn pkcs7_members(block: Block) -> Vec<Member> {
    let mut members = pkcs7::members(block);
    if members.iter().all(|member| matches!(member, Member::Certificate { .. })) {
        for member in &mut members {
            if let Member::Certificate { flaw, .. } = member {
                *flaw = Some("it stands in a PKCS#7 block");
            }
        }
    }
    members
}

/// A certificate that is written anew where it stands.
struct Anew {
    certificate: Certificate,
    label: &'static str,
    der: Vec<u8>,
}

impl Anew {
    fn plain(certificate: Certificate) -> Self {
        let der = certificate.der().to_vec();
        Self { certificate, label: CERTIFICATE, der }
    }
}

/// Returns the certificates that take the place of a block. All that is none, or
/// is not trusted, stays with the text around it: what ends at the next BEGIN may end inside a line.
fn written_anew(block: Block) -> Result<Vec<Anew>, Error> {
    if pkcs7::is_in(&block) {
        let unseen = pkcs7_members(block).into_iter().filter_map(|member| match member {
            Member::Certificate { certificate, flaw: Some(_), .. } => Some(certificate),
            _ => None,
        });
        return Ok(unseen.map(Anew::plain).collect());
    }
    // OpenSSL's trust settings stay with their certificate.
    let trusted = if block.label == TRUSTED { block.der.clone().ok() } else { None };
    Ok(match (member(block)?, trusted) {
        (Member::Certificate { certificate, .. }, Some(der)) => vec![Anew { certificate, label: TRUSTED, der }],
        (Member::Certificate { certificate, .. }, None) => vec![Anew::plain(certificate)],
        _ => Vec::new(),
    })
}

/// LF, final newline, no byte order mark; over each certificate a comment with what a reader wants to know.
fn encode(entries: &mut dyn Iterator<Item = Entry<'_>>, _: Option<&str>, output: &mut dyn Write) -> Result<(), Error> {
    let mut text = Vec::new();
    for entry in entries {
        write_entry(&mut text, &entry)?;
        output.write_all(&text)?;
        // Between two.
        text.clear();
        text.push(b'\n');
    }
    Ok(())
}

fn write_entry(text: &mut Vec<u8>, entry: &Entry<'_>) -> io::Result<()> {
    write_comment(text, entry.certificate)?;
    if !entry.origin.is_empty() {
        writeln!(text, "# {}", entry.origin)?;
    }
    write_block(text, CERTIFICATE, entry.certificate.der());
    Ok(())
}

/// Writes the comment that stands above every certificate of pgtrust's.
fn write_comment(text: &mut Vec<u8>, certificate: &Certificate) -> io::Result<()> {
    writeln!(text, "# {}", certificate.subject())?;
    writeln!(text, "# sha256 {}", certificate.fingerprint())?;
    writeln!(text, "# valid {} to {}", certificate.not_before().date(), certificate.not_after().date())
}

/// Merges certificates into a file. What others wrote stays, comments and order included. What is added comes after it,
/// so that clients which read only the first certificate keep theirs. The one exception: a root goes before a
/// cross-signed certificate of its subject, because OpenSSL takes the first of a subject and does not turn back.
fn merge(existing: &[u8], _: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    let existing = utf8(existing);
    let mut merged = Merged::default();
    let mut text = Vec::new();
    let mut done = 0;
    let mut scanner = Scanner::new(&existing[..])?;
    while let Some(block) = scanner.next_block()? {
        let (start, end) = (block.position.bytes.start as usize, block.position.bytes.end as usize);
        let before = &existing[done..start];
        if existing[start..end].contains(&b'\\') && !stands_alone(before) || is_value(before) {
            return Err(Error::InsideText { position: block.position });
        }
        let certificates = written_anew(block)?;
        if certificates.is_empty() {
            continue;
        }
        push_text(&mut text, &existing[done..start], done > 0);
        done = end;
        for Anew { certificate, label, der } in certificates {
            // A second copy goes; what stands over it stays, over the next.
            if !merged.known.contains(&certificate.fingerprint()) {
                write_block(&mut text, label, &der);
                merged.insert(certificate, std::mem::take(&mut text));
            }
        }
    }
    push_text(&mut text, &existing[done..], done > 0);
    let rest = text;
    for entry in add {
        let mut text = Vec::new();
        write_entry(&mut text, entry)?;
        merged.insert(entry.certificate.clone(), text);
    }

    let mut bytes = Vec::with_capacity(existing.len() + add.len() * 2048);
    for piece in merged.pieces {
        if !bytes.is_empty() && piece.text.starts_with(b"#") {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&piece.text);
    }
    bytes.extend_from_slice(&rest);
    Ok(bytes)
}

/// Tells whether nothing stands before a block on its line but what `echo` leaves of a string: an `.env` file would be
/// none any more with line ends in its values.
fn stands_alone(before: &[u8]) -> bool {
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)..];
    let mut characters = line.trim_ascii();
    while let [b'\\', rest @ ..] | [b'n' | b'r', rest @ ..] = characters {
        characters = rest.trim_ascii();
    }
    characters.iter().all(|byte| b"\"'".contains(byte))
}

/// Tells whether a block is a value of YAML, of JSON or of a `.env` file: on the line of its name, or indented below it.
/// Written anew it would be none.
fn is_value(before: &[u8]) -> bool {
    let line_of = |text: &'_ [u8]| memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
    let start = line_of(before);
    let (above, prefix) = before.split_at(start);
    if !prefix.trim_ascii().is_empty() {
        return ends_name(prefix) || prefix.len() > 1 && (prefix.ends_with(b"\"") || prefix.ends_with(b"'"));
    }
    let above = above.trim_ascii_end();
    !prefix.is_empty() && ends_name(&above[line_of(above)..])
}

fn ends_name(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let ends: [&[u8]; 9] = [b":", b"|", b">", b"|-", b">-", b"|+", b"=\"", b"='", b"="];
    !line.starts_with(b"#") && ends.iter().any(|end| line.ends_with(end))
}

/// The merged file as it grows.
#[derive(Default)]
struct Merged {
    pieces: Vec<Piece>,
    known: HashSet<Fingerprint>,
    /// The subjects of certificates that others signed.
    crossed: HashSet<Vec<u8>>,
}

/// A certificate and the text that goes with it: what stands over it, and its block.
struct Piece {
    certificate: Certificate,
    text: Vec<u8>,
}

impl Merged {
    fn insert(&mut self, certificate: Certificate, text: Vec<u8>) {
        if !self.known.insert(certificate.fingerprint()) {
            return;
        }
        let self_issued = certificate.is_self_issued();
        let subject = certificate.subject().as_bytes();
        if !self_issued {
            self.crossed.insert(subject.to_vec());
        }
        let behind =
            |piece: &Piece| piece.certificate.subject() == certificate.subject() && !piece.certificate.is_self_issued();
        let before =
            if self_issued && self.crossed.contains(subject) { self.pieces.iter().position(behind) } else { None };
        self.pieces.insert(before.unwrap_or(self.pieces.len()), Piece { certificate, text });
    }
}

/// Text between blocks as it stands, but for the rest of the line that the block before it ends on, with LF line
/// ends and one at its end.
fn push_text(text: &mut Vec<u8>, part: &[u8], after_block: bool) {
    let lines = with_line_feeds(part);
    let lines = match memchr::memchr(b'\n', &lines) {
        Some(end) if after_block && lines[..end].trim_ascii().is_empty() => &lines[end + 1..],
        None if lines.trim_ascii().is_empty() => return,
        _ => &lines,
    };
    text.extend_from_slice(lines);
    if !lines.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
}

/// A line ends with CR, LF, CR LF or, where a file was converted twice, more CR before the LF.
fn with_line_feeds(text: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(text.len());
    let mut returns = 0;
    for byte in text {
        match byte {
            b'\r' => {
                returns += 1;
                continue;
            }
            b'\n' => {}
            _ => lines.extend(std::iter::repeat_n(b'\n', returns)),
        }
        returns = 0;
        lines.push(*byte);
    }
    lines.extend(std::iter::repeat_n(b'\n', returns));
    lines
}

#[cfg(test)]
mod tests;
