//! Stores put together by hand: what Java makes of their entries, and what no program would write.

use std::fmt::Write as _;

use super::*;
use crate::x509::Certificate;
use crate::x509::asn1::{der, der_number, tag};

#[test]
fn certificates_are_told_apart_as_java_does() {
    let (root, other) = (root(), other_root());
    let bags = [
        bag(CERTIFICATE, &certificate(&root), &[name("🔑 Key"), TRUSTED.to_vec()]),
        bag(CERTIFICATE, &certificate(&other), &[name("plain")]),
        bag(KEY, &der(tag::SEQUENCE, &[]), &[name("server"), key_id(b"1")]),
        bag(CERTIFICATE, &certificate(&root), &[name("server"), key_id(b"1")]),
        bag(CERTIFICATE, &certificate(&root), &[name("Same"), TRUSTED.to_vec()]),
        bag(CERTIFICATE, &certificate(&other), &[name("sAME"), TRUSTED.to_vec()]),
        bag(CERTIFICATE, &certificate_bag(b"no certificate"), &[TRUSTED.to_vec()]),
        bag(NESTED, &der(tag::SEQUENCE, &[&bag(REVOCATIONS, &der(tag::SEQUENCE, &[]), &[])]), &[]),
        bag(SECRET, &der(tag::SEQUENCE, &[]), &[name("aes")]),
        bag(9, &der(tag::SEQUENCE, &[]), &[]),
    ];
    let store = open_store(&bags);
    assert_eq!(
        listing(&store, None).unwrap(),
        "ISRG Root X1 `🔑 Key`\n\
         Other `plain`: Java does not see it: it lacks the trusted attribute\n\
         private-key `server`: ISRG Root X1\n\
         ISRG Root X1 `Same`: Java does not see it: a later entry has the same alias\n\
         Other `sAME`\n\
         rejected: not an X.509 certificate: the outer SEQUENCE is missing\n\
         revocation-list ``\n\
         secret-key `aes`\n\
         unknown ``\n"
    );
}

#[test]
fn the_only_key_takes_the_first_certificate_and_its_issuers() {
    let root = certificate(&root());
    let key = bag(KEY, &der(tag::SEQUENCE, &[]), &[]);
    let store = open_store(&[bag(CERTIFICATE, &root, &[]), key.clone()]);
    assert_eq!(listing(&store, None).unwrap(), "private-key ``: ISRG Root X1\n");
    // With two keys nobody knows whose it is.
    let store = open_store(&[bag(CERTIFICATE, &root, &[]), key.clone(), key]);
    assert!(listing(&store, None).unwrap().contains("Java does not see it"));
}

#[test]
fn an_addition_leaves_every_byte_of_the_other_parts() {
    let store = open_store(&[bag(9, &der(tag::SEQUENCE, &[]), &[name("PGTRUST-isrg-root-x1-96bcec06")])]);
    let root = root();
    let merged = merge(&store, None, &[Entry { certificate: &root, origin: "" }]).unwrap();
    let part = Container::read(&store).unwrap();
    let kept = part.parts().unwrap();
    assert!(merged.windows(kept[0].whole.len()).any(|window| window == kept[0].whole));
    // The alias is taken, in another case, so the new one says more of the fingerprint.
    assert!(listing(&merged, None).unwrap().contains("ISRG Root X1 `pgtrust-isrg-root-x1-96bcec062`"));
    assert_eq!(merge(&merged, Some("any"), &[Entry { certificate: &root, origin: "" }]).unwrap(), merged);
}

#[test]
fn what_follows_a_store_stays() {
    let mut store = open_store(&[]);
    store.extend_from_slice(b"\n");
    let merged = merge(&store, None, &[Entry { certificate: &root(), origin: "" }]).unwrap();
    assert!(merged.ends_with(b"\n") && listing(&merged, None).unwrap().starts_with("ISRG Root X1"));
}

