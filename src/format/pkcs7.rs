//! PKCS#7 (RFC 5652): SignedData as a bag of certificates, in DER or in PEM blocks of its own.
//!
//! What is written is the usual degenerate form without a signer, in DER. Its certificates are a SET OF, which DER
//! would sort. They stand in the order given instead, as OpenSSL, Java and Windows write them: RFC 5652 asks for BER
//! only, and readers that take the first certificate get the one that was meant.

use std::collections::HashSet;
use std::io::{Read, Write};

use super::armour::{self, BEGIN, Block, PKCS7_LABELS, Scanner, utf8, write_block};
use super::{Derivations, Entry, Error, Format, Goes, Member, MemberKind, Position, Removable, goes_if, read_whole};
use crate::x509::asn1::{Reader, begun_sequence, der, dotted, oid, tag};
use crate::x509::{Certificate, Fingerprint};

pub(super) static PKCS7: Format = Format {
    name: "pkcs7",
    extensions: &["p7b", "p7c"],
    writable: true,
    profile_of: None,
    usual_passwords: &[None],
    recognise,
    decode_within: decode,
    encode,
    merge,
    remove,
};

fn recognise(head: &[u8]) -> bool {
    is_der(head) || is_text(head)
}

/// A SEQUENCE that begins with an object identifier of PKCS#7.
fn is_der(head: &[u8]) -> bool {
    begun_sequence(head).is_some_and(|content| {
        content.get(..1) == Some(&[tag::OID]) && content.get(2..).is_some_and(|oid| oid.starts_with(PKCS7_ARC))
    })
}

/// Tells whether it is text whose first block is PKCS#7. Where other blocks come first, it is a PEM file.
pub(super) fn is_text(head: &[u8]) -> bool {
    let text = utf8(head);
    let Some(begin) = memchr::memmem::find(&text, BEGIN) else { return false };
    let label = &text[begin + BEGIN.len()..];
    PKCS7_LABELS.iter().any(|known| label.strip_prefix(known.as_bytes()).is_some_and(|rest| rest.starts_with(b"-----")))
}

fn decode(input: &mut dyn Read, _: Option<&str>, _: &Derivations, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    if is_der(&bytes) {
        return SignedData::parse(&bytes)?.each(None, visit);
    }
    let mut scanner = Scanner::new(&bytes[..])?;
    while let Some(block) = scanner.next_block()? {
        if is_in(&block) {
            members(block).into_iter().for_each(&mut *visit);
        } else {
            visit(armour::member_or_key(block));
        }
    }
    Ok(())
}

/// Tells whether a block holds PKCS#7, whatever its label says: some programs call every block a certificate.
pub(super) fn is_in(block: &Block) -> bool {
    let may_be = block.bare || block.label.ends_with(armour::CERTIFICATE);
    PKCS7_LABELS.contains(&block.label.as_str()) || may_be && block.der.as_ref().is_ok_and(|der| is_der(der))
}

/// Returns the members of a block in PEM; all of them stand where the block stands.
pub(super) fn members(block: Block) -> Vec<Member> {
    let Block { position, der, .. } = block;
    let mut members = Vec::new();
    let result = der.and_then(|der| {
        let each = |signed: SignedData<'_>| signed.each(Some(&position), &mut |member| members.push(member));
        SignedData::parse(&der).and_then(each).map_err(|error| format!("its content: {error}"))
    });
    if let Err(reason) = result {
        members.push(Member::Rejected { position, reason });
    }
    members
}

/// Everything else stays byte for byte, a signature too: it does not cover the certificates beside it.
fn merge(existing: &[u8], _: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    let mut known: HashSet<Fingerprint> = HashSet::new();
    PKCS7.decode(&mut &existing[..], None, &mut |member| {
        if let Member::Certificate { certificate, .. } = member {
            known.insert(certificate.fingerprint());
        }
    })?;
    let add: Vec<&Certificate> =
        add.iter().map(|entry| entry.certificate).filter(|new| known.insert(new.fingerprint())).collect();
    match add[..] {
        [] => Ok(existing.to_vec()),
        _ if is_der(existing) => Ok(SignedData::parse(existing)?.with(&add)),
        _ => merge_text(&utf8(existing), &add),
    }
}

