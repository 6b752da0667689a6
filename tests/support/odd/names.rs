//! Names: types of strings, their contents, and the structure around them.

use super::super::der::{common_name, tlv};
use super::Collection;

pub(super) fn all(roots: &mut Collection) {
    for tag in
        (0..=0x1e).filter(|tag| ![0x10, 0x11].contains(tag)).chain([0x2c, 0x33, 0x30, 0x31, 0x80, 0xa0, 0x4c, 0xcc])
    {
        let value: &[u8] = match tag {
            0x06 => &[0x55, 4, 3],
            0x05 => &[],
            0x17 => b"240101000000Z",
            0x18 => b"20240101000000Z",
            0x01 => &[0xff],
            0x03 => &[0, 0x41],
            0x2c => &[0x0c, 4, b'n', b'a', b'm', b'e'],
            0x33 => &[0x13, 4, b'n', b'a', b'm', b'e'],
            0x1e => &[0, 0x41],
            0x1c => &[0, 0, 0, 0x41],
            0x30 | 0x31 | 0xa0 => &[5, 0],
            _ => b"name",
        };
        roots.add(&format!("name of tag {tag:02x}"), |root| root.name(&common_name(tag, value)));
    }
    contents(roots);
    structures(roots);
}

fn contents(roots: &mut Collection) {
    for (name, tag, value) in [
        ("UTF8String that is Latin-1", 0x0c, &[0x4d, 0xfc, 0x6c, 0x6c][..]),
        ("UTF8String cut off", 0x0c, &[0x4d, 0xc3]),
        ("UTF8String of a surrogate", 0x0c, &[0xed, 0xa0, 0x80]),
        ("UTF8String in long form", 0x0c, &[0xc1, 0x81]),
        ("UTF8String above Unicode", 0x0c, &[0xf4, 0x90, 0x80, 0x80]),
        ("UTF8String with zero", 0x0c, &[0x41, 0, 0x42]),
        ("UTF8String empty", 0x0c, &[]),
        ("PrintableString of other letters", 0x13, &[0x4d, 0xfc]),
        ("PrintableString with underscore", 0x13, b"a_b"),
        ("PrintableString empty", 0x13, &[]),
        ("IA5String of Latin-1", 0x16, &[0x4d, 0xfc]),
        ("NumericString of letters", 0x12, b"abc"),
        ("BMPString odd", 0x1e, &[0, 0x41, 0]),
        ("BMPString of a surrogate", 0x1e, &[0xd8, 0, 0, 0x41]),
        ("BMPString of a pair", 0x1e, &[0xd8, 0x3d, 0xde, 0]),
        ("BMPString of a low surrogate", 0x1e, &[0xde, 0]),
        ("BMPString empty", 0x1e, &[]),
        ("BMPString of no character", 0x1e, &[0xff, 0xfe]),
        ("BMPString that ends with zero", 0x1e, &[0, 0x41, 0, 0]),
        ("UniversalString of 3 octets", 0x1c, &[0, 0, 0x41]),
        ("UniversalString of 6 octets", 0x1c, &[0, 0, 0, 0x41, 0, 0]),
        ("UniversalString above Unicode", 0x1c, &[0, 0x11, 0, 0]),
        ("UniversalString of a surrogate", 0x1c, &[0, 0, 0xd8, 0]),
        ("UniversalString far above Unicode", 0x1c, &[0xff, 0, 0, 0x41]),
        ("BIT STRING empty", 0x03, &[]),
        ("BIT STRING of 9 unused bits", 0x03, &[9, 0x41]),
        ("BIT STRING of unused bits and no octet", 0x03, &[3]),
        ("INTEGER padded", 0x02, &[0, 1]),
        ("INTEGER empty", 0x02, &[]),
        ("SEQUENCE of no element", 0x30, &[0x41]),
        ("UTF8String in pieces of another kind", 0x2c, &[0x13, 1, 0x41]),
        ("UTF8String in pieces that are cut off", 0x2c, &[0x0c, 9, 0x41]),
        ("UTF8String in endless pieces", 0x2c, &[0x2c, 0x80, 0x0c, 1, 0x41, 0, 0]),
        ("BMPString in pieces", 0x3e, &[0x1e, 2, 0, 0x41]),
    ] {
        roots.add(name, |root| root.name(&common_name(tag, value)));
    }
}

