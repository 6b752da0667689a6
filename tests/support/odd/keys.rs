//! Keys that not every reader takes.

use super::super::der::tlv;
use super::{Collection, EC_KEY, P256, RSA_KEY, spki};

pub(super) fn of_curves(roots: &mut Collection) {
    let point = {
        let key = &roots.signer.fields("").key;
        key[key.len() - 65..].to_vec()
    };
    let explicit = tlv(0x30, &[&[2, 1, 1], &tlv(0x30, &[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 1, 1], &[2, 1, 0x17]])]);
    for (name, parameters) in [
        ("no curve", &[][..]),
        ("NULL for a curve", &[5, 0]),
        ("an unknown curve", &[6, 3, 0x2a, 3, 4]),
        ("explicit parameters", &explicit),
        ("secp256k1", &[6, 5, 0x2b, 0x81, 4, 0, 10]),
        ("brainpoolP256r1", &[6, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7]),
        ("SM2", &[6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d]),
        ("P-224", &[6, 5, 0x2b, 0x81, 4, 0, 0x21]),
        ("P-384 with a point of P-256", &[6, 5, 0x2b, 0x81, 4, 0, 0x22]),
        ("a padded OID for a curve", &[6, 3, 0x2a, 0x80, 1]),
        ("an endless SEQUENCE for a curve", &[0x30, 0x80, 0, 0]),
        ("an empty INTEGER for a curve", &[2, 0]),
        ("a curve and NULL", &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 5, 0]),
    ] {
        roots.add(name, |root| root.key = spki(&[EC_KEY, parameters], &point));
    }
    for (name, key) in [
        ("compressed point", [&[2 + (point[64] & 1)], &point[1..33]].concat()),
        ("hybrid point", [&[6 + (point[64] & 1)], &point[1..]].concat()),
        ("point off the curve", [&point[..64], &[point[64] ^ 1]].concat()),
        ("point at infinity", vec![0]),
        ("point too short", point[..64].to_vec()),
        ("point too long", [&point[..], &[0]].concat()),
        ("empty point", vec![]),
    ] {
        roots.add(name, |root| root.key = spki(&[EC_KEY, P256], &key));
    }
    let algorithm = tlv(0x30, &[EC_KEY, P256]);
    for (name, key) in [
        ("key of 7 unused bits", tlv(0x30, &[&algorithm, &tlv(3, &[&[7], &point])])),
        ("key of 8 unused bits", tlv(0x30, &[&algorithm, &tlv(3, &[&[8], &point])])),
        ("key of an empty BIT STRING", tlv(0x30, &[&algorithm, &[3, 0]])),
        ("key and NULL", tlv(0x30, &[&algorithm, &tlv(3, &[&[0], &point]), &[5, 0]])),
        ("key as OCTET STRING", tlv(0x30, &[&algorithm, &tlv(4, &[&point])])),
        ("key in pieces", tlv(0x30, &[&algorithm, &tlv(0x23, &[&tlv(3, &[&[0], &point])])])),
        ("key in length 82 00", tlv(0x30, &[&algorithm, &[&[3, 0x82, 0, 66, 0], &point[..]].concat()])),
        (
            "key's algorithm in length 81",
            tlv(0x30, &[&[&[0x30, 0x81, 19], EC_KEY, P256].concat(), &tlv(3, &[&[0], &point])]),
        ),
        ("key of an empty OID", spki(&[&[6, 0]], &point)),
        ("key of an unknown OID", spki(&[&[6, 3, 0x2a, 3, 4]], &point)),
        ("key of an OID that is cut off", spki(&[&[6, 3, 0x2a, 0x86, 0x88]], &point)),
        ("Ed25519 key", spki(&[&[6, 3, 0x2b, 0x65, 0x70]], &[7; 32])),
        ("Ed25519 key with NULL", spki(&[&[6, 3, 0x2b, 0x65, 0x70], &[5, 0]], &[7; 32])),
        ("Ed25519 key of 31 octets", spki(&[&[6, 3, 0x2b, 0x65, 0x70]], &[7; 31])),
        ("Ed448 key", spki(&[&[6, 3, 0x2b, 0x65, 0x71]], &[7; 57])),
        ("Ed448 key of 32 octets", spki(&[&[6, 3, 0x2b, 0x65, 0x71]], &[7; 32])),
        ("X25519 key", spki(&[&[6, 3, 0x2b, 0x65, 0x6e]], &[7; 32])),
        ("X25519 key of 31 octets", spki(&[&[6, 3, 0x2b, 0x65, 0x6e]], &[7; 31])),
        ("ML-DSA-44 key", spki(&[&[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17]], &[7; 1312])),
        ("ML-DSA-44 key of 32 octets", spki(&[&[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17]], &[7; 32])),
        ("DSA key without parameters", spki(&[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1]], &[2, 1, 7])),
        ("DSA key with bad parameters", spki(&[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], &[0x30, 0]], &[2, 1, 7])),
        (
            "DSA key",
            spki(&[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], &[0x30, 9, 2, 1, 23, 2, 1, 11, 2, 1, 4]], &[2, 1, 7]),
        ),
        ("Diffie-Hellman key", spki(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 3, 1]], &[2, 1, 7])),
    ] {
        roots.add(name, |root| root.key = key);
    }
}

