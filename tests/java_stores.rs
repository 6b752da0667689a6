//! JKS, JCEKS, PKCS#7 and ZIP, judged by the programs that own them: keytool, openssl, zip and Python.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pgtrust::format::{Entry, Format, Member};
use pgtrust::{Catalog, Certificate};

use crate::support::keytool::{fingerprints, hex, keytool_list, run};
use crate::support::pgtrust::Home;
use crate::support::pki::Chain;
use crate::support::tools;

const PASSWORD: Option<&str> = Some("changeit");

#[test]
fn every_keytool_lists_every_root_of_a_store_that_we_write() {
    let home = Home::new();
    let roots = roots("aws-rds");
    let store = home.write("store.jks", written("jks", &roots));
    for keytool in tools::keytools() {
        let listed = keytool_list(&home, &keytool, &store, "changeit");
        assert_eq!(listed.len(), roots.len(), "{}", keytool.display());
        assert!(listed.iter().all(|entry| entry.kind == "trustedCertEntry"));
        let aliases: Vec<Option<String>> = listed.iter().map(|entry| Some(entry.alias.clone())).collect();
        let read = read(&fs::read(&store).unwrap(), PASSWORD);
        assert_eq!(sorted(aliases), sorted(read.iter().map(|member| member.alias.clone()).collect()));
        assert_eq!(fingerprints(&listed), fingerprints_of(&roots));
        let wrong = run(&home, &keytool, &["-list", "-keystore", "store.jks", "-storepass", "changeit2"]);
        assert_ne!(wrong.status, 0, "{wrong}");
    }
}

#[test]
fn keys_of_others_still_open_after_a_merge() {
    let chain = Chain::new();
    let roots = roots("supabase");
    for keytool in tools::keytools() {
        let home = Home::new();
        home.write("ca.pem", &chain.root.pem);
        let here = ["-storetype", "JKS", "-keystore", "store.jks", "-storepass", "changeit"];
        let keytool_run = |arguments: &[&str]| run(&home, &keytool, &[arguments, &here].concat()).expect(0);
        for key in ["server", "schlüssel-\u{1f511}"] {
            let made = ["-genkeypair", "-alias", key, "-keyalg", "RSA", "-dname", "CN=a", "-keypass", "other-one"];
            keytool_run(&made);
        }
        keytool_run(&["-importcert", "-noprompt", "-alias", "Our \u{1f600} Root", "-file", "ca.pem"]);
        let store = home.path().join("store.jks");
        let old = fs::read(&store).unwrap();
        let before = keytool_list(&home, &keytool, &store, "changeit");
        let merged = merged("jks", &old, PASSWORD, &roots);
        fs::write(&store, &merged).unwrap();

        assert_eq!(merged[12..old.len() - 20], old[12..old.len() - 20], "{}", keytool.display());
        let after = keytool_list(&home, &keytool, &store, "changeit");
        assert_eq!(after.len(), 3 + roots.len());
        assert!(before.iter().all(|entry| after.contains(entry)), "{before:?}\n{after:?}");
        for key in ["server", "schlüssel-\u{1f511}"] {
            let request = keytool_run(&["-certreq", "-alias", key, "-keypass", "other-one"]);
            assert!(request.stdout.contains("BEGIN NEW CERTIFICATE REQUEST"), "{request}");
        }
        let aliases: Vec<String> = read(&merged, PASSWORD).into_iter().filter_map(|member| member.alias).collect();
        assert!(aliases.contains(&"our \u{1f600} root".to_owned()), "{aliases:?}");
        assert!(aliases.contains(&"schlüssel-\u{1f511}".to_owned()), "{aliases:?}");
    }
}

