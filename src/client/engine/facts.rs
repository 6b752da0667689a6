//! What the engines ask of a certificate, read once.

use time::OffsetDateTime;

use super::constraints::Constraints;
use crate::x509::asn1::{Error, Reader, oid, tag};
use crate::x509::extension::Extension;
use crate::x509::names::{AltNames, GeneralName, SUBJECT_ALT_NAME, general_names};
use crate::x509::{Certificate, Verdict, name_hash};

/// One certificate with its extensions.
pub(super) struct Facts<'a> {
    pub(super) certificate: &'a Certificate,
    /// Whether it stands in for a server's certificate: its signature is taken for good.
    pub(super) stands_in: bool,
    /// In the order of the certificate.
    pub(super) extensions: Vec<Extension<'a>>,
    /// Whether the algorithm inside is the one beside the signature.
    pub(super) one_algorithm: bool,
    /// Both names in the form in which OpenSSL and Java compare them: case and blanks make no difference.
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) basic_constraints: Field<BasicConstraints>,
    pub(super) key_usage: Field<u16>,
    /// Object identifiers of the extended key usage.
    pub(super) purposes: Field<Vec<&'a [u8]>>,
    pub(super) key_id: Field<&'a [u8]>,
    pub(super) authority: Field<Authority<'a>>,
    pub(super) alt_names: Field<Vec<GeneralName<'a>>>,
    pub(super) constraints: Field<Constraints<'a>>,
    /// First octet of the Netscape certificate type.
    pub(super) netscape_type: Field<u8>,
}

/// What an extension says.
#[derive(Clone, Debug)]
pub(super) enum Field<T> {
    Absent,
    /// It cannot be read, or there are several.
    Malformed,
    Present(T),
}

impl<T> Field<T> {
    pub(super) fn get(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Malformed => None,
        }
    }

    pub(super) fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed)
    }
}

/// RFC 5280 section 4.2.1.9.
#[derive(Clone, Copy, Debug)]
pub(super) struct BasicConstraints {
    pub(super) ca: bool,
    /// Negative as it stands; what is beyond 32 bits is cut.
    pub(super) path_length: Option<i64>,
}

