//! The number that OpenSSL finds a certificate's file by.

use crate::x509::asn1::{Element, Reader, der, tag};
use crate::x509::{Certificate, sha1};

/// Returns the hash of a certificate's subject, as `openssl x509 -subject_hash` prints it and as hashed folders name
/// their files by. None for a name that OpenSSL cannot read: it could not read the certificate either.
///
/// It is the start of SHA-1 over a form of the name in which case and blanks make no difference.
pub fn hash(certificate: &Certificate) -> Option<u32> {
    let canonical = canonical(certificate.subject().as_bytes())?;
    sha1(&canonical).first_chunk().map(|start| u32::from_le_bytes(*start))
}

/// Returns the RDNSequence without its outer header, every text in one form. A set without attributes leaves nothing.
pub(crate) fn canonical(rdns: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    for rdn in Reader::new(rdns).all(tag::SET, "a set of attributes") {
        let attributes = rdn.ok()?.reader().all(tag::SEQUENCE, "an attribute");
        let attributes = attributes.map(|attribute| canonical_attribute(attribute.ok()?));
        let mut set = attributes.collect::<Option<Vec<Vec<u8>>>>()?;
        // DER's order of a SET OF (X.690 section 11.6), whatever order the certificate has.
        set.sort();
        if !set.is_empty() {
            name.extend(der(tag::SET, &[&set.concat()]));
        }
    }
    Some(name)
}

fn canonical_attribute(attribute: Element<'_>) -> Option<Vec<u8>> {
    let mut fields = attribute.reader();
    let (kind, value) = (fields.expect(tag::OID, "the type of an attribute").ok()?, fields.element().ok()?);
    let value = match Value::of(value.tag, value.content)? {
        Value::Text(text) => der(tag::UTF8_STRING, &[&folded(&text)]),
        Value::Other if value.tag == tag::BIT_STRING => der(value.tag, &[&without_unused_bits(value.content)?]),
        Value::Other => der(value.tag, &[value.content]),
    };
    Some(der(tag::SEQUENCE, &[kind.whole, &value]))
}

/// What is left of a BIT STRING once OpenSSL has read it.
fn without_unused_bits(content: &[u8]) -> Option<Vec<u8>> {
    let mut content = content.to_vec();
    let unused = *content.first().filter(|unused| **unused <= 7)?;
    if let [_, .., last] = &mut content[..] {
        *last &= 0xff << unused;
    }
    Some(content)
}

/// The value of an attribute, of the kinds that OpenSSL takes in names.
enum Value {
    /// A text, which is compared without regard to case.
    Text(String),
    /// What counts as it stands.
    Other,
}

impl Value {
    /// Decodes a text; None for what OpenSSL does not take, and for one that breaks the rules of its kind.
    /// TeletexString counts as Latin-1.
    fn of(kind: u8, content: &[u8]) -> Option<Self> {
        let text = match kind {
            tag::UTF8_STRING => str::from_utf8(content).ok()?.to_owned(),
            tag::PRINTABLE_STRING | tag::TELETEX_STRING | tag::IA5_STRING => {
                content.iter().copied().map(char::from).collect()
            }
            tag::BMP_STRING => {
                let (units, rest) = content.as_chunks();
                let text = units.iter().map(|unit| char::from_u32(u16::from_be_bytes(*unit).into()));
                rest.is_empty().then(|| text.collect::<Option<String>>())??
            }
            tag::UNIVERSAL_STRING => {
                let (units, rest) = content.as_chunks();
                let text = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
                rest.is_empty().then(|| text.collect::<Option<String>>())??
            }
            tag::NUMERIC_STRING | tag::BIT_STRING | tag::SEQUENCE | 7..=9 | 11 | 13..=15 | 29 => {
                return Some(Self::Other);
            }
            _ => return None,
        };
        Some(Self::Text(text))
    }
}

/// ASCII letters in lower case, blanks at the ends gone, runs of them as one. Blanks are those of C's `isspace`.
fn folded(text: &str) -> Vec<u8> {
    let blank = |c: char| matches!(c, '\t'..='\r' | ' ');
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase().into_bytes()
}
