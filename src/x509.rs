//! One X.509 certificate: its bytes, its fingerprint and the facts people ask for.

pub(crate) mod asn1;
mod fingerprint;
mod key;
mod name;
pub(crate) mod name_hash;
mod own_signatures;
mod signature;
mod time;

use std::fmt;

use ::time::OffsetDateTime;

use self::time::unix_time;
use crate::x509::asn1::{Malformed, Reader, tag};
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub(crate) use fingerprint::{sha1, sha256};
pub use key::{Curve, Key};
pub use name::Name;
pub(crate) use own_signatures::own_signatures;
pub use signature::Verdict;

/// The bytes are not one X.509 certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate: {reason}")]
pub struct NotACertificate {
    reason: &'static str,
}

impl From<Malformed> for NotACertificate {
    fn from(malformed: Malformed) -> Self {
        Self { reason: malformed.0 }
    }
}

/// Exactly one X.509 certificate (RFC 5280 section 4.1), nothing trailing, never a key.
///
/// The outline is read once, in about a tenth of the time that a full parse takes: bundles hold thousands.
/// Extensions need not parse for a certificate to be listed: stores in use hold certificates that strict parsers
/// refuse and OpenSSL and Java accept.
#[derive(Clone)]
pub struct Certificate {
    der: Box<[u8]>,
    fingerprint: Fingerprint,
    outline: Outline,
}

/// Where the fields stand in the DER.
#[derive(Clone, Copy)]
struct Outline {
    version: u8,
    serial: Span,
    issuer: Span,
    subject: Span,
    key: Span,
    extensions: Span,
    not_before: i64,
    not_after: i64,
    ca: bool,
    self_issued: bool,
    has_key_id: bool,
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Certificate {
    /// Reads one certificate. Fails when the bytes are not the outer structure of a certificate, or go on after it.
    pub fn from_der(der: impl Into<Box<[u8]>>) -> Result<Self, NotACertificate> {
        let der = der.into();
        let outline = outline(&der)?;
        let mut certificate = Self { fingerprint: Fingerprint::of(&der), der, outline };
        // What bundles ask of every certificate, while its bytes are at hand.
        certificate.outline.ca = certificate.basic_constraints().is_some_and(|constraints| constraints.ca);
        let key_id = certificate.subject_key_id();
        let same_name = certificate.subject() == certificate.issuer();
        let contradicted = || matches!((certificate.authority_key_id(), key_id), (Some(a), Some(b)) if a != b);
        let (self_issued, has_key_id) = (same_name && !contradicted(), key_id.is_some());
        certificate.outline.self_issued = self_issued;
        certificate.outline.has_key_id = has_key_id;
        Ok(certificate)
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`der`](Self::der).
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// 1, 2 or 3 (RFC 5280 section 4.1.2.1).
    pub fn version(&self) -> u8 {
        self.outline.version
    }

    /// Serial number in lower-case hexadecimal, with a minus sign where an issuer made it negative.
    pub fn serial(&self) -> String {
        serial(self.field(self.outline.serial))
    }

    /// Who the certificate speaks of.
    pub fn subject(&self) -> Name<'_> {
        Name::new(self.field(self.outline.subject))
    }

