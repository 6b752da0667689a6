//! Extensions: their shape, repeated ones, and those that their readers know and cannot parse.

use super::super::der::{common_name, tlv};
use super::{Collection, basic_constraints, extension};

pub(super) fn all(roots: &mut Collection) {
    for (name, oid) in KNOWN {
        let sound = |value: &[u8]| extension(oid, true, value);
        for (what, value) in [
            ("empty", &[][..]),
            ("of a cut off element", &[0x30, 9]),
            ("of OCTET STRING", &[4, 1, 7]),
            ("of BIT STRING", &[3, 2, 0, 7]),
            ("of an empty SEQUENCE", &[0x30, 0]),
            ("of NULL", &[5, 0]),
            ("of INTEGER", &[2, 1, 1]),
            ("of a SEQUENCE of NULL", &[0x30, 2, 5, 0]),
            ("of a SEQUENCE of OID", &[0x30, 3, 6, 1, 0x2a]),
            ("of a SEQUENCE of SEQUENCE", &[0x30, 2, 0x30, 0]),
            ("of BIT STRING and NULL", &[3, 2, 0, 7, 5, 0]),
        ] {
            let critical = sound(value);
            roots.add(&format!("critical {name} {what}"), |root| replace(root, oid, &[critical]));
        }
        roots.add(&format!("{name} empty"), |root| replace(root, oid, &[extension(oid, false, &[])]));
        let value: &[u8] = sound_value(name);
        roots.add(&format!("critical {name} sound"), |root| replace(root, oid, &[extension(oid, true, value)]));
        roots.add(&format!("{name} sound"), |root| replace(root, oid, &[extension(oid, false, value)]));
        let twice = [extension(oid, false, value), extension(oid, false, value)];
        roots.add(&format!("{name} twice"), |root| replace(root, oid, &twice));
        let bad = [extension(oid, false, &[0x30, 9]), extension(oid, false, value)];
        roots.add(&format!("{name} garbage, then sound"), |root| replace(root, oid, &bad));
    }
    shapes(roots);
    constraints(roots);
    general_names(roots);
}

fn replace(root: &mut super::Fields, oid: &[u8], extensions: &[Vec<u8>]) {
    let oid = tlv(6, &[oid]);
    root.extensions.retain(|extension| !extension.windows(oid.len()).any(|window| window == oid));
    root.extensions.extend_from_slice(extensions);
}

fn shapes(roots: &mut Collection) {
    roots.add("critical issuing distribution point of a number", |root| {
        root.extensions.push(extension(&[0x55, 0x1d, 0x1c], true, &[2, 1, 1]));
    });
    let oid: &[u8] = &[6, 3, 0x2a, 3, 4];
    let value: &[u8] = &[4, 2, 5, 0];
    for (name, odd) in [
        ("critical as 01", tlv(0x30, &[oid, &[1, 1, 1], value])),
        ("critical false", tlv(0x30, &[oid, &[1, 1, 0], value])),
        ("critical of two octets", tlv(0x30, &[oid, &[1, 2, 0, 0], value])),
        ("critical without content", tlv(0x30, &[oid, &[1, 0], value])),
        ("critical true", tlv(0x30, &[oid, &[1, 1, 0xff], value])),
        ("NULL for critical", tlv(0x30, &[oid, &[5, 0], value])),
        ("without value", tlv(0x30, &[oid])),
        ("bytes after the value", tlv(0x30, &[oid, value, &[5, 0]])),
        ("value as SEQUENCE", tlv(0x30, &[oid, &[0x30, 2, 5, 0]])),
        ("value as BIT STRING", tlv(0x30, &[oid, &[3, 2, 0, 0]])),
        ("value in pieces", tlv(0x30, &[oid, &[0x24, 4, 4, 2, 5, 0]])),
        ("value in length 81", tlv(0x30, &[oid, &[4, 0x81, 2, 5, 0]])),
        ("value in length 82 00", tlv(0x30, &[oid, &[4, 0x82, 0, 2, 5, 0]])),
        ("in a SET", tlv(0x31, &[oid, value])),
        ("of length 81", [&[0x30, 0x81, 9], oid, value].concat()),
        ("endless", [&[0x30, 0x80], oid, value, &[0, 0]].concat()),
        ("of an empty OID", tlv(0x30, &[&[6, 0], value])),
        ("of an OID that is cut off", tlv(0x30, &[&[6, 3, 0x2a, 0x86, 0x88], value])),
        ("of a padded OID", tlv(0x30, &[&[6, 3, 0x2a, 0x80, 1], value])),
        ("of an OID with a huge arc", tlv(0x30, &[&[6, 9, 0x55, 255, 255, 255, 255, 255, 255, 255, 0x7f], value])),
        ("of an OID of 5000 octets", tlv(0x30, &[&tlv(6, &[&[0x2a; 5000]]), value])),
        ("unknown twice", [tlv(0x30, &[oid, value]), tlv(0x30, &[oid, value])].concat()),
        ("that is NULL", vec![5, 0]),
    ] {
        roots.add(&format!("extension {name}"), |root| root.extensions.push(odd));
    }
    roots.add("two fields of extensions", |root| {
        root.unique_ids = tlv(0xa3, &[&tlv(0x30, &[&tlv(0x30, &[oid, value])])]);
    });
    for (name, field) in [
        ("extensions without SEQUENCE", tlv(0xa3, &[])),
        ("extensions of an empty SEQUENCE", tlv(0xa3, &[&[0x30, 0]])),
        ("extensions in a SET", tlv(0xa3, &[&tlv(0x31, &[&basic_constraints()])])),
        ("extensions and NULL", tlv(0xa3, &[&tlv(0x30, &[&basic_constraints()]), &[5, 0]])),
        ("primitive extensions", tlv(0x83, &[&tlv(0x30, &[&basic_constraints()])])),
        ("extensions, then an id", [tlv(0xa3, &[&tlv(0x30, &[&basic_constraints()])]), vec![0x81, 2, 0, 7]].concat()),
        ("extensions of length 81", [&[0xa3, 0x81, 19, 0x30, 17][..], &basic_constraints()].concat()),
    ] {
        roots.add(name, |root| {
            root.extensions.clear();
            root.unique_ids = field;
        });
    }
}

