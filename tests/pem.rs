//! The PEM reader against files as they are in use, one row per defect, and the PEM writer against other programs.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::forms::{Form, certificates_for_libpq, forms};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::tools;

#[test]
fn every_form_in_use_is_read_and_every_bad_block_reported_with_its_line() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let mut failures = Vec::new();
    for Form { name, bytes, good, rejected } in forms(&home) {
        let file = home.write("input.pem", &bytes);
        let status = i32::from(!rejected.is_empty());
        let inspected = home.pgtrust(&["inspect", "--json", "input.pem"]);
        let bundled = home.pgtrust(&["bundle", "input.pem", "-o", "out.pem"]);
        if (inspected.status, bundled.status) != (status, status) {
            failures.push(format!("{name}: status, not {status} twice:\n{inspected}\n{bundled}"));
            continue;
        }
        let store = &inspected.json()["stores"][0];
        let found: Vec<&str> = members(store, "certificates", "sha256").collect();
        let wanted: Vec<String> = good.iter().map(TestCertificate::fingerprint).collect();
        if found != wanted {
            failures.push(format!("{name}: certificates {found:?}, not {wanted:?}"));
        }
        let lines: Vec<&str> = members(store, "rejected", "position").collect();
        let wanted: Vec<String> = rejected.iter().map(|line| format!("line {line}")).collect();
        if lines != wanted {
            failures.push(format!("{name}: rejected at {lines:?}, not {wanted:?}: {}", store["rejected"]));
        }
        if certificates_for_libpq(&home, Path::new("out.pem")) != good.len() {
            failures.push(format!("{name}: OpenSSL does not read what `bundle` made of it"));
        }

        // Whatever another reader takes, pgtrust takes too.
        for block in pem::parse_many(&bytes).unwrap_or_default() {
            let certificate = rejected.is_empty() && block.tag() == "CERTIFICATE";
            if certificate && !good.iter().any(|good| good.der == block.contents()) {
                failures.push(format!("{name}: the pem crate reads a certificate that pgtrust does not"));
            }
        }
        // And what libpq fails to read is told, because a store is repaired for that.
        let flawed = members(store, "certificates", "flaw").count();
        if certificates_for_libpq(&home, &file) < good.len() && flawed == 0 && rejected.is_empty() {
            failures.push(format!("{name}: OpenSSL cannot read all of it, and no certificate of it has a flaw"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn of_two_hundred_thousand_blocks_without_an_end_the_first_are_told_and_the_rest_counted() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("input.pem", "-----BEGIN CERTIFICATE-----\n".repeat(200_000) + &root.pem);
    let store = &home.pgtrust(&["inspect", "--json", "input.pem"]).expect(1).json()["stores"][0];
    assert_eq!(members(store, "rejected", "position").count(), 100);
    assert_eq!(members(store, "rejected", "position").last(), Some("line 100"));
    assert_eq!(store["rejected_more"], 199_900);
    assert_eq!(members(store, "certificates", "sha256").collect::<Vec<_>>(), [root.fingerprint()]);
}

#[test]
fn what_stands_behind_a_block_without_measure_is_found_wherever_it_begins() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", "A".repeat(64));
    let mut missed = Vec::new();
    // Around every multiple of a read's likely size.
    for begin in (16..=24_usize).flat_map(|count| (0..=12).map(move |before| count * 65_536 - before)) {
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        text += &"A".repeat(begin - text.len() - 1);
        text += "\n";
        home.write("input.pem", format!("{text}{}", root.pem));
        let store = &home.pgtrust(&["inspect", "--json", "input.pem"]).expect(1).json()["stores"][0];
        if members(store, "certificates", "sha256").ne([root.fingerprint()]) {
            missed.push(format!("a certificate at byte {begin}"));
        }
        home.write("input.pem", format!("{text}{key}"));
        if home.pgtrust(&["bundle", "input.pem", "-o", "out.pem"]).status != 2 {
            missed.push(format!("a private key at byte {begin}"));
        }
    }
    assert!(missed.is_empty(), "missed: {}", missed.join(", "));
}

#[test]
fn a_private_key_of_any_label_is_refused_with_its_line() {
    let root = Authority::root("pgtrust test root").certificate;
    let line = root.pem.lines().count() + 1;
    let labels = [
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
        "ANY PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ];
    let mut failures = Vec::new();
    for label in labels {
        let block = format!("-----BEGIN {label}-----\nMC4CAQAwBQYDK2VwBCIEIAAA\n-----END {label}-----\n");
        let utf16: Vec<u8> = format!("{}{block}", root.pem).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let forms = [
            ("plain", format!("{}{block}", root.pem).into_bytes()),
            ("with CRLF", format!("{}{block}", root.pem).replace('\n', "\r\n").into_bytes()),
            ("in UTF-16", utf16),
            ("indented", format!("{}  {block}", root.pem).into_bytes()),
            ("with headers", {
                let headers = "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMC4";
                format!("{}{}", root.pem, block.replacen("-----\nMC4", headers, 1)).into_bytes()
            }),
        ];
        for (form, bytes) in forms {
            let home = Home::new();
            home.write("input.pem", bytes);
            let shown = home.pgtrust(&["inspect", "input.pem"]);
            if shown.status != 0 || !shown.stdout.contains(&format!("\n  line {line}: private-key\n")) {
                failures.push(format!("{label} {form}: {shown}"));
            }
            for arguments in [
                &["bundle", "input.pem", "-o", "out.pem"] as &[&str],
                &["install", "input.pem"],
                &["install", "input.pem", "--output", "out.pem"],
            ] {
                let run = home.pgtrust(arguments);
                let said =
                    run.stderr.contains("contains a private key") && run.stderr.contains(&format!("line {line}:"));
                if run.status != 2 || !said || !run.stdout.is_empty() {
                    failures.push(format!("{label} {form}: {run}"));
                }
            }
            if home.path().join("out.pem").exists() || home.root_crt().exists() {
                failures.push(format!("{label} {form}: something was written"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_no_certificate_is_named_as_what_it_is() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let mut failures = Vec::new();
    for (name, bytes, wanted) in other_files(&home) {
        let file = home.write(&format!("other/{name}"), bytes);
        let file = file.to_str().unwrap();
        for arguments in [&["bundle", file, "-o", "out.pem"] as &[&str], &["install", file]] {
            let run = home.pgtrust(arguments);
            if run.status != 2 || !run.stderr.to_lowercase().contains(wanted) {
                failures.push(format!("{name}: no `{wanted}` in {run}"));
            }
        }
    }
    fs::create_dir(home.path().join("empty-folder")).unwrap();
    for arguments in [&["bundle", "empty-folder", "-o", "out.pem"] as &[&str], &["install", "empty-folder"]] {
        home.pgtrust(arguments).expect(2);
    }
    let run = home.pgtrust(&["install", "missing.pem"]).expect(2);
    assert!(run.stderr.contains("missing.pem"), "{run}");
    assert!(!home.path().join("out.pem").exists() && !home.root_crt().exists(), "something was written");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_written_is_plain_commented_and_the_same_each_time() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("corp.der", &root.der);
    home.pgtrust(&["bundle", "corp.der", "azure", "-o", "first.pem"]).expect(0);
    home.pgtrust(&["bundle", "azure", "corp.der", "azure", "-o", "second.pem"]).expect(0);
    let text = fs::read_to_string(home.path().join("first.pem")).unwrap();
    assert_eq!(
        text,
        fs::read_to_string(home.path().join("second.pem")).unwrap(),
        "the order of inputs does not matter"
    );
    assert!(!text.contains('\r') && !text.starts_with('\u{feff}') && text.ends_with("-----END CERTIFICATE-----\n"));

    let entries: Vec<&str> = text.split_inclusive("-----END CERTIFICATE-----\n").collect();
    for (entry, block) in entries.iter().zip(pem::parse_many(&text).unwrap()) {
        let (comment, block_text) = entry.trim_start_matches('\n').split_once("-----BEGIN CERTIFICATE-----\n").unwrap();
        let comment: Vec<&str> = comment.lines().map(|line| line.strip_prefix("# ").unwrap()).collect();
        home.write("one.der", block.contents());
        let openssl = "x509 -inform DER -in one.der -noout -subject -dates -fingerprint -sha256 -nameopt RFC2253 -dateopt iso_8601";
        let said = Run::of(home.command("openssl").args(openssl.split(' '))).expect(0).stdout;
        let said = |key: &str| said.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        assert_eq!(comment[0], said("subject="));
        assert_eq!(comment[1], format!("sha256 {}", said("sha256 Fingerprint=").replace(':', "").to_lowercase()));
        assert_eq!(comment[2], format!("valid {} to {}", &said("notBefore=")[..10], &said("notAfter=")[..10]));
        if block.contents() == root.der {
            assert_eq!(comment.len(), 3, "{entry}");
        } else {
            assert!(comment[3].starts_with("azure "), "{entry}");
        }
        let lines: Vec<&str> = block_text.lines().rev().skip(1).collect();
        assert!(lines[0].len() <= 64 && lines[1..].iter().all(|line| line.len() == 64), "{entry}");
    }
}

#[test]
fn openssl_keytool_and_python_read_every_certificate_that_is_written() {
    let home = Home::new();
    home.write("corp.der", &Authority::root("pgtrust, test \"root\" #1\nsecond line é").certificate.der);
    home.pgtrust(&["bundle", "corp.der", "azure", "aws-rds", "-o", "all.pem"]).expect(0);
    let count = fs::read_to_string(home.path().join("all.pem")).unwrap().matches("-----BEGIN ").count();
    assert!(count > 50, "{count}");
    if tools::program("openssl").is_some() {
        let run = Run::of(home.command("openssl").args(["storeutl", "-noout", "-certs", "all.pem"])).expect(0);
        assert!(run.stdout.contains(&format!("Total found: {count}\n")), "{run}");
        assert_eq!(certificates_for_libpq(&home, Path::new("all.pem")), count);
    }
    if tools::program("keytool").is_some() {
        let run = Run::of(home.command("keytool").args(["-printcert", "-file", "all.pem"])).expect(0);
        assert_eq!(run.stdout.matches("SHA256: ").count(), count, "{run}");
    }
    if let Some(python) = tools::python() {
        let code = "import ssl; print(len(ssl.create_default_context(cafile='all.pem').get_ca_certs()))";
        let run = Run::of(home.command(python).args(["-c", code])).expect(0);
        assert_eq!(run.stdout.trim(), count.to_string(), "{run}");
    }
}

fn members<'a>(store: &'a Value, list: &str, key: &str) -> impl Iterator<Item = &'a str> {
    store[list].as_array().unwrap().iter().filter_map(move |member| member[key].as_str())
}

/// Files that people pass in place of a certificate, and a word of what they are.
fn other_files(home: &Home) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let openssl = |arguments: &str| {
        Run::of(home.command("openssl").args(arguments.split(' '))).expect(0);
        fs::read(home.path().join("out")).unwrap()
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out out -subj /CN=a");
    fs::rename(home.path().join("out"), home.path().join("cert.pem")).unwrap();
    home.write(
        "index.txt",
        (0..4000)
            .map(|serial| format!("R\t600101000000Z\t240101000000Z\t{serial:08X}\tunknown\t/CN={serial}\n"))
            .collect::<String>(),
    );
    home.write("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=9\n");
    openssl("ca -gencrl -config ca.cnf -keyfile key.pem -cert cert.pem -out out");
    fs::rename(home.path().join("out"), home.path().join("long.crl")).unwrap();
    home.write("index.txt", "");
    openssl("ca -gencrl -config ca.cnf -keyfile key.pem -cert cert.pem -out out");
    fs::rename(home.path().join("out"), home.path().join("short.crl")).unwrap();
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out out");
    fs::rename(home.path().join("out"), home.path().join("ec.pem")).unwrap();
    vec![
        ("pkcs8-key.der", openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out out"), "private key"),
        ("rsa-key.der", openssl("rsa -traditional -in key.pem -outform DER -out out"), "private key"),
        ("ec-key.der", openssl("ec -in ec.pem -outform DER -out out"), "private key"),
        ("encrypted-key.der", openssl("pkcs8 -topk8 -passout pass:x -in key.pem -outform DER -out out"), "private key"),
        ("store.p12", openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:x -out out"), "password"),
        ("truststore.p12", openssl("pkcs12 -export -nokeys -in cert.pem -passout pass:x -out out"), "password"),
        ("request.der", openssl("req -new -key key.pem -subj /CN=a -outform DER -out out"), "request"),
        ("request.pem", openssl("req -new -key key.pem -subj /CN=a -out out"), "request"),
        ("short-crl.der", openssl("crl -in short.crl -outform DER -out out"), "revocation list"),
        ("long-crl.der", openssl("crl -in long.crl -outform DER -out out"), "revocation list"),
        ("short-crl.pem", openssl("crl -in short.crl -out out"), "revocation list"),
        ("rsa-public-key.der", openssl("rsa -in key.pem -pubout -outform DER -out out"), "public key"),
        ("ec-public-key.der", openssl("ec -in ec.pem -pubout -outform DER -out out"), "public key"),
        ("public-key.pem", openssl("rsa -in key.pem -pubout -out out"), "public key"),
        ("store.jks", [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2][..], &[0; 64]].concat(), "60 bytes follow the entries"),
        ("archive.zip", b"PK\x03\x04\x14\0\0\0\0\0".to_vec(), "zip"),
        ("page.html", b"\n<!DOCTYPE html>\n<html><body>login</body></html>".to_vec(), "html"),
        ("answer.json", b"{\"error\": \"forbidden\"}".to_vec(), "json"),
        ("empty.pem", Vec::new(), "empty"),
        ("blank.pem", b"\n \n".to_vec(), "empty"),
        ("marked.pem", b"\xef\xbb\xbf\r\n".to_vec(), "empty"),
        ("notes.txt", b"put the certificate here\n".to_vec(), "text"),
    ]
}
