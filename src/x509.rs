//! One X.509 certificate: its bytes, its fingerprint and the facts people ask for.

pub(crate) mod asn1;
pub(crate) mod extension;
mod fingerprint;
mod key;
mod name;
pub(crate) mod name_hash;
pub(crate) mod names;
mod own_signatures;
mod signature;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Error, Oid};
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::error::X509Error;
use x509_parser::nom::Parser as _;
use x509_parser::num_bigint::{BigInt, Sign};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};

use self::asn1::{Element, Reader, tag};
use crate::system::text::shortened;
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub(crate) use fingerprint::{sha1, sha256};
pub use key::{Curve, Key};
pub use name::Name;
pub use names::{AltNames, GeneralName};
pub(crate) use own_signatures::own_signatures;
pub use signature::Verdict;

/// The bytes are not one X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate: {reason}")]
pub struct NotACertificate {
    reason: String,
}

impl NotACertificate {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Exactly one X.509 certificate (RFC 5280 section 4.1), nothing trailing, never a key.
///
/// x509-parser reads it once. Its certificate borrows the bytes, so what bundles ask of every certificate is kept here,
/// with the places of the names and the key. For extensions, which only a person or a check asks for, it is read again:
/// that takes 3 µs, and keeping them would take more than the certificate itself. A copy shares the bytes.
///
/// Extensions need not parse for a certificate to be listed: stores in use hold certificates that strict parsers
/// refuse and OpenSSL and Java accept.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    fingerprint: Fingerprint,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    /// Where the fields stand in the DER: contents of the serial number and the names, and the whole key.
    serial: Range<u32>,
    issuer: Range<u32>,
    subject: Range<u32>,
    key: Range<u32>,
    version: u8,
    ca: bool,
    self_issued: bool,
    has_key_id: bool,
}

impl Certificate {
    /// Reads one certificate. Fails when the bytes are not the outer structure of a certificate, or go on after it.
    pub fn from_der(der: impl Into<Arc<[u8]>>) -> Result<Self, NotACertificate> {
        let der = der.into();
        if u32::try_from(der.len()).is_err() {
            return Err(NotACertificate::new("larger than 4 GiB"));
        }
        let [serial, _, issuer, _, subject, key] = fields(&der)?;
        let x509 = parse(&der)?;
        let version @ 1..=3 = x509.version.0.saturating_add(1) else {
            return Err(NotACertificate::new("a version that X.509 does not have"));
        };
        let place = |part: &[u8]| {
            let start = part.as_ptr().addr() - der.as_ptr().addr();
            start as u32..(start + part.len()) as u32
        };
        let (key_id, issuer_key_id) = (subject_key_id(&x509), authority_key_id(&x509));
        let contradicted = key_id.is_some() && issuer_key_id.is_some() && key_id != issuer_key_id;
        Ok(Self {
            fingerprint: Fingerprint::of(&der),
            not_before: date(&x509.validity.not_before)?,
            not_after: date(&x509.validity.not_after)?,
            serial: place(serial.content),
            issuer: place(issuer.content),
            subject: place(subject.content),
            key: place(key.whole),
            version: version as u8,
            ca: basic_constraints(&x509).is_some_and(|constraints| constraints.ca),
            self_issued: subject.content == issuer.content && !contradicted,
            has_key_id: key_id.is_some(),
            der: Arc::clone(&der),
        })
    }

    /// Returns the certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the SHA-256 of [`der`](Self::der).
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// 1, 2 or 3 (RFC 5280 section 4.1.2.1).
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Returns the serial number in lower-case hexadecimal, with a minus sign where an issuer made it negative.
    pub fn serial(&self) -> String {
        serial(self.part(&self.serial))
    }

