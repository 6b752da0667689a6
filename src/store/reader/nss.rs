//! NSS, as `certutil` brings certificates into its databases: `SEC_QuickDERDecodeItem` takes the shortest lengths only, and
//! reads little of what they hold but the public key. It goes on without a certificate that it refuses.

use super::fields::{Fields, elements, every, only};
use super::strings::is_bit_string;
use super::{Reader, Reading, Row};
use crate::x509::asn1::{Element, oid, tag};

pub(super) const NSS: Reader = Reader {
    name: "nss",
    title: "NSS (Firefox, Chrome on Linux, certutil)",
    formats: &[Reading::own("nss", false)],
    rows: &[
        Row::new("an empty serial number", |fields| fields.serial.content.is_empty()),
        Row::new("lengths that are not in DER", |fields| !has_shortest_lengths(fields)),
        Row::new("an algorithm that breaks the rules of ASN.1", |fields| !fields.algorithms().all(is_algorithm)),
        Row::new("a validity that is not two dates", |fields| !fields.has_two_dates()),
        Row::new("a version that is not a number", |fields| !fields.has_version()),
        Row::new("a public key that is not an algorithm and a BIT STRING", |fields| !fields.has_key_parts()),
        Row::new("a public key of a kind that not every release of NSS knows", |fields| {
            fields.key_algorithm().is_none_or(|(kind, _)| ![EC, RSA, RSA_OF_X500, PSS, DSA].contains(&kind))
        }),
        Row::new("a public key that cannot be read", |fields| !is_key(fields)),
        Row::new("a unique identifier with more unused bits than there are", |fields| {
            fields.unique_ids().any(|id| !is_bit_string(id.content))
        }),
        Row::new("a name that breaks the rules of ASN.1", |fields| !fields.names().all(|name| is_name(&name))),
        Row::new("an extension that breaks the rules of ASN.1", |fields| {
            !fields.has_extensions_list()
                || fields
                    .extensions()
                    .any(|extension| !extension.has_parts || extension.goes_on || extension.oid.is_empty())
        }),
    ],
};

/// Of all that the templates of a certificate lead to. What stands in values and extensions is not looked at.
fn has_shortest_lengths(fields: &Fields<'_>) -> bool {
    let parts = |whole: &Element<'_>| every(whole.reader(), Element::has_shortest_length);
    let names = |name: &Element<'_>| {
        every(name.reader(), |set| {
            set.has_shortest_length()
                && every(set.reader(), |attribute| attribute.has_shortest_length() && parts(attribute))
        })
    };
    let version = fields.explicit_version.is_none_or(|version| {
        let number = version.reader().element();
        version.has_shortest_length() && number.is_ok_and(|number| number.has_shortest_length())
    });
    let extensions = fields.extensions_field().is_none_or(|(field, list)| {
        field.has_shortest_length()
            && list.has_shortest_length()
            && fields.extensions().all(|extension| extension.has_shortest_lengths)
    });
    version
        && fields.names().all(|name| names(&name))
        && parts(&fields.validity)
        && parts(&fields.key)
        && fields.algorithms().all(|algorithm| parts(&algorithm))
        && extensions
}

fn is_algorithm(algorithm: Element<'_>) -> bool {
    let mut parts = algorithm.reader();
    let oid = parts.element().is_ok_and(|oid| oid.tag == tag::OID && !oid.content.is_empty());
    let parameters = |parameters: Element<'_>| is_value(&parameters);
    oid && (parts.is_empty() || parts.element().is_ok_and(parameters) && parts.is_empty())
}

/// `SECKEY_ExtractPublicKey`, by whose result a database files a certificate. It takes any curve that has a name.
fn is_key(fields: &Fields<'_>) -> bool {
    let Some((kind, parameters)) = fields.key_algorithm() else { return false };
    let key = fields.key_octets();
    match kind {
        EC => parameters.is_some_and(|curve| curve.tag == tag::OID) && !key.is_empty(),
        RSA | RSA_OF_X500 | PSS => only(key).is_some_and(|key| is_numbers(&key, 2)),
        DSA => only(key).is_some_and(|y| is_number(&y)) && parameters.is_some_and(|domain| is_numbers(&domain, 3)),
        _ => true,
    }
}

fn is_numbers(list: &Element<'_>, count: usize) -> bool {
    list.tag == tag::SEQUENCE
        && list.has_shortest_length()
        && every(list.reader(), is_number)
        && elements(list.reader()).count() == count
}

fn is_number(number: &Element<'_>) -> bool {
    let padded = matches!(number.content, [] | [0, 0..0x80, ..]);
    number.tag == tag::INTEGER && number.has_shortest_length() && !padded
}

/// Of a value of any type, only its tag is looked at, and that NULL is empty.
fn is_value(value: &Element<'_>) -> bool {
    value.tag != 0 && (value.tag != tag::NULL || value.content.is_empty())
}

fn is_name(name: &Element<'_>) -> bool {
    every(name.reader(), |set| {
        set.tag == tag::SET
            && every(set.reader(), |attribute| {
                let mut parts = attribute.reader();
                let kind = parts.element().is_ok_and(|kind| kind.tag == tag::OID && !kind.content.is_empty());
                let value = parts.element().is_ok_and(|value| is_value(&value));
                attribute.tag == tag::SEQUENCE && kind && value && parts.is_empty()
            })
    })
}

const EC: &[u8] = &oid!(raw 1.2.840.10045.2.1);
const RSA: &[u8] = &oid!(raw 1.2.840.113549.1.1.1);
const RSA_OF_X500: &[u8] = &oid!(raw 2.5.8.1.1);
const PSS: &[u8] = &oid!(raw 1.2.840.113549.1.1.10);
const DSA: &[u8] = &oid!(raw 1.2.840.10040.4.1);
