//! PKCS#12 (RFC 7292): Java's key stores since Java 9, and what OpenSSL and Windows export.
//!
//! Java takes a certificate for trusted only with an attribute of its own, which OpenSSL does not write by default.
//! A store may be protected by a password, in whole or in part, or not at all: that is what JDK 18 and later ship as
//! `cacerts`, and what Java opens with any password or none.

mod bag;
mod cipher;
mod container;
mod encryption;
mod entries;
mod integrity;
mod opened;
mod password;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io::{Read, Write};

use self::container::{Container, encrypted_part, plain_part};
use self::encryption::Scheme;
use self::integrity::Integrity;
use self::opened::Opened;
use self::password::Password;
use super::alias::{folded, free_alias};
use super::{Derivations, Entry, Error, Format, Goes, Member, PrivateKey, read_whole};
use crate::x509::asn1::{begun_sequence, tag};

pub(super) static PKCS12: Format = Format {
    name: "pkcs12",
    extensions: &["p12", "pfx", "pkcs12"],
    writable: true,
    profile_of: None,
    usual_passwords: USUAL_PASSWORDS,
    recognise,
    decode_within: decode,
    encode: |entries, password, output| encode(entries, password, output, Scheme::modern, Integrity::modern),
    merge,
    remove,
};

/// For Java 8 before 8u301 and Java 11 before 11.0.12, which know no PBES2 in stores. Only for writing: read and
/// merged, a store is PKCS#12, and what is added is protected as the rest of it.
pub(super) static PKCS12_LEGACY: Format = Format {
    name: "pkcs12-legacy",
    extensions: &[],
    writable: true,
    profile_of: Some(&PKCS12),
    usual_passwords: USUAL_PASSWORDS,
    recognise: |_| false,
    decode_within: decode,
    encode: |entries, password, output| encode(entries, password, output, Scheme::legacy, Integrity::legacy),
    merge,
    remove,
};

/// A SEQUENCE that begins with the version 3. Nothing else that holds keys or certificates does.
fn recognise(head: &[u8]) -> bool {
    begun_sequence(head).is_some_and(|fields| fields.starts_with(&[tag::INTEGER, 1, 3, tag::SEQUENCE]))
}

fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let container = Container::read(&bytes)?;
    let parts = container.parts()?;
    let opened = Opened::new(&container, &parts, password, derivations)?;
    opened.members()?.into_iter().for_each(&mut *visit);
    if opened.closed {
        return Err(Error::PasswordNeeded { what: "the encrypted part of the store" });
    }
    if container.integrity.is_some() && opened.password.is_none() {
        visit(Member::Unchecked { reason: "integrity was not checked: no password".to_owned() });
    }
    Ok(())
}

/// Without a password the same entries give the same bytes: no salts, no check value. With one, salts are random.
fn encode(
    entries: &mut dyn Iterator<Item = Entry<'_>>,
    password: Option<&str>,
    output: &mut dyn Write,
    scheme: fn() -> Result<Scheme<'static>, Error>,
    integrity: fn() -> Result<Integrity<'static>, Error>,
) -> Result<(), Error> {
    let entries: Vec<Entry<'_>> = entries.collect();
    let contents = bag::write(&named(&entries, &mut HashSet::new())?);
    let derivations = &Derivations::default();
    let store = match password {
        None => container::write(&[&plain_part(&contents)], None, derivations)?,
        Some(password) => {
            let password = writable(password)?;
            let part = encrypted_part(contents, &scheme()?, &password, derivations)?;
            container::write(&[&part], Some((&integrity()?, &password)), derivations)?
        }
    };
    Ok(output.write_all(&store)?)
}

/// A password that Java can open a store with.
fn writable(password: &str) -> Result<Password<'_>, Error> {
    let what = match password {
        "" => "an empty password for a new PKCS#12 store",
        text if !text.is_ascii() => "a PKCS#12 password beyond ASCII, which Java refuses,",
        text => return Password::forms(text).into_iter().next().ok_or(Error::WrongPassword),
    };
    Err(Error::Unsupported { what: what.to_owned() })
}

/// Appends a part, and leaves every other as it stands, byte for byte. The check value is made anew with its own salt
/// and iterations. So the passwords of private keys in it need not be known.
///
/// A certificate that Java does not see where it stands is added all the same. A password beyond ASCII is as good as
/// any here: the store has it already, and those who open it can.
fn merge(existing: &[u8], password: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    let container = Container::read(existing)?;
    let parts = container.parts()?;
    let derivations = &Derivations::default();
    let opened = Opened::new(&container, &parts, password, derivations)?;
    if opened.closed || (container.integrity.is_some() && opened.password.is_none()) {
        return Err(Error::PasswordNeeded { what: "a change to the store" });
    }

    let mut known = HashSet::new();
    let mut aliases = HashSet::new();
    for member in opened.members()? {
        let alias = match member {
            Member::Certificate { alias, certificate, flaw, .. } => {
                if flaw.is_none() {
                    known.insert(certificate.fingerprint());
                }
                alias
            }
            Member::Other { alias, .. } | Member::PrivateKey(PrivateKey { alias, .. }) => alias,
            _ => None,
        };
        aliases.extend(alias.as_deref().map(folded));
    }
    let mut add = add.to_vec();
    add.retain(|entry| known.insert(entry.certificate.fingerprint()));
    if add.is_empty() {
        return Ok(existing.to_vec());
    }

    let contents = bag::write(&named(&add, &mut aliases)?);
    let scheme = opened.style(container.integrity.as_ref())?;
    let part = match (scheme, &opened.password) {
        (Some(scheme), Some(password)) => encrypted_part(contents, &scheme, password, derivations)?,
        _ => plain_part(&contents),
    };
    container.with(&part, opened.password.as_ref(), derivations)
}

/// The certificates, each once, under aliases that are not taken.
fn named<'a>(
    entries: &[Entry<'a>],
    aliases: &mut HashSet<String>,
) -> Result<Vec<(String, &'a crate::Certificate)>, Error> {
    let mut known = HashSet::new();
    let new = entries.iter().filter(|entry| known.insert(entry.certificate.fingerprint()));
    new.map(|entry| Ok((free_alias(entry.certificate, aliases)?, entry.certificate))).collect()
}

/// Parts that hold nothing to remove stay as they stand, byte for byte. The others are written anew without those
/// entries, protected as they were.
fn remove(existing: &[u8], password: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error> {
    let container = Container::read(existing)?;
    let parts = container.parts()?;
    let derivations = &Derivations::default();
    let opened = Opened::new(&container, &parts, password, derivations)?;
    if opened.closed || (container.integrity.is_some() && opened.password.is_none()) {
        return Err(Error::PasswordNeeded { what: "a change to the store" });
    }
    let Some(left) = opened.without(&parts, goes, derivations)? else { return Ok(existing.to_vec()) };
    let left: Vec<&[u8]> = left.iter().map(|part| &**part).collect();
    container.holding(&left, opened.password.as_ref(), derivations)
}

/// The stores that a JDK ships since Java 18 have none; keytool's manual has the other.
const USUAL_PASSWORDS: &[Option<&str>] = &[None, Some("changeit"), Some("")];