#[test]
fn stores_of_the_machine_are_read_as_keytool_reads_them() {
    let home = Home::new();
    let keytools = tools::keytools();
    let of_jdk = |keytool: &Path| keytool.parent()?.parent().map(|jdk| jdk.join("lib/security/cacerts"));
    let mut stores: Vec<_> = keytools.iter().filter_map(|keytool| of_jdk(keytool)).collect();
    stores.push("/etc/ssl/certs/java/cacerts".into());
    let Some(keytool) = keytools.last() else { return };
    let mut count = 0;
    for store in stores {
        let Ok(bytes) = fs::read(&store) else { continue };
        if Format::of(&bytes).is_none_or(|format| format.name != "jks") {
            continue;
        }
        count += 1;
        let listed = keytool_list(&home, keytool, &store, "changeit");
        for password in [PASSWORD, None] {
            let read = read(&bytes, password);
            let found: BTreeSet<String> = read.iter().filter_map(|member| member.sha256.clone()).collect();
            assert_eq!(found, fingerprints(&listed), "{}", store.display());
        }
        assert_eq!(merged("jks", &bytes, PASSWORD, &[]), bytes, "{}", store.display());
    }
    assert!(count > 0 || keytools.len() < 5, "no JDK here has a store in JKS");
}

#[test]
fn secret_keys_of_jceks_stores_are_passed_over() {
    let chain = Chain::new();
    for keytool in tools::keytools() {
        let home = Home::new();
        home.write("ca.pem", &chain.root.pem);
        let here = ["-storetype", "JCEKS", "-keystore", "s.jceks", "-storepass", "changeit"];
        let keytool_run = |arguments: &[&str]| run(&home, &keytool, &[arguments, &here].concat()).expect(0);
        keytool_run(&["-genseckey", "-alias", "aes", "-keyalg", "AES", "-keysize", "256", "-keypass", "changeit"]);
        keytool_run(&["-genkeypair", "-alias", "rsa", "-keyalg", "RSA", "-dname", "CN=a", "-keypass", "changeit"]);
        keytool_run(&["-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem"]);
        keytool_run(&["-genseckey", "-alias", "des", "-keyalg", "DESede", "-keypass", "changeit"]);
        let members = read(&fs::read(home.path().join("s.jceks")).unwrap(), PASSWORD);
        let found = sorted(members.iter().map(|member| (member.alias.clone().unwrap(), member.kind)).collect());
        let wanted = [("aes", "secret-key"), ("ca", "certificate"), ("des", "secret-key"), ("rsa", "private-key")];
        assert_eq!(found, wanted.map(|(alias, kind)| (alias.to_owned(), kind)), "{}", keytool.display());
        let ca = members.iter().find_map(|member| member.sha256.clone());
        assert_eq!(ca, Some(chain.root.fingerprint()));
    }
}

#[test]
fn bundles_that_we_write_are_read_by_openssl_and_keytool() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let mut roots = roots("aws-rds");
    roots.rotate_left(7);
    let bundle = written("pkcs7", &roots);
    home.write("ours.p7b", &bundle);
    let mut pem = Vec::new();
    (Format::pem().encode)(&mut entries(&roots).into_iter(), None, &mut pem).unwrap();
    home.write("roots.pem", &pem);

    run(&home, &openssl, &["crl2pkcs7", "-nocrl", "-certfile", "roots.pem", "-outform", "DER", "-out", "theirs.p7b"])
        .expect(0);
    assert_eq!(bundle, fs::read(home.path().join("theirs.p7b")).unwrap(), "openssl writes the same bytes");
    run(&home, &openssl, &["pkcs7", "-inform", "DER", "-in", "ours.p7b", "-print_certs", "-out", "printed.pem"])
        .expect(0);
    let printed = read(&fs::read(home.path().join("printed.pem")).unwrap(), None);
    assert_eq!(in_order(&printed), fingerprints_in_order(&roots));
    for keytool in tools::keytools() {
        let printed = run(&home, &keytool, &["-printcert", "-file", "ours.p7b"]).expect(0);
        let found: Vec<String> =
            printed.stdout.lines().filter_map(|line| hex(line.trim().strip_prefix("SHA256:")?)).collect();
        assert_eq!(found, fingerprints_in_order(&roots), "{}", keytool.display());
    }
}

