//! What a reader reads and its clients do not use as an anchor.

use super::fields::{Extension, Fields, elements, only};
use crate::x509::Certificate;
use crate::x509::asn1::{oid, tag};

/// Clients that verify no server by a root, though they read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// `openssl`, `java`, `go`, `rustls`, or `python` for Python 3.13 and later, which is OpenSSL and strict.
    pub clients: &'static [&'static str],
    /// What the root has or lacks, in words that follow `it has`.
    pub reason: &'static str,
}

/// Returns what keeps clients from using this root as an anchor, nothing for one that all use. A root that is no CA is
/// not among it: the policy of bundles says that.
pub fn unusable(certificate: &Certificate) -> Vec<Unusable> {
    let Some(fields) = Fields::of(certificate) else { return Vec::new() };
    RULES.iter().filter(|(_, applies)| applies(&fields)).map(|(unusable, _)| *unusable).collect()
}

type Rule = (Unusable, fn(&Fields<'_>) -> bool);

const fn rule(clients: &'static [&'static str], reason: &'static str, applies: fn(&Fields<'_>) -> bool) -> Rule {
    (Unusable { clients, reason }, applies)
}

const RULES: &[Rule] = &[
    rule(&["openssl", "java", "go", "python"], "a key usage without keyCertSign", |fields| {
        key_usage(fields).is_some_and(|bits| bits != 0 && bits & SIGNS_CERTIFICATES == 0)
    }),
    // Go takes a key usage without any bit for none.
    rule(&["openssl", "java", "python"], "a key usage without any bit", |fields| key_usage(fields) == Some(0)),
    rule(&["openssl", "go", "python"], "an extended key usage without the authentication of servers", |fields| {
        has_purposes_without(fields, &[SERVER, ANY, STEP_UP])
    }),
    rule(&["openssl", "python"], "an extended key usage of any purpose, which does not name servers", |fields| {
        has_purposes_without(fields, &[SERVER, STEP_UP]) && !has_purposes_without(fields, &[ANY])
    }),
    rule(&["openssl", "go", "python"], "a critical extension that clients do not know", |fields| {
        has_critical_beyond(fields, &[KNOWN, KNOWN_TO_OPENSSL, KNOWN_TO_GO])
    }),
    rule(&["openssl", "python"], "a critical extension that OpenSSL does not know", |fields| {
        has_critical_beyond(fields, &[KNOWN, KNOWN_TO_OPENSSL]) && !has_critical_beyond(fields, &[KNOWN, KNOWN_TO_GO])
    }),
    rule(&["go"], "a critical extension that Go does not know", |fields| {
        has_critical_beyond(fields, &[KNOWN, KNOWN_TO_GO]) && !has_critical_beyond(fields, &[KNOWN, KNOWN_TO_OPENSSL])
    }),
    // The rest is RFC 5280, which only the strict hold against a root.
    rule(&["python"], "version 1", |fields| fields.version == 1),
    rule(&["python"], "no key usage", |fields| fields.version == 3 && extension(fields, KEY_USAGE).is_none()),
    rule(&["python"], "no subject key identifier", |fields| {
        fields.version == 3 && extension(fields, SUBJECT_KEY_IDENTIFIER).is_none()
    }),
    rule(&["python"], "basic constraints that are not critical", |fields| {
        extension(fields, BASIC_CONSTRAINTS).is_some_and(|constraints| !constraints.critical)
    }),
];

fn extension<'a>(fields: &Fields<'a>, oid: &[u8]) -> Option<Extension<'a>> {
    fields.extensions().find(|extension| extension.oid == oid)
}

/// The first eight bits of the key usage, if it can be read.
fn key_usage(fields: &Fields<'_>) -> Option<u8> {
    let bits = only(extension(fields, KEY_USAGE)?.value).filter(|bits| bits.tag == tag::BIT_STRING)?;
    Some(bits.content.get(1).copied().unwrap_or_default())
}

fn has_purposes_without(fields: &Fields<'_>, wanted: &[&[u8]]) -> bool {
    extension(fields, EXTENDED_KEY_USAGE).and_then(|usage| only(usage.value)).is_some_and(|purposes| {
        !purposes.content.is_empty() && !elements(purposes.reader()).any(|purpose| wanted.contains(&purpose.content))
    })
}

fn has_critical_beyond(fields: &Fields<'_>, known: &[&[&[u8]]]) -> bool {
    fields.extensions().any(|extension| extension.critical && !known.iter().any(|known| known.contains(&extension.oid)))
}

/// keyCertSign, RFC 5280 section 4.2.1.3.
const SIGNS_CERTIFICATES: u8 = 0x04;
const SUBJECT_KEY_IDENTIFIER: &[u8] = &oid!(raw 2.5.29.14);
const KEY_USAGE: &[u8] = &oid!(raw 2.5.29.15);
const BASIC_CONSTRAINTS: &[u8] = &oid!(raw 2.5.29.19);
const EXTENDED_KEY_USAGE: &[u8] = &oid!(raw 2.5.29.37);
const SERVER: &[u8] = &oid!(raw 1.3.6.1.5.5.7.3.1);
/// Netscape's and Microsoft's way to say servers, which OpenSSL still takes.
const STEP_UP: &[u8] = &oid!(raw 2.16.840.1.113730.4.1);
const ANY: &[u8] = &oid!(raw 2.5.29.37.0);

const KNOWN: &[&[u8]] = &[
    KEY_USAGE,
    &oid!(raw 2.5.29.17),
    BASIC_CONSTRAINTS,
    &oid!(raw 2.5.29.30),
    &oid!(raw 2.5.29.31),
    &oid!(raw 2.5.29.32),
    &oid!(raw 2.5.29.33),
    &oid!(raw 2.5.29.36),
    EXTENDED_KEY_USAGE,
    &oid!(raw 2.5.29.54),
];

/// `X509_supported_extension`.
const KNOWN_TO_OPENSSL: &[&[u8]] = &[&oid!(raw 2.16.840.1.113730.1.1), &oid!(raw 1.3.6.1.5.5.7.48.1.5)];

/// Of these it also demands that they are not critical: what is, it does not read at all.
const KNOWN_TO_GO: &[&[u8]] = &[SUBJECT_KEY_IDENTIFIER, &oid!(raw 2.5.29.35), &oid!(raw 1.3.6.1.5.5.7.1.1)];
