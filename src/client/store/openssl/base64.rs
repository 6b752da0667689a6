//! Base64 as OpenSSL's `EVP_DecodeUpdate` reads it.

use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Decodes lines: blanks are skipped, a hyphen ends them, padding is insisted on, the last bits are not. None where
/// OpenSSL fails.
pub(super) fn decoded(lines: &[u8]) -> Option<Vec<u8>> {
    let end = memchr::memchr(b'-', lines).unwrap_or(lines.len());
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let text: Vec<u8> = lines[..end].iter().copied().filter(|byte| !blank(byte)).collect();
    BASE64.decode(text).ok()
}

static BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);
