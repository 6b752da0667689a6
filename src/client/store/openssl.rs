//! OpenSSL's PEM, and what its users make of the blocks.

mod base64;
mod sections;

use std::collections::HashSet;

use self::sections::{Sections, ZeroBytes};
use super::{Loaded, Unusable, certificate};
use crate::format::{Identified, for_servers, what_is};
use crate::x509::Certificate;
use crate::x509::asn1::{Reader, tag};

/// `X509_load_cert_crl_file`: what it cannot read costs the whole file. A file of revocation lists alone is none of
/// certificates, and no error.
pub(super) fn all(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let mut loaded = Loaded::default();
    let mut lists = 0;
    let mut known = HashSet::new();
    let mut sections = Sections::new(bytes, ZeroBytes::EndLines);
    while let Some(section) = sections.next()? {
        let line = section.line;
        match section.label.as_str() {
            CERTIFICATE | X509_CERTIFICATE => {
                let der = first_element(section.plain()?);
                let certificate = certificate(der, OPENSSL).map_err(|reason| Unusable::damaged(line, reason))?;
                if known.insert(certificate.fingerprint()) {
                    loaded.push(certificate);
                }
            }
            TRUSTED => match trusted(section.plain()?).map_err(|reason| Unusable::damaged(line, reason))? {
                Some(certificate) if known.insert(certificate.fingerprint()) => loaded.push(certificate),
                Some(_) => {}
                None => loaded.pass_over(line, NOT_FOR_SERVERS),
            },
            "X509 CRL" => {
                if what_is(&section.plain()?) != Identified::RevocationList {
                    return Err(Unusable::damaged(line, "it holds no revocation list"));
                }
                lists += 1;
                loaded.pass_over(line, "it is a revocation list");
            }
            "RSA PRIVATE KEY" | "DSA PRIVATE KEY" | "EC PRIVATE KEY" if section.header.len() <= ENCRYPTED => {
                if !is_key(&section.plain()?, &section.label) {
                    return Err(Unusable::damaged(line, "it holds no private key"));
                }
                loaded.pass_over(line, "it is a private key");
            }
            label => loaded.pass_over(line, not_a_certificate(label)),
        }
    }
    if loaded.certificates.is_empty() && lists == 0 { Err(Unusable::Empty) } else { Ok(loaded) }
}

/// `PEM_read_bio_X509`. What comes after the first certificate is looked at only to be told of.
pub(super) fn first(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let mut loaded = Loaded::default();
    let mut sections = Sections::new(bytes, ZeroBytes::Stay);
    loop {
        let section = match sections.next() {
            Ok(Some(section)) => section,
            Err(error) if loaded.certificates.is_empty() => return Err(error),
            Ok(None) | Err(_) => break,
        };
        let line = section.line;
        match section.label.as_str() {
            CERTIFICATE | X509_CERTIFICATE if loaded.certificates.is_empty() => {
                let der = first_element(section.plain()?);
                loaded.push(certificate(der, OPENSSL).map_err(|reason| Unusable::damaged(line, reason))?);
            }
            CERTIFICATE | X509_CERTIFICATE => loaded.pass_over(line, "only the first certificate of the file is read"),
            label => loaded.pass_over(line, not_a_certificate(label)),
        }
    }
    if loaded.certificates.is_empty() { Err(Unusable::Empty) } else { Ok(loaded) }
}

/// `SecureContext::AddCACert`: what cannot be read is taken for the end. An empty text counts as none: Node.js then trusts
/// its own roots.
pub(super) fn node(bytes: &[u8]) -> Result<Loaded, Unusable> {
    if bytes.is_empty() {
        return Err(Unusable::Empty);
    }
    // Whoever reads the file makes a text of it first.
    let text = String::from_utf8_lossy(bytes);
    let (mut loaded, ended) = until_damaged(Sections::new(text.as_bytes(), ZeroBytes::Stay));
    if let Err(Unusable::Damaged { line, reason }) = ended {
        loaded.pass_over(line, format!("Node.js reads up to here and says nothing: {reason}"));
    }
    Ok(loaded)
}

/// `X509_load_cert_file`: what stands before the damage counts, if there is any.
pub(super) fn one_by_one(bytes: &[u8]) -> (Loaded, Result<(), Unusable>) {
    until_damaged(Sections::new(bytes, ZeroBytes::EndLines))
}

/// `PEM_read_bio_X509_AUX` until it fails.
fn until_damaged(mut sections: Sections<'_>) -> (Loaded, Result<(), Unusable>) {
    let mut loaded = Loaded::default();
    let ended = loop {
        let section = match sections.next() {
            Ok(Some(section)) => section,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        if !section.is_certificate() {
            loaded.pass_over(section.line, not_a_certificate(&section.label));
            continue;
        }
        let damaged = |reason| Unusable::damaged(section.line, reason);
        match section.plain().and_then(|der| trusted(der).map_err(damaged)) {
            Ok(Some(certificate)) => loaded.push(certificate),
            Ok(None) => loaded.pass_over(section.line, NOT_FOR_SERVERS),
            Err(error) => break Err(error),
        }
    };
    (loaded, ended)
}

/// `d2i_X509_AUX`: a certificate, behind which trust settings may stand. None if those exclude TLS servers.
fn trusted(der: Vec<u8>) -> Result<Option<Certificate>, String> {
    let length = Reader::new(&der).element().map_or(der.len(), |first| first.whole.len());
    let (der, settings) = der.split_at(length);
    let certificate = certificate(der.to_vec(), OPENSSL)?;
    match for_servers(settings) {
        Ok(for_servers) => Ok(for_servers.then_some(certificate)),
        Err(_) => Err("its trust settings cannot be read".to_owned()),
    }
}

/// `d2i_X509` does not look at what follows.
fn first_element(mut der: Vec<u8>) -> Vec<u8> {
    let length = Reader::new(&der).element().map_or(der.len(), |first| first.whole.len());
    der.truncate(length);
    der
}

/// Whether these are the fields of a key of the kind: PKCS #1, SEC 1 with its curve, or what OpenSSL has for DSA.
fn is_key(der: &[u8], label: &str) -> bool {
    let Ok(key) = Reader::new(der).expect(tag::SEQUENCE, "a key") else { return false };
    let mut fields = key.reader();
    let tags: Vec<u8> = std::iter::from_fn(|| Some(fields.element().ok()?.tag)).collect();
    match label {
        "RSA PRIVATE KEY" => tags == [tag::INTEGER; 9],
        "DSA PRIVATE KEY" => tags == [tag::INTEGER; 6],
        _ => tags.starts_with(&[tag::INTEGER, tag::OCTET_STRING, tag::context_constructed(0)]),
    }
}

fn not_a_certificate(label: &str) -> String {
    format!("it is labelled `{}`, not `{CERTIFICATE}`", crate::system::text::sanitise(label))
}

const OPENSSL: &str = "openssl";
const CERTIFICATE: &str = "CERTIFICATE";
const X509_CERTIFICATE: &str = "X509 CERTIFICATE";
const TRUSTED: &str = "TRUSTED CERTIFICATE";
const NOT_FOR_SERVERS: &str = "its trust settings exclude TLS servers";
/// A private key with more header than that is taken for encrypted, and left alone.
const ENCRYPTED: usize = 10;