    /// Who signed it.
    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.field(self.outline.issuer))
    }

    /// Start of the validity, UTC.
    pub fn not_before(&self) -> OffsetDateTime {
        from_unix(self.outline.not_before)
    }

    /// End of the validity, UTC, the second included.
    pub fn not_after(&self) -> OffsetDateTime {
        from_unix(self.outline.not_after)
    }

    /// Whether the validity has ended at this time.
    pub fn expired(&self, as_of: OffsetDateTime) -> bool {
        self.outline.not_after < as_of.unix_timestamp()
    }

    /// Kind and size of the public key.
    pub fn key(&self) -> Key {
        Key::from_spki(self.field(self.outline.key))
    }

    /// SHA-256 of the SubjectPublicKeyInfo: equal for all certificates of one key.
    pub fn spki_sha256(&self) -> [u8; 32] {
        sha256(self.field(self.outline.key))
    }

    /// Name of the signature algorithm, or its object identifier in dotted form.
    pub fn signature_algorithm(&self) -> String {
        signature::Signed::of(&self.der).map_or_else(|_| "unknown".to_owned(), |signed| signed.algorithm_name())
    }

    /// Whether the basic constraints say `CA:TRUE` (RFC 5280 section 4.2.1.9). Never so for version 1.
    pub fn is_ca(&self) -> bool {
        self.outline.ca
    }

    /// How many intermediates may follow, where the basic constraints limit it.
    pub fn path_length(&self) -> Option<u32> {
        self.basic_constraints()?.path_length
    }

    /// Subject key identifier (RFC 5280 section 4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        let value = self.extension(&[0x55, 0x1d, 0x0e])?;
        Some(Reader::new(value).expect(tag::OCTET_STRING, "key identifier").ok()?.content)
    }

    /// Key identifier of the authority key identifier (RFC 5280 section 4.2.1.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        let value = self.extension(&[0x55, 0x1d, 0x23])?;
        let mut fields =
            Reader::new(Reader::new(value).expect(tag::SEQUENCE, "authority key identifier").ok()?.content);
        Some(fields.optional(tag::context(0)).ok()??.content)
    }

    /// Whether subject and issuer are the same name and the key identifiers do not contradict it. That is what
    /// OpenSSL takes for self-signed when it builds a chain; [`is_self_signed`](Self::is_self_signed) proves it.
    pub fn is_self_issued(&self) -> bool {
        self.outline.self_issued
    }

    /// Whether it has a subject key identifier.
    pub(crate) fn has_key_id(&self) -> bool {
        self.outline.has_key_id
    }

    /// Whether subject and issuer are the same name and the signature verifies under the certificate's own key.
    ///
    /// Verified are RSA PKCS #1 v1.5 with SHA-1 to SHA-512, PSS with a salt as long as its hash, ECDSA on P-256, P-384 and
    /// P-521, Ed25519. What is signed in another way (MD5, DSA, Ed448) does not count as self-signed:
    /// [`signature_by`](Self::signature_by) tells that from a signature that is wrong.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.signature_by(self) == Verdict::Valid
    }

    /// What comes of verifying this certificate's signature under the other one's key. Names are not compared. For many
    /// certificates under their own keys there is [`own_signatures`].
    pub fn signature_by(&self, issuer: &Self) -> Verdict {
        let key = issuer.field(issuer.outline.key);
        signature::Signed::of(&self.der).map_or(Verdict::Unknown, |signed| signed.verdict(key))
    }

    fn basic_constraints(&self) -> Option<BasicConstraints> {
        let value = self.extension(&[0x55, 0x1d, 0x13])?;
        let mut fields = Reader::new(Reader::new(value).expect(tag::SEQUENCE, "basic constraints").ok()?.content);
        let ca = fields.optional(tag::BOOLEAN).ok()?.is_some_and(|flag| flag.content != [0]);
        let path_length = fields.optional(tag::INTEGER).ok()?.and_then(|length| match length.content {
            [] => None,
            octets if octets.len() > 4 => None,
            octets => Some(octets.iter().fold(0, |length, octet| (length << 8) | u32::from(*octet))),
        });
        Some(BasicConstraints { ca, path_length })
    }

    /// Content of the extension's OCTET STRING.
    fn extension(&self, oid: &[u8]) -> Option<&[u8]> {
        let mut extensions = Reader::new(self.field(self.outline.extensions));
        while !extensions.is_empty() {
            let mut extension = Reader::new(extensions.expect(tag::SEQUENCE, "extension").ok()?.content);
            let found = extension.expect(tag::OID, "extension").ok()?.content == oid;
            extension.optional(tag::BOOLEAN).ok()?;
            if found {
                return Some(extension.expect(tag::OCTET_STRING, "extension").ok()?.content);
            }
        }
        None
    }

    fn field(&self, span: Span) -> &[u8] {
        &self.der[span.start as usize..span.end as usize]
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} {})", self.subject(), self.fingerprint)
    }
}

