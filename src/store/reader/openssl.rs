//! OpenSSL 3.0, as libpq, Python and Node.js load a store with it: `SSL_CTX_load_verify_locations` gives up at the first
//! certificate that `d2i_X509` refuses, and reads nothing of the file. That takes BER, cares little about what is in
//! extensions, keys and times, and looks closely at numbers, object identifiers and texts in names.

use super::fields::{Fields, elements, every, only};
use super::strings::{is_object_identifier, is_shortest_integer, is_surrogate, units};
use super::{Reader, Reading, Row};
use crate::x509::asn1::{Element, tag};

pub(super) const OPENSSL: Reader = Reader {
    name: "openssl",
    title: "OpenSSL (psql, Python, Node.js)",
    formats: &[
        Reading::own("pem", true),
        // It looks up one file by the name of the issuer, and stops at one that it cannot read.
        Reading::own("hashed", false),
        // The system makes one file for OpenSSL of them.
        Reading::own("anchors", true),
    ],
    rows: &[
        Row::new("an empty serial number", |fields| fields.serial.content.is_empty()),
        Row::new("a serial number with needless octets in front", |fields| {
            !fields.serial.content.is_empty() && !is_strict_integer(fields.serial.content)
        }),
        Row::new("a version that is not one number", |fields| {
            !fields.has_version() || fields.explicit_version.is_some_and(|version| only(version.content).is_none())
        }),
        Row::new("an algorithm that breaks the rules of ASN.1", |fields| !fields.algorithms().all(is_algorithm)),
        Row::new("a validity that is not two dates", |fields| !fields.has_two_dates()),
        Row::new("a public key that is not an algorithm and a BIT STRING", |fields| !fields.has_key_parts()),
        Row::new("a unique identifier with more than 7 unused bits", |fields| {
            fields.unique_ids().any(|id| id.content.first().is_none_or(|unused| *unused > 7))
        }),
        Row::new("a name of a kind of text that names may not have", |fields| has_value(fields, is_wrong_kind)),
        Row::new("a name with a text that breaks the rules of its kind", |fields| {
            has_value(fields, |value| !is_wrong_kind(value) && is_wrong_text(value))
        }),
        Row::new("a name that breaks the rules of ASN.1", |fields| !fields.names().all(|name| has_structure(&name))),
        Row::new("an extension that breaks the rules of ASN.1", |fields| {
            !fields.has_extensions_list()
                || fields
                    .extensions()
                    .any(|extension| !extension.has_parts || extension.goes_on || !is_object_identifier(extension.oid))
        }),
    ],
};

/// What OpenSSL 3.5 refuses beyond that. A root with such a date is old, and OpenSSL 3.0 reads it: it is warned of.
pub(super) const OPENSSL_3_5: Reader = Reader {
    name: "openssl-3.5",
    title: "OpenSSL 3.5 (psycopg's own libpq)",
    formats: &[Reading::too("pem", true), Reading::too("hashed", false), Reading::too("anchors", true)],
    rows: &[Row::new("a date without seconds", |fields| {
        elements(fields.validity.reader()).any(|date| match date.tag {
            tag::UTC_TIME => date.content.len() < 13,
            tag::GENERALIZED_TIME => date.content.len() < 15,
            _ => false,
        })
    })],
};

/// `c2i_ibuf`: 80 00 .. may have ff in front, which is its sign there.
fn is_strict_integer(content: &[u8]) -> bool {
    match content {
        [0xff, rest @ ..] if rest.iter().all(|octet| *octet == 0) => true,
        _ => is_shortest_integer(content),
    }
}

/// OBJECT IDENTIFIER and at most one parameter of any type. Tags above 30, which OpenSSL reads, are in no root.
fn is_algorithm(algorithm: Element<'_>) -> bool {
    let mut parts = algorithm.reader();
    let oid = parts.element().is_ok_and(|oid| oid.tag == tag::OID && is_object_identifier(oid.content));
    oid && (parts.is_empty() || parts.element().is_ok_and(|value| is_value(&value)) && parts.is_empty())
}

/// `asn1_ex_c2i`, for any value of a universal type. Texts and numbers in pieces and an empty value whose length is not
/// in one octet are refused without a closer look: OpenSSL takes some, and no root has any.
fn is_value(value: &Element<'_>) -> bool {
    let content = value.content;
    if content.is_empty() && !value.has_shortest_length() {
        return false;
    }
    match value.tag {
        tag::SEQUENCE | tag::SET => true,
        0 | 0x20..0x40 => false,
        tag::BOOLEAN => content.len() == 1,
        tag::INTEGER | ENUMERATED => is_strict_integer(content),
        tag::BIT_STRING => content.first().is_some_and(|unused| *unused <= 7),
        tag::NULL => content.is_empty(),
        tag::OID => is_object_identifier(content),
        tag::BMP_STRING => content.len().is_multiple_of(2),
        tag::UNIVERSAL_STRING => content.len().is_multiple_of(4),
        _ => true,
    }
}

fn has_value(fields: &Fields<'_>, is: fn(&Element<'_>) -> bool) -> bool {
    let values = |name: &Element<'_>| {
        !every(name.reader(), |set| {
            every(set.reader(), |attribute| {
                let mut parts = attribute.reader();
                let value = parts.element().and_then(|_| parts.element());
                !value.is_ok_and(|value| is(&value))
            })
        })
    };
    fields.names().any(|name| has_structure(&name) && values(&name))
}

/// `X509_NAME_ENTRY` takes ASN1_PRINTABLE: of the universal types the texts but VideotexString, GraphicString,
/// VisibleString and GeneralString, BIT STRING and SEQUENCE, and the numbers that nothing is assigned to.
fn is_wrong_kind(value: &Element<'_>) -> bool {
    let number = value.tag & 0x1f;
    let constructed = value.tag & 0x20 != 0;
    value.tag & 0xc0 != 0
        || match number {
            3 | 12 | 18..=20 | 22 | 28 | 30 => false,
            7..=9 | 11 | 13..=15 | 29 => false,
            16 => !constructed,
            _ => true,
        }
}

/// `asn1_string_canon`: what is compared is first made UTF-8.
fn is_wrong_text(value: &Element<'_>) -> bool {
    let content = value.content;
    match value.tag {
        tag::UTF8_STRING => str::from_utf8(content).is_err(),
        tag::BMP_STRING => !content.len().is_multiple_of(2) || units(content).any(is_surrogate),
        tag::UNIVERSAL_STRING => {
            let (codes, rest) = content.as_chunks();
            !rest.is_empty() || codes.iter().any(|code| char::from_u32(u32::from_be_bytes(*code)).is_none())
        }
        _ => !is_value(value),
    }
}

fn has_structure(name: &Element<'_>) -> bool {
    every(name.reader(), |set| {
        set.tag == tag::SET
            && every(set.reader(), |attribute| {
                let mut parts = attribute.reader();
                let kind = parts.element().is_ok_and(|kind| kind.tag == tag::OID && is_object_identifier(kind.content));
                attribute.tag == tag::SEQUENCE && kind && parts.element().is_ok() && parts.is_empty()
            })
    })
}

const ENUMERATED: u8 = 0x0a;
