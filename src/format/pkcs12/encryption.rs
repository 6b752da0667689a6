//! Encryption of the parts of a store: PBES2 (RFC 8018 section 6.2) and the older schemes of PKCS#12 itself (RFC 7292
//! appendix C).

use std::borrow::Cow;
use std::num::NonZeroU32;

use super::cipher::{AES_256, Cipher, PBES2_CIPHERS, PKCS12_CIPHERS, TRIPLE_DES};
use super::password::{Hash, Password, Purpose, SHA1, SHA256, iterations};
use crate::format::{Derivations, Error};
use crate::system::limits;
use crate::x509::asn1::{Element, Reader, der, der_number, dotted, oid, tag};

/// The encryption of one part of a store.
pub(super) struct Scheme<'a> {
    cipher: &'static Cipher,
    derivation: Derivation<'a>,
    salt: Cow<'a, [u8]>,
    iterations: NonZeroU32,
}

enum Derivation<'a> {
    /// PKCS#12's own, with SHA-1; it gives the initial vector too.
    Pkcs12,
    /// PBES2: PBKDF2, and an initial vector of its own.
    Pbkdf2 { hash: &'static Hash, vector: Cow<'a, [u8]> },
}

impl Scheme<'static> {
    /// Makes what keytool writes since Java 8u301, 11.0.12 and 16: AES-256 under PBKDF2 with HMAC-SHA256.
    pub(super) fn modern() -> Result<Self, Error> {
        let derivation = Derivation::Pbkdf2 { hash: &SHA256, vector: Cow::Owned(random(16)?) };
        Self::with(&AES_256, derivation, 10_000)
    }

    /// Makes what every Java reads. The RC2 with 40 bits that keytool wrote then does not protect anything; Triple DES
    /// is as old.
    pub(super) fn legacy() -> Result<Self, Error> {
        Self::with(&TRIPLE_DES, Derivation::Pkcs12, 50_000)
    }

    fn with(cipher: &'static Cipher, derivation: Derivation<'static>, iterations: u32) -> Result<Self, Error> {
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        Ok(Self { cipher, derivation, salt: Cow::Owned(random(SALT)?), iterations })
    }

    #[cfg(test)]
    pub(super) fn with_iterations(mut self, count: u32) -> Self {
        self.iterations = NonZeroU32::new(count).unwrap();
        self
    }
}

impl<'a> Scheme<'a> {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(algorithm: &Element<'a>) -> Result<Self, Error> {
        let mut fields = algorithm.reader();
        let oid = fields.expect(tag::OID, "the encryption algorithm")?.content;
        if oid == PBES2 {
            return Self::read_pbes2(fields);
        }
        let cipher = Cipher::named(&PKCS12_CIPHERS, oid)?;
        let mut fields = fields.expect(tag::SEQUENCE, "the encryption parameters")?.reader();
        let salt = read_salt(&mut fields)?;
        let iterations = iterations(&fields.expect(tag::INTEGER, "the iteration count")?)?;
        Ok(Self { cipher, derivation: Derivation::Pkcs12, salt, iterations })
    }

    fn read_pbes2(mut fields: Reader<'a>) -> Result<Self, Error> {
        let mut fields = fields.expect(tag::SEQUENCE, "the PBES2 parameters")?.reader();
        let Pbkdf2 { hash, salt, iterations, .. } = Pbkdf2::read(&fields.expect(tag::SEQUENCE, "the key derivation")?)?;
        let mut encryption = fields.expect(tag::SEQUENCE, "the cipher")?.reader();
        let cipher = Cipher::named(&PBES2_CIPHERS, encryption.expect(tag::OID, "the cipher")?.content)?;
        let vector = encryption.octet_string("the initial vector")?;
        let (octets, _) = vector.octets()?;
        if octets.len() != cipher.block_length() {
            return Err(vector.malformed("an initial vector of the wrong length").into());
        }
        Ok(Self { cipher, derivation: Derivation::Pbkdf2 { hash, vector: octets }, salt, iterations })
    }

