//! Java 17 and 25: `CertificateFactory` reads every certificate of a key store before any is used, and one that it refuses
//! makes the whole store unreadable. What either of the two releases refuses counts.
//!
//! After `sun.security.x509` and `sun.security.util.DerValue`. Lengths may be BER. What is in an extension matters if it is
//! critical; a text in a name may be of any type.

mod extensions;
mod general_names;
mod key;
mod times;

use super::fields::{Fields, elements, every};
use super::strings::{is_bit_string, is_object_identifier, units};
use super::{Reader, Reading, Row};
use crate::x509::asn1::{Element, tag};

pub(super) const JAVA: Reader = Reader {
    name: "java",
    title: "Java (pgjdbc, keytool)",
    formats: &[
        Reading::own("jks", true),
        Reading::own("jceks", true),
        Reading::own("pkcs12", true),
        Reading::own("pkcs12-legacy", true),
        // pgjdbc's `sslrootcert`, through CertificateFactory.generateCertificates.
        Reading::too("pem", true),
        // The system makes Java's store of them.
        Reading::too("anchors", true),
    ],
    rows: &[
        Row::new("version 1 and yet more fields than that has", |fields| {
            fields.version == 1 && fields.has_optional_fields()
        }),
        Row::new("version 2 and yet extensions", |fields| fields.version == 2 && fields.extensions_field().is_some()),
        Row::new("an empty serial number", |fields| fields.serial.content.is_empty()),
        Row::new("two different signature algorithms, one signed and one not", |fields| {
            algorithm(fields.inner_algorithm) != algorithm(fields.outer_algorithm)
        }),
        Row::new("an algorithm that breaks the rules of ASN.1", |fields| {
            !fields.algorithms().all(|algorithm| is_algorithm(&algorithm))
        }),
        Row::new("parameters of its signature algorithm that cannot be read", |fields| {
            [fields.inner_algorithm, fields.outer_algorithm]
                .iter()
                .any(|algorithm| !key::has_signature_parameters(algorithm))
        }),
        Row::new("an empty issuer", |fields| is_empty(&fields.issuer)),
        Row::new("an empty subject, and no critical subject alternative name", |fields| {
            is_empty(&fields.subject)
                && (fields.version == 1
                    || fields.extensions_field().is_some() && !has_critical_alternative_name(fields))
        }),
        Row::new("a name that breaks the rules of ASN.1", |fields| !fields.names().all(|name| is_name(&name))),
        Row::new("a name with a character beyond the BMP in a BMPString", |fields| {
            fields.names().any(|name| has_surrogates(&name))
        }),
        Row::new("a date that cannot be read", |fields| !times::are_dates(&fields.validity)),
        Row::new("a version that is not a number", |fields| !fields.has_version()),
        Row::new("a public key that is not an algorithm and a BIT STRING", |fields| !fields.has_key_parts()),
        Row::new("an elliptic curve that Java does not know by name", key::is_of_unknown_curve),
        Row::new("a public key that cannot be read", |fields| !key::is_key(fields)),
        Row::new("a unique identifier with more unused bits than there are", |fields| {
            fields.unique_ids().any(|id| !is_bit_string(id.content))
        }),
        Row::new("an extension that breaks the rules of ASN.1", |fields| {
            !fields.has_extensions_list()
                || fields.extensions().any(|extension| !extension.has_parts || !is_oid(extension.oid))
        }),
        Row::new("an extension twice", extensions::has_one_twice),
        Row::new("a critical extension that cannot be read", |fields| {
            fields.extensions().any(|extension| extension.critical && !extensions::is_readable(&extension))
        }),
    ],
};

/// Object identifier and parameters; NULL counts as none.
fn algorithm(algorithm: Element<'_>) -> (&[u8], Option<(u8, &[u8])>) {
    let mut parts = algorithm.reader();
    let oid = parts.element().map(|oid| oid.content).unwrap_or_default();
    let parameters = parts.element().ok().filter(|parameters| parameters.tag != tag::NULL);
    (oid, parameters.map(|parameters| (parameters.tag, parameters.content)))
}

fn is_algorithm(algorithm: &Element<'_>) -> bool {
    let mut parts = algorithm.reader();
    let oid = parts.element().is_ok_and(|oid| oid.tag == tag::OID && is_oid(oid.content));
    let parameters = |parameters: Element<'_>| parameters.tag != tag::NULL || parameters.content.is_empty();
    oid && (parts.is_empty() || parts.element().is_ok_and(parameters) && parts.is_empty())
}

/// `ObjectIdentifier.check`, with the limit that keeps its decimal form short.
fn is_oid(content: &[u8]) -> bool {
    is_object_identifier(content) && content.len() <= 4096
}

/// `X500Name.isEmpty`: there may be sets, if nothing is in them.
fn is_empty(name: &Element<'_>) -> bool {
    elements(name.reader()).all(|set| set.content.is_empty())
}

fn has_critical_alternative_name(fields: &Fields<'_>) -> bool {
    fields.extensions().any(|extension| {
        extension.oid == extensions::ALTERNATIVE_NAME && extension.critical && extensions::is_readable(&extension)
    })
}

/// `X500Name`, `RDN`, `AVA`.
pub(super) fn is_name(name: &Element<'_>) -> bool {
    every(name.reader(), is_rdn)
}

fn is_rdn(set: &Element<'_>) -> bool {
    set.tag == tag::SET && every(set.reader(), is_attribute)
}

fn is_attribute(attribute: &Element<'_>) -> bool {
    let mut parts = attribute.reader();
    let kind = parts.element().is_ok_and(|kind| kind.tag == tag::OID && is_oid(kind.content));
    attribute.tag == tag::SEQUENCE && kind && parts.element().is_ok_and(|value| has_length(&value)) && parts.is_empty()
}

/// Lengths take at most four octets.
fn has_length(value: &Element<'_>) -> bool {
    value.whole.get(1).is_some_and(|length| *length <= 0x84)
}

/// Java 25: a pair of surrogates in a BMPString. A single one is read as U+FFFD.
fn has_surrogates(name: &Element<'_>) -> bool {
    let has_pair = |value: Element<'_>| {
        let mut units = units(value.content).peekable();
        value.tag == tag::BMP_STRING
            && std::iter::from_fn(|| Some((units.next()?, units.peek().copied()))).any(|(first, second)| {
                first & 0xfc00 == 0xd800 && second.is_some_and(|second| second & 0xfc00 == 0xdc00)
            })
    };
    let attributes = elements(name.reader()).flat_map(|set| elements(set.reader()));
    attributes.filter_map(|attribute| elements(attribute.reader()).nth(1)).any(has_pair)
}