fn structures(roots: &mut Collection) {
    let attribute = |fields: &[&[u8]]| tlv(0x30, fields);
    let name = |attributes: &[&[u8]]| tlv(0x30, &[&tlv(0x31, attributes)]);
    let cn: &[u8] = &[6, 3, 0x55, 4, 3];
    let text: &[u8] = &[0x0c, 1, 0x41];
    let plain = attribute(&[cn, text]);
    for (oddity, odd) in [
        ("empty name", tlv(0x30, &[])),
        ("name of an empty set", name(&[])),
        ("name with an empty set", tlv(0x30, &[&tlv(0x31, &[]), &tlv(0x31, &[&plain])])),
        ("name of two attributes in a set", name(&[&plain, &attribute(&[&[6, 3, 0x55, 4, 10], text])])),
        ("attributes out of order", name(&[&attribute(&[&[6, 3, 0x55, 4, 10], text]), &plain])),
        ("attribute twice", name(&[&plain, &plain])),
        ("bytes after a value", name(&[&attribute(&[cn, text, &[5, 0]])])),
        ("attribute without value", name(&[&attribute(&[cn])])),
        ("value of length 81 01", name(&[&attribute(&[cn, &[0x0c, 0x81, 1, 0x41]])])),
        ("value of length 82 00 01", name(&[&attribute(&[cn, &[0x0c, 0x82, 0, 1, 0x41]])])),
        ("value of length 85", name(&[&attribute(&[cn, &[0x0c, 0x85, 0, 0, 0, 0, 1, 0x41]])])),
        ("type in length 81", name(&[&attribute(&[&[6, 0x81, 3, 0x55, 4, 3], text])])),
        ("attribute in length 81", name(&[&[&[0x30, 0x81, 8], cn, text].concat()])),
        ("set in length 81", tlv(0x30, &[&[&[0x31, 0x81, plain.len() as u8], &plain[..]].concat()])),
        ("endless attribute", name(&[&[&[0x30, 0x80], cn, text, &[0, 0]].concat()])),
        ("endless set", tlv(0x30, &[&[&[0x31, 0x80], &plain[..], &[0, 0]].concat()])),
        ("long form of a tag", name(&[&attribute(&[cn, &[0x1f, 0x0c, 1, 0x41]])])),
        ("tag above 30", name(&[&attribute(&[cn, &[0x1f, 0x21, 1, 0x41]])])),
        ("sequence for a set", tlv(0x30, &[&tlv(0x30, &[&plain])])),
        ("set for an attribute", name(&[&tlv(0x31, &[cn, text])])),
        ("empty type", name(&[&attribute(&[&[6, 0], text])])),
        ("type cut off", name(&[&attribute(&[&[6, 2, 0x55, 0x84], text])])),
        ("padded type", name(&[&attribute(&[&[6, 4, 0x55, 4, 0x80, 3], text])])),
        ("type that begins with 80", name(&[&attribute(&[&[6, 3, 0x80, 4, 3], text])])),
        ("type with a huge arc", name(&[&attribute(&[&[6, 9, 0x55, 255, 255, 255, 255, 255, 255, 255, 0x7f], text])])),
        ("type of 5000 octets", name(&[&attribute(&[&tlv(6, &[&[0x2a; 5000]]), text])])),
    ] {
        roots.add(oddity, |root| root.name(&odd));
        if oddity.contains("empty") {
            roots.add(&format!("{oddity} of the issuer"), |root| root.issuer.clone_from(&odd));
            roots.add(&format!("{oddity} of the subject"), |root| root.subject = odd);
        }
    }
}
