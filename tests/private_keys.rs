//! Private keys and the certificates that belong to them: listed, never taken for roots, never lost without a word.
//! openssl and keytool make the stores and say what is in them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::keytool::{hex, keytool_list, run};
use crate::support::pgtrust::Home;
use crate::support::pki::{Authority, Chain};
use crate::support::tools;

#[test]
fn the_chain_of_a_key_is_listed_under_it_and_no_root() {
    let Some(scene) = Scene::new() else { return };
    let Scene { home, chain, keytool } = &scene;
    let wanted = [&chain.leaf, &chain.intermediate, &chain.root].map(|certificate| certificate.fingerprint());
    for (store, format) in STORES {
        let keytool_says = run(home, keytool, &["-list", "-v", "-keystore", store, "-storepass", "changeit"]).expect(0);
        let by_java: Vec<String> =
            keytool_says.stdout.lines().filter_map(|line| hex(line.trim().strip_prefix("SHA256:")?)).collect();
        assert_eq!(by_java, wanted, "{store}");

        let listed = home.pgtrust(&["inspect", "--json", store]).expect(0).json();
        let found = &listed["stores"][0];
        assert_eq!((&found["format"], &found["certificates"]), (&json!(format), &json!([])), "{found}");
        let key = &found["other_entries"][0];
        assert_eq!((&key["alias"], &key["kind"]), (&json!("server"), &json!("private-key")), "{found}");
        assert_eq!(fingerprints(&key["chain"]), wanted, "{found}");
        assert_eq!(key["chain"][2]["subject"], json!("CN=pgtrust test root,O=pgtrust tests"), "{found}");
        assert_eq!(key["chain"][2]["self_signed"], json!(true), "{found}");

        let text = home.pgtrust(&["inspect", store]).expect(0);
        assert!(text.stdout.starts_with(&format!("{store}: {format}, 1 private key\n")), "{text}");
        assert!(text.stdout.contains("  server: private-key\n\n    CN=localhost\n      sha256 "), "{text}");
        assert!(text.stdout.contains("\n    CN=pgtrust test root,O=pgtrust tests\n"), "{text}");
        assert!(text.stderr.is_empty(), "{text}");
    }
}

#[test]
fn a_store_whose_certificates_all_belong_to_keys_says_so() {
    let Some(scene) = Scene::new() else { return };
    let Scene { home, chain, keytool } = &scene;
    let other = Authority::root("pgtrust test other").certificate;
    home.write("other.pem", &other.pem);
    for (store, _) in STORES {
        for command in [&["bundle", store, "-o", "out.pem"][..], &["install", store], &["bundle", store, "--only", "*"]]
        {
            let refused = home.pgtrust(command).expect(2);
            for subject in ["CN=localhost", "CN=pgtrust test intermediate", "CN=pgtrust test root"] {
                let said = format!("`{subject}{}` belongs to the private key `server`", organisation(subject));
                assert!(refused.stderr.contains(&said), "{said}: {refused}");
            }
            assert!(refused.stderr.contains("error: no root is left to put into a bundle: "), "{refused}");
            assert!(refused.stderr.contains("hint: pass the CA by itself: `openssl pkcs12 "), "{refused}");
            assert!(!home.path().join("out.pem").exists() && !home.root_crt().exists());
        }
        // Beside another source it is named, and the status tells.
        let bundled = home.pgtrust(&["bundle", "other.pem", store, "-o", "some.pem"]).expect(1);
        assert!(
            bundled.stderr.contains(&format!("warning: `{store}`: all its certificates belong to private keys\n"))
                && bundled
                    .stderr
                    .contains("left out `CN=pgtrust test root,O=pgtrust tests`: belongs to the private key"),
            "{bundled}"
        );
        let listed = home.pgtrust(&["inspect", "--json", "some.pem"]).expect(0).json();
        assert_eq!(fingerprints(&listed["stores"][0]["certificates"]), [other.fingerprint()]);
    }

    home.write("leaf.pem", &chain.leaf.pem);
    let openssl = tools::program("openssl").unwrap();
    let export = ["pkcs12", "-export", "-inkey", "server.key", "-in", "leaf.pem", "-out", "leaf.p12"];
    run(home, &openssl, &[&export[..], &["-passout", "pass:changeit"]].concat()).expect(0);
    let refused = home.pgtrust(&["install", "leaf.p12"]).expect(2);
    let said = "hint: its CA is not in it: get the certificate of `CN=pgtrust test intermediate,O=pgtrust tests`";
    assert!(refused.stderr.contains(said), "{refused}");

    // What the hint says works.
    let export = ["pkcs12", "-in", "server.p12", "-cacerts", "-nokeys", "-out", "ca.pem", "-passin", "pass:changeit"];
    run(home, &openssl, &export).expect(0);
    let printed = run(home, keytool, &["-list", "-rfc", "-keystore", "server.jks", "-storepass", "changeit"]).expect(0);
    home.write("printed", &printed.stdout);
    for file in ["ca.pem", "printed"] {
        home.pgtrust(&["bundle", file, "-o", "root.pem"]).expect(0);
        let listed = home.pgtrust(&["inspect", "--json", "root.pem"]).expect(0).json();
        assert_eq!(fingerprints(&listed["stores"][0]["certificates"]), [chain.root.fingerprint()], "{file}");
    }
}