/// The certificates go into the first block that holds some: most clients read only that.
fn merge_text(existing: &[u8], add: &[&Certificate]) -> Result<Vec<u8>, Error> {
    let mut scanner = Scanner::new(existing)?;
    while let Some(Block { label, position, der, .. }) = scanner.next_block()? {
        let Ok(der) = der else { continue };
        let (start, end) = (position.bytes.start as usize, position.bytes.end as usize);
        if let (true, Ok(signed)) = (PKCS7_LABELS.contains(&label.as_str()), SignedData::parse(&der)) {
            let block = armoured(&label, &signed.with(add));
            return Ok([&existing[..start], &block, &existing[end..]].concat());
        }
    }
    Err(Error::Unsupported { what: "adding to a file whose PKCS#7 blocks cannot be read".to_owned() })
}

/// Everything else stays byte for byte.
fn remove(existing: &[u8], _: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error> {
    if is_der(existing) {
        return Ok(SignedData::parse(existing)?.without(None, goes)?.unwrap_or_else(|| existing.to_vec()));
    }
    let text = utf8(existing);
    let mut scanner = Scanner::new(&text[..])?;
    let (mut left, mut done) = (Vec::with_capacity(text.len()), 0);
    while let Some(Block { label, position, der, .. }) = scanner.next_block()? {
        if !PKCS7_LABELS.contains(&label.as_str()) {
            continue;
        }
        let smaller = der.and_then(|der| {
            let signed = SignedData::parse(&der);
            signed.and_then(|signed| signed.without(Some(&position), goes)).map_err(|error| error.to_string())
        });
        let left_of_it = match smaller {
            Ok(None) => continue,
            Ok(Some(smaller)) => armoured(&label, &smaller),
            Err(reason) if goes(&Removable::Unreadable { position: &position, reason: &reason }) => Vec::new(),
            Err(_) => continue,
        };
        left.extend_from_slice(&text[done..position.bytes.start as usize]);
        left.extend_from_slice(&left_of_it);
        done = position.bytes.end as usize;
    }
    left.extend_from_slice(&text[done..]);
    Ok(left)
}

/// Writes a block from its first dash to its last.
fn armoured(label: &str, der: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    write_block(&mut text, label, der);
    text.pop();
    text
}

fn encode(entries: &mut dyn Iterator<Item = Entry<'_>>, _: Option<&str>, output: &mut dyn Write) -> Result<(), Error> {
    let mut known = HashSet::new();
    let entries: Vec<Entry<'_>> = entries.filter(|entry| known.insert(entry.certificate.fingerprint())).collect();
    let certificates: Vec<&Certificate> = entries.iter().map(|entry| entry.certificate).collect();
    let empty = SignedData { before: DEGENERATE, certificates: NOTHING, lists: NOTHING, after: &[tag::SET, 0] };
    Ok(output.write_all(&empty.with(&certificates))?)
}

/// SignedData (RFC 5652 section 5.1) around its certificates.
struct SignedData<'a> {
    /// Version, digest algorithms, content.
    before: &'a [u8],
    certificates: Reader<'a>,
    lists: Reader<'a>,
    /// Revocation lists, signers.
    after: &'a [u8],
}

