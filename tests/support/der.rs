//! Certificates written by hand, for what no tool makes. Nothing signs them.

/// A self-issued CA certificate of this name, with a signature that is not one.
pub(crate) fn certificate(name: &[u8], not_before: &[u8], not_after: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[&[0x06, 3, 0x2b, 0x65, 0x70]]);
    let key = tlv(0x30, &[&algorithm, &tlv(0x03, &[&[0; 33]])]);
    let ca = tlv(0x30, &[&[0x06, 3, 0x55, 0x1d, 0x13], &tlv(0x04, &[&[0x30, 3, 1, 1, 0xff]])]);
    let validity = tlv(0x30, &[not_before, not_after]);
    let extensions = tlv(0xa3, &[&tlv(0x30, &[&ca])]);
    let version = [0xa0, 3, 2, 1, 2];
    let contents = tlv(0x30, &[&version, &[2, 1, 1], &algorithm, name, &validity, name, &key, &extensions]);
    tlv(0x30, &[&contents, &algorithm, &tlv(0x03, &[&[0; 65]])])
}

/// A name with nothing but this common name.
pub(crate) fn common_name(tag: u8, value: &[u8]) -> Vec<u8> {
    let attribute = tlv(0x30, &[&[0x06, 3, 0x55, 4, 3], &tlv(tag, &[value])]);
    tlv(0x30, &[&tlv(0x31, &[&attribute])])
}

pub(crate) fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, &[text.as_bytes()])
}

pub(crate) fn generalized(text: &str) -> Vec<u8> {
    tlv(0x18, &[text.as_bytes()])
}

/// Tag, length and contents, in DER (X.690 sections 8.1 and 10.1).
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let octets = &length[length.iter().take_while(|octet| **octet == 0).count()..];
    let length = match octets {
        [] => vec![0],
        [short @ 0..0x80] => vec![*short],
        long => [&[0x80 | long.len() as u8], long].concat(),
    };
    [vec![tag], length, content].concat()
}

/// A revocation list in PEM, with a signature that is not one (RFC 5280 section 5.1).
pub(crate) fn revocation_list() -> String {
    let algorithm = tlv(0x30, &[&[0x06, 3, 0x2b, 0x65, 0x70]]);
    let contents = tlv(0x30, &[&algorithm, &common_name(0x0c, b"issuer"), &utc("240101000000Z")]);
    let list = tlv(0x30, &[&contents, &algorithm, &tlv(0x03, &[&[0; 65]])]);
    pem::encode(&pem::Pem::new("X509 CRL", list)).replace("\r\n", "\n")
}
