//! The facts that `inspect` tells of certificates against what OpenSSL tells of them, and names that are made to deceive.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::der::{certificate, common_name, generalized, utc};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::tools;

#[test]
fn every_root_of_the_catalogue_is_described_as_openssl_describes_it() {
    let mut files = Vec::new();
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles")).unwrap() {
        let file = folder.unwrap().path().join("roots.pem");
        files.extend(file.exists().then_some(file));
    }
    assert!(files.len() > 5, "{files:?}");
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    agrees_with_openssl(text.as_bytes());
}

#[test]
fn every_root_of_this_machine_is_described_as_openssl_describes_it() {
    if let Ok(text) = fs::read("/etc/ssl/certs/ca-certificates.crt") {
        agrees_with_openssl(&text);
    }
}

#[test]
fn every_kind_of_key_and_signature_is_described_as_openssl_describes_it() {
    if tools::program("openssl").is_none() {
        return;
    }
    let kinds: &[(&str, &str, &str, &str)] = &[
        ("rsa:2048", "", "RSA 2048", "sha256WithRSAEncryption"),
        ("rsa:3072", "-sha384", "RSA 3072", "sha384WithRSAEncryption"),
        ("rsa:4096", "-sha512", "RSA 4096", "sha512WithRSAEncryption"),
        ("rsa:2048", "-sha1", "RSA 2048", "sha1WithRSAEncryption"),
        ("rsa:1024", "-sha256", "RSA 1024", "sha256WithRSAEncryption"),
        ("rsa:2047", "-sha256", "RSA 2047", "sha256WithRSAEncryption"),
        ("rsa:2048", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1", "RSA 2048", "rsassaPss"),
        ("rsa:3072", "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1", "RSA 3072", "rsassaPss"),
        // OpenSSL's usual salt is the longest that fits.
        ("rsa:2048", "-sigopt rsa_padding_mode:pss", "RSA 2048", "rsassaPss"),
        ("rsa:2050", "-sha512 -sigopt rsa_padding_mode:pss", "RSA 2050", "rsassaPss"),
        ("rsa-pss -pkeyopt rsa_keygen_bits:2048", "-sigopt rsa_pss_saltlen:-1", "RSA 2048", "rsassaPss"),
        ("ec -pkeyopt ec_paramgen_curve:P-256", "-sha256", "EC P-256", "ecdsa-with-SHA256"),
        ("ec -pkeyopt ec_paramgen_curve:P-256", "-sha512", "EC P-256", "ecdsa-with-SHA512"),
        ("ec -pkeyopt ec_paramgen_curve:P-384", "-sha384", "EC P-384", "ecdsa-with-SHA384"),
        ("ec -pkeyopt ec_paramgen_curve:P-384", "-sha256", "EC P-384", "ecdsa-with-SHA256"),
        ("ec -pkeyopt ec_paramgen_curve:P-521", "-sha512", "EC P-521", "ecdsa-with-SHA512"),
        ("ec -pkeyopt ec_paramgen_curve:P-521", "-sha1", "EC P-521", "ecdsa-with-SHA1"),
        ("ec -pkeyopt ec_paramgen_curve:secp256k1", "-sha256", "EC secp256k1", "ecdsa-with-SHA256"),
        ("ed25519", "", "Ed25519", "ED25519"),
    ];
    let home = Home::new();
    let mut all = String::new();
    for (index, (key, options, key_name, signature)) in kinds.iter().enumerate() {
        let pem = self_signed(&home, key, &format!("{options} -subj /CN=root-{index}"));
        home.write("root.pem", &pem);
        let certificate = &inspect(&home, "root.pem")[0];
        let found = (&certificate["key"], &certificate["signature"], &certificate["self_signed"]);
        assert_eq!(found, (&(*key_name).into(), &(*signature).into(), &true.into()), "{key} {options}");
        all += &pem;
    }
    agrees_with_openssl(all.as_bytes());
}

#[test]
fn a_root_that_cannot_be_verified_here_is_taken_from_a_named_file_with_a_warning() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    Run::of(home.command("openssl").args("dsaparam -out dsa.param 2048".split(' '))).expect(0);
    let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen";
    let kinds = [
        ("ed448", "", "Ed448", "ED448 by Ed448"),
        ("dsa:dsa.param", "-sha256", "DSA", "dsa-with-SHA256 by DSA"),
        (
            "ec -pkeyopt ec_paramgen_curve:brainpoolP256r1",
            "",
            "EC brainpoolP256r1",
            "ecdsa-with-SHA256 by EC brainpoolP256r1",
        ),
        ("ec -pkeyopt ec_paramgen_curve:P-384", "-sha1", "EC P-384", "ecdsa-with-SHA1 by EC P-384"),
        (
            "ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "",
            "EC explicit",
            "ecdsa-with-SHA256 by EC explicit",
        ),
        ("rsa:2048", "-md5", "RSA 2048", "md5WithRSAEncryption by RSA 2048"),
        ("rsa:1024", "-sha384", "RSA 1024", "sha384WithRSAEncryption by RSA 1024"),
        (
            "rsa:2048 -pkeyopt rsa_keygen_pubexp:17179869209",
            "",
            "RSA 2048",
            "sha256WithRSAEncryption by RSA 2048 with an exponent of 35 bits",
        ),
        ("rsa:2048", &format!("{pss}:20"), "RSA 2048", "rsassaPss by RSA 2048"),
        ("rsa:2048", &format!("-sha256 {pss}:32 -sigopt rsa_mgf1_md:sha1"), "RSA 2048", "rsassaPss by RSA 2048"),
    ];
    for (key, options, key_name, signature) in kinds {
        home.write("root.pem", self_signed(&home, key, &format!("{options} -subj /CN=root")));
        let listed = &inspect(&home, "root.pem")[0];
        assert_eq!((&listed["key"], &listed["self_signed"]), (&key_name.into(), &false.into()), "{key}");
        let run = home.pgtrust(&["inspect", "root.pem"]).expect(0);
        assert!(run.stdout.contains("self-issued CA, whose signature pgtrust does not verify"), "{key}: {run}");
        let run = home.pgtrust(&["bundle", "root.pem"]).expect(0);
        let warning = format!("`CN=root` is taken on your word: pgtrust does not verify its signature, {signature}\n");
        assert!(run.stderr.contains(&warning), "{key}: {run}");
        assert!(run.stdout.contains("BEGIN CERTIFICATE"), "{run}");
    }
}

