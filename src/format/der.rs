//! DER: one certificate, nothing else.

use std::io::{Read, Write};

use super::{Entry, Error, Format, Goes, Identified, Member, Position, goes_if, what_is};
use crate::system::limits;
use crate::x509::Certificate;
use crate::x509::asn1::{begun_sequence, tag};

pub(super) static DER: Format = Format {
    name: "der",
    extensions: &["der", "cer"],
    writable: true,
    profile_of: None,
    usual_passwords: &[None],
    recognise,
    decode,
    encode,
    merge,
    remove,
};

/// A SEQUENCE that begins with a SEQUENCE, and is none of the other things that do.
fn recognise(head: &[u8]) -> bool {
    begun_sequence(head).is_some_and(|content| content.starts_with(&[tag::SEQUENCE]))
        && what_is(head) == Identified::Binary
}

fn decode(input: &mut dyn Read, _: Option<&str>, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let mut bytes = Vec::new();
    let limit = limits::CERTIFICATE as u64;
    input.take(limit + 1).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > limit {
        return Err(Error::TooLarge { limit });
    }
    let position = Position { line: None, bytes: 0..length };
    visit(match Certificate::from_der(bytes) {
        Ok(certificate) => Member::Certificate { alias: None, certificate, position, flaw: None },
        Err(error) => Member::Rejected { position, reason: error.to_string() },
    });
    Ok(())
}

fn encode(entries: &mut dyn Iterator<Item = Entry<'_>>, _: Option<&str>, output: &mut dyn Write) -> Result<(), Error> {
    let entry = entries.next().ok_or(Error::HoldsOne { format: DER.name, count: 0 })?;
    let more = entries.count();
    if more > 0 {
        return Err(Error::HoldsOne { format: DER.name, count: 1 + more });
    }
    Ok(output.write_all(entry.certificate.der())?)
}

fn merge(existing: &[u8], _: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    match add.len() {
        0 => Ok(existing.to_vec()),
        more => Err(Error::HoldsOne { format: DER.name, count: 1 + more }),
    }
}

fn remove(existing: &[u8], _: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error> {
    let position = &Position { line: None, bytes: 0..existing.len() as u64 };
    if goes_if(goes, existing, position, |_| true) { Ok(Vec::new()) } else { Ok(existing.to_vec()) }
}
