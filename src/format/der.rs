//! DER: one certificate. What stands behind it is read too, and clients do not see it.

use std::io::{Read, Write};
use std::ops::Range;

use super::armour;
use super::{
    Derivations, Entry, Error, Format, Goes, Identified, Member, Position, PrivateKey, goes_if, read_whole, what_is,
};
use crate::system::limits;
use crate::x509::Certificate;
use crate::x509::asn1::{Reader, begun_sequence, tag};

pub(super) static DER: Format = Format {
    name: "der",
    extensions: &["der", "cer"],
    writable: true,
    profile_of: None,
    usual_passwords: &[None],
    recognise,
    decode_within: decode,
    encode,
    merge,
    remove,
};

/// A SEQUENCE that begins with a SEQUENCE, and is none of the other things that do.
fn recognise(head: &[u8]) -> bool {
    begun_sequence(head).is_some_and(|content| content.starts_with(&[tag::SEQUENCE]))
        && what_is(head) == Identified::Binary
}

/// Hands over the certificate, and all that stands behind it: `cat` makes such files.
fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    _: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let length = Reader::new(&bytes).element().map_or(bytes.len(), |first| first.whole.len());
    let (first, behind) = bytes.split_at(length);
    let position = Position { line: None, bytes: 0..length as u64 };
    if length > limits::CERTIFICATE {
        return Err(Error::TooLarge { limit: limits::CERTIFICATE as u64 });
    }
    if let (Ok(certificate), Ok(false)) = (Certificate::from_der(first), armour::for_servers(behind)) {
        visit(Member::Distrusted { certificate, position, reason: "its trust settings exclude TLS servers" });
        return Ok(());
    }
    visit(match Certificate::from_der(first) {
        Ok(certificate) => Member::Certificate { alias: None, certificate, position, flaw: None },
        Err(error) => Member::Rejected { position, reason: error.to_string() },
    });
    if behind.is_empty() { Ok(()) } else { decode_behind(behind, length as u64, password, visit) }
}

/// Text and DER behind the first certificate. What is neither is named.
fn decode_behind(
    behind: &[u8],
    offset: u64,
    password: Option<&str>,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let place = |bytes: Range<u64>| Position { line: None, bytes: offset + bytes.start..offset + bytes.end };
    let mut found = false;
    let decoded = Format::pem().decode(&mut &behind[..], password, &mut |member| {
        found = true;
        visit(match member {
            Member::Certificate { alias, certificate, position, flaw } => {
                let flaw = flaw.or(Some("it stands behind another in DER"));
                Member::Certificate { alias, certificate, position: place(position.bytes), flaw }
            }
            Member::Distrusted { certificate, position, reason } => {
                Member::Distrusted { certificate, position: place(position.bytes), reason }
            }
            Member::Other { alias, kind, position } => Member::Other { alias, kind, position: place(position.bytes) },
            Member::PrivateKey(key) => {
                let position = place(key.position.bytes.clone());
                Member::PrivateKey(PrivateKey { position, ..key })
            }
            Member::Rejected { position, reason } => Member::Rejected { position: place(position.bytes), reason },
            Member::Unchecked { reason } => Member::Unchecked { reason },
        });
    });
    decoded?;
    if !found {
        let reason = format!("{} bytes follow after the certificate", behind.len());
        visit(Member::Rejected { position: place(0..behind.len() as u64), reason });
    }
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