fn constraints(roots: &mut Collection) {
    let oid = &[0x55, 0x1d, 0x13];
    for (name, value) in [
        ("CA true as 01", &[0x30, 3, 1, 1, 1][..]),
        ("CA of two octets", &[0x30, 4, 1, 2, 0xff, 0xff]),
        ("CA without content", &[0x30, 2, 1, 0]),
        ("path length padded", &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 1]),
        ("path length empty", &[0x30, 5, 1, 1, 0xff, 2, 0]),
        ("path length negative", &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]),
        ("path length of 4 octets", &[0x30, 9, 1, 1, 0xff, 2, 4, 0x7f, 0xff, 0xff, 0xff]),
        ("path length of 5 octets", &[0x30, 10, 1, 1, 0xff, 2, 5, 0, 0xff, 0xff, 0xff, 0xff]),
        ("path length of 9 octets", &[0x30, 14, 1, 1, 0xff, 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("path length as NULL", &[0x30, 5, 1, 1, 0xff, 5, 0]),
        ("path length without CA", &[0x30, 3, 2, 1, 0]),
        ("something after the path length", &[0x30, 8, 1, 1, 0xff, 2, 1, 0, 5, 0]),
        ("bytes after basic constraints", &[0x30, 3, 1, 1, 0xff, 5, 0]),
        ("basic constraints of length 81", &[0x30, 0x81, 3, 1, 1, 0xff]),
        ("endless basic constraints", &[0x30, 0x80, 1, 1, 0xff, 0, 0]),
        ("NULL in basic constraints", &[0x30, 2, 5, 0]),
    ] {
        roots.add(name, |root| replace(root, oid, &[extension(oid, true, value)]));
    }
    let oid = &[0x55, 0x1d, 0x0f];
    for (name, value) in [
        ("key usage of 8 unused bits", &[3, 2, 8, 6][..]),
        ("key usage with bits that are unused", &[3, 2, 2, 7]),
        ("key usage without bits", &[3, 1, 0]),
        ("key usage without bits, 3 unused", &[3, 1, 3]),
        ("key usage of three octets", &[3, 4, 0, 6, 0, 0]),
        ("key usage in an OCTET STRING", &[4, 4, 3, 2, 1, 6]),
    ] {
        roots.add(name, |root| replace(root, oid, &[extension(oid, true, value)]));
    }
}

