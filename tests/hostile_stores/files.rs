//! The files of these tests: good ones of every format, and those that no program would write.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::support::der::tlv;
use crate::support::keytool::run;
use crate::support::pgtrust::Home;
use crate::support::tools;

/// A good store.
pub(super) struct Sample {
    pub(super) name: &'static str,
    /// Whether a check value covers all that is in it.
    pub(super) checked: bool,
}

/// Stores of the same roots in every format, written into the home. The roots are those of the catalogue, so that
/// every run damages the same bytes, but for salts and dates.
pub(super) fn samples(home: &Home) -> Option<Vec<Sample>> {
    let (openssl, zip, keytool) = (tools::program("openssl")?, tools::program("zip")?, tools::program("keytool")?);
    for arguments in [&["a.jks"][..], &["a.p12"], &["open.p12", "--no-password"], &["a.p7b"]] {
        home.pgtrust(&[&["bundle", "azure", "-o"], arguments].concat()).expect(0);
    }
    run(home, &openssl, &["pkcs7", "-inform", "DER", "-in", "a.p7b", "-out", "pem.p7b"]).expect(0);
    run(home, &zip, &["-q", "a.zip", "a.p7b"]).expect(0);
    let convert = ["-importkeystore", "-srckeystore", "a.jks", "-srcstorepass", "changeit", "-destkeystore", "a.jceks"];
    let to = ["-deststoretype", "JCEKS", "-deststorepass", "changeit", "-noprompt"];
    run(home, &keytool, &[&convert[..], &to].concat()).expect(0);
    let key = ["-genseckey", "-alias", "key", "-keyalg", "AES", "-keysize", "128", "-keypass", "changeit"];
    let here = ["-keystore", "a.jceks", "-storetype", "JCEKS", "-storepass", "changeit"];
    run(home, &keytool, &[&key[..], &here].concat()).expect(0);
    let sample = |name, checked| Sample { name, checked };
    Some(vec![
        sample("a.jks", true),
        sample("a.jceks", true),
        sample("a.p12", true),
        sample("open.p12", false),
        sample("a.p7b", false),
        sample("pem.p7b", false),
        sample("a.zip", false),
    ])
}

/// Files that ask for gigabytes, for days, or for a stack without end.
pub(super) fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = Vec::new();
    java(&mut files);
    asn1(&mut files);
    archives(&mut files);
    files
}

type Files = Vec<(&'static str, Vec<u8>)>;

const HUGE: [u8; 4] = [0xff; 4];
const DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const ENCRYPTED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
/// Of PKCS#12.
const VERSION: &[u8] = &[2, 1, 3];

fn java(files: &mut Files) {
    let jks =
        |count: [u8; 4], parts: &[&[u8]]| [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2], &count[..], &parts.concat()].concat();
    let one = [0, 0, 0, 1];
    let entry = |kind: u8| [0, 0, 0, kind, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 0];
    files.push(("entries.jks", jks(HUGE, &[])));
    files.push(("certificate.jks", jks(one, &[&entry(2), b"\0\x05X.509", &HUGE, &[0; 100]])));
    files.push(("key.jks", jks(one, &[&entry(1), &HUGE, &[0; 100]])));
    files.push(("chain.jks", jks(one, &[&entry(1), &[0; 4], &HUGE, &[0; 100]])));
    files.push(("alias.jks", jks(one, &[&entry(2)[..4], &[0xff; 2], &[0; 100]])));

    let jceks = |parts: &[&[u8]]| {
        let start = [0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2, 0, 0, 0, 1];
        [&start[..], &entry(3), &[0xac, 0xed, 0, 5], &parts.concat()].concat()
    };
    // An array of bytes, and classes each of which has the next for its parent (Java's serialization grammar).
    let class = [b"\x72\0\x02[B" as &[u8], &[0; 8], b"\x02\0\0\x78"].concat();
    files.push(("array.jceks", jceks(&[b"\x75", &class, b"\x70\x7f\xff\xff\xff"])));
    files.push(("classes.jceks", jceks(&[b"\x73", &class.repeat(100_000)])));
}

