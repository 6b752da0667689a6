//! Certificates as people paste, pack and convert them: what is unambiguous is read, and all else named with a remedy.

use std::fs;
use std::path::Path;

use crate::support::forms::certificates_for_libpq;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::TestCertificate;
use crate::support::store::{in_order, roots, sorted};
use crate::support::tools;

/// The same two roots in a text, and what is odd about it.
struct Odd {
    name: &'static str,
    bytes: Vec<u8>,
    flaw: &'static str,
    /// Whether a store that is so can be added to, and its clients read it then.
    mended: bool,
}

fn odd(home: &Home, a: &TestCertificate, b: &TestCertificate) -> Vec<Odd> {
    let both = format!("{}{}", a.pem, b.pem);
    home.write("both.pem", &both);
    let openssl = |arguments: &str| {
        Run::of(home.command("openssl").args(arguments.split(' '))).expect(0);
        fs::read(home.path().join("out")).unwrap()
    };
    let row = |name, bytes, flaw, mended| Odd { name, bytes, flaw, mended };
    let text = |name, text: String, flaw| row(name, text.into_bytes(), flaw, true);
    let escaped = "its line ends are written as `\\n`";
    let dashes = "its BEGIN or END line lacks its dashes";
    let spaces = "it holds spaces of another kind";
    let lines = both.replace('\n', "\\n");
    let packed = openssl("base64 -e -in both.pem -out out");
    let on_one_line = openssl("base64 -e -A -in both.pem -out out");
    let yaml = format!("apiVersion: v1\nkind: Secret\ndata:\n  ca.crt: {}\n", String::from_utf8_lossy(&on_one_line));
    let pkcs7 = String::from_utf8(openssl("crl2pkcs7 -nocrl -certfile both.pem -out out")).unwrap();
    let cp1252 = both.replace('-', "\u{96}").chars().map(|character| character as u8).collect();
    vec![
        text("escaped", lines.clone(), escaped),
        text("escaped, with the quotes of a string", format!("\"{lines}\"\n"), escaped),
        text("escaped twice", both.replace('\n', "\\\\n"), escaped),
        row("a value in .env", format!("PGSSLCA=\"{lines}\"\n").into_bytes(), escaped, false),
        row(
            "a string of JSON",
            format!("{{\"ca\": \"{}\"}}", both.replace('\n', "\\r\\n").replace('/', "\\/").replace('+', "\\u002B"))
                .into_bytes(),
            escaped,
            false,
        ),
        text("en dashes", both.replace('-', "\u{2013}"), dashes),
        text("em dashes and hyphens", both.replace("-----", "\u{2014}\u{2014}-"), dashes),
        row("en dashes of Windows", cp1252, dashes, true),
        text("four dashes", both.replace("-----", "----"), dashes),
        text("no dashes", both.replace("-----", ""), dashes),
        text("an END line with four dashes", both.replace("E-----\n-----B", "E----\n-----B"), dashes),
        text("no-break spaces", both.replace("BEGIN ", "BEGIN\u{a0}").replace("END ", "END\u{a0}"), dashes),
        text("no-break spaces inside", both.replace("\nM", "\n\u{a0}\u{200b}M"), spaces),
        text("PKCS#7 as a certificate", pkcs7.replace("PKCS7", "CERTIFICATE"), "it stands in a PKCS#7 block"),
        row("base64 of PEM", packed, "it is base64 of a PEM file", true),
        row("base64 of PEM on one line", on_one_line, "it is base64 of a PEM file", true),
        row("a Secret of Kubernetes", yaml.into_bytes(), "it is base64 of a PEM file", false),
    ]
}