fn general_names(roots: &mut Collection) {
    for (name, oid) in [("alternative name", &[0x55, 0x1d, 0x11]), ("issuer's alternative name", &[0x55, 0x1d, 0x12])] {
        let directory = tlv(0xa4, &[&common_name(0x0c, b"name")]);
        for (what, value) in [
            ("DNS", tlv(0x82, &[b"example.com"])),
            ("DNS with underscore", tlv(0x82, &[b"a_b.example.com"])),
            ("DNS with blank", tlv(0x82, &[b"a b.example.com"])),
            ("DNS empty", tlv(0x82, &[])),
            ("DNS wildcard", tlv(0x82, &[b"*.example.com"])),
            ("DNS of dots", tlv(0x82, &[b"a..b"])),
            ("DNS that begins with a dot", tlv(0x82, &[b".example.com"])),
            ("DNS that ends with a dot", tlv(0x82, &[b"example.com."])),
            ("DNS with digit first", tlv(0x82, &[b"1example.com"])),
            ("DNS with hyphen first", tlv(0x82, &[b"-a.example.com"])),
            ("DNS with hyphen last", tlv(0x82, &[b"a-.example.com"])),
            ("DNS in Latin-1", tlv(0x82, &[&[0xfc, b'.', b'd', b'e']])),
            ("mail", tlv(0x81, &[b"ca@example.com"])),
            ("mail empty", tlv(0x81, &[])),
            ("mail without at", tlv(0x81, &[b"ca"])),
            ("URI", tlv(0x86, &[b"http://example.com/"])),
            ("URI without scheme", tlv(0x86, &[b"example.com"])),
            ("URI with blank", tlv(0x86, &[b"http://example.com/a b"])),
            ("URI without host", tlv(0x86, &[b"mailto:a@example.com"])),
            ("URI with underscore in the host", tlv(0x86, &[b"http://a_b.example.com/"])),
            ("URI empty", tlv(0x86, &[])),
            ("URN", tlv(0x86, &[b"urn:oid:1.2.3"])),
            ("address of 4 octets", tlv(0x87, &[&[127, 0, 0, 1]])),
            ("address of 5 octets", tlv(0x87, &[&[127, 0, 0, 1, 1]])),
            ("address of 16 octets", tlv(0x87, &[&[1; 16]])),
            ("directory", directory.clone()),
            ("empty directory", tlv(0xa4, &[&[0x30, 0]])),
            ("directory, primitive", tlv(0x84, &[&[0x30, 0]])),
            ("registered", tlv(0x88, &[&[0x2a, 3, 4]])),
            ("registered, padded", tlv(0x88, &[&[0x2a, 0x80, 4]])),
            ("other", tlv(0xa0, &[&[6, 3, 0x2a, 3, 4], &tlv(0xa0, &[&[0x0c, 1, 0x41]])])),
            ("other without value", tlv(0xa0, &[&[6, 3, 0x2a, 3, 4]])),
            ("of tag 9", tlv(0x89, &[b"a"])),
            ("X.400", tlv(0xa3, &[&[0x30, 0]])),
            ("EDI party", tlv(0xa5, &[&tlv(0xa1, &[&[0x13, 1, 0x41]])])),
            ("of universal tag", tlv(0x16, &[b"example.com"])),
        ] {
            roots.add(&format!("critical {name}: {what}"), |root| {
                root.extensions.push(extension(oid, true, &tlv(0x30, &[&value])));
            });
        }
    }
    let san = |critical, value: &[u8]| extension(&[0x55, 0x1d, 0x11], critical, &tlv(0x30, &[value]));
    let dns = tlv(0x82, &[b"example.com"]);
    for (name, extension) in
        [("critical", san(true, &dns)), ("plain", san(false, &dns)), ("unreadable", san(false, &[5, 0]))]
    {
        roots.add(&format!("no subject, {name} alternative name"), |root| {
            root.subject = vec![0x30, 0];
            root.extensions.push(extension);
        });
    }
    roots.add("no extensions and no subject", |root| {
        root.subject = vec![0x30, 0];
        root.extensions.clear();
    });
}