fn asn1(files: &mut Files) {
    let huge = |tag: u8| [&[tag, 0x84][..], &HUGE].concat();
    files.push(("length.p12", [&huge(0x30), VERSION, &huge(0x30), DATA, &huge(0xa0), &huge(4), &[0; 100]].concat()));
    files.push(("sequences.p12", [&[0x30, 0x80], VERSION, &[0x30, 0x80].repeat(1_000_000)].concat()));
    let strings = [&[0x30, 0x80], VERSION, &[0x30, 0x80], DATA, &[0xa0, 0x80], &[0x24, 0x80].repeat(1_000_000)];
    files.push(("strings.p12", strings.concat()));
    // Safe contents in safe contents (RFC 7292 section 4.2.6).
    let bag_id = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 6];
    let nested = (0..2000).fold(tlv(0x30, &[]), |inner, _| tlv(0x30, &[&tlv(0x30, &[&bag_id, &tlv(0xa0, &[&inner])])]));
    let part = tlv(0x30, &[DATA, &tlv(0xa0, &[&tlv(4, &[&nested])])]);
    files.push(("bags.p12", pfx(&tlv(4, &[&tlv(0x30, &[&part])]), &[])));
    let sha512 = tlv(0x30, &[&[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3]]);
    let checked = |iterations: &[u8], salt: usize| {
        let value = tlv(0x30, &[&sha512, &tlv(4, &[&[0; 64]])]);
        let check = tlv(0x30, &[&value, &tlv(4, &[&vec![0; salt]]), &tlv(2, &[iterations])]);
        pfx(&tlv(4, &[&tlv(0x30, &[])]), &check)
    };
    files.push(("iterations.p12", checked(&[0x7f, 0xff, 0xff, 0xff], 8)));
    files.push(("iterations-64.p12", checked(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 8)));
    files.push(("length.p7b", [&huge(0x30), SIGNED_DATA, &huge(0xa0), &huge(0x30), &[0; 100]].concat()));
    files.push(("nested.p7b", [&[0x30, 0x80], SIGNED_DATA, &[0xa0, 0x80].repeat(1_000_000)].concat()));
    let certificates = [&[0x30, 0x80], SIGNED_DATA, &[0xa0, 0x80, 0x30, 0x80, 2, 1, 1, 0x31, 0, 0x30, 0x80], DATA];
    files.push((
        "sets.p7b",
        [&certificates.concat()[..], &[0, 0, 0xa0, 0x80], &[0x30, 0x80].repeat(1_000_000)].concat(),
    ));
}

fn archives(files: &mut Files) {
    let mut zeros = DeflateEncoder::new(Vec::new(), Compression::best());
    let zero = vec![0; 1 << 20];
    (0..300).for_each(|_| zeros.write_all(&zero).unwrap());
    let zeros = zeros.finish().unwrap();
    files.push(("bomb.zip", archive(&zeros, 8, 300 << 20, 1)));
    files.push(("many.zip", archive(&zeros, 8, 300 << 20, 999)));
    files.push(("sizes.zip", archive(b"short", 0, u32::MAX - 1, 1)));
    files.push(("files.zip", archive(b"", 0, 0, 65_534)));
    let inner = archive(b"short", 0, 5, 1);
    files.push(("inner.zip", archive(&inner, 0, u32::try_from(inner.len()).unwrap(), 1)));
}

/// A PKCS#12 store.
fn pfx(content: &[u8], check: &[u8]) -> Vec<u8> {
    tlv(0x30, &[VERSION, &tlv(0x30, &[DATA, &tlv(0xa0, &[content])]), check])
}

/// Many small stores in an archive.
pub(super) fn costly_stores() -> Vec<u8> {
    let store = costly_store();
    archive(&store, 0, u32::try_from(store.len()).unwrap(), 999)
}

/// A small store with as many iterations as Java accepts.
pub(crate) fn costly_store() -> Vec<u8> {
    let triple_des = [6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
    let parameters = tlv(0x30, &[&tlv(4, &[&[0; 8]]), &[2, 3, 0x4c, 0x4b, 0x40]]);
    let encrypted = tlv(0x30, &[DATA, &tlv(0x30, &[&triple_des, &parameters]), &tlv(0x80, &[&[0; 8]])]);
    let part = tlv(0x30, &[ENCRYPTED_DATA, &tlv(0xa0, &[&tlv(0x30, &[&[2, 1, 0], &encrypted])])]);
    pfx(&tlv(4, &[&tlv(0x30, &[&part])]), &[])
}

/// An archive in which so many files have the same content.
fn archive(content: &[u8], method: u16, size: u32, count: u16) -> Vec<u8> {
    let packed = if method == 0 { size } else { u32::try_from(content.len()).unwrap() };
    let mut crc = Crc::new();
    crc.update(content);
    let common = [&method.to_le_bytes()[..], &[0; 4], &crc.sum().to_le_bytes(), &packed.to_le_bytes()];
    let common = [&common.concat()[..], &size.to_le_bytes(), b"\x01\0\0\0"].concat();
    let mut bytes = [b"PK\x03\x04\x14\0\0\0", &common[..], b"a", content].concat();
    let start = u32::try_from(bytes.len()).unwrap();
    let record = [b"PK\x01\x02\x14\0\x14\0\0\0", &common[..], &[0; 14], b"a"].concat();
    (0..count).for_each(|_| bytes.extend_from_slice(&record));
    let length = u32::try_from(record.len() * usize::from(count)).unwrap();
    let counts = [count.to_le_bytes(), count.to_le_bytes()].concat();
    [&bytes[..], b"PK\x05\x06\0\0\0\0", &counts, &length.to_le_bytes(), &start.to_le_bytes(), &[0; 2]].concat()
}
