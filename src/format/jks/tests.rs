use super::super::mutation;
use super::*;
use crate::catalog::Catalog;
use crate::format::alias::aliases;

const PASSWORD: Option<&str> = Some("changeit");

/// Made by keytool 17: an AES, an HMAC and a DES key, a password, and a trusted certificate.
const SECRET_KEYS: &[u8] = include_bytes!("../../../tests/data/secret-keys.jceks");

/// One field after the other, as `DataOutput` writes them.
#[derive(Clone)]
struct Fixture(Vec<u8>);

impl Fixture {
    fn new(version: u32, count: u32) -> Self {
        Self([MAGIC, version.to_be_bytes(), count.to_be_bytes()].concat())
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn utf(mut self, bytes: &[u8]) -> Self {
        self.0.extend((bytes.len() as u16).to_be_bytes());
        self.0.extend(bytes);
        self
    }

    fn block(mut self, bytes: &[u8]) -> Self {
        self = self.u32(bytes.len() as u32);
        self.0.extend(bytes);
        self
    }

    fn created(mut self, milliseconds: i64) -> Self {
        self.0.extend(milliseconds.to_be_bytes());
        self
    }

    fn trusted(self, alias: &[u8], der: &[u8]) -> Self {
        self.u32(2).utf(alias).created(1_234_567_890_123).utf(b"X.509").block(der)
    }

    fn digested(mut self) -> Vec<u8> {
        let digest = digest("changeit", &self.0);
        self.0.extend_from_slice(digest.as_ref());
        self.0
    }
}

fn root() -> Certificate {
    Certificate::from_der(&include_bytes!("../../../tests/data/isrg-root-x1.der")[..]).unwrap()
}

/// Some other roots.
fn roots(count: usize) -> Vec<Certificate> {
    let rds = Catalog::built_in().provider("aws-rds").unwrap();
    rds.roots().unwrap().into_iter().take(count).map(|(_, certificate)| certificate).collect()
}

/// A private key with a chain of two, then a trusted certificate.
fn mixed() -> Fixture {
    let der = root().der().to_vec();
    Fixture::new(2, 2)
        .u32(1)
        .utf("schlüssel".as_bytes())
        .created(-5)
        .block(b"opaque key")
        .u32(2)
        .utf(b"X.509")
        .block(&der)
        .utf(b"X.509")
        .block(b"not even a certificate")
        .trusted(b"isrg", &der)
}

fn list(format: &Format, bytes: &[u8], password: Option<&str>) -> (Vec<String>, Result<(), Error>) {
    let mut members = Vec::new();
    let result = format.decode(&mut &bytes[..], password, &mut |member| {
        members.push(match member {
            Member::Certificate { alias, certificate, .. } => {
                format!("{} {}", alias.unwrap(), certificate.subject().short())
            }
            Member::PrivateKey(key) => {
                let subject = |certificate: Result<Certificate, String>| {
                    certificate.map_or_else(|reason| reason, |certificate| certificate.subject().short())
                };
                let chain: Vec<String> = key.chain.into_iter().map(subject).collect();
                format!("{} private-key: {}", key.alias.unwrap(), chain.join(", "))
            }
            Member::Other { alias, kind, .. } => format!("{} {kind}", alias.unwrap()),
            Member::Rejected { position, .. } => format!("rejected at {position}"),
            Member::Unchecked { .. } => "unchecked".to_owned(),
            Member::Distrusted { .. } => "distrusted".to_owned(),
        });
    });
    (members, result)
}

fn alias(certificate: &Certificate) -> String {
    aliases(certificate).next().unwrap()
}

fn entries(certificates: &[Certificate]) -> Vec<Entry<'_>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "" }).collect()
}

#[test]
fn entries_are_listed_in_order_and_chains_are_no_roots() {
    let store = mixed().digested();
    let key = "schlüssel private-key: ISRG Root X1, not an X.509 certificate: the outer SEQUENCE is missing";
    let (members, result) = list(&JKS, &store, PASSWORD);
    assert_eq!(members, [key, "isrg ISRG Root X1"]);
    result.unwrap();
    let (members, result) = list(&JKS, &store, None);
    assert_eq!(members, ["unchecked", key, "isrg ISRG Root X1"]);
    result.unwrap();
}

#[test]
fn a_merge_keeps_every_byte_and_adds_behind() {
    let store = mixed().digested();
    assert_eq!(merge(&store, PASSWORD, &[]).unwrap(), store);
    assert_eq!(merge(&store, PASSWORD, &entries(&[root(), root()])).unwrap(), store, "it is there under another alias");

    let added = roots(2);
    let merged = merge(&store, PASSWORD, &entries(&added)).unwrap();
    let old = &store[12..store.len() - DIGEST];
    assert_eq!(merged[8..12], 4u32.to_be_bytes());
    assert_eq!(merged[12..12 + old.len()], *old);
    let (members, result) = list(&JKS, &merged, PASSWORD);
    result.unwrap();
    let alias = alias(&added[0]);
    assert!(members[2].starts_with(&alias), "{members:?}");
    let created = added[0].not_before().unix_timestamp() * 1000;
    let entry =
        [&[0, 0, 0, 2][..], &(alias.len() as u16).to_be_bytes(), alias.as_bytes(), &created.to_be_bytes()].concat();
    assert!(merged[12 + old.len()..].starts_with(&entry));
    assert_eq!(merge(&merged, PASSWORD, &entries(&added)).unwrap(), merged, "once more");
}

