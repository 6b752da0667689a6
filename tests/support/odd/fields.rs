//! Version, serial number, validity, algorithm and what stands around the fields.

use super::super::der::{generalized, tlv, utc};
use super::{Collection, ECDSA_SHA256, RSA_SHA256};

pub(super) fn all(roots: &mut Collection) {
    numbers(roots);
    times(roots);
    algorithms(roots);
    for (name, ids) in [
        ("issuer id", vec![0x81, 2, 0, 7]),
        ("both ids", vec![0x81, 2, 0, 7, 0x82, 2, 0, 7]),
        ("unused bits above 7 in an id", vec![0x81, 2, 9, 7]),
        ("unused bits of no octet in an id", vec![0x81, 1, 3]),
        ("id of two fields without content", vec![0x81, 0]),
        ("ids in the wrong order", vec![0x82, 2, 0, 7, 0x81, 2, 0, 7]),
        ("id twice", vec![0x81, 2, 0, 7, 0x81, 2, 0, 7]),
    ] {
        roots.add(name, |root| root.unique_ids = ids);
    }
    for bits in [1, 7, 8, 255] {
        roots.add(&format!("signature of {bits} unused bits"), |root| root.unused_bits = bits);
    }
}

fn numbers(roots: &mut Collection) {
    for (name, serial) in [
        ("empty", vec![]),
        ("zero", vec![0]),
        ("padded with 00", vec![0, 7]),
        ("padded with 00 00", vec![0, 0, 0x87]),
        ("00 needed", vec![0, 0x87]),
        ("negative", vec![0x87]),
        ("padded with ff", vec![0xff, 0x87]),
        ("ff needed", vec![0xff, 0x07]),
        ("ff 80 00", vec![0xff, 0x80, 0]),
        ("ff 00 00", vec![0xff, 0, 0]),
        ("20 octets", vec![0x7f; 20]),
        ("21 octets", vec![0x7f; 21]),
        ("100 octets", vec![0x7f; 100]),
    ] {
        roots.add(&format!("serial {name}"), |root| root.serial = tlv(2, &[&serial]));
    }
    for (name, version) in [
        ("1", vec![0xa0, 3, 2, 1, 0]),
        ("2", vec![0xa0, 3, 2, 1, 1]),
        ("padded", vec![0xa0, 4, 2, 2, 0, 2]),
        ("empty number", vec![0xa0, 2, 2, 0]),
        ("and a number", vec![0xa0, 6, 2, 1, 2, 2, 1, 2]),
        ("in two octets of length", vec![0xa0, 0x81, 3, 2, 1, 2]),
        ("of another class", vec![0xa0, 3, 0x42, 1, 2]),
        ("absent", vec![]),
    ] {
        roots.add(&format!("version {name} with extensions"), |root| root.version.clone_from(&version));
        roots.add(&format!("version {name} without extensions"), |root| {
            root.version.clone_from(&version);
            root.extensions.clear();
        });
        roots.add(&format!("version {name} with an id only"), |root| {
            root.version = version;
            root.extensions.clear();
            root.unique_ids = vec![0x81, 2, 0, 7];
        });
    }
}