/// The authority key identifier (RFC 5280 section 4.2.1.1).
#[derive(Clone, Debug)]
pub(super) struct Authority<'a> {
    pub(super) key_id: Option<&'a [u8]>,
    pub(super) issuer: Vec<GeneralName<'a>>,
    pub(super) serial: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(certificate: &'a Certificate) -> Self {
        // What has no outline was no certificate.
        let outline = certificate.outline().ok();
        let (extensions, one_algorithm) = outline.map_or_else(Default::default, |outline| {
            (outline.extensions, outline.algorithms[0] == outline.algorithms[1])
        });
        let canonical = |name: &[u8]| name_hash::canonical(name).unwrap_or_else(|| name.to_vec());
        Self {
            certificate,
            stands_in: false,
            one_algorithm,
            subject: canonical(certificate.subject().as_bytes()),
            issuer: canonical(certificate.issuer().as_bytes()),
            basic_constraints: field(&extensions, BASIC_CONSTRAINTS, basic_constraints),
            key_usage: field(&extensions, KEY_USAGE, key_usage),
            purposes: field(&extensions, EXTENDED_KEY_USAGE, purposes),
            key_id: field(&extensions, SUBJECT_KEY_ID, key_id),
            authority: field(&extensions, AUTHORITY_KEY_ID, authority),
            alt_names: field(&extensions, SUBJECT_ALT_NAME, alt_names),
            constraints: field(&extensions, NAME_CONSTRAINTS, Constraints::read),
            netscape_type: field(&extensions, NETSCAPE_TYPE, |value| {
                Ok(bits(value)?.first().copied().unwrap_or_default())
            }),
            extensions,
        }
    }

    pub(super) fn signature_by(&self, issuer: &Self) -> Verdict {
        if self.stands_in { Verdict::Valid } else { self.certificate.signature_by(issuer.certificate) }
    }

    pub(super) fn title(&self) -> String {
        self.certificate.title()
    }

    pub(super) fn self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Tells whether the basic constraints say that it is a CA.
    pub(super) fn is_ca(&self) -> bool {
        self.basic_constraints.get().is_some_and(|constraints| constraints.ca)
    }

    pub(super) fn path_length(&self) -> Option<i64> {
        self.basic_constraints.get()?.path_length
    }

    /// Returns the key identifier of the authority key identifier.
    pub(super) fn authority_key(&self) -> Option<&'a [u8]> {
        self.authority.get()?.key_id
    }

    /// Tells whether there is a key usage, and none of these bits in it.
    pub(super) fn lacks_usage(&self, bits: u16) -> bool {
        self.key_usage.get().is_some_and(|usage| usage & bits == 0)
    }

    /// Tells whether there is an extended key usage, and none of these in it.
    pub(super) fn lacks_purpose(&self, wanted: &[&[u8]]) -> bool {
        self.purposes.get().is_some_and(|purposes| !purposes.iter().any(|purpose| wanted.contains(purpose)))
    }

    /// Returns the alternative names; none where there are none or where they cannot be read.
    pub(super) fn names(&self) -> &[GeneralName<'a>] {
        self.alt_names.get().map_or(&[], Vec::as_slice)
    }

    /// Tells whether an extension of this type is there once or more.
    pub(super) fn has(&self, oid: &[u8]) -> bool {
        self.extensions.iter().any(|extension| extension.oid == oid)
    }

    /// Returns the first critical extension that is none of these.
    pub(super) fn critical_beside(&self, known: &[&[u8]]) -> Option<&'a [u8]> {
        let unknown = |extension: &&Extension<'_>| extension.critical && !known.contains(&extension.oid);
        self.extensions.iter().find(unknown).map(|extension| extension.oid)
    }

    pub(super) fn is_critical(&self, oid: &[u8]) -> bool {
        self.extensions.iter().any(|extension| extension.critical && extension.oid == oid)
    }

    /// Tells whether an extension is there twice.
    pub(super) fn has_duplicates(&self) -> bool {
        let twice = |(index, extension): (usize, &Extension<'_>)| {
            self.extensions[..index].iter().any(|other| other.oid == extension.oid)
        };
        self.extensions.iter().enumerate().any(twice)
    }

    /// Tells whether its validity begins later.
    pub(super) fn early_at(&self, at: OffsetDateTime) -> bool {
        at.unix_timestamp() < self.certificate.not_before().unix_timestamp()
    }
}

impl PartialEq for Facts<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate
    }
}

fn field<'a, T>(extensions: &[Extension<'a>], oid: &[u8], read: impl Fn(&'a [u8]) -> Result<T, Error>) -> Field<T> {
    let mut found = extensions.iter().filter(|extension| extension.oid == oid);
    match (found.next(), found.next()) {
        (None, _) => Field::Absent,
        (Some(one), None) => read(one.value).map_or(Field::Malformed, Field::Present),
        _ => Field::Malformed,
    }
}

