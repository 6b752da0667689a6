//! JKS, Java's own key store, and JCEKS, its sibling with secret keys, which is only read.
//!
//! Neither has a specification; what the JDK's `JavaKeyStore` and `JceKeyStore` write is the format. The digest at the
//! end covers all bytes and the password: without the password certificates can be listed, and nothing can be written.
//! A merge keeps what stands there byte for byte, so that private keys keep their own passwords, and dates stay.

mod entry;
mod reader;
mod sealed;

use std::collections::HashSet;
use std::io::{Read, Write};

use aws_lc_rs::digest::{Context, Digest, SHA1_FOR_LEGACY_USE_ONLY};

use super::alias::{folded, free_alias, is_own};
use super::{Derivations, Entry, Error, Format, Goes, Member, PrivateKey, goes_if, read_whole};
use crate::system::limits;
use crate::x509::{Certificate, Fingerprint};
use entry::{Body, Entries, TypedCertificate};
use reader::damaged;

pub(super) static JKS: Format = Format {
    name: "jks",
    extensions: &["jks"],
    writable: true,
    profile_of: None,
    usual_passwords: USUAL_PASSWORDS,
    recognise: |head| head.starts_with(&MAGIC),
    decode_within: decode,
    encode,
    merge,
    remove,
};

pub(super) static JCEKS: Format = Format {
    name: "jceks",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: USUAL_PASSWORDS,
    recognise: |head| head.starts_with(&SEALED_MAGIC),
    decode_within: decode,
    encode: |_, _, _| Err(jceks_is_only_read()),
    merge: |_, _, _| Err(jceks_is_only_read()),
    remove: |_, _, _| Err(jceks_is_only_read()),
};

/// Hands nothing over before the password has proved right. A store that breaks off is handed over up to there.
fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    _: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let entries = Entries::new(&bytes)?;
    if let Ok(end) = entries.end() {
        verify(&bytes, end, password)?;
        if password.is_none() {
            visit(Member::Unchecked { reason: "integrity was not checked: no password".to_owned() });
        }
    }
    for entry in entries {
        let entry = entry?;
        let (alias, position) = (Some(entry.alias), entry.position);
        visit(match entry.body {
            Body::Certificate(der) => match Certificate::from_der(der) {
                Ok(certificate) => Member::Certificate { alias, certificate, position, flaw: None },
                Err(error) => Member::Rejected { position, reason: error.to_string() },
            },
            Body::PrivateKey(chain) => {
                let chain = chain.into_iter().map(TypedCertificate::read).collect();
                Member::PrivateKey(PrivateKey::entry(alias, position, chain))
            }
            Body::Other(kind) => Member::Other { alias, kind, position },
        });
    }
    Ok(())
}

/// Tells whether the digest is all that follows the entries, and is right as far as it can be checked.
fn verify(bytes: &[u8], end: usize, password: Option<&str>) -> Result<(), Error> {
    let (signed, stored) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    if stored.len() != DIGEST {
        let reason = format!("{} bytes follow the entries, where a digest of {DIGEST} should", stored.len());
        return Err(damaged(end, bytes.len(), reason));
    }
    match password {
        Some(password) if digest(password, signed).as_ref() != stored => Err(Error::WrongPassword),
        _ => Ok(()),
    }
}

fn encode(
    entries: &mut dyn Iterator<Item = Entry<'_>>,
    password: Option<&str>,
    output: &mut dyn Write,
) -> Result<(), Error> {
    let add: Vec<Entry<'_>> = entries.collect();
    let empty = [MAGIC, VERSION.to_be_bytes(), [0; 4]].concat();
    Ok(output.write_all(&extended(&empty, Known::default(), password, &add)?)?)
}

fn merge(existing: &[u8], password: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    let entries = Entries::new(existing)?;
    let end = entries.end()?;
    verify(existing, end, password)?;
    let mut known = Known::default();
    for entry in entries {
        let entry = entry?;
        known.aliases.insert(folded(&entry.alias));
        if let Body::Certificate(der) = entry.body {
            known.certificates.insert(Fingerprint::of(der));
        }
    }
    extended(existing.get(..end).unwrap_or_default(), known, password, add)
}