fn times(roots: &mut Collection) {
    let ends = [
        ("utc", utc("491231235959Z")),
        ("utc without zone", utc("491231235959")),
        ("utc without seconds", utc("4912312359Z")),
        ("utc with offset", utc("491231235959+0100")),
        ("utc with negative offset", utc("491231235959-0100")),
        ("utc with offset without seconds", utc("4912312359+0100")),
        ("utc with offset above a day", utc("491231235959+2400")),
        ("utc in month 13", utc("491331235959Z")),
        ("utc in month 0", utc("490031235959Z")),
        ("utc on day 0", utc("491200235959Z")),
        ("utc on day 32", utc("491232235959Z")),
        ("utc on 31 april", utc("490431235959Z")),
        ("utc at hour 24", utc("491231240000Z")),
        ("utc at minute 60", utc("491231236000Z")),
        ("utc in second 60", utc("491231235960Z")),
        ("utc with fraction", utc("491231235959.5Z")),
        ("utc with letters", utc("49123123595aZ")),
        ("utc in lower case", utc("491231235959z")),
        ("utc with blank", utc("491231235959 Z")),
        ("utc empty", utc("")),
        ("generalized before 2050", generalized("20491231235959Z")),
        ("generalized without zone", generalized("20600101000000")),
        ("generalized without seconds", generalized("206001010000Z")),
        ("generalized without minutes", generalized("2060010100Z")),
        ("generalized with fraction", generalized("20600101000000.123Z")),
        ("generalized with comma", generalized("20600101000000,123Z")),
        ("generalized with empty fraction", generalized("20600101000000.Z")),
        ("generalized with offset", generalized("20600101000000+0100")),
        ("generalized in year 0", generalized("00000101000000Z")),
        ("generalized in year 9999", generalized("99991231235959Z")),
        ("generalized in second 60", generalized("20601231235960Z")),
        ("generalized on 30 february", generalized("20600230000000Z")),
        ("generalized text as utc", utc("20600101000000Z")),
        ("utc text as generalized", generalized("491231235959Z")),
        ("printable", tlv(0x13, &[b"20600101000000Z"])),
    ];
    for (name, end) in ends {
        roots.add(name, |root| root.validity = tlv(0x30, &[&utc("240101000000Z"), &end]));
    }
    let both = || [utc("240101000000Z"), utc("491231235959Z")].concat();
    roots.add("one time", |root| root.validity = tlv(0x30, &[&utc("240101000000Z")]));
    roots.add("three times", |root| root.validity = tlv(0x30, &[&both(), &utc("491231235959Z")]));
    roots.add("times and NULL", |root| root.validity = tlv(0x30, &[&both(), &[5, 0]]));
}

fn algorithms(roots: &mut Collection) {
    let null = || tlv(0x30, &[ECDSA_SHA256, &[5, 0]]);
    roots.add("algorithm with NULL", |root| root.algorithms(&null()));
    roots.add("inner algorithm with NULL", |root| root.algorithm = null());
    roots.add("outer algorithm with NULL", |root| root.outer_algorithm = null());
    roots.add("another inner algorithm", |root| root.algorithm = tlv(0x30, &[RSA_SHA256, &[5, 0]]));
    roots.add("inner algorithm with INTEGER", |root| root.algorithm = tlv(0x30, &[ECDSA_SHA256, &[2, 1, 1]]));
    for (name, fields) in [
        ("with INTEGER", vec![ECDSA_SHA256, &[2, 1, 1]]),
        ("with an empty INTEGER", vec![ECDSA_SHA256, &[2, 0]]),
        ("with a padded INTEGER", vec![ECDSA_SHA256, &[2, 2, 0, 1]]),
        ("with a NULL that has content", vec![ECDSA_SHA256, &[5, 1, 0]]),
        ("with two NULL", vec![ECDSA_SHA256, &[5, 0, 5, 0]]),
        ("with a BOOLEAN of two octets", vec![ECDSA_SHA256, &[1, 2, 0, 0]]),
        ("with a BIT STRING of 9 unused bits", vec![ECDSA_SHA256, &[3, 2, 9, 0]]),
        ("with an odd BMPString", vec![ECDSA_SHA256, &[0x1e, 1, 0x41]]),
        ("with a tag above 30", vec![ECDSA_SHA256, &[0x1f, 0x21, 1, 0]]),
        ("with a context tag", vec![ECDSA_SHA256, &[0x80, 1, 0]]),
        ("with [0] constructed around nothing that is an element", vec![ECDSA_SHA256, &[0xa0, 1, 9]]),
        ("with an endless SEQUENCE", vec![ECDSA_SHA256, &[0x30, 0x80, 5, 0, 0, 0]]),
        ("of an empty OID", vec![&[6, 0]]),
        ("of an OID that is cut off", vec![&[6, 3, 0x2a, 0x86, 0x88]]),
        ("of a padded OID", vec![&[6, 3, 0x2a, 0x80, 1]]),
        ("of an unknown OID", vec![&[6, 3, 0x2a, 3, 4]]),
        ("of an OID with a huge arc", vec![&[6, 12, 0x2a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0x7f]]),
    ] {
        roots.add(&format!("algorithm {name}"), |root| root.algorithms(&tlv(0x30, &[&fields.concat()])));
    }
}
