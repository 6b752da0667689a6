//! Keys from passwords: the ways of PKCS#12 (RFC 7292 appendix B) and of PBKDF2 (RFC 8018), and how much work a file
//! may ask for.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};

use crate::format::{Derivations, Error};
use crate::system::limits;
use crate::x509::asn1::{Element, dotted, oid, tag};

/// A password in one of the forms that programs give to the derivation of keys.
pub(super) struct Password<'a> {
    text: &'a str,
    /// UTF-16, big-endian, with a terminating zero: what PKCS#12's own derivation takes.
    utf16: Vec<u8>,
}

impl<'a> Password<'a> {
    /// Returns the forms of one password, the usual one first. Without a password some programs take the terminator
    /// alone and others no bytes at all; both are in use.
    pub(super) fn forms(text: &'a str) -> Vec<Self> {
        let utf16 = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
        let mut forms = vec![Self { text, utf16 }];
        if text.is_empty() {
            forms.push(Self { text, utf16: Vec::new() });
        }
        forms
    }

    /// PKCS#12's derivation, RFC 7292 appendix B.2.
    pub(super) fn pkcs12_key(
        &self,
        hash: &Hash,
        purpose: Purpose,
        salt: &[u8],
        iterations: NonZeroU32,
        length: usize,
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        let algorithm = hash.digest;
        derivations.spend(iterations, length.div_ceil(algorithm.output_len()))?;
        let block = algorithm.block_len();
        let diversifier = vec![purpose as u8; block];
        let repeated = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().cycle().take(bytes.len().next_multiple_of(block)).collect()
        };
        let mut input = repeated(salt);
        input.extend(repeated(&self.utf16));
        let mut key = Vec::with_capacity(length + algorithm.output_len());
        while key.len() < length {
            let mut context = digest::Context::new(algorithm);
            context.update(&diversifier);
            context.update(&input);
            let mut output = context.finish();
            for _ in 1..iterations.get() {
                output = digest::digest(algorithm, output.as_ref());
            }
            key.extend_from_slice(output.as_ref());
            for piece in input.chunks_mut(block) {
                add_and_one(piece, output.as_ref());
            }
        }
        key.truncate(length);
        Ok(key)
    }

    /// PBKDF2, RFC 8018 section 5.2. The password is its UTF-8, as in OpenSSL; Java takes ASCII alone.
    pub(super) fn pbkdf2(
        &self,
        hash: &Hash,
        salt: &[u8],
        iterations: NonZeroU32,
        length: usize,
        derivations: &Derivations,
    ) -> Result<Vec<u8>, Error> {
        derivations.spend(iterations, length.div_ceil(hash.digest.output_len()))?;
        let mut key = vec![0; length];
        if let Some(algorithm) = hash.pbkdf2 {
            pbkdf2::derive(algorithm, iterations, salt, self.text.as_bytes(), &mut key);
            return Ok(key);
        }
        let keyed = hmac::Context::with_key(&hmac::Key::new(hash.hmac, self.text.as_bytes()));
        let sign = |parts: &[&[u8]]| {
            let mut context = keyed.clone();
            parts.iter().for_each(|part| context.update(part));
            context.sign()
        };
        for (index, block) in (1_u32..).zip(key.chunks_mut(hash.digest.output_len())) {
            let mut output = sign(&[salt, &index.to_be_bytes()]);
            block.copy_from_slice(output.as_ref().get(..block.len()).unwrap_or_default());
            for _ in 1..iterations.get() {
                output = sign(&[output.as_ref()]);
                block.iter_mut().zip(output.as_ref()).for_each(|(sum, octet)| *sum ^= octet);
            }
        }
        Ok(key)
    }
}

/// `piece + repeated + 1` as one number, what overflows dropped.
fn add_and_one(piece: &mut [u8], repeated: &[u8]) {
    let mut carry = 1_u16;
    let addend = repeated.iter().copied().cycle().take(piece.len()).collect::<Vec<_>>();
    for (octet, addend) in piece.iter_mut().zip(addend).rev() {
        let sum = u16::from(*octet) + u16::from(addend) + carry;
        *octet = sum as u8;
        carry = sum >> 8;
    }
}

/// The purpose of a key of PKCS#12's derivation (RFC 7292 appendix B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Encryption = 1,
    InitialVector = 2,
    Integrity = 3,
}

/// Returns an iteration count of a key derivation.
pub(super) fn iterations(number: &Element<'_>) -> Result<NonZeroU32, Error> {
    let count = number.number("iterations of a key derivation", limits::DERIVATION)?;
    let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
    count.ok_or_else(|| number.malformed("an iteration count of 0").into())
}