fn remove(existing: &[u8], password: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error> {
    let entries = Entries::new(existing)?;
    verify(existing, entries.end()?, password)?;
    let mut store = existing.get(..ENTRIES_AT).unwrap_or_default().to_vec();
    let mut count = 0;
    for entry in entries {
        let entry = entry?;
        let position = &entry.position;
        let is_gone = match entry.body {
            Body::Certificate(der) => goes_if(goes, der, position, |certificate| is_own(&entry.alias, certificate)),
            Body::PrivateKey(_) | Body::Other(_) => false,
        };
        if !is_gone {
            let (start, end) = (entry.position.bytes.start as usize, entry.position.bytes.end as usize);
            store.extend_from_slice(existing.get(start..end).unwrap_or_default());
            count += 1;
        }
    }
    sealed_off(store, count, password)
}

/// The contents of a store before a merge.
#[derive(Default)]
struct Known {
    /// Java looks them up in lower case.
    aliases: HashSet<String>,
    certificates: HashSet<Fingerprint>,
}

/// A store, given without its digest, with these entries behind its own.
fn extended(store: &[u8], mut known: Known, password: Option<&str>, add: &[Entry<'_>]) -> Result<Vec<u8>, Error> {
    password.ok_or(WRITING)?;
    let entries = Entries::new(store)?;
    let mut count = entries.declared();
    let mut bytes = Vec::with_capacity(store.len() + add.len() * 2048);
    bytes.extend_from_slice(store);
    for Entry { certificate, .. } in add {
        if known.certificates.insert(certificate.fingerprint()) {
            push(&mut bytes, entries.has_types(), &free_alias(certificate, &mut known.aliases)?, certificate)?;
            count += 1;
        }
    }
    if count > limits::STORE_ENTRIES {
        return Err(Error::Limit { what: "entries", limit: limits::STORE_ENTRIES.into(), found: count.into() });
    }
    sealed_off(bytes, count, password)
}

/// The store with the number of its entries and its digest.
fn sealed_off(mut store: Vec<u8>, count: u32, password: Option<&str>) -> Result<Vec<u8>, Error> {
    let password = password.ok_or(WRITING)?;
    if let Some(slot) = store.get_mut(COUNT_AT..ENTRIES_AT) {
        slot.copy_from_slice(&count.to_be_bytes());
    }
    let digest = digest(password, &store);
    store.extend_from_slice(digest.as_ref());
    Ok(store)
}

fn push(bytes: &mut Vec<u8>, typed: bool, alias: &str, certificate: &Certificate) -> Result<(), Error> {
    let too_large = |_| Error::TooLarge { limit: u32::MAX.into() };
    bytes.extend_from_slice(&entry::TRUSTED.to_be_bytes());
    push_ascii(bytes, alias);
    // The same certificates give the same bytes: the validity's start, not today.
    let created = certificate.not_before().unix_timestamp() * 1000;
    bytes.extend_from_slice(&created.to_be_bytes());
    if typed {
        push_ascii(bytes, entry::X509);
    }
    let der = certificate.der();
    bytes.extend_from_slice(&u32::try_from(der.len()).map_err(too_large)?.to_be_bytes());
    bytes.extend_from_slice(der);
    Ok(())
}

/// Our aliases have a few dozen ASCII letters, which are the same in Java's modified UTF-8.
fn push_ascii(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// SHA-1 over the password in UTF-16, a phrase of the JDK's, and the store.
fn digest(password: &str, store: &[u8]) -> Digest {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for unit in password.encode_utf16() {
        context.update(&unit.to_be_bytes());
    }
    context.update(b"Mighty Aphrodite");
    context.update(store);
    context.finish()
}

fn jceks_is_only_read() -> Error {
    Error::Unsupported { what: "writing a JCEKS store".to_owned() }
}

/// keytool's manual and the JDK's own stores; old versions of macOS. Without one certificates are listed, unchecked.
const USUAL_PASSWORDS: &[Option<&str>] = &[Some("changeit"), Some("changeme"), None];
const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const SEALED_MAGIC: [u8; 4] = [0xce, 0xce, 0xce, 0xce];
/// Version 1, of Java 1.1, has no certificate types; nothing has written it for 25 years.
const VERSION: u32 = 2;
const COUNT_AT: usize = 8;
const ENTRIES_AT: usize = 12;
const DIGEST: usize = 20;
const WRITING: Error = Error::PasswordNeeded { what: "writing a JKS store" };

#[cfg(test)]
mod tests;