#[test]
fn what_another_kind_or_size_of_key_signed_is_not_taken() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    for (name, key) in [("ed448", "ed448"), ("rsa", "rsa:2048"), ("ec", "ec -pkeyopt ec_paramgen_curve:P-256")] {
        home.write(&format!("{name}.pem"), self_signed(&home, key, "-subj /CN=root"));
        fs::rename(home.path().join("made.key"), home.path().join(format!("{name}.key"))).unwrap();
    }
    // A new key under the old one: names and issuer alike, and not a root.
    for (new, old) in [("ec", "ed448"), ("ed448", "ec"), ("rsa", "ed448"), ("ec", "rsa")] {
        let make = format!("req -new -key {new}.key -subj /CN=root -out {new}.csr");
        Run::of(home.command("openssl").args(make.split(' '))).expect(0);
        home.write("ca.ext", "basicConstraints=CA:TRUE\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n");
        let sign = format!(
            "x509 -req -in {new}.csr -CA {old}.pem -CAkey {old}.key -CAcreateserial -extfile ca.ext -out {new}-{old}.pem"
        );
        Run::of(home.command("openssl").args(sign.split(' '))).expect(0);
        let run = home.pgtrust(&["bundle", &format!("{new}-{old}.pem")]).expect(2);
        assert!(run.stderr.contains("its own key did not sign it"), "{new} under {old}: {run}");
    }
}

#[test]
fn a_key_that_anyone_can_break_is_refused_as_such() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    for bits in [512, 1000, 1023] {
        home.write("root.pem", self_signed(&home, &format!("rsa:{bits}"), "-subj /CN=root"));
        for flags in [&[][..], &["--allow-non-roots"]] {
            let run = home.pgtrust(&[&["bundle", "root.pem"], flags].concat()).expect(2);
            let reason = format!("`CN=root` has an RSA key of {bits} bits, and 1024 are the least");
            assert!(run.stderr.contains(&reason) && !run.stderr.contains("hint:"), "{run}");
        }
    }
}