pub(super) fn of_rsa(roots: &mut Collection) {
    let numbers = {
        let key = &roots.signer.fields("").key;
        key[key.len() - 270..].to_vec()
    };
    let modulus = &numbers[9..265];
    let e: &[u8] = &[2, 3, 1, 0, 1];
    let n = |octets: &[u8]| tlv(2, &[octets]);
    let key = |numbers: &[&[u8]]| tlv(0x30, numbers);
    let positive = [&[0], modulus].concat();
    for (name, key) in [
        ("modulus padded", key(&[&n(&[&[0, 0], modulus].concat()), e])),
        ("modulus negative", key(&[&n(modulus), e])),
        ("modulus empty", key(&[&n(&[]), e])),
        ("modulus of 504 bits", key(&[&n(&[&[0], &modulus[..63]].concat()), e])),
        ("modulus of 512 bits", key(&[&n(&[&[0], &modulus[..64]].concat()), e])),
        ("modulus of 16392 bits", key(&[&n(&[&[0], &modulus.repeat(9)[..2049]].concat()), e])),
        ("modulus even", key(&[&n(&[&positive[..256], &[2]].concat()), e])),
        ("exponent 1", key(&[&n(&positive), &[2, 1, 1]])),
        ("exponent 2", key(&[&n(&positive), &[2, 1, 2]])),
        ("exponent 3", key(&[&n(&positive), &[2, 1, 3]])),
        ("exponent 0", key(&[&n(&positive), &[2, 1, 0]])),
        ("exponent even", key(&[&n(&positive), &[2, 1, 4]])),
        ("exponent negative", key(&[&n(&positive), &[2, 1, 0x83]])),
        ("exponent empty", key(&[&n(&positive), &[2, 0]])),
        ("exponent padded", key(&[&n(&positive), &[2, 4, 0, 1, 0, 1]])),
        ("exponent of 72 bits", key(&[&n(&positive), &n(&[1; 9])])),
        ("exponent above the modulus", key(&[&n(&positive), &n(&[&positive[..], &[1]].concat())])),
        ("no exponent", key(&[&n(&positive)])),
        ("numbers and NULL", key(&[&n(&positive), e, &[5, 0]])),
        ("bytes after the key", [key(&[&n(&positive), e]), vec![5, 0]].concat()),
        ("numbers in BER", [&[0x30, 0x83, 0, 1, 0x0a], &n(&positive)[..], e].concat()),
        ("no key", vec![]),
        ("a key that is no SEQUENCE", n(&positive)),
    ] {
        roots.add(name, |root| root.key = spki(&[RSA_KEY, &[5, 0]], &key));
    }
    let sound = key(&[&n(&positive), e]);
    for (name, algorithm) in [
        ("key without NULL", vec![RSA_KEY]),
        ("key with INTEGER", vec![RSA_KEY, &[2, 1, 1]]),
        ("key with an empty SEQUENCE", vec![RSA_KEY, &[0x30, 0]]),
        ("key for PSS", vec![&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]]),
        ("key for PSS with NULL", vec![&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], &[5, 0]]),
        ("key for PSS with parameters", vec![&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], &[0x30, 0]]),
        ("key for OAEP", vec![&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7]]),
        ("key of X.500's RSA", vec![&[6, 4, 0x55, 8, 1, 1]]),
    ] {
        roots.add(name, |root| root.key = spki(&algorithm, &sound));
    }
    roots.add("key of 7 unused bits", |root| {
        root.key = tlv(0x30, &[&tlv(0x30, &[RSA_KEY, &[5, 0]]), &tlv(3, &[&[7], &sound])]);
    });
    for (name, parameters) in [
        ("PSS without parameters", &[][..]),
        ("PSS with NULL", &[5, 0]),
        ("PSS with an empty SEQUENCE", &[0x30, 0]),
        ("PSS with a SEQUENCE of INTEGER", &[0x30, 3, 2, 1, 1]),
    ] {
        roots.add(name, |root| {
            root.algorithms(&tlv(0x30, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], parameters]));
        });
    }
}