impl<'a> SignedData<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut file = Reader::new(bytes);
        let mut info = file.expect(tag::SEQUENCE, "the outer sequence")?.reader();
        if !file.is_empty() {
            return Err(file.malformed("bytes follow after it").into());
        }
        let content_type = info.expect(tag::OID, "the content type")?.content;
        if content_type != SIGNED_DATA {
            let number = dotted(content_type);
            return Err(Error::Unsupported { what: format!("PKCS#7 without certificates (content type {number})") });
        }
        let mut explicit = info.expect(tag::context_constructed(0), "the content")?.reader();
        let content = explicit.expect(tag::SEQUENCE, "the signed data")?;
        let mut fields = content.reader();
        fields.expect(tag::INTEGER, "the version")?;
        fields.expect(tag::SET, "the list of digest algorithms")?;
        fields.expect(tag::SEQUENCE, "the signed content")?;
        let before = &content.content[..content.content.len() - fields.rest().len()];
        let certificates = fields.optional(tag::context_constructed(0))?;
        let certificates = certificates.map_or(NOTHING, |certificates| certificates.reader());
        let after = fields.rest();
        let lists = fields.optional(tag::context_constructed(1))?.map_or(NOTHING, |lists| lists.reader());
        fields.expect(tag::SET, "the list of signers")?;
        Ok(Self { before, certificates, lists, after })
    }

    /// Hands over what it holds. In `position`, or where it stands among the bytes.
    fn each(&self, position: Option<&Position>, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
        let mut certificates = self.certificates;
        while !certificates.is_empty() {
            let element = certificates.element()?;
            let position = position.cloned().unwrap_or_else(|| Position::binary(element.bytes()));
            visit(match element.tag {
                tag::SEQUENCE => match Certificate::from_der(element.whole) {
                    Ok(certificate) => Member::Certificate { alias: None, certificate, position, flaw: None },
                    Err(error) => Member::Rejected { position, reason: error.to_string() },
                },
                // Attribute certificates and PKCS#6 extended ones: RFC 5652 section 10.2.2.
                _ => Member::Other { alias: None, kind: MemberKind::Unknown, position },
            });
        }
        let mut lists = self.lists;
        while !lists.is_empty() {
            let element = lists.element()?;
            let position = position.cloned().unwrap_or_else(|| Position::binary(element.bytes()));
            visit(Member::Other { alias: None, kind: MemberKind::RevocationList, position });
        }
        Ok(())
    }

    /// A whole file: the same with these certificates behind its own.
    fn with(&self, add: &[&Certificate]) -> Vec<u8> {
        let own = std::iter::once(self.certificates.rest());
        self.holding(&own.chain(add.iter().map(|certificate| certificate.der())).collect::<Vec<_>>())
    }

    /// A whole file: the same without these certificates. None when it has none of them.
    fn without(&self, position: Option<&Position>, goes: Goes<'_>) -> Result<Option<Vec<u8>>, Error> {
        let mut left = Vec::new();
        let mut certificates = self.certificates;
        let mut found = false;
        while !certificates.is_empty() {
            let element = certificates.element()?;
            let own = Position::binary(element.bytes());
            let position = position.unwrap_or(&own);
            let is_gone = element.tag == tag::SEQUENCE && goes_if(goes, element.whole, position, |_| true);
            found |= is_gone;
            if !is_gone {
                left.push(element.whole);
            }
        }
        Ok(found.then(|| self.holding(&left)))
    }

    fn holding(&self, certificates: &[&[u8]]) -> Vec<u8> {
        let certificates = der(tag::context_constructed(0), certificates);
        let signed = der(tag::SEQUENCE, &[self.before, &certificates, self.after]);
        let explicit = der(tag::context_constructed(0), &[&signed]);
        der(tag::SEQUENCE, &[&der(tag::OID, &[SIGNED_DATA]), &explicit])
    }
}

const NOTHING: Reader<'_> = Reader::new(&[]);
const PKCS7_ARC: &[u8] = &oid!(raw 1.2.840.113549.1.7);
const SIGNED_DATA: &[u8] = &oid!(raw 1.2.840.113549.1.7.2);
/// Version 1, no digest algorithms, content of the type 1.2.840.113549.1.7.1 that is not there.
const DEGENERATE: &[u8] =
    &[0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

#[cfg(test)]
mod tests;