#[test]
fn indefinite_lengths_and_strings_in_pieces_are_read_and_kept() {
    let indefinite = |tag: u8, parts: &[&[u8]]| [&[tag, 0x80], &*parts.concat(), &[0, 0]].concat();
    let bags = indefinite(tag::SEQUENCE, &[&bag(CERTIFICATE, &certificate(&root()), &[TRUSTED.to_vec()])]);
    let string = |bytes: &[u8]| {
        let pieces: Vec<_> = bytes.chunks(100).map(|piece| der(tag::OCTET_STRING, &[piece])).collect();
        indefinite(tag::OCTET_STRING_IN_PIECES, &pieces.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    let part = indefinite(tag::SEQUENCE, &[DATA, &indefinite(0xa0, &[&string(&bags)])]);
    let safe = indefinite(tag::SEQUENCE, &[&part]);
    let content = indefinite(tag::SEQUENCE, &[DATA, &indefinite(0xa0, &[&string(&safe)])]);
    let store = indefinite(tag::SEQUENCE, &[&der_number(3), &content]);
    assert!(recognise(&store));
    assert_eq!(listing(&store, None).unwrap(), "ISRG Root X1 ``\n");
    let other = other_root();
    let merged = merge(&store, None, &[Entry { certificate: &other, origin: "" }]).unwrap();
    assert_eq!(listing(&merged, None).unwrap().lines().count(), 2);
    assert!(merged.windows(part.len()).any(|window| window == part));
}

#[test]
fn work_beyond_the_limits_is_refused_by_name() {
    let store = |iterations: u64, parts: usize| {
        let salt = der(tag::OCTET_STRING, &[b"salt"]);
        let parameters = der(tag::SEQUENCE, &[&salt, &der_number(iterations)]);
        let scheme = der(tag::SEQUENCE, &[TRIPLE_DES, &parameters]);
        let info = der(tag::SEQUENCE, &[DATA, &scheme, &der(tag::context(0), &[&[0; 8]])]);
        let data = der(tag::SEQUENCE, &[&der_number(0), &info]);
        let part = der(tag::SEQUENCE, &[ENCRYPTED_DATA, &der(0xa0, &[&data])]);
        container::write(&vec![&part[..]; parts], None, &Derivations::default()).unwrap()
    };
    let error = |store: &[u8]| listing(store, Some("changeit")).unwrap_err().to_string();
    assert_eq!(error(&store(5_000_001, 1)), "iterations of a key derivation: 5000001 is above the limit of 5000000");
    assert_eq!(
        error(&store(u64::MAX, 1)),
        format!("iterations of a key derivation: {} is above the limit of 5000000", u64::MAX)
    );
    assert_eq!(error(&store(1, 1)), "wrong password, or the store was changed");
    assert_eq!(error(&store(0, 1)), "byte 79: an iteration count of 0");
}

#[test]
fn a_store_of_crumbs_is_refused() {
    let store = container::write(&vec![&[0x30, 2, 6, 0][..]; 100_001], None, &Derivations::default()).unwrap();
    assert!(matches!(listing(&store, None), Err(Error::Limit { what: "parts of the store", found: 100_001, .. })));
    let bag = [0x30, 4, 6, 0, 0xa0, 0];
    let bags = der(tag::SEQUENCE, &vec![&bag[..]; 1_000_001]);
    let store = container::write(&[&plain_part(&bags)], None, &Derivations::default()).unwrap();
    assert!(matches!(listing(&store, None), Err(Error::Limit { what: "entries", found: 1_000_001, .. })));
}

#[test]
fn nothing_that_is_read_makes_it_panic_or_linger() {
    let roots = [root(), other_root()];
    let entries = roots.each_ref().map(|certificate| Entry { certificate, origin: "" });
    let mut seeds = Vec::new();
    let fast = |scheme: Result<Scheme<'static>, Error>| {
        let password = &Password::forms("p")[0];
        let derivations = &Derivations::default();
        let contents = bag::write(&named(&entries, &mut HashSet::new()).unwrap());
        let part = encrypted_part(contents, &scheme.unwrap().with_iterations(1), password, derivations).unwrap();
        container::write(&[&part], None, derivations).unwrap()
    };
    seeds.push(fast(Scheme::modern()));
    seeds.push(fast(Scheme::legacy()));
    let bags = [
        bag(CERTIFICATE, &certificate(&roots[0]), &[name("Same"), TRUSTED.to_vec()]),
        bag(KEY, &der(tag::SEQUENCE, &[]), &[name("server"), key_id(b"1")]),
        bag(NESTED, &der(tag::SEQUENCE, &[&bag(CERTIFICATE, &certificate(&roots[1]), &[key_id(b"1")])]), &[]),
    ];
    seeds.push(open_store(&bags));
    let mut checked = Vec::new();
    encode(&mut entries.into_iter(), Some("p"), &mut checked, Scheme::modern, Integrity::legacy).unwrap();
    seeds.push(checked);

    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % limit
    };
    let (mut read, mut merged) = (0, 0);
    for round in 0..50_000 {
        let seed = round % seeds.len();
        let mut store = seeds[seed].clone();
        for _ in 0..1 + below(3) {
            // Headers stand at the beginning and between certificates; half of the changes go to the first bytes.
            let length = if below(2) == 0 { store.len().min(200) } else { store.len() };
            let at = below(length.max(1));
            match below(5) {
                0 => store.truncate(at),
                1 => store.insert(at, below(256) as u8),
                2 => drop(store.drain(at..(at + below(20)).min(store.len()))),
                3 => store[at..].iter_mut().take(1).for_each(|octet| *octet ^= 1 << below(8)),
                _ => store[at..].iter_mut().take(1).for_each(|octet| *octet = EXTREMES[below(EXTREMES.len())]),
            }
            if store.is_empty() {
                break;
            }
        }
        // The last seed takes real time with a password.
        let password = (seed + 1 < seeds.len()).then_some("p");
        read += usize::from(listing(&store, password).is_ok());
        merged += usize::from(merge(&store, password, &entries).is_ok());
    }
    // Otherwise the changes would all have ended at the first byte.
    assert!(read > 2_000 && merged > 1_000, "{read} were read, {merged} merged");
}