/// Readable, and yet not an anchor for everybody.
pub(super) fn unusable(roots: &mut Collection) {
    let eku = |purposes: &[&[u8]]| extension(&[0x55, 0x1d, 0x25], false, &tlv(0x30, purposes));
    let purpose = |number| [&[6, 8, 0x2b, 6, 1, 5, 5, 7, 3][..], &[number]].concat();
    roots.add("no keyCertSign", |root| root.extensions[1] = extension(&[0x55, 0x1d, 0x0f], true, &[3, 2, 1, 2]));
    roots.add("no key usage", |root| {
        root.extensions.remove(1);
    });
    roots.add("a key usage without bits", |root| {
        root.extensions[1] = extension(&[0x55, 0x1d, 0x0f], true, &[3, 1, 0]);
    });
    roots.add("no subject key identifier", |root| root.extensions.truncate(2));
    roots.add("unknown and critical", |root| root.extensions.push(extension(&[0x2a, 3, 4], true, &[5, 0])));
    for (name, oid) in KNOWN {
        roots.add(&format!("{name}, critical"), |root| replace(root, oid, &[extension(oid, true, sound_value(name))]));
    }
    roots.add("version 1", |root| {
        root.version.clear();
        root.extensions.clear();
    });
    roots.add("basic constraints not critical", |root| {
        root.extensions[0] = extension(&[0x55, 0x1d, 0x13], false, &[0x30, 3, 1, 1, 0xff]);
    });
    roots.add("for client authentication only", |root| root.extensions.push(eku(&[&purpose(2)])));
    roots.add("for client and server", |root| root.extensions.push(eku(&[&purpose(2), &purpose(1)])));
    roots.add("for any purpose", |root| root.extensions.push(eku(&[&[6, 4, 0x55, 0x1d, 0x25, 0]])));
}

/// The value of a sound extension of this kind.
fn sound_value(name: &str) -> &'static [u8] {
    match name {
        "basic constraints" => &[0x30, 3, 1, 1, 0xff],
        "key usage" => &[3, 2, 1, 6],
        "subject key identifier" => &[4, 2, 7, 7],
        "authority key identifier" => &[0x30, 4, 0x80, 2, 7, 7],
        "alternative name" | "issuer's alternative name" => &[0x30, 4, 0x82, 2, b'a', b'b'],
        "name constraints" => &[0x30, 8, 0xa0, 6, 0x30, 4, 0x82, 2, b'a', b'b'],
        "policies" => &[0x30, 8, 0x30, 6, 6, 4, 0x55, 0x1d, 0x20, 0],
        "extended key usage" => &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1],
        "distribution points" | "freshest list" => {
            &[0x30, 12, 0x30, 10, 0xa0, 8, 0xa0, 6, 0x86, 4, b'a', b':', b'/', b'b']
        }
        "inhibit any policy" => &[2, 1, 0],
        "policy constraints" => &[0x30, 3, 0x80, 1, 0],
        "policy mappings" => &[0x30, 8, 0x30, 6, 6, 1, 0x2a, 6, 1, 0x2b],
        "authority information" | "subject information" => {
            &[0x30, 16, 0x30, 14, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 0x82, 2, b'a', b'b']
        }
        "Netscape type" => &[3, 2, 0, 7],
        "private key usage" => &[
            0x30, 17, 0x80, 15, b'2', b'0', b'3', b'0', b'0', b'1', b'0', b'1', b'0', b'0', b'0', b'0', b'0', b'0',
            b'Z',
        ],
        "CRL number" => &[2, 1, 0],
        "CRL reason" => &[10, 1, 0],
        _ => &[5, 0],
    }
}

const KNOWN: &[(&str, &[u8])] = &[
    ("basic constraints", &[0x55, 0x1d, 0x13]),
    ("key usage", &[0x55, 0x1d, 0x0f]),
    ("subject key identifier", &[0x55, 0x1d, 0x0e]),
    ("authority key identifier", &[0x55, 0x1d, 0x23]),
    ("alternative name", &[0x55, 0x1d, 0x11]),
    ("issuer's alternative name", &[0x55, 0x1d, 0x12]),
    ("name constraints", &[0x55, 0x1d, 0x1e]),
    ("policies", &[0x55, 0x1d, 0x20]),
    ("extended key usage", &[0x55, 0x1d, 0x25]),
    ("distribution points", &[0x55, 0x1d, 0x1f]),
    ("freshest list", &[0x55, 0x1d, 0x2e]),
    ("inhibit any policy", &[0x55, 0x1d, 0x36]),
    ("policy constraints", &[0x55, 0x1d, 0x24]),
    ("policy mappings", &[0x55, 0x1d, 0x21]),
    ("authority information", &[0x2b, 6, 1, 5, 5, 7, 1, 1]),
    ("subject information", &[0x2b, 6, 1, 5, 5, 7, 1, 11]),
    ("Netscape type", &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1]),
    ("private key usage", &[0x55, 0x1d, 0x10]),
    ("OCSP no check", &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5]),
    ("certificate transparency poison", &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 3]),
    ("CRL number", &[0x55, 0x1d, 0x14]),
    ("CRL reason", &[0x55, 0x1d, 0x15]),
];
