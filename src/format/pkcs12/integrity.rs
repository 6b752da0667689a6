//! The check value over a store: MacData (RFC 7292 section 4), also in the form of PBMAC1 (RFC 9579).

use std::borrow::Cow;
use std::num::NonZeroU32;

use aws_lc_rs::hmac;

use super::encryption::{Pbkdf2, SALT, random, read_salt};
use super::password::{Hash, Password, Purpose, SHA1, SHA256, iterations};
use crate::format::{Derivations, Error};
use crate::x509::asn1::{Element, der, der_number, oid, tag};

/// The integrity check of a store, and the value that it should have.
pub(super) struct Integrity<'a> {
    method: Method<'a>,
    value: Cow<'a, [u8]>,
    /// The method as it stands in the file: the AlgorithmIdentifier, and what comes after the value.
    algorithm: Cow<'a, [u8]>,
    rest: Cow<'a, [u8]>,
}

enum Method<'a> {
    Pkcs12 { hash: &'static Hash, salt: Cow<'a, [u8]>, iterations: NonZeroU32 },
    Pbmac1 { hash: &'static Hash, derivation: Pbkdf2<'a>, key_length: usize },
}

impl Integrity<'static> {
    /// Makes what keytool writes since Java 8u301, 11.0.12 and 16.
    pub(super) fn modern() -> Result<Self, Error> {
        Self::with(&SHA256, 10_000)
    }

    /// Makes what every Java reads.
    pub(super) fn legacy() -> Result<Self, Error> {
        Self::with(&SHA1, 100_000)
    }

    fn with(hash: &'static Hash, iterations: u32) -> Result<Self, Error> {
        let salt = random(SALT)?;
        let algorithm = der(tag::SEQUENCE, &[&der(tag::OID, &[hash.oid]), &der(tag::NULL, &[])]);
        let rest = [der(tag::OCTET_STRING, &[&salt]), der_number(iterations.into())].concat();
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        let method = Method::Pkcs12 { hash, salt: Cow::Owned(salt), iterations };
        Ok(Self { method, value: Cow::Borrowed(&[]), algorithm: Cow::Owned(algorithm), rest: Cow::Owned(rest) })
    }
}

impl<'a> Integrity<'a> {
    /// Reads a MacData.
    pub(super) fn read(data: &Element<'a>) -> Result<Self, Error> {
        let mut fields = data.reader();
        let mut info = fields.expect(tag::SEQUENCE, "the check value")?.reader();
        let algorithm = info.expect(tag::SEQUENCE, "the check's algorithm")?;
        let (value, _) = info.octet_string("the check value")?.octets()?;
        let rest = fields.rest();

        let mut names = algorithm.reader();
        let oid = names.expect(tag::OID, "the check's algorithm")?.content;
        let method = if oid == PBMAC1 {
            let mut parameters = names.expect(tag::SEQUENCE, "the PBMAC1 parameters")?.reader();
            let derivation = Pbkdf2::read(&parameters.expect(tag::SEQUENCE, "the key derivation")?)?;
            let hash = Hash::of_hmac(&parameters.expect(tag::SEQUENCE, "the check's algorithm")?)?;
            // RFC 9579 section 5 requires the length: no two programs agreed on a default.
            let key_length = derivation.key_length.filter(|length| *length > 0);
            let key_length = key_length.ok_or_else(|| algorithm.malformed("PBMAC1 without a key length"))?;
            Method::Pbmac1 { hash, derivation, key_length }
        } else {
            let hash = Hash::named(oid)?;
            let salt = read_salt(&mut fields)?;
            let count = fields.optional(tag::INTEGER)?;
            let iterations = count.map_or(Ok(NonZeroU32::MIN), |count| iterations(&count))?;
            Method::Pkcs12 { hash, salt, iterations }
        };
        Ok(Self { method, value, algorithm: Cow::Borrowed(algorithm.whole), rest: Cow::Borrowed(rest) })
    }

    /// Tells whether these bytes have this value under this password.
    pub(super) fn holds(
        &self,
        password: &Password<'_>,
        bytes: &[u8],
        derivations: &Derivations,
    ) -> Result<bool, Error> {
        Ok(self.sign(password, bytes, derivations)?.as_ref() == &*self.value)
    }

    /// Returns a MacData of the same method, salt and iterations for other bytes.
    pub(super) fn der(
        &self,
        password: &Password<'_>,
        bytes: &[u8],
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        let value = self.sign(password, bytes, derivations)?;
        let info = der(tag::SEQUENCE, &[&self.algorithm, &der(tag::OCTET_STRING, &[value.as_ref()])]);
        Ok(der(tag::SEQUENCE, &[&info, &self.rest]))
    }

    /// Tells whether it was made for programs that know nothing newer.
    pub(super) fn is_legacy(&self) -> bool {
        matches!(&self.method, Method::Pkcs12 { hash, .. } if hash.oid == SHA1.oid)
    }

    fn sign(&self, password: &Password<'_>, bytes: &[u8], derivations: &Derivations) -> Result<hmac::Tag, Error> {
        let (hash, key) = match &self.method {
            Method::Pkcs12 { hash, salt, iterations } => {
                let length = hash.digest.output_len();
                (hash, password.pkcs12_key(hash, Purpose::Integrity, salt, *iterations, length, derivations)?)
            }
            Method::Pbmac1 { hash, derivation, key_length } => {
                let Pbkdf2 { hash: function, salt, iterations, .. } = derivation;
                (hash, password.pbkdf2(function, salt, *iterations, *key_length, derivations)?)
            }
        };
        Ok(hmac::sign(&hmac::Key::new(hash.hmac, &key), bytes))
    }
}

const PBMAC1: &[u8] = &oid!(raw 1.2.840.113549.1.5.14);