fn end(reader: &Reader<'_>) -> Result<(), Error> {
    if reader.is_empty() { Ok(()) } else { Err(reader.malformed("more than belongs there")) }
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Error> {
    let mut outer = Reader::new(value);
    let mut fields = outer.expect(tag::SEQUENCE, "the basic constraints")?.reader();
    end(&outer)?;
    let ca = fields.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
    let path_length = fields.optional(tag::INTEGER)?.map(|length| signed(length.content));
    end(&fields)?;
    Ok(BasicConstraints { ca, path_length })
}

/// A number in two's complement.
fn signed(content: &[u8]) -> i64 {
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    if content.len() > 4 {
        return if negative { i64::from(i32::MIN) } else { i64::from(i32::MAX) };
    }
    content.iter().fold(start, |number, octet| (number << 8) | i64::from(*octet))
}

/// Octets of a BIT STRING.
fn bits(value: &[u8]) -> Result<&[u8], Error> {
    let mut outer = Reader::new(value);
    let string = outer.expect(tag::BIT_STRING, "the bits")?;
    end(&outer)?;
    match string.content {
        [unused @ 0..=7, octets @ ..] if *unused == 0 || !octets.is_empty() => Ok(octets),
        _ => Err(string.malformed("a BIT STRING without its count")),
    }
}

fn key_usage(value: &[u8]) -> Result<u16, Error> {
    let octets = bits(value)?;
    let bit = |number: usize| octets.get(number / 8).is_some_and(|octet| octet & (0x80 >> (number % 8)) != 0);
    Ok((0..9).filter(|number| bit(*number)).map(|number| 1 << number).sum())
}

fn purposes(value: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut outer = Reader::new(value);
    let list = outer.expect(tag::SEQUENCE, "the purposes")?;
    end(&outer)?;
    list.reader().all(tag::OID, "a purpose").map(|purpose| Ok(purpose?.content)).collect()
}

fn key_id(value: &[u8]) -> Result<&[u8], Error> {
    let mut outer = Reader::new(value);
    let id = outer.expect(tag::OCTET_STRING, "the key identifier")?;
    end(&outer)?;
    Ok(id.content)
}

fn authority(value: &[u8]) -> Result<Authority<'_>, Error> {
    let mut outer = Reader::new(value);
    let mut fields = outer.expect(tag::SEQUENCE, "the authority key identifier")?.reader();
    end(&outer)?;
    let key_id = fields.optional(tag::context(0))?.map(|id| id.content);
    let issuer = fields.optional(tag::context_constructed(1))?;
    let issuer = issuer.map_or_else(|| (Vec::new(), true), |issuer| general_names(issuer.reader()));
    let serial = fields.optional(tag::context(2))?.map(|serial| serial.content);
    if !issuer.1 {
        return Err(fields.malformed("names that cannot be read"));
    }
    end(&fields)?;
    Ok(Authority { key_id, issuer: issuer.0, serial })
}

fn alt_names(value: &[u8]) -> Result<Vec<GeneralName<'_>>, Error> {
    let names = AltNames::read(value);
    if names.whole { Ok(names.names) } else { Err(Reader::new(value).malformed("names that cannot be read")) }
}

/// Bits of the key usage (RFC 5280 section 4.2.1.3).
pub(super) mod usage {
    pub(in super::super) const DIGITAL_SIGNATURE: u16 = 1;
    pub(in super::super) const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub(in super::super) const KEY_AGREEMENT: u16 = 1 << 4;
    pub(in super::super) const KEY_CERT_SIGN: u16 = 1 << 5;
    pub(in super::super) const CRL_SIGN: u16 = 1 << 6;
}

pub(super) const SERVER_AUTH: &[u8] = &oid!(raw 1.3.6.1.5.5.7.3.1);
pub(super) const ANY_PURPOSE: &[u8] = &oid!(raw 2.5.29.37.0);
/// Server Gated Cryptography of Microsoft and Netscape: what server authentication was called in the nineties.
pub(super) const GATED: [&[u8]; 2] = [&oid!(raw 1.3.6.1.4.1.311.10.3.3), &oid!(raw 2.16.840.1.113730.4.1)];
/// Bit of the Netscape certificate type.
pub(super) const NETSCAPE_SERVER: u8 = 0x40;

pub(super) const AUTHORITY_KEY_ID: &[u8] = &oid!(raw 2.5.29.35);
pub(super) const BASIC_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.19);
pub(super) const CERTIFICATE_POLICIES: &[u8] = &oid!(raw 2.5.29.32);
pub(super) const CRL_POINTS: &[u8] = &oid!(raw 2.5.29.31);
pub(super) const EXTENDED_KEY_USAGE: &[u8] = &oid!(raw 2.5.29.37);
pub(super) const INHIBIT_ANY_POLICY: &[u8] = &oid!(raw 2.5.29.54);
pub(super) const KEY_USAGE: &[u8] = &oid!(raw 2.5.29.15);
pub(super) const NAME_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.30);
pub(super) const NETSCAPE_TYPE: &[u8] = &oid!(raw 2.16.840.1.113730.1.1);
pub(super) const POLICY_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.36);
pub(super) const POLICY_MAPPINGS: &[u8] = &oid!(raw 2.5.29.33);
pub(super) const SUBJECT_KEY_ID: &[u8] = &oid!(raw 2.5.29.14);
