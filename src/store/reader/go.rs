//! Go's crypto/x509, which pgx and lib/pq build on: `AppendCertsFromPEM` goes on without a certificate that it cannot parse.
//!
//! After Go's own source (crypto/x509/parser.go as of 2026); Go is not among the readers that the tests ask. A few rules
//! for what no root has are left out, such as those about policies, distribution points and other hosts' names.

use super::fields::{Extension, Fields, elements, every, has_extension_twice, only};
use super::strings::{is_bit_string, is_object_identifier, is_shortest_integer, is_surrogate, units};
use super::{Reader, Reading, Row};
use crate::x509::asn1::{self, Element, oid, tag};
use crate::x509::{Curve, Key};

pub(super) const GO: Reader = Reader {
    name: "go",
    title: "Go (pgx, lib/pq)",
    formats: &[Reading::too("pem", false), Reading::too("hashed", false), Reading::too("anchors", false)],
    rows: &[
        Row::new("a serial number that is not in DER", |fields| !is_shortest_integer(fields.serial.content)),
        Row::new("a negative serial number", |fields| {
            fields.serial.content.first().is_some_and(|first| first & 0x80 != 0)
        }),
        Row::new("two different signature algorithms, one signed and one not", |fields| {
            fields.inner_algorithm.whole != fields.outer_algorithm.whole
        }),
        Row::new("an algorithm whose kind is not an object identifier", |fields| {
            fields
                .algorithms()
                .any(|algorithm| algorithm.reader().element().is_ok_and(|kind| !is_object_identifier(kind.content)))
        }),
        Row::new("a name with a text that breaks the rules of its kind", |fields| {
            fields.names().any(|name| !is_name(&name))
        }),
        Row::new("a date with no seconds' digits or with fractions of them", |fields| {
            elements(fields.validity.reader()).take(2).any(|date| !is_date(&date))
        }),
        Row::new("a public key that cannot be read", |fields| !is_key(fields)),
        Row::new("an extension twice", |fields| fields.version == 3 && has_extension_twice(fields, |_| true)),
        Row::new("an extension that cannot be read", |fields| {
            fields.version == 3 && !fields.extensions().all(|extension| is_readable(&extension))
        }),
    ],
};

fn is_name(name: &Element<'_>) -> bool {
    every(name.reader(), |set| {
        set.tag == tag::SET
            && every(set.reader(), |attribute| {
                let mut parts = attribute.reader();
                let kind = parts.element().is_ok_and(|kind| is_object_identifier(kind.content));
                kind && parts.element().is_ok_and(|value| value.has_shortest_length() && is_value(&value))
            })
    })
}

fn is_value(value: &Element<'_>) -> bool {
    let content = value.content;
    match value.tag {
        tag::PRINTABLE_STRING => {
            content.iter().all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(octet))
        }
        tag::UTF8_STRING => str::from_utf8(content).is_ok(),
        tag::BMP_STRING => {
            let noncharacter = |unit| matches!(unit, 0xfdd0..=0xfdef | 0xfffe | 0xffff);
            content.len().is_multiple_of(2) && !units(content).any(|unit| is_surrogate(unit) || noncharacter(unit))
        }
        tag::IA5_STRING => content.is_ascii(),
        tag::NUMERIC_STRING => content.iter().all(|octet| octet.is_ascii_digit() || *octet == b' '),
        tag::INTEGER => is_shortest_integer(content) && content.len() <= 8,
        tag::BOOLEAN => matches!(content, [0 | 0xff]),
        tag::BIT_STRING => is_bit_string(content),
        tag::OID => is_object_identifier(content),
        _ => true,
    }
}

/// UTCTime may lack seconds, GeneralizedTime may not, and neither has fractions.
fn is_date(date: &Element<'_>) -> bool {
    let digits = date.content.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let zone = &date.content[digits..];
    let digits = match date.tag {
        tag::UTC_TIME => matches!(digits, 10 | 12),
        _ => digits == 14,
    };
    // What ends in +0000 is not written so again.
    digits && (zone == b"Z" || zone.len() == 5 && matches!(zone, [b'+' | b'-', offset @ ..] if offset != b"0000"))
}