/// Each member on a line.
fn listing(store: &[u8], password: Option<&str>) -> Result<String, Error> {
    let mut text = String::new();
    PKCS12.decode(&mut &store[..], password, &mut |member| {
        let _ = match member {
            Member::Certificate { alias, certificate, flaw, .. } => {
                let flaw = flaw.map(|flaw| format!(": {flaw}")).unwrap_or_default();
                writeln!(text, "{} `{}`{flaw}", certificate.subject().short(), alias.unwrap_or_default())
            }
            Member::PrivateKey(key) => {
                let chain = key.chain.iter().flatten().map(|certificate| certificate.subject().short());
                let chain = chain.collect::<Vec<_>>().join(", ");
                writeln!(text, "private-key `{}`: {chain}", key.alias.unwrap_or_default())
            }
            Member::Other { alias, kind, .. } => writeln!(text, "{kind} `{}`", alias.unwrap_or_default()),
            Member::Rejected { reason, .. } => writeln!(text, "rejected: {reason}"),
            Member::Distrusted { reason, .. } => writeln!(text, "{reason}"),
            Member::Unchecked { reason } => writeln!(text, "{reason}"),
        };
    })?;
    Ok(text)
}

fn root() -> Certificate {
    Certificate::from_der(&include_bytes!("../../../tests/data/isrg-root-x1.der")[..]).unwrap()
}

/// Another certificate, of which only the outline is real.
fn other_root() -> Certificate {
    let oid = der(tag::SEQUENCE, &[&der(tag::OID, &[&[0x2a]])]);
    let attribute = der(tag::SEQUENCE, &[&der(tag::OID, &[&[0x55, 4, 3]]), &der(tag::UTF8_STRING, &[b"Other"])]);
    let name = der(tag::SEQUENCE, &[&der(tag::SET, &[&attribute])]);
    let time = der(tag::UTC_TIME, &[b"200101000000Z"]);
    let validity = der(tag::SEQUENCE, &[&time, &time]);
    let bits = der(tag::BIT_STRING, &[&[0]]);
    let key = der(tag::SEQUENCE, &[&oid, &bits]);
    let tbs = der(tag::SEQUENCE, &[&der_number(1), &oid, &name, &validity, &name, &key]);
    Certificate::from_der(der(tag::SEQUENCE, &[&tbs, &oid, &bits])).unwrap()
}

fn open_store(bags: &[Vec<u8>]) -> Vec<u8> {
    let contents = der(tag::SEQUENCE, &bags.iter().map(Vec::as_slice).collect::<Vec<_>>());
    container::write(&[&plain_part(&contents)], None, &Derivations::default()).unwrap()
}

fn bag(kind: u8, value: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let oid = der(tag::OID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, kind]]);
    let attributes = der(tag::SET, &attributes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    der(tag::SEQUENCE, &[&oid, &der(0xa0, &[value]), &attributes])
}

fn certificate(certificate: &Certificate) -> Vec<u8> {
    certificate_bag(certificate.der())
}

fn certificate_bag(bytes: &[u8]) -> Vec<u8> {
    let x509 = der(tag::OID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01]]);
    der(tag::SEQUENCE, &[&x509, &der(0xa0, &[&der(tag::OCTET_STRING, &[bytes])])])
}

fn name(alias: &str) -> Vec<u8> {
    let units: Vec<u8> = alias.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(0x14, &der(tag::BMP_STRING, &[&units]))
}

fn key_id(id: &[u8]) -> Vec<u8> {
    attribute(0x15, &der(tag::OCTET_STRING, &[id]))
}

fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
    let oid = der(tag::OID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, kind]]);
    der(tag::SEQUENCE, &[&oid, &der(tag::SET, &[value])])
}

const KEY: u8 = 2;
const CERTIFICATE: u8 = 3;
const REVOCATIONS: u8 = 4;
const SECRET: u8 = 5;
const NESTED: u8 = 6;

/// The attribute of Java with the usage serverAuth, which counts as any other.
const TRUSTED: &[u8] = &[
    0x30, 0x1a, 0x06, 0x0c, 0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01, 0x31, 0x0a, 0x06,
    0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01,
];
/// Object identifiers with tag and length.
const DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED_DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const TRIPLE_DES: &[u8] = &[0x06, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
/// What lengths, tags and counts break at.
const EXTREMES: &[u8] = &[0x00, 0x01, 0x02, 0x04, 0x24, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff];