    /// Returns the same kind for new content. RC2 and RC4 are only read: Triple DES takes their place, as old as they
    /// are.
    pub(super) fn renewed(&self) -> Result<Scheme<'static>, Error> {
        let cipher = if self.cipher.is_written() { self.cipher } else { &TRIPLE_DES };
        let derivation = match &self.derivation {
            Derivation::Pkcs12 => Derivation::Pkcs12,
            Derivation::Pbkdf2 { hash, vector } => {
                Derivation::Pbkdf2 { hash, vector: Cow::Owned(random(vector.len())?) }
            }
        };
        Scheme::with(cipher, derivation, self.iterations.get())
    }

    /// Returns the AlgorithmIdentifier.
    pub(super) fn der(&self) -> Vec<u8> {
        let salt = der(tag::OCTET_STRING, &[&self.salt]);
        let iterations = der_number(self.iterations.get().into());
        let (hash, vector) = match &self.derivation {
            Derivation::Pbkdf2 { hash, vector } => (hash, vector),
            Derivation::Pkcs12 => {
                let parameters = der(tag::SEQUENCE, &[&salt, &iterations]);
                return der(tag::SEQUENCE, &[&der(tag::OID, &[self.cipher.oid]), &parameters]);
            }
        };
        let function = der(tag::SEQUENCE, &[&der(tag::OID, &[hash.hmac_oid]), &der(tag::NULL, &[])]);
        let parameters = der(tag::SEQUENCE, &[&salt, &iterations, &function]);
        let derivation = der(tag::SEQUENCE, &[&der(tag::OID, &[PBKDF2]), &parameters]);
        let vector = der(tag::OCTET_STRING, &[vector]);
        let cipher = der(tag::SEQUENCE, &[&der(tag::OID, &[self.cipher.oid]), &vector]);
        der(tag::SEQUENCE, &[&der(tag::OID, &[PBES2]), &der(tag::SEQUENCE, &[&derivation, &cipher])])
    }

    /// Returns the content, or None when this password does not open it: the padding is wrong, or what comes out is not
    /// one SEQUENCE from beginning to end.
    pub(super) fn decrypt(
        &self,
        password: &Password<'_>,
        content: &[u8],
        derivations: &Derivations,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (key, vector) = self.key(password, derivations)?;
        let plain = self.cipher.decrypt(&key, &vector, content.to_vec());
        Ok(plain.filter(|plain| {
            let mut elements = Reader::new(plain);
            elements.expect(tag::SEQUENCE, "").is_ok() && elements.is_empty()
        }))
    }

    pub(super) fn encrypt(
        &self,
        password: &Password<'_>,
        content: Vec<u8>,
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        let (key, vector) = self.key(password, derivations)?;
        self.cipher.encrypt(&key, &vector, content)
    }

    fn key(&self, password: &Password<'_>, derivations: &Derivations) -> Result<(Vec<u8>, Cow<'_, [u8]>), Error> {
        let Self { cipher, salt, iterations, .. } = self;
        match &self.derivation {
            Derivation::Pkcs12 => {
                let derive =
                    |purpose, length| password.pkcs12_key(&SHA1, purpose, salt, *iterations, length, derivations);
                let key = derive(Purpose::Encryption, cipher.key_length)?;
                Ok((key, Cow::Owned(derive(Purpose::InitialVector, cipher.block_length())?)))
            }
            Derivation::Pbkdf2 { hash, vector } => {
                Ok((password.pbkdf2(hash, salt, *iterations, cipher.key_length, derivations)?, Cow::Borrowed(vector)))
            }
        }
    }
}

/// PBKDF2 and its parameters (RFC 8018 appendix A.2).
pub(super) struct Pbkdf2<'a> {
    pub(super) hash: &'static Hash,
    pub(super) salt: Cow<'a, [u8]>,
    pub(super) iterations: NonZeroU32,
    pub(super) key_length: Option<usize>,
}

impl<'a> Pbkdf2<'a> {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(algorithm: &Element<'a>) -> Result<Self, Error> {
        let mut fields = algorithm.reader();
        let oid = fields.expect(tag::OID, "the key derivation")?.content;
        if oid != PBKDF2 {
            return Err(Error::Unsupported { what: format!("the key derivation {}", dotted(oid)) });
        }
        let mut fields = fields.expect(tag::SEQUENCE, "the PBKDF2 parameters")?.reader();
        let salt = read_salt(&mut fields)?;
        let iterations = iterations(&fields.expect(tag::INTEGER, "the iteration count")?)?;
        let key_length = fields.optional(tag::INTEGER)?;
        let key_length =
            key_length.map(|length| length.number("bytes of a derived key", limits::DERIVED_KEY)).transpose()?;
        let hash = fields.optional(tag::SEQUENCE)?.map_or(Ok(&SHA1), |function| Hash::of_hmac(&function))?;
        Ok(Self { hash, salt, iterations, key_length: key_length.map(|length| length as usize) })
    }
}

pub(super) fn read_salt<'a>(fields: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, Error> {
    let (salt, _) = fields.octet_string("the salt")?.octets()?;
    match salt.len() as u64 {
        found if found > limits::SALT => Err(Error::Limit { what: "bytes of salt", limit: limits::SALT, found }),
        _ => Ok(salt),
    }
}

/// Salts and initial vectors are random, so that a store does not tell whether another one has its password. They
/// are the reason why two stores with the same password and certificates differ.
pub(super) fn random(length: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no random numbers"))?;
    Ok(bytes)
}

const PBES2: &[u8] = &oid!(raw 1.2.840.113549.1.5.13);
const PBKDF2: &[u8] = &oid!(raw 1.2.840.113549.1.5.12);

/// The length of a new salt, which is keytool's.
pub(super) const SALT: usize = 20;
