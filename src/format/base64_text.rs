//! Certificates in one more layer of base64: a PEM file as Kubernetes and `base64` write it, alone or among YAML, and one
//! in DER without the lines of PEM. No client reads that; it is only read.

use std::io::{Read, Write};
use std::ops::Range;

use base64::Engine as _;
use memchr::memmem;

use super::archive::only_read;
use super::armour::{BASE64, has_block, utf8};
use super::{
    Derivations, Entry, Error, Format, Identified, Member, MemberKind, Position, PrivateKey, read_whole, what_is,
};
use crate::system::limits;

pub(super) static BASE64_TEXT: Format = Format {
    name: "base64",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| {
        let text = utf8(head);
        !has_block(&text) && (packed_pem(&text, 0).is_some() || is_packed(&text))
    },
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("base64 of a store")),
    merge: |_, _, _| Err(only_read("base64 of a store")),
    remove: |_, _, _| Err(only_read("base64 of a store")),
};

/// `-----BEGIN ` in base64, as far as what follows does not change it.
const PACKED_BEGIN: &[u8] = b"LS0tLS1CRUdJTi";

fn decode(input: &mut dyn Read, _: Option<&str>, _: &Derivations, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let text = utf8(&bytes);
    if is_packed(&text) {
        return members(&text, 0..text.len(), 1, visit);
    }
    let (mut done, mut line, mut count) = (0, 1, 0_u64);
    while let Some(packed) = packed_pem(&text, done) {
        count += 1;
        if count > limits::ARCHIVE_FILES.into() {
            return Err(Error::Limit { what: "files in base64", limit: limits::ARCHIVE_FILES.into(), found: count });
        }
        line += memchr::memchr_iter(b'\n', &text[done..packed.start]).count() as u64;
        members(&text, packed.clone(), line, visit)?;
        line += memchr::memchr_iter(b'\n', &text[packed.clone()]).count() as u64;
        done = packed.end;
    }
    // What stands around them is lost where another format takes its place.
    let position = Position { line: Some(1), bytes: 0..text.len() as u64 };
    visit(Member::Other { alias: None, kind: MemberKind::Unknown, position });
    Ok(())
}

/// Hands over what is packed here.
fn members(text: &[u8], packed: Range<usize>, line: u64, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let position = Position { line: Some(line), bytes: packed.start as u64..packed.end as u64 };
    let Some(content) = unpacked(&text[packed]) else {
        visit(Member::Rejected { position, reason: "its base64 is cut off".to_owned() });
        return Ok(());
    };
    let Some(format) = plain_format(&content) else {
        visit(match what_is(&content) {
            Identified::PrivateKey | Identified::EncryptedKey => {
                Member::PrivateKey(PrivateKey::bare(position, &content))
            }
            what => Member::Rejected { position, reason: format!("its base64 holds {what}") },
        });
        return Ok(());
    };
    let flaw =
        if *format == *Format::pem() { "it is base64 of a PEM file" } else { "it is base64 without the lines of PEM" };
    format.decode(&mut &content[..], None, &mut |member| {
        let position = position.clone();
        visit(match member {
            Member::Certificate { alias, certificate, .. } => {
                Member::Certificate { alias, certificate, position, flaw: Some(flaw) }
            }
            Member::Distrusted { certificate, reason, .. } => Member::Distrusted { certificate, position, reason },
            Member::Other { alias, kind, .. } => Member::Other { alias, kind, position },
            Member::PrivateKey(key) => Member::PrivateKey(PrivateKey { position, ..key }),
            Member::Rejected { position: within, reason } => {
                Member::Rejected { position, reason: format!("{within} within: {reason}") }
            }
            Member::Unchecked { reason } => Member::Unchecked { reason },
        });
    })
}

/// The formats that people pack so, and no others: a store with a password is passed as it is.
fn plain_format(content: &[u8]) -> Option<&'static Format> {
    Format::of(content).filter(|format| ["der", "pkcs7", "pem"].contains(&format.name))
}

/// Tells whether a text is base64 and nothing else, of something that is read.
fn is_packed(text: &[u8]) -> bool {
    let is_base64 = |byte: &u8| is_digit(*byte) || *byte == b'=' || byte.is_ascii_whitespace();
    text.iter().all(is_base64)
        && unpacked(text).is_some_and(|content| {
            plain_format(&content).is_some()
                || matches!(what_is(&content), Identified::PrivateKey | Identified::EncryptedKey)
        })
}

/// The next PEM file in base64 from here on. It goes on over lines that are base64 from their first character to the last.
fn packed_pem(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut searched = from;
    loop {
        let start = searched + memmem::find(&text[searched..], PACKED_BEGIN)?;
        if start > 0 && is_digit(text[start - 1]) {
            searched = start + PACKED_BEGIN.len();
            continue;
        }
        let mut end = start;
        let mut rest = &text[start..];
        loop {
            let digits = rest.iter().take_while(|byte| is_digit(**byte) || **byte == b'=').count();
            end += digits;
            rest = &rest[digits..];
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let line = &rest[blank..];
            let line = &line[..memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len())].trim_ascii_end();
            let goes_on = !line.is_empty() && line.iter().all(|byte| is_digit(*byte) || *byte == b'=');
            if text[end - 1] == b'=' || !rest[..blank].contains(&b'\n') || !goes_on {
                return Some(start..end);
            }
            end += blank;
            rest = &rest[blank..];
        }
    }
}

fn unpacked(text: &[u8]) -> Option<Vec<u8>> {
    let mut digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // The head of a file may end anywhere, and nothing decodes into one digit.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    BASE64.decode(digits).ok().filter(|content| !content.is_empty())
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