#[test]
fn a_chain_certificate_of_a_key_can_be_added_as_trusted() {
    let der = root().der().to_vec();
    let store =
        Fixture::new(2, 1).u32(1).utf(b"k").created(0).block(b"key").u32(1).utf(b"X.509").block(&der).digested();
    let merged = merge(&store, PASSWORD, &entries(&[root()])).unwrap();
    assert_eq!(list(&JKS, &merged, PASSWORD).0.len(), 2);
}

#[test]
fn a_taken_alias_is_never_overwritten() {
    let (usual, others) = (alias(&root()), roots(3));
    let fingerprint = root().fingerprint().to_string();
    let longer = format!("{usual}{}", &fingerprint[8..9]);
    let store = Fixture::new(2, 2)
        .trusted(usual.to_uppercase().as_bytes(), others[0].der())
        .trusted(longer.as_bytes(), others[1].der())
        .digested();
    let merged = merge(&store, PASSWORD, &entries(&[root()])).unwrap();
    let (members, _) = list(&JKS, &merged, PASSWORD);
    assert_eq!(members[2], format!("{usual}{} ISRG Root X1", &fingerprint[8..10]));

    let mut full = Fixture::new(2, 57);
    for digits in 8..=64 {
        full = full.trusted(format!("{usual}{}", &fingerprint[8..digits]).as_bytes(), others[0].der());
    }
    let result = merge(&full.digested(), PASSWORD, &entries(&[root()]));
    assert!(matches!(result, Err(Error::Unsupported { .. })), "{result:?}");
}

#[test]
fn version_1_has_no_types_and_keeps_having_none() {
    let store = Fixture::new(1, 1).u32(2).utf(b"old").created(0).block(roots(1)[0].der()).digested();
    let merged = merge(&store, PASSWORD, &entries(&[root()])).unwrap();
    assert_eq!(merged[4..8], [0, 0, 0, 1]);
    let (members, result) = list(&JKS, &merged, PASSWORD);
    result.unwrap();
    assert_eq!(members.len(), 2);
    assert!(members[1].ends_with("ISRG Root X1"), "{members:?}");
}

#[test]
fn a_wrong_password_is_told_from_damage() {
    let store = mixed().digested();
    let (members, result) = list(&JKS, &store, Some("Changeit"));
    assert!(members.is_empty() && matches!(result, Err(Error::WrongPassword)), "{members:?} {result:?}");
    let mut flipped = store.clone();
    flipped[40] ^= 1;
    assert!(matches!(list(&JKS, &flipped, PASSWORD).1, Err(Error::WrongPassword)));
    assert!(matches!(merge(&flipped, PASSWORD, &[]), Err(Error::WrongPassword)));

    for length in 0..store.len() {
        for password in [PASSWORD, Some("Changeit"), None] {
            let result = list(&JKS, &store[..length], password).1;
            assert!(matches!(result, Err(Error::Damaged { .. })), "cut at {length}: {result:?}");
            let result = merge(&store[..length], password, &[]);
            assert!(matches!(result, Err(Error::Damaged { .. })), "cut at {length}: {result:?}");
        }
    }
    let longer = [&store[..], b"\n"].concat();
    let error = list(&JKS, &longer, PASSWORD).1.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("byte {}: 21 bytes follow the entries, where a digest of 20 should", store.len() - 20)
    );
}

#[test]
fn nothing_is_written_without_the_password() {
    let store = mixed().digested();
    for add in [&[][..], &entries(&roots(1))] {
        assert!(matches!(merge(&store, None, add), Err(Error::PasswordNeeded { .. })));
        let mut bytes = Vec::new();
        let result = encode(&mut add.iter().copied(), None, &mut bytes);
        assert!(matches!(result, Err(Error::PasswordNeeded { .. })) && bytes.is_empty());
    }
}