#[test]
fn the_same_name_on_both_sides_is_not_enough_to_be_self_signed() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let made = [
        ("rsa:2048", ""),
        ("ec -pkeyopt ec_paramgen_curve:P-256", ""),
        ("ec -pkeyopt ec_paramgen_curve:P-521", "-sha512"),
        ("ed25519", ""),
    ];
    for (key, options) in made {
        // Without key identifiers, so that only the signature tells.
        home.write(
            "ext.cnf",
            "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n",
        );
        self_signed(&home, key, &format!("{options} -subj /CN=same"));
        fs::rename(home.path().join("made.pem"), home.path().join("ca.pem")).unwrap();
        fs::rename(home.path().join("made.key"), home.path().join("ca.key")).unwrap();
        openssl(&home, &format!("req -new -newkey {key} -nodes -keyout other.key -out other.csr -subj /CN=same"));
        let sign =
            "x509 -req -in other.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 999 -extfile ext.cnf -out other.pem";
        openssl(&home, &format!("{sign} {options}"));
        let other = &inspect(&home, "other.pem")[0];
        assert_eq!((&other["subject"], &other["issuer"]), (&"CN=same".into(), &"CN=same".into()), "{key}");
        assert_eq!((&other["self_signed"], &other["ca"]), (&false.into(), &true.into()), "{key}: {other}");
        assert_eq!(inspect(&home, "ca.pem")[0]["self_signed"], true, "{key}");
        let run = home.pgtrust(&["install", "other.pem", "--output", "store.pem"]).expect(2);
        assert!(run.stderr.contains("--allow-non-roots"), "{run}");
    }
}

#[test]
fn odd_serials_dates_versions_and_constraints_are_described_as_openssl_describes_them() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let key = "ec -pkeyopt ec_paramgen_curve:P-256";
    let mut all = String::new();
    for (serial, wanted) in [
        ("-5", "-05"),
        ("0", "00"),
        ("-128", "-80"),
        ("-256", "-0100"),
        ("128", "80"),
        ("255", "ff"),
        ("-32769", "-8001"),
    ] {
        let pem = self_signed(&home, key, &format!("-set_serial {serial} -subj /CN=serial"));
        home.write("root.pem", &pem);
        assert_eq!(inspect(&home, "root.pem")[0]["serial"], wanted, "{serial}");
        all += &pem;
    }
    for length in [0, 1, 127, 128, 65535] {
        let extension = format!("-addext basicConstraints=critical,CA:TRUE,pathlen:{length}");
        let pem = self_signed(&home, key, &format!("{extension} -subj /CN=path"));
        home.write("root.pem", &pem);
        assert_eq!(inspect(&home, "root.pem")[0]["path_length"], length);
        all += &pem;
    }
    all += &self_signed(&home, key, "-addext basicConstraints=CA:FALSE -subj /CN=leaf");
    all += &self_signed(&home, key, "-multivalue-rdn -subj /C=DE+CN=multi+O=valued/OU=\\+,;<>\"=#\\\\");
    all += &self_signed(&home, key, "-subj /CN=/O=");
    all +=
        &self_signed(&home, key, "-utf8 -subj /DC=example/UID=x/emailAddress=a@b.example/serialNumber=1/CN=Zürich東京");
    agrees_with_openssl(all.as_bytes());
}

#[test]
fn dates_from_1950_to_9999_are_read() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let dates = [
        (utc("500101000000Z"), utc("491231235959Z"), "1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z"),
        (utc("991231235959Z"), generalized("21211231235959Z"), "1999-12-31T23:59:59Z", "2121-12-31T23:59:59Z"),
        (utc("240229000000Z"), generalized("99991231235959Z"), "2024-02-29T00:00:00Z", "9999-12-31T23:59:59Z"),
        (
            generalized("19490101000000Z"),
            generalized("20500101000000Z"),
            "1949-01-01T00:00:00Z",
            "2050-01-01T00:00:00Z",
        ),
    ];
    for (from, to, not_before, not_after) in dates {
        home.write("dates.der", certificate(&common_name(0x0c, b"dates"), &from, &to));
        let found = &inspect(&home, "dates.der")[0];
        assert_eq!((&found["not_before"], &found["not_after"]), (&not_before.into(), &not_after.into()));
        let said = openssl(&home, "x509 -inform DER -in dates.der -noout -dates -dateopt iso_8601");
        assert!(said.contains(&not_before.replace('T', " ")) && said.contains(&not_after.replace('T', " ")), "{said}");
    }
}