#[test]
fn bundles_and_signed_messages_of_openssl_are_read_and_grow() {
    let Some(openssl) = tools::program("openssl") else { return };
    let home = Home::new();
    let chain = Chain::new();
    home.write("ca.pem", &chain.root.pem);
    home.write("leaf.pem", &chain.leaf.pem);
    home.write("leaf.key", chain.key_pem());
    home.write("chain.pem", format!("{}{}", chain.intermediate.pem, chain.root.pem));
    home.write("text", "hello\n".repeat(5000));
    let bundle = ["crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-out", "out"];
    let sign = [
        "cms",
        "-sign",
        "-binary",
        "-nodetach",
        "-in",
        "text",
        "-signer",
        "leaf.pem",
        "-inkey",
        "leaf.key",
        "-certfile",
        "chain.pem",
        "-out",
        "out",
    ];
    let smime = [
        "smime",
        "-sign",
        "-binary",
        "-in",
        "text",
        "-signer",
        "leaf.pem",
        "-inkey",
        "leaf.key",
        "-certfile",
        "chain.pem",
        "-out",
        "out",
    ];
    let added = roots("supabase");
    for (command, extra) in [
        (&bundle[..], &["-outform", "PEM"][..]),
        (&bundle, &["-outform", "DER"]),
        (&sign, &["-outform", "DER"]),
        (&sign, &["-outform", "PEM"]),
        (&sign, &["-outform", "DER", "-stream"]),
        (&smime, &["-outform", "DER"]),
    ] {
        run(&home, &openssl, &[command, extra].concat()).expect(0);
        let old = fs::read(home.path().join("out")).unwrap();
        let name = format!("{command:?} {extra:?}");
        let wanted = [&chain.leaf, &chain.intermediate, &chain.root].map(|certificate| certificate.fingerprint());
        let wanted = &wanted[usize::from(command == bundle)..];
        let found = read(&old, None);
        assert_eq!(sorted(in_order(&found)), sorted(wanted.to_vec()), "{name}");
        assert_eq!(merged("pkcs7", &old, None, &[]), old, "{name}");

        let grown = merged("pkcs7", &old, None, &added);
        home.write("grown", &grown);
        let wanted = [in_order(&found), fingerprints_in_order(&added)].concat();
        assert_eq!(in_order(&read(&grown, None)), wanted, "{name}");
        let form = extra[1];
        let print: &[&str] = match command[0] {
            // It knows the label CMS, `pkcs7` does not.
            "cms" => &["cms", "-cmsout", "-out", "grown.again", "-certsout", "p.pem"],
            _ => &["pkcs7", "-print_certs", "-out", "p.pem"],
        };
        run(&home, &openssl, &[print, &["-in", "grown", "-inform", form]].concat()).expect(0);
        assert_eq!(in_order(&read(&fs::read(home.path().join("p.pem")).unwrap(), None)), wanted, "{name}");
        if command == sign {
            let verify = [
                "cms", "-verify", "-binary", "-in", "grown", "-inform", form, "-CAfile", "ca.pem", "-purpose", "any",
                "-out", "back",
            ];
            run(&home, &openssl, &verify).expect(0);
        }
    }
}

#[test]
fn archives_of_zip_and_python_are_read() {
    let (Some(zip), Some(python)) = (tools::program("zip"), tools::program("python3")) else { return };
    let roots = roots("supabase");
    let home = Home::new();
    home.write("certs/a.jks", written("jks", &roots));
    home.write("certs/b.p7b", written("pkcs7", &roots));
    home.write("certs/c.der", roots[0].der());
    home.write("certs/README", "see the manual\n".repeat(100));
    let by_zip = |arguments: &[&str]| {
        let _ = fs::remove_file(home.path().join("out.zip"));
        run(&home, &zip, &[&["-q"], arguments].concat()).expect(0);
    };
    let by_python = |arguments: &str| {
        let script = format!(
            "import zipfile, glob\nwith zipfile.ZipFile('out.zip', 'w'{arguments}) as archive:\n for name in sorted(glob.glob('certs/*')):\n  with archive.open(name, 'w', force_zip64=True) as member: member.write(open(name, 'rb').read())\n"
        );
        run(&home, &python, &["-c", &script]).expect(0);
    };
    let check = |name: &str| {
        let members = read(&fs::read(home.path().join("out.zip")).unwrap(), PASSWORD);
        assert_eq!(in_order(&members).len(), 2 * roots.len() + 1, "{name}");
        let others: Vec<_> = members.iter().filter(|member| member.sha256.is_none()).collect();
        assert!(
            matches!(&others[..], [Listed { alias: Some(alias), kind: "unknown", .. }] if alias == "certs/README"),
            "{name}: {others:?}"
        );
    };
    for arguments in [&["-r"][..], &["-r", "-0"], &["-r", "-fd"], &["-r", "-9", "-X"]] {
        by_zip(&[arguments, &["out.zip", "certs"]].concat());
        check(&format!("zip {arguments:?}"));
    }
    // A stream into a stream: sizes behind the content, and Zip64 records that hold nothing new.
    run(&home, Path::new("sh"), &["-c", "cat certs/a.jks | zip -q - - > out.zip"]).expect(0);
    let members = read(&fs::read(home.path().join("out.zip")).unwrap(), PASSWORD);
    assert_eq!(in_order(&members), fingerprints_in_order(&roots));
    for arguments in ["", ", zipfile.ZIP_DEFLATED"] {
        by_python(arguments);
        check(&format!("zipfile {arguments}"));
    }
    by_python(", zipfile.ZIP_LZMA");
    let members = read(&fs::read(home.path().join("out.zip")).unwrap(), PASSWORD);
    assert!(members.len() == 4 && members.iter().all(|member| member.kind == "rejected"), "{members:?}");
    by_zip(&["-r", "-P", "secret", "out.zip", "certs"]);
    let members = read(&fs::read(home.path().join("out.zip")).unwrap(), PASSWORD);
    assert!(members.len() == 4 && members.iter().all(|member| member.kind == "rejected"), "{members:?}");
}

