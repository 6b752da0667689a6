//! .NET's `ImportFromPemFile`, as Npgsql calls it: blocks that are not whole are skipped, and a certificate that cannot be
//! read costs the file. Where no block is found, Npgsql takes the file for one certificate in DER.
//!
//! After PemEncoding.cs and X509Certificate2Collection.cs of dotnet/runtime, and NpgsqlConnector.cs of npgsql. .NET is not
//! among what the tests ask.

use std::borrow::Cow;

use memchr::memmem;

use super::{Loaded, Unusable, certificate, line_of};

pub(super) fn read(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let text = text(bytes);
    let text = text.as_bytes();
    let mut loaded = Loaded::default();
    let mut at = 0;
    while let Some(block) = next(text, at) {
        at = block.end;
        let line = line_of(text, block.begin);
        if block.label == b"CERTIFICATE" {
            let der = decoded(block.body).unwrap_or_default();
            loaded.push(certificate(der, "openssl").map_err(|reason| Unusable::damaged(line, reason))?);
        } else {
            loaded.pass_over(line, "it is not labelled `CERTIFICATE`");
        }
    }
    let begun: Vec<usize> = memmem::find_iter(text, b"-----BEGIN CERTIFICATE-----").collect();
    if loaded.certificates.is_empty() {
        return match begun.first() {
            Some(first) => Err(Unusable::damaged(line_of(text, *first), "it is not a whole block with sound base64")),
            None => alone(bytes),
        };
    }
    for _ in loaded.certificates.len()..begun.len() {
        loaded.pass_over(None, "a block that is not whole, or not parted from what is before it");
    }
    Ok(loaded)
}

/// `new X509Certificate2(path)`.
fn alone(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let certificate = certificate(bytes.to_vec(), "openssl").map_err(|_| Unusable::Empty)?;
    Ok(Loaded { certificates: vec![certificate], ..Loaded::default() })
}

/// `File.ReadAllText`: a byte order mark tells the encoding, which else is UTF-8.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (units, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| of(*unit)).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

struct Block<'a> {
    begin: usize,
    label: &'a [u8],
    body: &'a [u8],
    end: usize,
}

/// `PemEncoding.TryFind`.
fn next(text: &[u8], from: usize) -> Option<Block<'_>> {
    let find = |what: &[u8], from: usize| Some(from + memmem::find(text.get(from..)?, what)?);
    let mut at = from;
    while let Some(begin) = find(BEGIN, at) {
        let label_at = begin + BEGIN.len();
        // What is cut off before it does not count as before it.
        if begin > from && !is_blank(text[begin - 1]) {
            at = label_at;
            continue;
        }
        let label_end = find(DASHES, label_at)?;
        let label = &text[label_at..label_end];
        at = label_end;
        let body_at = label_end + DASHES.len();
        let ending = [END, label, DASHES].concat();
        let Some(body_end) = find(&ending, body_at).filter(|_| is_label(label)) else { continue };
        let end = body_end + ending.len();
        let body = &text[body_at..body_end];
        if text.get(end).is_none_or(|byte| is_blank(*byte) || end + 1 == text.len()) && decoded(body).is_some() {
            return Some(Block { begin, label, body, end });
        }
    }
    None
}

/// RFC 7468 section 3: single blanks and hyphens between printable characters.
fn is_label(label: &[u8]) -> bool {
    let parts = label.split(|byte| matches!(byte, b' ' | b'-'));
    label.is_empty() || parts.into_iter().all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_graphic))
}

fn decoded(body: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let text: Vec<u8> = body.iter().copied().filter(|byte| !is_blank(*byte)).collect();
    super::go::BASE64.decode(text).ok()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