#[test]
fn lengths_and_counts_beyond_the_file_cost_nothing() {
    let huge = [
        Fixture::new(2, 1).u32(2).utf(b"a").created(0).utf(b"X.509").u32(u32::MAX),
        Fixture::new(2, 1).u32(1).utf(b"a").created(0).u32(u32::MAX),
        Fixture::new(2, 1).u32(1).utf(b"a").created(0).block(b"key").u32(0x0fff_ffff),
        Fixture::new(2, 1_000_000),
    ];
    for Fixture(store) in huge {
        let result = list(&JKS, &store, PASSWORD).1;
        assert!(
            matches!(&result, Err(Error::Damaged { position, .. }) if position.bytes.start == store.len() as u64),
            "{result:?}"
        );
    }
    let Fixture(store) = Fixture::new(2, u32::MAX);
    assert!(matches!(list(&JKS, &store, None).1, Err(Error::Limit { limit: 1_000_000, .. })));
    let Fixture(store) = Fixture::new(3, 0);
    assert!(matches!(list(&JKS, &store, None).1, Err(Error::Unsupported { .. })));
    let Fixture(store) = mixed().u32(9);
    let error = list(&JKS, &[&store[..12], &[0, 0, 0, 9, 0, 0], &[0; 8]].concat(), None).1.unwrap_err();
    assert_eq!(error.to_string(), "byte 12: an entry of the kind 9, which Java does not have");
}

#[test]
fn what_is_no_x509_certificate_is_reported_and_kept() {
    let store = Fixture::new(2, 2)
        .u32(2)
        .utf(b"pgp")
        .created(0)
        .utf(b"OpenPGP")
        .block(b"key")
        .trusted(b"junk", b"junk")
        .digested();
    let (members, result) = list(&JKS, &store, PASSWORD);
    result.unwrap();
    assert_eq!(members, ["pgp unknown", "rejected at byte 45"]);
    let merged = merge(&store, PASSWORD, &entries(&[root()])).unwrap();
    assert_eq!(merged[12..store.len() - DIGEST], store[12..store.len() - DIGEST]);
}

#[test]
fn aliases_are_javas_utf_8() {
    let cases: [(&[u8], &str); 5] = [
        (b"plain", "plain"),
        (b"\xc3\xa4\xe6\x9d\xb1", "ä東"),
        (b"\xed\xa0\xbd\xed\xb8\x80!", "\u{1f600}!"),
        (b"a\xc0\x80b", "a\0b"),
        (b"\xed\xa0\xbdx\xff\xe6", "\u{fffd}x\u{fffd}\u{fffd}"),
    ];
    for (bytes, text) in cases {
        assert_eq!(entry::modified_utf8(bytes), text);
    }
}

#[test]
fn jceks_is_listed_and_never_written() {
    let (members, result) = list(&JCEKS, SECRET_KEYS, PASSWORD);
    result.unwrap();
    let expected =
        ["sec-hmacsha256 secret-key", "root ISRG Root X1", "pw secret-key", "sec-des secret-key", "sec-aes secret-key"];
    assert_eq!(members, expected);
    assert!(matches!(list(&JCEKS, SECRET_KEYS, Some("other")).1, Err(Error::WrongPassword)));
    assert_eq!(list(&JCEKS, SECRET_KEYS, None).0[0], "unchecked");
    assert!(matches!((JCEKS.merge)(SECRET_KEYS, PASSWORD, &[]), Err(Error::Unsupported { .. })));
}

#[test]
fn an_unknown_object_ends_the_list_after_what_stands_before_it() {
    let entry = |object: &[u8]| {
        let Fixture(mut store) = Fixture::new(2, 2).trusted(b"isrg", root().der()).u32(3).utf(b"s").created(0);
        store[..4].copy_from_slice(&SEALED_MAGIC);
        let at = store.len();
        store.extend_from_slice(object);
        (store, at)
    };
    // A class with a `writeObject` of its own; a class that is its own parent; something that is not an object.
    let objects: [&[u8]; 3] = [
        b"\xac\xed\0\x05\x73\x72\0\x01C\0\0\0\0\0\0\0\0\x03\0\0\x78\x70",
        b"\xac\xed\0\x05\x73\x72\0\x01C\0\0\0\0\0\0\0\0\x02\0\0\x78\x71\0\x7e\0\0",
        b"\0\0\0\0",
    ];
    for object in objects {
        let (store, at) = entry(object);
        let (members, result) = list(&JCEKS, &store, None);
        assert_eq!(members, ["isrg ISRG Root X1"]);
        let error = result.unwrap_err();
        assert!(matches!(&error, Error::Unsupported { what } if what.contains(&format!("byte {at}"))), "{error}");
    }
    // Arrays of objects in arrays, far deeper than the stack.
    let nested = b"\x73\x72\0\x01C\0\0\0\0\0\0\0\0\x02\0\x01L\0\x01f\x74\0\x01C\x78\x70".repeat(100_000);
    let (store, _) = entry(&[b"\xac\xed\0\x05", &nested[..]].concat());
    assert!(matches!(list(&JCEKS, &store, None).1, Err(Error::Unsupported { .. })));
}

#[test]
fn damaged_stores_never_panic() {
    assert!(mutation::survive(&JKS, &mixed().digested(), PASSWORD, 100_000) > 1000);
    mutation::survive(&JCEKS, SECRET_KEYS, PASSWORD, 100_000);
}