#[test]
fn dates_at_the_edge_of_the_calendar_do_not_crash_and_do_not_turn_into_others() {
    let home = Home::new();
    let edges = [
        (generalized("00000101000000Z"), generalized("99991231235959Z")),
        (generalized("00000101000000+0100"), generalized("99991231235959Z")),
        (generalized("20240101000000Z"), generalized("99991231235959-0100")),
        (generalized("20240101000000Z"), generalized("99991231235960Z")),
    ];
    for (from, to) in edges {
        home.write("edge.der", certificate(&common_name(0x0c, b"edge"), &from, &to));
        for arguments in
            [&["inspect", "edge.der"] as &[&str], &["inspect", "--json", "edge.der"], &["bundle", "edge.der"]]
        {
            // Read or reported: both are right, an end by a signal or with status 101 is not.
            let run = home.pgtrust(arguments);
            assert!((0..=2).contains(&run.status), "{run}");
            assert!(!run.stdout.contains("1970") && !run.stderr.contains("1970"), "{run}");
        }
    }
}

#[test]
fn version_1_is_read_from_pem_and_from_der() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    for serial in ["0", "1", "77"] {
        openssl(&home, "req -new -newkey rsa:2048 -nodes -keyout v1.key -out v1.csr -subj /CN=v1");
        openssl(&home, &format!("x509 -req -in v1.csr -signkey v1.key -days 999 -set_serial {serial} -out v1.pem"));
        openssl(&home, "x509 -in v1.pem -outform DER -out v1.der");
        assert!(openssl(&home, "x509 -in v1.pem -noout -text").contains("Version: 1 (0x0)"));
        for file in ["v1.pem", "v1.der"] {
            let found = &inspect(&home, file)[0];
            let facts = (&found["version"], &found["ca"], &found["self_signed"]);
            assert_eq!(facts, (&1.into(), &false.into(), &true.into()), "{file} with serial {serial}");
        }
        agrees_with_openssl(&fs::read(home.path().join("v1.pem")).unwrap());
    }
}