    /// Returns the name that the certificate is for.
    pub fn subject(&self) -> Name<'_> {
        Name::new(self.part(&self.subject))
    }

    /// Returns the name of its signer.
    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.part(&self.issuer))
    }

    /// Returns its subject for a message. Of one that is too long for that it is the beginning, with the fingerprint.
    pub fn title(&self) -> String {
        let subject = self.subject().to_string();
        match shortened(&subject) {
            Cow::Borrowed(_) => subject,
            Cow::Owned(beginning) => format!("{beginning} (sha256 {})", self.fingerprint),
        }
    }

    /// Returns the start of the validity, UTC.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// Returns the end of the validity, UTC, the second included.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Tells whether the validity has ended at this time.
    pub fn expired(&self, as_of: OffsetDateTime) -> bool {
        self.not_after.unix_timestamp() < as_of.unix_timestamp()
    }

    /// Returns the kind and size of the public key.
    pub fn key(&self) -> Key {
        Key::from_spki(self.part(&self.key))
    }

    /// Returns the SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> &[u8] {
        self.part(&self.key)
    }

    /// Returns the SHA-256 of the SubjectPublicKeyInfo: equal for all certificates of one key.
    pub fn spki_sha256(&self) -> [u8; 32] {
        sha256(self.part(&self.key))
    }

    /// Returns the name of the signature algorithm, or its object identifier in dotted form.
    pub fn signature_algorithm(&self) -> String {
        self.x509().map_or_else(|| "unknown".to_owned(), |x509| signature::algorithm_name(&x509))
    }

    /// Describes the signature of a self-issued certificate: `sha256WithRSAEncryption by RSA 2048`.
    pub(crate) fn own_signature(&self) -> String {
        let exponent = key::long_exponent(self.part(&self.key)).map(|bits| format!(" with an exponent of {bits} bits"));
        format!("{} by {}{}", self.signature_algorithm(), self.key(), exponent.unwrap_or_default())
    }

    /// Tells whether the basic constraints say `CA:TRUE` (RFC 5280 section 4.2.1.9). Never so for version 1.
    pub fn is_ca(&self) -> bool {
        self.ca
    }

    /// Returns how many intermediates may follow, where the basic constraints limit it.
    pub fn path_length(&self) -> Option<u32> {
        basic_constraints(&self.x509()?)?.path_length
    }

    /// Returns the subject key identifier (RFC 5280 section 4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        subject_key_id(&self.x509()?)
    }

    /// Returns the key identifier of the authority key identifier (RFC 5280 section 4.2.1.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        authority_key_id(&self.x509()?)
    }

    /// Tells whether subject and issuer are the same name and the key identifiers do not contradict it. That is what
    /// OpenSSL takes for self-signed when it builds a chain; [`is_self_signed`](Self::is_self_signed) proves it.
    pub fn is_self_issued(&self) -> bool {
        self.self_issued
    }

    /// Tells whether it has a subject key identifier.
    pub(crate) fn has_key_id(&self) -> bool {
        self.has_key_id
    }

    /// Tells whether subject and issuer are the same name and the signature verifies under the certificate's own key.
    ///
    /// Verified are RSA PKCS #1 v1.5 with SHA-1 to SHA-512, PSS with a salt as long as its hash, ECDSA on P-256, P-384 and
    /// P-521, Ed25519. What is signed in another way (MD5, DSA, Ed448) does not count as self-signed:
    /// [`signature_by`](Self::signature_by) tells that from a signature that is wrong.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.signature_by(self) == Verdict::Valid
    }

    /// Verifies this certificate's signature under the other one's key. Names are not compared. For many certificates
    /// under their own keys there is `own_signatures`.
    pub fn signature_by(&self, issuer: &Self) -> Verdict {
        let key = issuer.part(&issuer.key);
        self.x509().map_or(Verdict::Unknown, |x509| signature::verdict(&x509, key))
    }

    /// Parses it once more with x509-parser.
    fn x509(&self) -> Option<X509Certificate<'_>> {
        parse(&self.der).ok()
    }

    fn part(&self, place: &Range<u32>) -> &[u8] {
        &self.der[place.start as usize..place.end as usize]
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

/// Parses a certificate with x509-parser.
fn parse(der: &[u8]) -> Result<X509Certificate<'_>, NotACertificate> {
    Ok(X509CertificateParser::new().with_deep_parse_extensions(false).parse(der)?.1)
}

/// The fields from the serial number to the key, if the bytes have the structure of RFC 5280 section 4.1 and no more.
///
/// x509-parser does not look at the class of a tag, at the length around the extensions and at what follows the last
/// field that it knows, and it ends a name at the first attribute that it cannot read. OpenSSL looks, and reads nothing
/// of a file with such a certificate. Nor does it ask for the shortest form of a length. OpenSSL takes any, and gives the
/// certificate the fingerprint that it would have in DER; Java takes none but the shortest.
fn fields(der: &[u8]) -> Result<[Element<'_>; 6], NotACertificate> {
    let mut file = Reader::new(der);
    let whole = file.expect(tag::SEQUENCE, "the outer SEQUENCE")?;
    let mut certificate = whole.reader();
    let contents = certificate.expect(tag::SEQUENCE, "the TBSCertificate")?;
    let outer = [whole, contents];
    let mut contents = contents.reader();
    contents.optional(tag::context_constructed(0))?;
    let fields = [
        contents.expect(tag::INTEGER, "the serial number")?,
        contents.expect(tag::SEQUENCE, "the inner signature algorithm")?,
        contents.expect(tag::SEQUENCE, "the issuer")?,
        contents.expect(tag::SEQUENCE, "the validity")?,
        contents.expect(tag::SEQUENCE, "the subject")?,
        contents.expect(tag::SEQUENCE, "the public key")?,
    ];
    while !contents.is_empty() {
        if ![tag::context(1), tag::context(2), tag::context_constructed(3)].contains(&contents.element()?.tag) {
            return Err(NotACertificate::new("an unknown field in TBSCertificate"));
        }
    }
    let algorithm = certificate.expect(tag::SEQUENCE, "the signature algorithm")?;
    let signature = certificate.expect(tag::BIT_STRING, "the signature")?;
    if unused_bits(&signature) > 7 {
        return Err(NotACertificate::new("a signature that cannot be read"));
    }
    let [.., key] = &fields;
    let mut key = key.reader();
    if key.element().and_then(|_| key.element()).is_ok_and(|bits| unused_bits(&bits) > 7) {
        return Err(NotACertificate::new("a public key that cannot be read"));
    }
    if !outer.iter().chain(&fields).chain(&[algorithm, signature]).all(Element::has_shortest_length) {
        return Err(NotACertificate::new("it is in BER, not in DER"));
    }
    match (certificate.is_empty(), file.is_empty()) {
        (true, true) => Ok(fields),
        (true, false) => Err(NotACertificate::new("bytes follow after it")),
        (false, _) => Err(NotACertificate::new("fields follow after the signature")),
    }
}

