//! Files of p11-kit: objects with attributes, which say of each certificate whether it is trusted and for what. They are
//! only read.
//!
//! Their grammar is that of `trust dump` (p11-kit's `persist.c`): a line `[p11-kit-object-v1]`, lines `name: value`, and the
//! certificate or the key as PEM. An object of the class `x-certificate-extension` says more of all certificates with its
//! public key.

mod object;

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};

use super::archive::only_read;
use super::armour::{self, utf8};
use super::purposes::{self, Purposes};
use super::{Derivations, Entry, Error, Format, Member, Position, read_whole};
use crate::x509::Certificate;
use crate::x509::asn1::{Reader, dotted, tag};
use object::{HEADER, Object};

pub(super) static P11_KIT: Format = Format {
    name: "p11-kit",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| utf8(head).split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == HEADER),
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("a file of p11-kit")),
    merge: |_, _, _| Err(only_read("a file of p11-kit")),
    remove: |_, _, _| Err(only_read("a file of p11-kit")),
};

fn decode(input: &mut dyn Read, _: Option<&str>, _: &Derivations, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let objects = object::all(&utf8(&bytes))?;
    let mut beside = Beside::default();
    objects.iter().for_each(|object| beside.note(object));
    for object in objects {
        let own = if object.distrusts() { Some(DISTRUSTED) } else { None };
        let position = object.position.clone();
        let value = if object.is_certificate() { object.bytes("value") } else { None };
        let members = object.blocks.into_iter().filter(|block| block.label != "PUBLIC KEY").map(armour::member);
        let value = value.map(|value| Ok(of_value(&value?, position)));
        for member in members.chain(value) {
            visit(match member? {
                Member::Certificate { alias, certificate, position, flaw } => {
                    match own.or_else(|| beside.against(&certificate)) {
                        Some(reason) => Member::Distrusted { certificate, position, reason },
                        None => Member::Certificate { alias, certificate, position, flaw },
                    }
                }
                other => other,
            });
        }
    }
    Ok(())
}

fn of_value(der: &[u8], position: Position) -> Member {
    match Certificate::from_der(der) {
        Ok(certificate) => Member::Certificate { alias: None, certificate, position, flaw: None },
        Err(error) => Member::Rejected { position, reason: error.to_string() },
    }
}

/// What other objects say of a certificate.
#[derive(Default)]
struct Beside {
    /// By the SHA-256 of the key.
    by_key: HashMap<[u8; 32], &'static str>,
    /// The issuer and the serial number of what is distrusted.
    numbers: HashSet<(Vec<u8>, String)>,
}

impl Beside {
    fn note(&mut self, object: &Object) {
        if object.attribute("class") == Some("x-certificate-extension") {
            if let (Some(key), Some(reason)) = (object.public_key(), of_extension(object)) {
                self.by_key.insert(key, reason);
            }
        } else if object.distrusts() {
            self.numbers.extend(object.issuer_and_number());
        }
    }

    fn against(&self, certificate: &Certificate) -> Option<&'static str> {
        let number = || self.numbers.contains(&(certificate.issuer().as_bytes().to_vec(), certificate.serial()));
        self.by_key.get(&certificate.spki_sha256()).copied().or_else(|| number().then_some(DISTRUSTED))
    }
}

/// Returns why certificates with this extension beside them vouch for no TLS server. An extension that cannot be read is
/// no leave to trust.
fn of_extension(object: &Object) -> Option<&'static str> {
    let identifier = match object.attribute("object-id")? {
        text if text.starts_with('"') => dotted(Reader::new(&object.bytes("object-id")?.ok()?).element().ok()?.content),
        text => text.to_owned(),
    };
    let is_list_of_trust = match identifier.as_str() {
        EXTENDED_KEY_USAGE => true,
        OPENSSL_REJECT => false,
        _ => return None,
    };
    let named = object.bytes("value").and_then(Result::ok).and_then(|value| purposes(&value));
    match (named, is_list_of_trust) {
        (None, _) => Some("the purposes beside it cannot be read"),
        (Some(Purposes { servers: false }), true) => Some("the purposes beside it leave out TLS servers"),
        (Some(Purposes { servers: true }), false) => Some("the purposes beside it exclude TLS servers"),
        _ => None,
    }
}

/// The purposes in an extension, or in its value alone, as older releases write it.
fn purposes(value: &[u8]) -> Option<Purposes> {
    let mut fields = Reader::new(value).expect(tag::SEQUENCE, "an extension").ok()?.reader();
    fields.expect(tag::OID, "an identifier").ok()?;
    fields.optional(tag::BOOLEAN).ok()?;
    match fields.optional(tag::OCTET_STRING).ok()? {
        Some(inner) => purposes::read(inner.content).ok(),
        None => purposes::read(value).ok(),
    }
}

const DISTRUSTED: &str = "its attributes do not trust it";
/// RFC 5280, section 4.2.1.12.
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// p11-kit's own.
const OPENSSL_REJECT: &str = "1.3.6.1.4.1.3319.6.10.1";
