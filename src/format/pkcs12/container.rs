//! The outer layers of a store (RFC 7292 section 4): PFX, AuthenticatedSafe and its parts. Each part keeps its bytes,
//! so that a store grows without a change to what it holds.

use std::borrow::Cow;

use super::encryption::Scheme;
use super::integrity::Integrity;
use super::password::Password;
use crate::format::{Derivations, Error, Position};
use crate::system::limits;
use crate::x509::asn1::{Element, Reader, Spot, der, der_number, dotted, oid, tag};

/// A store as it stands.
pub(super) struct Container<'a> {
    /// Content of the AuthenticatedSafe's octet string: what the check value is over.
    pub(super) safe: Cow<'a, [u8]>,
    spot: Spot,
    pub(super) integrity: Option<Integrity<'a>>,
    /// What follows the store in the file. Other programs do not look at it, and neither do we.
    trailing: &'a [u8],
}

/// One ContentInfo of the AuthenticatedSafe.
pub(super) struct Part<'a> {
    pub(super) whole: &'a [u8],
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    Plain {
        contents: Cow<'a, [u8]>,
        spot: Spot,
    },
    Encrypted {
        scheme: Scheme<'a>,
        contents: Cow<'a, [u8]>,
        spot: Spot,
    },
    /// Content of a kind that no program in use writes, such as encryption to a public key.
    Foreign {
        position: Position,
    },
}

impl<'a> Container<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut file = Reader::new(bytes);
        let mut fields = file.expect(tag::SEQUENCE, "the outer sequence")?.reader();
        let version = fields.expect(tag::INTEGER, "the version")?;
        if version.content != [3] {
            return Err(version.malformed("not version 3 of PKCS#12").into());
        }
        let (oid, content) = content_info(&fields.expect(tag::SEQUENCE, "the content")?)?;
        if oid != DATA {
            let what = format!("a PKCS#12 store that is signed ({})", dotted(oid));
            return Err(Error::Unsupported { what });
        }
        let (safe, spot) = content.ok_or_else(|| fields.malformed("the content is missing"))?.octets()?;
        let integrity = fields.optional(tag::SEQUENCE)?.map(|data| Integrity::read(&data)).transpose()?;
        if !fields.is_empty() {
            return Err(fields.malformed("an unknown field").into());
        }
        Ok(Self { safe, spot, integrity, trailing: file.rest() })
    }

    pub(super) fn parts(&self) -> Result<Vec<Part<'_>>, Error> {
        let mut safe = Reader::at(&self.safe, self.spot);
        let mut contents = safe.expect(tag::SEQUENCE, "the list of contents")?.reader();
        let mut parts = Vec::new();
        while !contents.is_empty() {
            if parts.len() == limits::STORE_PARTS {
                let limit = limits::STORE_PARTS as u64;
                return Err(Error::Limit { what: "parts of the store", limit, found: limit + 1 });
            }
            let info = contents.expect(tag::SEQUENCE, "a content")?;
            parts.push(Part { whole: info.whole, content: content(&info)? });
        }
        Ok(parts)
    }

    /// Returns the store with one part more, under the same kind of check.
    pub(super) fn with(
        &self,
        part: &[u8],
        password: Option<&Password<'_>>,
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        let mut parts: Vec<&[u8]> = self.parts()?.into_iter().map(|part| part.whole).collect();
        parts.push(part);
        self.holding(&parts, password, derivations)
    }

    /// Returns the store with these parts in place of its own, under the same kind of check.
    pub(super) fn holding(
        &self,
        parts: &[&[u8]],
        password: Option<&Password<'_>>,
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        let mut bytes = write(parts, self.integrity.as_ref().zip(password), derivations)?;
        bytes.extend_from_slice(self.trailing);
        Ok(bytes)
    }
}

/// Returns a store of these parts.
pub(super) fn write(
    parts: &[&[u8]],
    check: Option<(&Integrity<'_>, &Password<'_>)>,
    derivations: &Derivations,
) -> Result<Vec<u8>, Error> {
    let safe = der(tag::SEQUENCE, parts);
    let check = check.map(|(integrity, password)| integrity.der(password, &safe, derivations)).transpose()?;
    Ok(der(tag::SEQUENCE, &[&der_number(3), &plain_part(&safe), &check.unwrap_or_default()]))
}

/// Returns a ContentInfo with these contents as they are.
pub(super) fn plain_part(contents: &[u8]) -> Vec<u8> {
    let content = der(tag::context_constructed(0), &[&der(tag::OCTET_STRING, &[contents])]);
    der(tag::SEQUENCE, &[&der(tag::OID, &[DATA]), &content])
}

/// Returns a ContentInfo with these contents encrypted.
pub(super) fn encrypted_part(
    contents: Vec<u8>,
    scheme: &Scheme<'_>,
    password: &Password<'_>,
    derivations: &Derivations,
) -> Result<Vec<u8>, Error> {
    let encrypted = der(tag::context(0), &[&scheme.encrypt(password, contents, derivations)?]);
    let info = der(tag::SEQUENCE, &[&der(tag::OID, &[DATA]), &scheme.der(), &encrypted]);
    let data = der(tag::SEQUENCE, &[&der_number(0), &info]);
    let content = der(tag::context_constructed(0), &[&data]);
    Ok(der(tag::SEQUENCE, &[&der(tag::OID, &[ENCRYPTED_DATA]), &content]))
}

/// Type and content of a ContentInfo.
fn content_info<'a>(info: &Element<'a>) -> Result<(&'a [u8], Option<Element<'a>>), Error> {
    let mut fields = info.reader();
    let oid = fields.expect(tag::OID, "the content type")?.content;
    let content = fields.optional(tag::context_constructed(0))?;
    Ok((oid, content.map(|content| content.reader().element()).transpose()?))
}

fn content<'a>(info: &Element<'a>) -> Result<Content<'a>, Error> {
    let (contents, spot) = match content_info(info)? {
        (DATA, Some(data)) => data.octets()?,
        (DATA, None) => (Cow::default(), info.spot_within()),
        (ENCRYPTED_DATA, Some(data)) => return encrypted(&data),
        _ => return Ok(Content::Foreign { position: Position::binary(info.bytes()) }),
    };
    Ok(Content::Plain { contents, spot })
}

/// EncryptedData, RFC 5652 section 8.
fn encrypted<'a>(data: &Element<'a>) -> Result<Content<'a>, Error> {
    let mut fields = data.reader();
    fields.expect(tag::INTEGER, "the version of the encrypted content")?;
    let info = fields.expect(tag::SEQUENCE, "the encrypted content")?;
    let mut fields = info.reader();
    fields.expect(tag::OID, "the type of the encrypted content")?;
    let scheme = Scheme::read(&fields.expect(tag::SEQUENCE, "the encryption algorithm")?)?;
    let contents = fields.element()?;
    if contents.tag & 0x9f != tag::context(0) {
        return Err(contents.malformed("not the encrypted content").into());
    }
    Ok(Content::Encrypted { scheme, contents: contents.octets()?.0, spot: contents.spot_within() })
}

const DATA: &[u8] = &oid!(raw 1.2.840.113549.1.7.1);
const ENCRYPTED_DATA: &[u8] = &oid!(raw 1.2.840.113549.1.7.6);