/// The count in front of a BIT STRING (X.690 section 8.6.2.2). x509-parser lets eight pass where they are zero.
fn unused_bits(bits: &Element<'_>) -> u8 {
    bits.content.first().copied().filter(|_| bits.tag == tag::BIT_STRING).unwrap_or_default()
}

impl From<x509_parser::nom::Err<X509Error>> for NotACertificate {
    fn from(error: x509_parser::nom::Err<X509Error>) -> Self {
        let reason = match X509Error::from(error) {
            X509Error::InvalidVersion => "a version that cannot be read",
            X509Error::InvalidSerial => "a serial number that cannot be read",
            X509Error::InvalidAlgorithmIdentifier => "an algorithm that cannot be read",
            X509Error::InvalidX509Name => "a name that cannot be read",
            X509Error::InvalidDate => "a date that cannot be read",
            X509Error::InvalidSPKI => "a public key that cannot be read",
            X509Error::InvalidIssuerUID | X509Error::InvalidSubjectUID => "a unique identifier that cannot be read",
            X509Error::InvalidExtensions => "extensions that cannot be read",
            X509Error::InvalidSignatureValue => "a signature that cannot be read",
            X509Error::Der(Error::DerConstraintFailed(_)) => "it is in BER, not in DER",
            _ => "its fields cannot be read",
        };
        Self::new(reason)
    }
}

impl From<asn1::Error> for NotACertificate {
    fn from(error: asn1::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// In UTC, and a date of the calendar: an offset may step over its edge.
fn date(time: &x509_parser::time::ASN1Time) -> Result<OffsetDateTime, NotACertificate> {
    let bad = |_| NotACertificate::new("a date that cannot be read");
    OffsetDateTime::from_unix_timestamp(time.timestamp()).map_err(bad)
}

/// Content of the extension's OCTET STRING. Of several the first counts.
fn extension<'a>(x509: &X509Certificate<'a>, oid: &Oid<'_>) -> Option<&'a [u8]> {
    x509.extensions().iter().find(|extension| extension.oid == *oid).map(|extension| extension.value)
}

// What stands in the extensions is read here: x509-parser takes an element of any class for a key identifier, no TRUE but
// that of DER, and with a wrong path length it sees no constraints at all, where OpenSSL and Java see a CA.

fn subject_key_id<'a>(x509: &X509Certificate<'a>) -> Option<&'a [u8]> {
    let value = extension(x509, &OID_X509_EXT_SUBJECT_KEY_IDENTIFIER)?;
    Some(Reader::new(value).expect(tag::OCTET_STRING, "the key identifier").ok()?.content)
}

fn authority_key_id<'a>(x509: &X509Certificate<'a>) -> Option<&'a [u8]> {
    let value = extension(x509, &OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER)?;
    let mut fields = Reader::new(value).expect(tag::SEQUENCE, "the authority key identifier").ok()?.reader();
    Some(fields.optional(tag::context(0)).ok()??.content)
}

struct BasicConstraints {
    ca: bool,
    path_length: Option<u32>,
}

fn basic_constraints(x509: &X509Certificate<'_>) -> Option<BasicConstraints> {
    let value = extension(x509, &OID_X509_EXT_BASIC_CONSTRAINTS)?;
    let mut fields = Reader::new(value).expect(tag::SEQUENCE, "the basic constraints").ok()?.reader();
    let ca = fields.optional(tag::BOOLEAN).ok()?.is_some_and(|flag| flag.content != [0]);
    let path_length = fields.optional(tag::INTEGER).ok()?.and_then(|length| match length.content {
        [] => None,
        octets if octets.len() > 4 => None,
        octets => Some(octets.iter().fold(0, |length, octet| (length << 8) | u32::from(*octet))),
    });
    Some(BasicConstraints { ca, path_length })
}

pub(crate) fn serial(content: &[u8]) -> String {
    let (sign, magnitude) = BigInt::from_signed_bytes_be(content).to_bytes_be();
    let sign = if sign == Sign::Minus { "-" } else { "" };
    format!("{sign}{}", HEXLOWER.encode(&magnitude))
}
