//! What holds for every format and for any certificates: nothing is lost, and nothing comes in that was not added.

use std::collections::HashSet;
use std::sync::LazyLock;

use pgtrust::format::{Entry, FORMATS, Format, Member};
use pgtrust::{Catalog, Certificate, Fingerprint};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::support::pki::Authority;

/// Two lists of up to twelve certificates, in any order, that may share some.
fn two_lists() -> impl Strategy<Value = (Vec<&'static Certificate>, Vec<&'static Certificate>)> {
    let list = || subsequence(POOL.iter().collect::<Vec<_>>(), 1..=12).prop_shuffle();
    (list(), list())
}

/// A format that is written and holds more than one certificate, with a password that its stores may have.
fn store() -> impl Strategy<Value = (&'static Format, Option<&'static str>)> {
    let formats = FORMATS.iter().copied().filter(|format| format.writable && format.name != "der");
    let stores = formats.flat_map(|format| {
        let odd = format.is_key_store().then_some(Some("a b\"c"));
        format.usual_passwords.iter().copied().chain(odd).map(move |password| (format, password))
    });
    // A new JKS store has a password, and no new store an empty one.
    let fit = |(format, password): &Store| *password != Some("") && (format.name != "jks" || password.is_some());
    let stores: Vec<_> = stores.filter(fit).collect();
    proptest::sample::select(stores)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read((store, (a, _)) in (store(), two_lists())) {
        prop_assert_eq!(list(store, &written(store, &a)), fingerprints(&a));
    }

    #[test]
    fn an_addition_is_a_union_whichever_comes_first((store, (a, b)) in (store(), two_lists())) {
        let both = set(&[&a[..], &b[..]].concat());
        let merged = added(store, &written(store, &a), &b);
        prop_assert_eq!(content(store, &merged), both.clone());
        prop_assert_eq!(content(store, &added(store, &written(store, &b), &a)), both);
    }

    #[test]
    fn a_second_addition_changes_no_byte((store, (a, b)) in (store(), two_lists())) {
        let once = added(store, &written(store, &a), &b);
        prop_assert!(added(store, &once, &b) == once);
        prop_assert!(added(store, &once, &a) == once);
        prop_assert_eq!(list(store, &once).len(), set(&[&a[..], &b[..]].concat()).len());
    }

    #[test]
    fn what_is_added_can_be_taken_out((store, (a, b)) in (store(), two_lists())) {
        let merged = added(store, &written(store, &a), &b);
        let before = set(&a);
        let new: Vec<Fingerprint> = fingerprints(&b).into_iter().filter(|new| !before.contains(new)).collect();
        let (format, password) = store;
        let left = (format.remove)(&merged, password, &mut |found| found.is_own(&new)).unwrap();
        prop_assert_eq!(content(store, &left), before);
    }

    #[test]
    fn text_that_others_wrote_into_pem_stays((a, b) in two_lists(), lines in prop::collection::vec("[ -~äß\t]{0,70}", 0..6)) {
        let store = (Format::pem(), None);
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.contains("-----")).collect();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let mut rest = text.lines().map(str::trim_end);
            lines.iter().all(|line| rest.any(|found| found == line.trim_end()))
        };
        let file = [lines.join("\n").as_bytes(), b"\n", &written(store, &a)].concat();
        let merged = added(store, &file, &b);
        prop_assert!(text(&merged));
        let left = (Format::pem().remove)(&merged, None, &mut |found| found.is_own(&fingerprints(&b))).unwrap();
        prop_assert!(text(&left));
    }
}

type Store = (&'static Format, Option<&'static str>);

fn written((format, password): Store, certificates: &[&Certificate]) -> Vec<u8> {
    let mut bytes = Vec::new();
    (format.encode)(&mut entries(certificates).into_iter(), password, &mut bytes).unwrap();
    bytes
}

fn added((format, password): Store, existing: &[u8], certificates: &[&Certificate]) -> Vec<u8> {
    (format.merge)(existing, password, &entries(certificates)).unwrap()
}

fn entries<'a>(certificates: &[&'a Certificate]) -> Vec<Entry<'a>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "test" }).collect()
}

fn list((format, password): Store, bytes: &[u8]) -> Vec<Fingerprint> {
    let mut found = Vec::new();
    let read = format.decode(&mut &bytes[..], password, &mut |member| match member {
        Member::Certificate { certificate, flaw: None, .. } => found.push(certificate.fingerprint()),
        other => panic!("{other:?}"),
    });
    read.unwrap();
    found
}

fn content(store: Store, bytes: &[u8]) -> HashSet<Fingerprint> {
    list(store, bytes).into_iter().collect()
}

fn set(certificates: &[&Certificate]) -> HashSet<Fingerprint> {
    fingerprints(certificates).into_iter().collect()
}

fn fingerprints(certificates: &[&Certificate]) -> Vec<Fingerprint> {
    certificates.iter().map(|certificate| certificate.fingerprint()).collect()
}

/// Every root of the catalogue, and some with names that make poor aliases.
static POOL: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let catalog = Catalog::built_in();
    let mut pool = Vec::new();
    for id in catalog.ids().unwrap() {
        pool.extend(catalog.provider(&id).unwrap().roots().unwrap().into_iter().map(|(_, certificate)| certificate));
    }
    for name in ["", " ", "a", "A", "-----BEGIN", "Ünï 😀", "a\nb", "a\u{202e}b", &"long ".repeat(60)] {
        pool.push(Certificate::from_der(Authority::root(name).certificate.der).unwrap());
    }
    let mut known = HashSet::new();
    pool.retain(|certificate| known.insert(certificate.fingerprint()));
    pool
});