#[test]
fn what_is_unambiguous_is_read_and_shown_with_its_flaw() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    home.write("c.pem", &c.pem);
    let mut failures = Vec::new();
    for Odd { name, bytes, flaw, mended } in odd(&home, &a, &b) {
        home.write("input", &bytes);
        home.pgtrust(&["bundle", "input", "-o", "out.pem"]).expect(0);
        if sorted(in_order(&home, "out.pem")) != sorted(vec![a.fingerprint(), b.fingerprint()]) {
            failures.push(format!("{name}: not both are read"));
        }
        let inspected = home.pgtrust(&["inspect", "--json", "input"]).expect(0);
        let listed = &inspected.json()["stores"][0]["certificates"];
        let flaws: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|one| one["flaw"].as_str()).collect();
        // In the form with one bad END line only the first block is odd.
        if flaws.is_empty() || flaws.iter().any(|found| *found != flaw) {
            failures.push(format!("{name}: {inspected}"));
        }
        if certificates_for_libpq(&home, Path::new("input")) == 2 {
            failures.push(format!("{name}: libpq reads it, so that it has no flaw"));
        }

        home.write("store.pem", &bytes);
        let install = home.pgtrust(&["install", "c.pem", "--output", "store.pem", "--format", "pem"]);
        let after = fs::read(home.path().join("store.pem")).unwrap();
        if mended && (install.status != 0 || certificates_for_libpq(&home, Path::new("store.pem")) != 3) {
            failures.push(format!("{name}: not mended: {install}\n{}", String::from_utf8_lossy(&after)));
        }
        if !mended && (install.status != 2 || after != bytes) {
            failures.push(format!("{name}: not refused: {install}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn one_certificate_in_bare_base64_is_read() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let body: String = a.pem.lines().filter(|line| !line.starts_with('-')).map(|line| format!("{line}\r\n")).collect();
    home.write("bare.txt", &body);
    home.pgtrust(&["bundle", "bare.txt", "-o", "out.pem"]).expect(0);
    assert_eq!(in_order(&home, "out.pem"), [a.fingerprint()]);
    let listed = home.pgtrust(&["inspect", "--json", "bare.txt"]).expect(0).json();
    assert_eq!(listed["stores"][0]["format"], "base64");
    assert_eq!(listed["stores"][0]["certificates"][0]["flaw"], "it is base64 without the lines of PEM");
    // As a store of libpq it turns into what libpq reads.
    home.write(".postgresql/root.crt", &body);
    home.write("b.pem", &b.pem);
    home.pgtrust(&["install", "b.pem"]).expect(0);
    assert_eq!(in_order(&home, ".postgresql/root.crt"), [a.fingerprint(), b.fingerprint()]);
}

#[test]
fn a_private_key_is_refused_in_every_disguise() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a] = roots(["A"]);
    let home = Home::new();
    let openssl = |arguments: &str| {
        Run::of(home.command("openssl").args(arguments.split(' '))).expect(0);
        fs::read(home.path().join("out")).unwrap()
    };
    let pem = String::from_utf8(openssl("genpkey -algorithm ED25519 -out out")).unwrap();
    home.write("key.pem", &pem);
    let short = openssl("pkey -in key.pem -outform DER -out out");
    let bare = openssl("base64 -e -in key.pem -out out");
    let long = openssl("genrsa -out out 2048");
    home.write("rsa.pem", long);
    let long = openssl("pkey -in rsa.pem -outform DER -out out");
    let cert = a.pem.as_bytes();
    let forms = [
        ("escaped", [cert, pem.replace('\n', "\\n").as_bytes()].concat()),
        ("without dashes", [cert, pem.replace("-----", "").as_bytes()].concat()),
        ("with en dashes", [cert, pem.replace('-', "\u{2013}").as_bytes()].concat()),
        ("in DER behind PEM", [cert, &long].concat()),
        ("short, in DER behind PEM", [cert, &short].concat()),
        ("in DER behind DER", [&a.der[..], &short].concat()),
        ("in base64", bare.clone()),
        ("in YAML", [b"tls.key: ", &openssl("base64 -e -A -in key.pem -out out")[..]].concat()),
    ];
    let mut failures = Vec::new();
    for (form, bytes) in forms {
        home.write("input", bytes);
        for arguments in [&["bundle", "input", "-o", "out.pem"] as &[&str], &["install", "input"]] {
            let run = home.pgtrust(arguments);
            if run.status != 2 || !run.stderr.contains("contains a private key") {
                failures.push(format!("{form}: {run}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(!home.path().join("out.pem").exists() && !home.root_crt().exists());
}

#[test]
fn text_that_only_speaks_of_certificates_is_passed_over() {
    let [a] = roots(["A"]);
    let home = Home::new();
    let text = "BEGIN CERTIFICATE\nis how it begins, and\nEND CERTIFICATE\nhow it ends\n# BEGIN CERTIFICATE\n\
                the -----BEGIN of it costs 0\u{20ac}\n— BEGIN CERTIFICATE REQUEST —\n";
    let store = format!("{text}{}{text}", a.pem);
    home.write("input.pem", &store);
    home.pgtrust(&["bundle", "input.pem", "-o", "out.pem"]).expect(0);
    assert_eq!(in_order(&home, "out.pem"), [a.fingerprint()]);
    // Glued to a block, it does not take that with it.
    home.write("input.pem", format!("\u{2013}\u{2013}BEGIN x{}", a.pem));
    home.pgtrust(&["bundle", "input.pem", "-o", "out.pem"]).expect(0);
    assert_eq!(in_order(&home, "out.pem"), [a.fingerprint()]);
}

#[test]
fn what_cannot_be_read_is_named_with_a_remedy() {
    let home = Home::new();
    let data = |name: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap();
    for (name, bytes, what, remedy) in [
        ("a", data("bouncy-castle.bks"), "is a BKS key store", "keytool -importkeystore"),
        ("b", data("bouncy-castle.uber"), "is a UBER key store", "keytool -importkeystore"),
        ("c", data("bouncy-castle.bcfks"), "is a BCFKS key store", "keytool -importkeystore"),
        ("d", b"<html><body>log in</body></html>".to_vec(), "is an HTML page", "login page"),
        ("e", b"ssh-ed25519 AAAA me@here\n".to_vec(), "is an SSH public key", "the certificate of the CA"),
        ("f", b"subject=CN = A\n".to_vec(), "is text without a certificate", "-----BEGIN CERTIFICATE-----"),
    ] {
        let file = home.write(name, bytes);
        let file = file.to_str().unwrap();
        for arguments in [&["bundle", file, "-o", "out.pem"] as &[&str], &["install", file], &["inspect", file]] {
            let run = home.pgtrust(arguments).expect(2);
            let hint = run.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
            assert!(run.stderr.contains(what) && hint.contains(remedy), "{name}: {run}");
        }
    }
}

#[test]
fn no_root_is_left_with_every_reason() {
    use crate::support::pki::{Authority, Chain};
    let chain = Chain::new();
    let home = Home::new();
    home.write("leaf.pem", &chain.leaf.pem);
    home.write("old.pem", Authority::expired_root("old").certificate.pem);
    home.write("older.pem", Authority::expired_root("older").certificate.pem);
    let run = home.pgtrust(&["bundle", "leaf.pem", "old.pem", "older.pem", "-o", "out.pem"]).expect(2);
    let said = run.stderr.lines().find(|line| line.contains("no root is left")).unwrap();
    assert!(said.matches("expired on 2020-01-02").count() == 2 && said.contains("is not a root"), "{run}");
    // A store without any certificate is no reason to keep silent.
    home.write("root.pem", &chain.root.pem);
    home.pgtrust(&["bundle", "root.pem", "-o", "empty.jks"]).expect(0);
    home.pgtrust(&["install", "root.pem", "--output", "other.jks"]).expect(0);
    fs::remove_file(home.path().join("empty.jks")).unwrap();
    home.write("empty.jks", [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0][..], &empty_digest()].concat());
    let run = home.pgtrust(&["bundle", "empty.jks", "-o", "out.pem"]).expect(2);
    assert!(run.stderr.contains("no root is left to put into a bundle: no source holds a certificate"), "{run}");
}

/// Of an empty JKS under `changeit`: SHA-1 of the password in UTF-16, of "Mighty Aphrodite" and of the rest.
fn empty_digest() -> Vec<u8> {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    let mut bytes: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    bytes.extend_from_slice(b"Mighty Aphrodite");
    bytes.extend_from_slice(&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0]);
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref().to_vec()
}