/// Compares everything that `inspect` and OpenSSL both tell of each certificate in a PEM file.
fn agrees_with_openssl(text: &[u8]) {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let mut unique = HashMap::new();
    for block in pem::parse_many(text).unwrap() {
        unique.entry(block.contents().to_vec()).or_insert(block);
    }
    assert!(!unique.is_empty());
    let mut failures = Vec::new();
    for der in unique.keys() {
        home.write("one.der", der);
        let found = &inspect(&home, "one.der")[0];
        let facts = openssl_facts(&home);
        for (key, wanted) in &facts {
            let told = match &found[*key] {
                Value::String(text) if matches!(*key, "subject" | "issuer") => comparable(text),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if told != *wanted {
                failures.push(format!("{key}: {told}, not {wanted}, of {}", found["subject"]));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn openssl_facts(home: &Home) -> Vec<(&'static str, String)> {
    let options =
        "-fingerprint -sha256 -subject -issuer -serial -dates -nameopt RFC2253,-esc_msb,utf8 -dateopt iso_8601";
    let said = openssl(home, &format!("x509 -inform DER -in one.der -noout {options}"));
    let said = |key: &str| said.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
    let text = openssl(home, "x509 -inform DER -in one.der -noout -text");
    let line =
        |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).map(|rest| rest.trim().to_owned());
    let below = |key: &str| {
        let mut lines = text.lines().skip_while(|line| !line.trim().starts_with(key)).skip(1);
        lines.next().map(|line| line.trim().to_owned())
    };
    let identifier = |key: &str| match below(key) {
        // What has no key identifier has the issuer's name and serial.
        Some(line) if !line.starts_with("DirName") && !line.starts_with("serial") => {
            line.trim_start_matches("keyid:").replace(':', "").to_lowercase()
        }
        _ => "null".to_owned(),
    };
    let constraints = below("X509v3 Basic Constraints").unwrap_or_default();
    let bits = || line("Public-Key: (").unwrap().split(' ').next().unwrap().to_owned();
    let key = match line("Public Key Algorithm:").unwrap().as_str() {
        "rsaEncryption" | "rsassaPss" => format!("RSA {}", bits()),
        "id-ecPublicKey" => format!("EC {}", line("NIST CURVE:").or_else(|| line("ASN1 OID:")).unwrap()),
        "ED25519" => "Ed25519".to_owned(),
        other => other.to_owned(),
    };
    openssl(home, "x509 -inform DER -in one.der -out one.pem");
    let public_key = pem::parse(openssl(home, "x509 -in one.pem -noout -pubkey")).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public_key.contents());
    let verify = "verify -no_check_time -check_ss_sig -auth_level 0 -no-CApath -no-CAstore -CAfile one.pem one.pem";
    let verified = Run::of(home.command("openssl").args(verify.split(' '))).status == 0;
    let date = |key: &str| said(key).replace(' ', "T");
    vec![
        ("sha256", said("sha256 Fingerprint=").replace(':', "").to_lowercase()),
        ("subject", comparable(&said("subject="))),
        ("issuer", comparable(&said("issuer="))),
        ("serial", said("serial=").to_lowercase()),
        ("not_before", date("notBefore=")),
        ("not_after", date("notAfter=")),
        ("version", line("Version:").unwrap().split(' ').next().unwrap().to_owned()),
        ("signature", line("Signature Algorithm:").unwrap()),
        ("ca", constraints.contains("CA:TRUE").to_string()),
        ("path_length", constraints.split("pathlen:").nth(1).unwrap_or("null").to_owned()),
        ("key", key),
        ("spki_sha256", digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()),
        ("subject_key_id", identifier("X509v3 Subject Key Identifier")),
        ("authority_key_id", identifier("X509v3 Authority Key Identifier")),
        ("self_signed", verified.to_string()),
    ]
}

/// A name in one spelling. OpenSSL also reverses the attributes of an RDN with several; their order means nothing
/// (X.501), so they are sorted.
fn comparable(name: &str) -> String {
    let mut rdns: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut escaped = false;
    for c in name.chars() {
        match c {
            ',' if !escaped => rdns.push(vec![String::new()]),
            '+' if !escaped => rdns.last_mut().unwrap().push(String::new()),
            c => rdns.last_mut().unwrap().last_mut().unwrap().push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    rdns.iter_mut().for_each(|rdn| rdn.sort());
    rdns.iter().map(|rdn| rdn.join("+")).collect::<Vec<_>>().join(",")
}

#[track_caller]
pub(crate) fn inspect(home: &Home, file: &str) -> Vec<Value> {
    let run = home.pgtrust(&["inspect", "--json", file]).expect(0);
    run.json()["stores"][0]["certificates"].as_array().unwrap().clone()
}

#[track_caller]
pub(crate) fn openssl(home: &Home, arguments: &str) -> String {
    Run::of(home.command("openssl").args(arguments.split_whitespace())).expect(0).stdout
}

/// A self-signed certificate by OpenSSL, as PEM. It stays in `made.pem`, its key in `made.key`.
#[track_caller]
pub(crate) fn self_signed(home: &Home, key: &str, options: &str) -> String {
    openssl(home, &format!("req -x509 -newkey {key} -nodes -keyout made.key -out made.pem -days 9999 {options}"));
    fs::read_to_string(home.path().join("made.pem")).unwrap()
}

#[test]
fn the_builder_of_these_tests_makes_what_openssl_reads() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("real.der", &root.der);
    home.write("built.der", certificate(&common_name(0x0c, b"built"), &utc("240101000000Z"), &utc("490101000000Z")));
    for file in ["real.der", "built.der"] {
        assert!(openssl(&home, &format!("x509 -inform DER -in {file} -noout -text")).contains("CA:TRUE"));
    }
}
