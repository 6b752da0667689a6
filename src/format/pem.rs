//! PEM (RFC 7468), read as forgivingly as files in use need, written strictly.

mod removal;
pub(super) mod scanner;
pub(super) mod utf16;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Write};

use base64::Engine as _;
use time::OffsetDateTime;

use super::{Entry, Error, Format, Member, pkcs7};
use crate::asn1::Reader;
use crate::certificate::{Certificate, Fingerprint};
use scanner::{Block, Scanner, engine};
use utf16::utf8;

pub(super) static PEM: Format = Format {
    name: "pem",
    extensions: &["pem", "crt", "ca-bundle", "cert"],
    writable: true,
    usual_passwords: &[None],
    recognise,
    decode,
    encode,
    merge,
    remove: removal::remove,
};

fn recognise(head: &[u8]) -> bool {
    memchr::memmem::find(&utf8(head), scanner::BEGIN).is_some() && !pkcs7::is_text(head)
}

fn decode(input: &mut dyn Read, _: Option<&str>, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let mut scanner = Scanner::new(input)?;
    while let Some(block) = scanner.next_block()? {
        if pkcs7::LABELS.contains(&block.label.as_str()) {
            pkcs7_members(block).into_iter().for_each(&mut *visit);
        } else {
            visit(member(block)?);
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

/// A block of anything but PKCS#7.
pub(super) fn member(block: Block) -> Result<Member, Error> {
    let Block { label, place, der, flaw } = block;
    let kind = match label.as_str() {
        CERTIFICATE | "X509 CERTIFICATE" | TRUSTED => None,
        label if label.contains("PRIVATE KEY") => return Err(Error::PrivateKey { place }),
        "X509 CRL" => Some("revocation-list"),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Some("certificate-request"),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Some("public-key"),
        _ => Some("unknown"),
    };
    if let Some(kind) = kind {
        return Ok(Member::Other { alias: None, kind, place });
    }
    let certificate = der.and_then(|mut der| {
        if label == TRUSTED {
            // What OpenSSL appends to the certificate are its own trust settings.
            let length = Reader::new(&der).element().map_or(der.len(), |first| first.whole.len());
            der.truncate(length);
        }
        Certificate::from_der(der).map_err(|error| error.to_string())
    });
    Ok(match certificate {
        Ok(certificate) => Member::Certificate { alias: None, certificate, place, flaw },
        Err(reason) => Member::Rejected { place, reason },
    })
}

/// LF, final newline, no byte order mark; over each certificate a comment with what a reader wants to know.
fn encode(entries: &mut dyn Iterator<Item = Entry<'_>>, _: Option<&str>, output: &mut dyn Write) -> Result<(), Error> {
    let mut text = Vec::with_capacity(8 * 1024);
    for (index, entry) in entries.enumerate() {
        text.clear();
        if index > 0 {
            text.push(b'\n');
        }
        write_entry(&mut text, &entry)?;
        output.write_all(&text)?;
    }
    Ok(())
}

fn write_entry(text: &mut Vec<u8>, entry: &Entry<'_>) -> io::Result<()> {
    text.extend_from_slice(&comment(entry.certificate));
    if !entry.origin.is_empty() {
        writeln!(text, "# {}", entry.origin)?;
    }
    write_block(text, entry.certificate.der());
    Ok(())
}

/// What stands over every certificate that pgtrust writes.
fn comment(certificate: &Certificate) -> Vec<u8> {
    let (subject, fingerprint) = (certificate.subject(), certificate.fingerprint());
    let (first, last) = (Day(certificate.not_before()), Day(certificate.not_after()));
    format!("# {subject}\n# sha256 {fingerprint}\n# valid {first} to {last}\n").into_bytes()
}

/// A date as `2026-11-21`, written by hand: thousands of them are.
struct Day(OffsetDateTime);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

fn write_block(text: &mut Vec<u8>, der: &[u8]) {
    text.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
    // All lines at once, then apart: twice as fast as line by line.
    let mut encoded = vec![0; der.len().div_ceil(3) * 4];
    let length = engine().encode_slice(der, &mut encoded).unwrap_or_default();
    for line in encoded[..length].chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(b"-----END CERTIFICATE-----\n");
}

/// What others wrote stays, comments and order included. What is added comes behind it, so that clients which read
/// only the first certificate keep theirs. The one exception: a root goes before a cross-signed certificate of its
/// subject, because OpenSSL takes the first of a subject and does not turn back.
fn merge(existing: &[u8], _: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    let existing = utf8(existing);
    let mut merged = Merged::default();
    let mut text = Vec::new();
    let mut done = 0;
    let mut scanner = Scanner::new(&existing[..])?;
    while let Some(block) = scanner.next_block()? {
        let (start, end) = (block.place.bytes.start as usize, block.place.bytes.end as usize);
        if pkcs7::LABELS.contains(&block.label.as_str()) {
            push_text(&mut text, &existing[done..start]);
            done = start;
            for member in pkcs7_members(block) {
                let Member::Certificate { certificate, flaw: Some(_), .. } = member else { continue };
                done = end;
                if !merged.known.contains(&certificate.fingerprint()) {
                    write_block(&mut text, certificate.der());
                    merged.insert(certificate, std::mem::take(&mut text));
                }
            }
            push_text(&mut text, &existing[done..end]);
            done = end;
            continue;
        }
        let plain = block.label != TRUSTED;
        match member(block)? {
            Member::Certificate { certificate, .. } => {
                push_text(&mut text, &existing[done..start]);
                // A second copy goes; what stands over it stays, over the next.
                if !merged.known.contains(&certificate.fingerprint()) {
                    if plain {
                        write_block(&mut text, certificate.der());
                    } else {
                        push_text(&mut text, &existing[start..end]);
                    }
                    merged.insert(certificate, std::mem::take(&mut text));
                }
            }
            Member::Other { .. } | Member::Rejected { .. } | Member::Unchecked { .. } => {
                push_text(&mut text, &existing[done..end])
            }
        }
        done = end;
    }
    push_text(&mut text, &existing[done..]);
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

/// The merged file as it grows.
#[derive(Default)]
struct Merged {
    pieces: Vec<Piece>,
    known: HashSet<Fingerprint>,
    crossed: bool,
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
        self.crossed |= !self_issued;
        let behind =
            |piece: &Piece| piece.certificate.subject() == certificate.subject() && !piece.certificate.is_self_issued();
        let before = if self_issued && self.crossed { self.pieces.iter().position(behind) } else { None };
        self.pieces.insert(before.unwrap_or(self.pieces.len()), Piece { certificate, text });
    }
}

/// Text between blocks as it stands, but for the rest of the line that the block before it ends on, with LF line
/// ends and one at its end.
fn push_text(text: &mut Vec<u8>, part: &[u8]) {
    let part = match memchr::memchr(b'\n', part) {
        Some(end) if part[..end].trim_ascii().is_empty() => &part[end + 1..],
        None if part.trim_ascii().is_empty() => return,
        _ => part,
    };
    for (index, byte) in part.iter().enumerate() {
        match (*byte, part.get(index + 1)) {
            (b'\r', Some(b'\n')) => {}
            (b'\r', _) => text.push(b'\n'),
            (byte, _) => text.push(byte),
        }
    }
    if !part.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
}

const CERTIFICATE: &str = "CERTIFICATE";
const TRUSTED: &str = "TRUSTED CERTIFICATE";
