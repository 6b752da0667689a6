//! Certificates that OpenSSL reads and pgtrust does not: in every format they are named, with the reason, and the others
//! are read.

use std::fs;

use aws_lc_rs::digest;
use pgtrust::Certificate;
use pgtrust::format::{Entry, Format};

use crate::certificates::openssl;
use crate::support::der::{certificate, common_name, tlv, utc};
use crate::support::pgtrust::Home;
use crate::support::pki::Authority;
use crate::support::tools;

#[test]
fn what_cannot_be_read_is_named_in_every_format_and_the_others_are_read() {
    let home = Home::new();
    let good = Authority::root("good").certificate;
    // The same length as its odd form, to be written by whom would not write that.
    let sound = certificate(&common_name(0x0c, b"odd"), &utc("240101000000Z"), &utc("440101000000Z"));
    let odd = with_padding(&sound);
    home.write("odd.der", &odd);
    assert!(Certificate::from_der(&odd[..]).is_err());
    if tools::program("openssl").is_some() {
        openssl(&home, "x509 -inform DER -in odd.der -noout");
    }

    let found = home.pgtrust(&["inspect", "--json", "odd.der"]).expect(1).json();
    assert_eq!(found["stores"][0]["rejected"][0]["reason"], REASON, "{found}");
    let run = home.pgtrust(&["bundle", "odd.der", "-o", "out.pem"]).expect(2);
    assert!(run.stderr.contains(REASON), "{run}");

    let both = [Certificate::from_der(&good.der[..]).unwrap(), Certificate::from_der(&sound[..]).unwrap()];
    for (format, password) in [("pem", None), ("pkcs7", None), ("pkcs12", None), ("jks", Some("changeit"))] {
        let mut store = Vec::new();
        let mut entries = both.iter().map(|certificate| Entry { certificate, origin: "" });
        (Format::named(format).unwrap().encode)(&mut entries, password, &mut store).unwrap();
        match format {
            "pem" => store = [good.pem.clone(), pem::encode(&pem::Pem::new("CERTIFICATE", &*odd))].concat().into(),
            _ => {
                let at = store.windows(sound.len()).position(|bytes| bytes == sound).unwrap();
                store[at..at + odd.len()].copy_from_slice(&odd);
            }
        }
        if format == "jks" {
            sign(&mut store);
        }
        home.write("store", &store);

        let found = home.pgtrust(&["inspect", "--json", "store"]).expect(1).json();
        let found = &found["stores"][0];
        assert_eq!(found["format"], format);
        assert_eq!(found["certificates"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["certificates"][0]["subject"], "CN=good,O=pgtrust tests", "{found}");
        assert_eq!(found["rejected"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["rejected"][0]["reason"], REASON, "{found}");

        let run = home.pgtrust(&["bundle", "store", "-o", "out.pem"]).expect(1);
        assert!(run.stderr.contains(REASON), "{format}: {run}");
        let out = fs::read_to_string(home.path().join("out.pem")).unwrap();
        assert!(out.contains(good.pem.trim()) && out.matches("BEGIN").count() == 1, "{format}: {out}");
    }
}

#[test]
fn each_part_that_cannot_be_read_is_named() {
    let home = Home::new();
    let sound = || certificate(&common_name(0x0c, b"odd"), &utc("240101000000Z"), &utc("440101000000Z"));
    let dated = |date: &str| certificate(&common_name(0x0c, b"odd"), &utc("240101000000Z"), &utc(date));
    // 30 81 length: what stands in the outer sequence, and in the TBSCertificate.
    let whole = sound()[3..].to_vec();
    let (contents, signature) = whole.split_at(3 + usize::from(whole[2]));
    let indefinite = [&[0x30, 0x80], &whole[..], &[0, 0]].concat();
    let long = [&[0x30, 0x82, 0, whole.len() as u8], &whole[..]].concat();
    let inner = tlv(0x30, &[&[0x30, 0x82, 0, whole[2]], &contents[3..], signature]);
    for (der, reason) in [
        (dated("240230000000Z"), "a date that cannot be read"),
        (dated("441301000000Z"), "a date that cannot be read"),
        (with_padding(&sound()), "a signature that cannot be read"),
        (with_unused_bits(&sound(), 8), "a signature that cannot be read"),
        (tlv(0x30, &[&whole, &[5, 0]]), "fields follow after the signature"),
        (indefinite, "it is in BER, not in DER"),
        (long, "it is in BER, not in DER"),
        (inner, "it is in BER, not in DER"),
    ] {
        home.write("odd.der", &der);
        let found = home.pgtrust(&["inspect", "--json", "odd.der"]).expect(1).json();
        let said = &found["stores"][0]["rejected"][0]["reason"];
        assert_eq!(*said, format!("not an X.509 certificate: {reason}"));
    }
}

/// Says that so many bits of the signature are unused; all of it is zero.
fn with_unused_bits(sound: &[u8], count: u8) -> Vec<u8> {
    let mut odd = sound.to_vec();
    let bits = odd.len() - 65;
    odd[bits] = count;
    odd
}

/// Says that a bit of the signature is unused, and sets it (X.690 section 11.2.1).
fn with_padding(sound: &[u8]) -> Vec<u8> {
    let mut odd = with_unused_bits(sound, 1);
    *odd.last_mut().unwrap() |= 1;
    odd
}

/// The digest at the end of a JKS, as `sun.security.provider.JavaKeyStore` makes it.
fn sign(store: &mut [u8]) {
    let (signed, stored) = store.split_at_mut(store.len() - 20);
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let signed = [&password, &b"Mighty Aphrodite"[..], signed].concat();
    stored.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &signed).as_ref());
}

const REASON: &str = "not an X.509 certificate: a signature that cannot be read";