#[test]
fn ten_thousand_entries_are_read_in_one_go() {
    let roots: Vec<Certificate> = distinct(10_000);
    let store = written("jks", &roots);
    assert_eq!(in_order(&read(&store, PASSWORD)), fingerprints_in_order(&roots));
}

/// Variants of one root that differ in a byte of the signature.
fn distinct(count: u32) -> Vec<Certificate> {
    let der = roots("supabase")[0].der().to_vec();
    let variant = |number: u32| {
        let mut der = der.clone();
        let end = der.len();
        der[end - 4..].copy_from_slice(&number.to_be_bytes());
        Certificate::from_der(der).unwrap()
    };
    (0..count).map(variant).collect()
}

/// The roots of a provider.
fn roots(provider: &str) -> Vec<Certificate> {
    let provider = Catalog::built_in().provider(provider).unwrap();
    provider.roots().unwrap().into_iter().map(|(_, certificate)| certificate).collect()
}

fn entries(certificates: &[Certificate]) -> Vec<Entry<'_>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "" }).collect()
}

fn written(format: &str, certificates: &[Certificate]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let format = Format::named(format).unwrap();
    (format.encode)(&mut entries(certificates).into_iter(), PASSWORD, &mut bytes).unwrap();
    bytes
}

fn merged(format: &str, existing: &[u8], password: Option<&str>, add: &[Certificate]) -> Vec<u8> {
    (Format::named(format).unwrap().merge)(existing, password, &entries(add)).unwrap()
}

/// A member as a list shows it.
#[derive(Debug)]
struct Listed {
    alias: Option<String>,
    kind: &'static str,
    sha256: Option<String>,
}

fn read(bytes: &[u8], password: Option<&str>) -> Vec<Listed> {
    let mut members = Vec::new();
    let visit = &mut |member| match member {
        Member::Certificate { alias, certificate, .. } => {
            let sha256 = Some(certificate.fingerprint().to_string());
            members.push(Listed { alias, kind: "certificate", sha256 });
        }
        Member::Other { alias, kind, .. } => members.push(Listed { alias, kind: kind.name(), sha256: None }),
        Member::PrivateKey(key) => members.push(Listed { alias: key.alias, kind: "private-key", sha256: None }),
        Member::Rejected { .. } => members.push(Listed { alias: None, kind: "rejected", sha256: None }),
        _ => {}
    };
    Format::of(bytes).unwrap().decode(&mut &bytes[..], password, visit).unwrap();
    members
}

fn in_order(members: &[Listed]) -> Vec<String> {
    members.iter().filter_map(|member| member.sha256.clone()).collect()
}

fn fingerprints_in_order(certificates: &[Certificate]) -> Vec<String> {
    certificates.iter().map(|certificate| certificate.fingerprint().to_string()).collect()
}

fn fingerprints_of(certificates: &[Certificate]) -> BTreeSet<String> {
    fingerprints_in_order(certificates).into_iter().collect()
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}
