//! Private keys. The key itself is left where it is; what is told of it is which certificates belong to it.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

use super::{Error, Member, Position};
use crate::system::limits;
use crate::x509::Certificate;
use crate::x509::asn1::{Reader, der, oid, tag};

/// A private key in a store or another file.
#[derive(Debug)]
#[non_exhaustive]
pub struct PrivateKey {
    /// What the store calls it, where it has names.
    pub alias: Option<String>,
    /// Where it stands.
    pub position: Position,
    /// The certificates that belong to it, its own first; in place of one that cannot be read, why.
    pub chain: Vec<Result<Certificate, String>>,
    /// Whether it is an entry of a key store, which has a place for it. Anywhere else it is out of place.
    pub in_key_store: bool,
    /// Its public key, as the subjectPublicKey of a certificate has it.
    pub(super) public: Option<Vec<u8>>,
}

impl PrivateKey {
    /// An entry of a key store.
    pub(super) fn entry(alias: Option<String>, position: Position, chain: Vec<Result<Certificate, String>>) -> Self {
        Self { alias, position, chain, in_key_store: true, public: None }
    }

    /// A key among certificates, whose chain [`WithChains`] finds.
    pub(super) fn bare(position: Position, der: &[u8]) -> Self {
        Self { alias: None, position, chain: Vec::new(), in_key_store: false, public: public_key(der) }
    }
}

/// Holds keys that stand among certificates back until all certificates are known.
#[derive(Default)]
pub(super) struct WithChains {
    keys: Vec<PrivateKey>,
    certificates: Vec<Certificate>,
}

impl WithChains {
    /// Returns what need not wait.
    pub(super) fn pass(&mut self, member: Member) -> Option<Member> {
        match member {
            Member::PrivateKey(key) if !key.in_key_store => {
                self.keys.push(key);
                return None;
            }
            Member::Certificate { ref certificate, .. } if self.certificates.len() < limits::CHAINED => {
                self.certificates.push(certificate.clone());
            }
            _ => {}
        }
        Some(member)
    }

    /// Hands the keys over, each with its own certificate and then issuer by issuer, as far as names lead.
    pub(super) fn keys(self, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
        let Self { keys, certificates } = self;
        let (mut by_key, mut by_subject) = (HashMap::new(), HashMap::new());
        for certificate in &certificates {
            by_key.entry(subject_public_key(certificate)).or_insert(certificate);
            by_subject.entry(certificate.subject().as_bytes()).or_insert(certificate);
        }
        // Servers that read such a file take the first certificate for the key's own. That is all there is to go by
        // where a key is encrypted.
        let first = certificates.first().filter(|certificate| keys.len() == 1 && !certificate.is_ca());
        let mut left = limits::STORE_ENTRIES;
        for mut key in keys {
            let mut next = match key.public.as_deref() {
                Some(public) => by_key.get(&Some(public)).copied(),
                None => first,
            };
            let mut known = HashSet::new();
            while let Some(certificate) = next.filter(|next| known.insert(next.fingerprint())) {
                left = left.checked_sub(1).ok_or_else(too_many)?;
                key.chain.push(Ok(certificate.clone()));
                let issuer = Some(certificate.issuer()).filter(|issuer| *issuer != certificate.subject());
                next = issuer.and_then(|issuer| by_subject.get(issuer.as_bytes()).copied());
            }
            visit(Member::PrivateKey(key));
        }
        Ok(())
    }
}

/// Chains may share certificates, so that their sum may be far beyond what the file holds.
pub(super) fn too_many() -> Error {
    let limit = limits::STORE_ENTRIES.into();
    Error::Limit { what: "certificates in the chains of private keys", limit, found: limit + 1 }
}

/// The public key of an unencrypted private key: PKCS#8 (RFC 5958), RSAPrivateKey (RFC 8017 appendix A.1.2) or
/// ECPrivateKey (RFC 5915), told apart by what follows the version.
fn public_key(key: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Reader::new(key).expect(tag::SEQUENCE, "a private key").ok()?.reader();
    fields.expect(tag::INTEGER, "its version").ok()?;
    let first = fields.element().ok()?;
    match first.tag {
        tag::SEQUENCE => {
            let algorithm = first.reader().element().ok()?.content;
            let inner = fields.expect(tag::OCTET_STRING, "the key").ok()?;
            match inner.reader().peek_tag()? {
                tag::OCTET_STRING if algorithm == ED25519 => {
                    let seed = inner.reader().element().ok()?.content;
                    Some(Ed25519KeyPair::from_seed_unchecked(seed).ok()?.public_key().as_ref().to_vec())
                }
                // One level only: RFC 5958 has no PKCS#8 in PKCS#8.
                tag::SEQUENCE => public_key_of_algorithm(inner.content),
                _ => None,
            }
        }
        _ => public_key_of_algorithm(key),
    }
}

fn public_key_of_algorithm(key: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Reader::new(key).expect(tag::SEQUENCE, "a private key").ok()?.reader();
    fields.expect(tag::INTEGER, "its version").ok()?;
    let first = fields.element().ok()?;
    match first.tag {
        // The modulus, and behind it the exponent.
        tag::INTEGER => Some(der(tag::SEQUENCE, &[first.whole, fields.element().ok()?.whole])),
        tag::OCTET_STRING => {
            fields.optional(tag::context_constructed(0)).ok()?;
            let public = fields.optional(tag::context_constructed(1)).ok()??;
            bits(public.content).map(<[u8]>::to_vec)
        }
        _ => None,
    }
}

fn subject_public_key(certificate: &Certificate) -> Option<&[u8]> {
    let mut fields = Reader::new(certificate.spki()).element().ok()?.reader();
    fields.element().ok()?;
    bits(fields.rest())
}

/// The content of a BIT STRING without its count of unused bits.
fn bits(string: &[u8]) -> Option<&[u8]> {
    match Reader::new(string).expect(tag::BIT_STRING, "a public key").ok()?.content {
        [0, bits @ ..] => Some(bits),
        _ => None,
    }
}

const ED25519: &[u8] = &oid!(raw 1.3.101.112);