struct BasicConstraints {
    ca: bool,
    path_length: Option<u32>,
}

fn outline(der: &[u8]) -> Result<Outline, Malformed> {
    let mut file = Reader::new(der);
    let mut certificate = Reader::new(file.expect(tag::SEQUENCE, "no outer SEQUENCE")?.content);
    if !file.is_empty() {
        return Err(Malformed("bytes follow after it"));
    }
    let mut tbs = Reader::new(certificate.expect(tag::SEQUENCE, "no TBSCertificate")?.content);
    certificate.expect(tag::SEQUENCE, "no signature algorithm")?;
    certificate.expect(tag::BIT_STRING, "no signature")?;
    if !certificate.is_empty() {
        return Err(Malformed("fields follow after the signature"));
    }

    let span = |part: &[u8]| Span::of(der, part);
    let version = match tbs.optional(tag::context_constructed(0))? {
        None => 1,
        Some(version) => match Reader::new(version.content).expect(tag::INTEGER, "no version")?.content {
            [number @ 0..=2] => number + 1,
            _ => return Err(Malformed("a version that X.509 does not have")),
        },
    };
    let serial = tbs.expect(tag::INTEGER, "no serial number")?;
    tbs.expect(tag::SEQUENCE, "no inner signature algorithm")?;
    let issuer = tbs.expect(tag::SEQUENCE, "no issuer")?;
    let mut validity = Reader::new(tbs.expect(tag::SEQUENCE, "no validity")?.content);
    let not_before = unix_time(&validity.element()?)?;
    let not_after = unix_time(&validity.element()?)?;
    let subject = tbs.expect(tag::SEQUENCE, "no subject")?;
    let key = tbs.expect(tag::SEQUENCE, "no public key")?;
    let mut extensions: &[u8] = &[];
    while !tbs.is_empty() {
        let field = tbs.element()?;
        if field.tag == tag::context_constructed(3) {
            extensions = Reader::new(field.content).expect(tag::SEQUENCE, "no extensions")?.content;
        } else if ![1, 2].map(|n| field.tag & 0x9f == tag::context(n)).contains(&true) {
            return Err(Malformed("an unknown field in TBSCertificate"));
        }
    }
    Ok(Outline {
        version,
        serial: span(serial.content)?,
        issuer: span(issuer.content)?,
        subject: span(subject.content)?,
        key: span(key.whole)?,
        extensions: if extensions.is_empty() { Span { start: 0, end: 0 } } else { span(extensions)? },
        not_before,
        not_after,
        ca: false,
        self_issued: false,
        has_key_id: false,
    })
}

impl Span {
    /// `part` is a slice of `whole`.
    fn of(whole: &[u8], part: &[u8]) -> Result<Self, Malformed> {
        let start = part.as_ptr().addr() - whole.as_ptr().addr();
        match (u32::try_from(start), u32::try_from(start + part.len())) {
            (Ok(start), Ok(end)) => Ok(Self { start, end }),
            _ => Err(Malformed("larger than 4 GiB")),
        }
    }
}

fn from_unix(seconds: i64) -> OffsetDateTime {
    // Certificates with dates that do not fit are not read.
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn serial(content: &[u8]) -> String {
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = content.to_vec();
    if negative {
        let mut carry = true;
        for octet in magnitude.iter_mut().rev() {
            let (value, overflow) = (!*octet).overflowing_add(u8::from(carry));
            *octet = value;
            carry = overflow;
        }
    }
    let digits: String =
        magnitude.iter().skip_while(|octet| **octet == 0).map(|octet| format!("{octet:02x}")).collect();
    let digits = if digits.is_empty() { "00".to_owned() } else { digits };
    if negative { format!("-{digits}") } else { digits }
}