fn is_key(fields: &Fields<'_>) -> bool {
    let Some((kind, parameters)) = fields.key_algorithm() else { return false };
    match Key::from_spki(fields.key.whole) {
        Key::Rsa(0) => false,
        Key::Rsa(_) => {
            let numbers = only(fields.key_octets()).map(|key| key.reader());
            let positive = |number: Element<'_>| {
                is_shortest_integer(number.content) && number.content.first().is_some_and(|first| first & 0x80 == 0)
            };
            kind != RSA
                || parameters.is_some_and(|null| null.whole == [5, 0])
                    && numbers.is_some_and(|numbers| {
                        let mut numbers = elements(numbers);
                        numbers.next().is_some_and(positive)
                            && numbers.next().is_some_and(|e| positive(e) && e.content != [0] && e.content.len() <= 8)
                    })
        }
        Key::Ec(Curve::Other(curve)) => curve == P224,
        Key::Ec(_) => fields.key_octets().first() == Some(&4),
        Key::Ed25519 => parameters.is_none() && fields.key_octets().len() == 32,
        _ => true,
    }
}

fn is_readable(extension: &Extension<'_>) -> bool {
    let value = asn1::Reader::new(extension.value).element().ok();
    let sequence = || value.filter(|value| value.tag == tag::SEQUENCE).map(|value| value.reader());
    match extension.oid {
        KEY_USAGE => value.is_some_and(|value| value.tag == tag::BIT_STRING && is_bit_string(value.content)),
        BASIC_CONSTRAINTS => sequence().is_some_and(is_basic_constraints),
        SUBJECT_KEY_IDENTIFIER => !extension.critical && value.is_some_and(|value| value.tag == tag::OCTET_STRING),
        AUTHORITY_INFORMATION => !extension.critical && sequence().is_some(),
        AUTHORITY_KEY_IDENTIFIER => !extension.critical && sequence().is_some(),
        EXTENDED_KEY_USAGE => sequence()
            .is_some_and(|list| every(list, |kind| kind.tag == tag::OID && is_object_identifier(kind.content))),
        NAME_CONSTRAINTS => {
            only(extension.value).is_some_and(|value| value.tag == tag::SEQUENCE && !value.content.is_empty())
                && sequence().is_some_and(|list| every(list, |subtrees| !subtrees.content.is_empty()))
        }
        ALTERNATIVE_NAME => sequence().is_some_and(|list| {
            every(list, |name| match name.tag {
                0x81 | 0x82 | 0x86 => name.content.is_ascii(),
                0x87 => matches!(name.content.len(), 4 | 16),
                _ => true,
            })
        }),
        _ => true,
    }
}

fn is_basic_constraints(mut fields: asn1::Reader<'_>) -> bool {
    let ca = fields.optional(tag::BOOLEAN).is_ok_and(|ca| ca.is_none_or(|ca| matches!(ca.content, [0 | 0xff])));
    let length = fields.optional(tag::INTEGER);
    ca && length.is_ok_and(|length| {
        length.is_none_or(|length| {
            is_shortest_integer(length.content) && length.content[0] & 0x80 == 0 && length.content.len() <= 8
        })
    })
}

const P224: &str = "1.3.132.0.33";
const RSA: &[u8] = &oid!(raw 1.2.840.113549.1.1.1);
const SUBJECT_KEY_IDENTIFIER: &[u8] = &oid!(raw 2.5.29.14);
const KEY_USAGE: &[u8] = &oid!(raw 2.5.29.15);
const ALTERNATIVE_NAME: &[u8] = &oid!(raw 2.5.29.17);
const BASIC_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.19);
const NAME_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.30);
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &oid!(raw 2.5.29.35);
const EXTENDED_KEY_USAGE: &[u8] = &oid!(raw 2.5.29.37);
const AUTHORITY_INFORMATION: &[u8] = &oid!(raw 1.3.6.1.5.5.7.1.1);