#[test]
fn what_is_trusted_beside_a_key_becomes_a_root_and_the_rest_is_named() {
    let Some(scene) = Scene::new() else { return };
    let Scene { home, chain, keytool } = &scene;
    let other = Authority::root("pgtrust test other").certificate;
    home.write("other.pem", &other.pem);
    for (store, _) in STORES {
        let import = |alias: &str, file: &str| {
            let import = ["-importcert", "-noprompt", "-alias", alias, "-file", file, "-keystore", store];
            run(home, keytool, &[&import[..], &["-storepass", "changeit"]].concat()).expect(0);
        };
        import("other", "other.pem");
        let bundled = home.pgtrust(&["bundle", store, "-o", "out.pem"]).expect(0);
        assert!(bundled.stderr.contains("left out `CN=pgtrust test root,O=pgtrust tests`: belongs to"), "{bundled}");
        assert!(!bundled.stderr.contains("all its certificates"), "{bundled}");
        // Trusted on its own, it is a root, and there is nothing to say of it.
        import("root", "root.pem");
        let bundled = home.pgtrust(&["bundle", store, "-o", "out.pem"]).expect(0);
        assert!(!bundled.stderr.contains("test root"), "{bundled}");
        let listed = home.pgtrust(&["inspect", "--json", "out.pem"]).expect(0).json();
        let mut wanted = vec![other.fingerprint(), chain.root.fingerprint()];
        wanted.sort();
        assert_eq!(fingerprints(&listed["stores"][0]["certificates"]), wanted, "{store}");
        let listed = home.pgtrust(&["inspect", "--json", store]).expect(0).json();
        let key = listed["stores"][0]["other_entries"][0].clone();
        assert_eq!(fingerprints(&key["chain"])[2], chain.root.fingerprint(), "{store}: a chain has all of it");
    }
}