/// A hash function in its three parts.
pub(super) struct Hash {
    /// Object identifiers, without tag and length: of the function itself, and of HMAC with it.
    pub(super) oid: &'static [u8],
    pub(super) hmac_oid: &'static [u8],
    pub(super) digest: &'static digest::Algorithm,
    pub(super) hmac: hmac::Algorithm,
    /// None where aws-lc-rs has no PBKDF2 with it.
    pbkdf2: Option<pbkdf2::Algorithm>,
}

impl Hash {
    pub(super) fn named(oid: &[u8]) -> Result<&'static Self, Error> {
        HASHES.iter().copied().find(|hash| hash.oid == oid).ok_or_else(|| Self::unsupported(oid))
    }

    /// Reads it from an AlgorithmIdentifier of HMAC.
    pub(super) fn of_hmac(algorithm: &Element<'_>) -> Result<&'static Self, Error> {
        let oid = algorithm.reader().expect(tag::OID, "the hash function")?.content;
        HASHES.iter().copied().find(|hash| hash.hmac_oid == oid).ok_or_else(|| Self::unsupported(oid))
    }

    fn unsupported(oid: &[u8]) -> Error {
        Error::Unsupported { what: format!("the hash function {}", dotted(oid)) }
    }
}

static HASHES: &[&Hash] = &[&SHA1, &SHA224, &SHA256, &SHA384, &SHA512];

pub(super) static SHA1: Hash = Hash {
    oid: &oid!(raw 1.3.14.3.2.26),
    hmac_oid: &oid!(raw 1.2.840.113549.2.7),
    digest: &digest::SHA1_FOR_LEGACY_USE_ONLY,
    hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
    pbkdf2: Some(pbkdf2::PBKDF2_HMAC_SHA1),
};
static SHA224: Hash = Hash {
    oid: &oid!(raw 2.16.840.1.101.3.4.2.4),
    hmac_oid: &oid!(raw 1.2.840.113549.2.8),
    digest: &digest::SHA224,
    hmac: hmac::HMAC_SHA224,
    pbkdf2: None,
};
pub(super) static SHA256: Hash = Hash {
    oid: &oid!(raw 2.16.840.1.101.3.4.2.1),
    hmac_oid: &oid!(raw 1.2.840.113549.2.9),
    digest: &digest::SHA256,
    hmac: hmac::HMAC_SHA256,
    pbkdf2: Some(pbkdf2::PBKDF2_HMAC_SHA256),
};
static SHA384: Hash = Hash {
    oid: &oid!(raw 2.16.840.1.101.3.4.2.2),
    hmac_oid: &oid!(raw 1.2.840.113549.2.10),
    digest: &digest::SHA384,
    hmac: hmac::HMAC_SHA384,
    pbkdf2: Some(pbkdf2::PBKDF2_HMAC_SHA384),
};
static SHA512: Hash = Hash {
    oid: &oid!(raw 2.16.840.1.101.3.4.2.3),
    hmac_oid: &oid!(raw 1.2.840.113549.2.11),
    digest: &digest::SHA512,
    hmac: hmac::HMAC_SHA512,
    pbkdf2: Some(pbkdf2::PBKDF2_HMAC_SHA512),
};

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn count(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    #[test]
    fn keys_are_those_of_other_programs() {
        let derivations = &Derivations::default();
        // `openssl kdf -keylen 24 -kdfopt digest:SHA1 -kdfopt hexpass:0073006d006500670000 -kdfopt iter:1
        // -kdfopt hexsalt:0a58cf64530d823f -kdfopt id:1 PKCS12KDF`
        let password = &Password::forms("smeg")[0];
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let key = password.pkcs12_key(&SHA1, Purpose::Encryption, &salt, count(1), 24, derivations).unwrap();
        assert_eq!(HEXLOWER.encode(&key), "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        // `hashlib.pbkdf2_hmac("sha224", b"smeg", b"salt", 3, 40)`
        let key = password.pbkdf2(&SHA224, b"salt", count(3), 40, derivations).unwrap();
        assert_eq!(
            HEXLOWER.encode(&key),
            "aa24fa7e6780c6f528b8bf9ffd8ca7bfcfe9c67d5a840aac1abf34a01d6729481cba2cc40983edcd"
        );
    }

    #[test]
    fn many_derivations_share_one_limit() {
        let password = &Password::forms("")[0];
        let derivations = &Derivations::default();
        derivations.spend(count(limits::DERIVATIONS as u32 - 10), 1).unwrap();
        assert!(password.pbkdf2(&SHA256, b"", count(5), 32, derivations).is_ok());
        let error = password.pbkdf2(&SHA256, b"", count(3), 64, derivations).unwrap_err();
        assert!(matches!(error, Error::Limit { limit: limits::DERIVATIONS, .. }), "{error}");
    }
}
