//! Elements in DER.

use super::tag;

/// Returns an element in DER with the parts as its content.
pub(crate) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut element = Vec::with_capacity(length + 6);
    element.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => element.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            let octets = octets.get(zeros..).unwrap_or_default();
            element.push(0x80 | octets.len() as u8);
            element.extend_from_slice(octets);
        }
    }
    for part in parts {
        element.extend_from_slice(part);
    }
    element
}

/// Returns an INTEGER in DER.
pub(crate) fn der_number(number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let zeros = octets.iter().take(7).take_while(|octet| **octet == 0).count();
    let octets = octets.get(zeros..).unwrap_or_default();
    let sign: &[u8] = if octets.first().is_some_and(|first| first & 0x80 != 0) { &[0] } else { &[] };
    der(tag::INTEGER, &[sign, octets])
}