#[test]
fn a_key_among_certificates_is_listed_with_those_that_belong_to_it() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let other = Authority::root("pgtrust test other").certificate;
    let ca = Authority::root("pgtrust test root").certificate;
    for (name, make) in [
        ("rsa", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
        ("rsa-traditional", "genrsa -traditional 2048"),
        ("p384", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
        ("sec1", "ecparam -name prime256v1 -genkey -noout"),
        ("sec1-with-parameters", "ecparam -name prime256v1 -genkey"),
        ("ed25519", "genpkey -algorithm ED25519"),
        ("encrypted", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:x"),
    ] {
        let made: Vec<&str> = make.split(' ').chain(["-out", "key.pem"]).collect();
        // `genrsa` and `ecparam` take the file last.
        let made =
            if name == "rsa-traditional" { vec!["genrsa", "-traditional", "-out", "key.pem", "2048"] } else { made };
        run(&home, &openssl, &made).expect(0);
        let own = [
            "req", "-x509", "-key", "key.pem", "-passin", "pass:x", "-subj", "/CN=own", "-out", "own.pem", "-days", "9",
        ];
        run(&home, &openssl, &[&own[..], &["-addext", "basicConstraints=CA:FALSE"]].concat()).expect(0);
        let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        let (key, own) = (read("key.pem"), read("own.pem"));
        let fingerprint = home.pgtrust(&["inspect", "--json", "own.pem"]).expect(0).json();
        let fingerprint = fingerprints(&fingerprint["stores"][0]["certificates"]).remove(0);
        let mut forms =
            vec![format!("{key}{own}{}{}", ca.pem, other.pem), format!("{own}{}{}{key}", ca.pem, other.pem)];
        // Nothing but the order tells whose an encrypted key is.
        forms.extend((name != "encrypted").then(|| format!("{}{}{own}{key}", other.pem, ca.pem)));
        for form in forms {
            home.write("input.pem", &form);
            let listed = home.pgtrust(&["inspect", "--json", "input.pem"]).expect(0).json();
            let store = &listed["stores"][0];
            assert_eq!(store["certificates"].as_array().unwrap().len(), 3, "{name}: {store}");
            let others = store["other_entries"].as_array().unwrap();
            let keys: Vec<_> = others.iter().filter(|entry| entry["kind"] == "private-key").collect();
            assert!(keys.len() == 1 && fingerprints(&keys[0]["chain"]) == [fingerprint.as_str()], "{name}: {store}");
            let text = home.pgtrust(&["inspect", "input.pem"]).expect(0);
            assert!(text.stdout.starts_with("input.pem: pem, 3 certificates, 1 private key\n"), "{text}");
            // A trust store is no place for it.
            for command in [&["bundle", "input.pem", "-o", "out.pem"][..], &["install", "input.pem"]] {
                let refused = home.pgtrust(command).expect(2);
                assert!(refused.stderr.contains("contains a private key"), "{refused}");
            }
            let refused = home.pgtrust(&["install", "azure", "--output", "input.pem"]).expect(2);
            assert!(refused.stderr.contains("contains a private key"), "{refused}");
            assert_eq!(read("input.pem"), form);
        }
    }
}

#[test]
fn a_key_in_an_archive_is_listed_with_the_certificates_of_other_files() {
    let Some(zip) = tools::program("zip") else { return };
    let (home, chain) = (Home::new(), Chain::new());
    home.write("server.key", chain.key_pem());
    home.write("server.crt", chain.server_pem());
    home.write("ca.crt", &chain.root.pem);
    run(&home, &zip, &["-q", "server.zip", "ca.crt", "server.crt", "server.key"]).expect(0);
    let listed = home.pgtrust(&["inspect", "--json", "server.zip"]).expect(0).json();
    let key = &listed["stores"][0]["other_entries"][0];
    let wanted = [&chain.leaf, &chain.intermediate, &chain.root].map(|certificate| certificate.fingerprint());
    assert_eq!(key["alias"], json!("server.key"), "{listed}");
    assert_eq!(fingerprints(&key["chain"]), wanted, "{listed}");
    assert_eq!(listed["stores"][0]["certificates"].as_array().unwrap().len(), 3, "{listed}");
    home.pgtrust(&["bundle", "server.zip", "-o", "out.pem"]).expect(2);
}

#[test]
fn a_file_of_nothing_but_a_key_is_no_store() {
    let (home, chain) = (Home::new(), Chain::new());
    home.write("server.key", chain.key_pem());
    let refused = home.pgtrust(&["inspect", "server.key"]).expect(2);
    assert!(refused.stderr.starts_with("error: `server.key`: is a private key, not a certificate"), "{refused}");
}

#[test]
fn a_password_that_is_given_and_wrong_is_an_error() {
    let Some(scene) = Scene::new() else { return };
    let Scene { home, .. } = &scene;
    home.write("wrong", "not-the-one\n");
    home.write("right", "changeit\n");
    for (store, _) in STORES {
        // One of the usual passwords opens it, and is not what was asked.
        home.pgtrust(&["inspect", store]).expect(0);
        home.pgtrust(&["inspect", store, "--password-file", "right"]).expect(0);
        let refused = home.pgtrust(&["inspect", "--json", store, "--password-file", "wrong"]).expect(2);
        assert!(
            refused.stderr.starts_with(&format!("error: `{store}`: wrong password, or the store was changed\n")),
            "{refused}"
        );
        let folder = format!("folder-of-{store}");
        fs::create_dir(home.path().join(&folder)).unwrap();
        fs::copy(home.path().join(store), home.path().join(&folder).join(store)).unwrap();
        home.write(&format!("{folder}/root.pem"), &scene.chain.root.pem);
        let listed = home.pgtrust(&["inspect", &folder, "--password-file", "wrong"]).expect(2);
        assert!(listed.stderr.contains("wrong password") && listed.stdout.contains("root.pem: pem, 1 "), "{listed}");
    }
}

#[test]
fn the_other_name_of_the_certificate_type_is_read_as_java_reads_it() {
    let Some(keytool) = tools::keytools().into_iter().next() else { return };
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("root.pem", &root.pem);
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.pgtrust(&["bundle", "root.pem", "-o", "plain.jks"]).expect(0);
    let plain = fs::read(home.path().join("plain.jks")).unwrap();
    for name in ["X509", "x509", "x.509"] {
        let store = retyped(&plain, name);
        let path = home.write("store.jks", &store);
        let java = keytool_list(&home, &keytool, &path, "changeit");
        assert!(matches!(&java[..], [entry] if entry.sha256 == Some(root.fingerprint())), "{name}: {java:?}");
        let listed = home.pgtrust(&["inspect", "--json", "store.jks"]).expect(0).json();
        assert_eq!(fingerprints(&listed["stores"][0]["certificates"]), [root.fingerprint()], "{name}: {listed}");
        let unchanged = home.pgtrust(&["install", "root.pem", "--output", "store.jks"]).expect(0);
        assert!(unchanged.stdout.contains("unchanged: 0 roots added, 1 kept"), "{unchanged}");
        home.pgtrust(&["install", "new.pem", "--output", "store.jks"]).expect(0);
        assert_eq!(keytool_list(&home, &keytool, &path, "changeit").len(), 2, "{name}");
        let grown = fs::read(&path).unwrap();
        assert_eq!(grown[12..store.len() - 20], store[12..store.len() - 20], "{name}: what stood there stays");
    }
}

/// A JKS with this name in the place of its certificates' type, under the password `changeit`.
fn retyped(store: &[u8], name: &str) -> Vec<u8> {
    let at = store.windows(7).position(|window| window == b"\0\x05X.509").unwrap();
    let name = [&(name.len() as u16).to_be_bytes()[..], name.as_bytes()].concat();
    let mut store = [&store[..at], &name, &store[at + 7..store.len() - 20]].concat();
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let signed = [&password, &b"Mighty Aphrodite"[..], &store].concat();
    store.extend_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &signed).as_ref());
    store
}

