//! The ciphers themselves.

use aws_lc_rs::cipher::{
    self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use rc2::Rc2;
use rc2::cipher::BlockCipherDecrypt as _;

use crate::format::Error;
use crate::x509::asn1::{dotted, oid};

/// A block cipher in CBC mode with the padding of PKCS#7, or a stream cipher.
pub(super) struct Cipher {
    /// In PKCS#12's own schemes the identifier of the whole scheme.
    pub(super) oid: &'static [u8],
    pub(super) key_length: usize,
    engine: Engine,
}

enum Engine {
    AwsLc(&'static cipher::Algorithm),
    Rc2 { effective_bits: usize },
    Rc4,
}

impl Cipher {
    pub(super) fn named(list: &[&'static Self], oid: &[u8]) -> Result<&'static Self, Error> {
        list.iter()
            .copied()
            .find(|cipher| cipher.oid == oid)
            .ok_or_else(|| Error::Unsupported { what: format!("the encryption {}", dotted(oid)) })
    }

    /// Tells whether pgtrust writes it, too.
    pub(super) fn is_written(&self) -> bool {
        matches!(self.engine, Engine::AwsLc(_))
    }

    pub(super) fn block_length(&self) -> usize {
        match self.engine {
            Engine::AwsLc(algorithm) => algorithm.block_len(),
            Engine::Rc2 { .. } => 8,
            Engine::Rc4 => 0,
        }
    }

    pub(super) fn decrypt(&self, key: &[u8], vector: &[u8], mut content: Vec<u8>) -> Option<Vec<u8>> {
        let algorithm = match self.engine {
            Engine::AwsLc(algorithm) => algorithm,
            Engine::Rc2 { effective_bits } => return rc2_cbc(key, effective_bits, vector, content),
            Engine::Rc4 => {
                rc4(key, &mut content);
                return Some(content);
            }
        };
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
        let context = match vector.try_into() {
            Ok(vector) => DecryptionContext::Iv128(<&[u8; 16]>::into(vector)),
            Err(_) => DecryptionContext::Iv64(<&[u8; 8]>::try_from(vector).ok()?.into()),
        };
        let length = key.decrypt(&mut content, context).ok()?.len();
        content.truncate(length);
        Some(content)
    }

    pub(super) fn encrypt(&self, key: &[u8], vector: &[u8], mut content: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Engine::AwsLc(algorithm) = self.engine else {
            return Err(Error::Unsupported { what: "writing with RC2 or RC4".to_owned() });
        };
        let mut encrypt = || -> Result<(), Unspecified> {
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key)?)?;
            let context = match vector.try_into() {
                Ok(vector) => EncryptionContext::Iv128(<&[u8; 16]>::into(vector)),
                Err(_) => EncryptionContext::Iv64(<&[u8; 8]>::try_from(vector).map_err(|_| Unspecified)?.into()),
            };
            key.less_safe_encrypt(&mut content, context).map(|_| ())
        };
        encrypt().map_err(|Unspecified| std::io::Error::other("encryption failed"))?;
        Ok(content)
    }
}

/// RC2 in CBC mode, which aws-lc-rs lacks.
fn rc2_cbc(key: &[u8], effective_bits: usize, vector: &[u8], mut content: Vec<u8>) -> Option<Vec<u8>> {
    let cipher = Rc2::new_with_eff_key_len(key, effective_bits);
    let mut previous: [u8; 8] = vector.try_into().ok()?;
    let (blocks, []) = content.as_chunks_mut::<8>() else { return None };
    for block in blocks {
        let encrypted = *block;
        cipher.decrypt_block(block.into());
        block.iter_mut().zip(previous).for_each(|(octet, mask)| *octet ^= mask);
        previous = encrypted;
    }
    let padding = usize::from(*content.last()?);
    let length = content.len().checked_sub(padding).filter(|_| (1..=8).contains(&padding))?;
    let padded = content.get(length..)?.iter().all(|octet| usize::from(*octet) == padding);
    content.truncate(length);
    padded.then_some(content)
}

/// RC4, which aws-lc-rs lacks.
fn rc4(key: &[u8], content: &mut [u8]) {
    let mut state: [u8; 256] = std::array::from_fn(|index| index as u8);
    let mut j = 0_u8;
    for (i, octet) in key.iter().cycle().take(256).enumerate() {
        j = j.wrapping_add(state[i]).wrapping_add(*octet);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for octet in content {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        *octet ^= state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))];
    }
}

/// Under 1.2.840.113549.1.12.1.
pub(super) static PKCS12_CIPHERS: [&Cipher; 6] =
    [&RC4_128, &RC4_40, &TRIPLE_DES, &TWO_KEY_TRIPLE_DES, &RC2_128, &RC2_40];

pub(super) static PBES2_CIPHERS: [&Cipher; 4] = [&AES_128, &AES_192, &AES_256, &TRIPLE_DES_PBES2];

static RC4_128: Cipher = Cipher { oid: &oid!(raw 1.2.840.113549.1.12.1.1), key_length: 16, engine: Engine::Rc4 };
static RC4_40: Cipher = Cipher { oid: &oid!(raw 1.2.840.113549.1.12.1.2), key_length: 5, engine: Engine::Rc4 };
#[expect(deprecated, reason = "stores that Java 8 reads have nothing better")]
pub(super) static TRIPLE_DES: Cipher = Cipher {
    oid: &oid!(raw 1.2.840.113549.1.12.1.3),
    key_length: 24,
    engine: Engine::AwsLc(&cipher::DES_EDE3_FOR_LEGACY_USE_ONLY),
};
#[expect(deprecated, reason = "old stores have it")]
static TWO_KEY_TRIPLE_DES: Cipher = Cipher {
    oid: &oid!(raw 1.2.840.113549.1.12.1.4),
    key_length: 16,
    engine: Engine::AwsLc(&cipher::DES_EDE_FOR_LEGACY_USE_ONLY),
};
static RC2_128: Cipher =
    Cipher { oid: &oid!(raw 1.2.840.113549.1.12.1.5), key_length: 16, engine: Engine::Rc2 { effective_bits: 128 } };
static RC2_40: Cipher =
    Cipher { oid: &oid!(raw 1.2.840.113549.1.12.1.6), key_length: 5, engine: Engine::Rc2 { effective_bits: 40 } };
static AES_128: Cipher =
    Cipher { oid: &oid!(raw 2.16.840.1.101.3.4.1.2), key_length: 16, engine: Engine::AwsLc(&cipher::AES_128) };
static AES_192: Cipher =
    Cipher { oid: &oid!(raw 2.16.840.1.101.3.4.1.22), key_length: 24, engine: Engine::AwsLc(&cipher::AES_192) };
pub(super) static AES_256: Cipher =
    Cipher { oid: &oid!(raw 2.16.840.1.101.3.4.1.42), key_length: 32, engine: Engine::AwsLc(&cipher::AES_256) };
#[expect(deprecated, reason = "old stores have it")]
static TRIPLE_DES_PBES2: Cipher = Cipher {
    oid: &oid!(raw 1.2.840.113549.3.7),
    key_length: 24,
    engine: Engine::AwsLc(&cipher::DES_EDE3_FOR_LEGACY_USE_ONLY),
};