/// A home with the key of a server in stores of each kind, under the name `server` and the password `changeit`. Its
/// chain is leaf, intermediate, root, and nothing else is in them. The root is in `root.pem` too.
struct Scene {
    home: Home,
    chain: Chain,
    keytool: std::path::PathBuf,
}

const STORES: [(&str, &str); 4] =
    [("server.p12", "pkcs12"), ("java.p12", "pkcs12"), ("server.jks", "jks"), ("server.jceks", "jceks")];

impl Scene {
    fn new() -> Option<Self> {
        let (keytool, openssl) = (tools::keytools().into_iter().next()?, tools::program("openssl")?);
        let (home, chain) = (Home::new(), Chain::new());
        home.write("server.key", chain.key_pem());
        home.write("server.pem", chain.server_pem());
        home.write("root.pem", &chain.root.pem);
        let export = ["pkcs12", "-export", "-inkey", "server.key", "-in", "server.pem", "-certfile", "root.pem"];
        let out = ["-name", "server", "-out", "server.p12", "-passout", "pass:changeit"];
        run(&home, &openssl, &[&export[..], &out].concat()).expect(0);
        for (store, kind) in [("java.p12", "PKCS12"), ("server.jks", "JKS"), ("server.jceks", "JCEKS")] {
            convert(&home, &keytool, store, kind);
        }
        Some(Self { home, chain, keytool })
    }
}

fn convert(home: &Home, keytool: &Path, store: &str, kind: &str) {
    let from = ["-importkeystore", "-noprompt", "-srckeystore", "server.p12", "-srcstorepass", "changeit"];
    let to = ["-destkeystore", store, "-deststoretype", kind, "-deststorepass", "changeit"];
    run(home, keytool, &[&from[..], &to].concat()).expect(0);
}

fn organisation(subject: &str) -> &'static str {
    if subject == "CN=localhost" { "" } else { ",O=pgtrust tests" }
}

fn fingerprints(certificates: &Value) -> Vec<String> {
    let certificates = certificates.as_array().unwrap();
    certificates.iter().map(|certificate| certificate["sha256"].as_str().unwrap().to_owned()).collect()
}
