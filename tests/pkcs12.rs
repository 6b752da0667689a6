//! PKCS#12 judged by others: every way in which Java, OpenSSL, pyca cryptography and Bouncy Castle write a store is
//! read, and they read what pgtrust writes and what it adds to theirs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgtrust::Certificate;
use pgtrust::format::{Entry, Error, Format, Member};

use crate::support::pki::{Authority, TestCertificate};
use crate::support::tools;

const PASSWORD: &str = "changeit";

#[test]
fn java_and_openssl_read_every_entry_of_a_new_store() {
    let folder = tempfile::tempdir().unwrap();
    let roots = roots(150);
    let stores = [
        ("modern.p12", "pkcs12", Some(PASSWORD)),
        ("legacy.p12", "pkcs12-legacy", Some(PASSWORD)),
        ("open.p12", "pkcs12", None),
    ];
    for (name, format, password) in stores {
        std::fs::write(folder.path().join(name), written(format, password, &roots)).unwrap();
    }
    let expected = fingerprints(&roots);

    let Some(program) = stores_class(folder.path()) else { return };
    let judge = |java: &Path| {
        let keytool = |name: &str, password: Option<&str>| {
            let mut command = Command::new(java.join("bin/keytool"));
            command.args(["-list", "-storetype", "PKCS12", "-keystore"]).arg(folder.path().join(name));
            password.map(|password| command.args(["-storepass", password]));
            let listing = text(&mut command);
            listing.lines().filter(|line| line.ends_with("trustedCertEntry, ")).count()
        };
        for (name, password) in [("modern.p12", Some(PASSWORD)), ("legacy.p12", Some(PASSWORD))] {
            assert_eq!(keytool(name, password), 150, "{name} by {java:?}");
        }
        for password in [None, Some("anything")] {
            assert_eq!(keytool("open.p12", password), 150, "open.p12 with {password:?} by {java:?}");
        }
        for (password, names) in
            [("-", &["open.p12"][..]), ("=", &["open.p12"]), ("=changeit", &["open.p12", "modern.p12", "legacy.p12"])]
        {
            for listed in listed(java, &program, password, names.iter().map(|name| folder.path().join(name))) {
                assert_eq!(trusted(&listed), expected, "{} with {password} by {java:?}", listed.path);
            }
        }
    };
    let jdks = tools::jdks();
    std::thread::scope(|scope| {
        for java in &jdks {
            scope.spawn(|| judge(java));
        }
    });
    let Some(openssl) = tools::program("openssl") else { return };
    for (name, ..) in stores {
        let mut command = Command::new(&openssl);
        command.args(["pkcs12", "-nokeys", "-passin", "pass:changeit", "-in"]).arg(folder.path().join(name));
        if name == "open.p12" {
            command.arg("-nomacver");
        }
        let pem = text(&mut command);
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 150, "{name}");
    }
}

#[test]
fn what_stands_in_a_java_store_survives_an_addition() {
    let roots = roots(160);
    let (own, added) = roots.split_at(10);
    let jdks = tools::jdks();
    let count: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = jdks.iter().map(|java| scope.spawn(|| survivors(java, own, added))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    report(&format!("stores made by Java, read and added to: {count}"));
}

/// Adds to every store that this JDK makes; how many these are.
fn survivors(java: &Path, own: &[Certificate], added: &[Certificate]) -> usize {
    let mut count = 0;
    let folder = tempfile::tempdir().unwrap();
    let (Some(program), Some(made)) = (stores_class(folder.path()), made(java, folder.path(), own)) else {
        return 0;
    };
    let before = listed(java, &program, "=changeit", made.iter().cloned());
    assert!(before.len() >= 25, "{java:?} made {} stores", before.len());
    for path in &made {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        if unknown(name) {
            let error = merged(&bytes, Some(PASSWORD), added).unwrap_err();
            assert!(matches!(error, Error::Unsupported { .. }), "{name}: {error}");
            continue;
        }
        let members = read(&bytes, Some(PASSWORD)).unwrap_or_else(|error| panic!("{java:?} {name}: {error}"));
        let expected = if name == "base.p12" {
            vec!["private-key server"]
        } else {
            vec![
                "certificate root",
                "certificate 🔑 key",
                "private-key server",
                "secret-key aes",
                "secret-key password",
            ]
        };
        assert_eq!(summary(&members), expected, "{java:?} {name}");
        if name.starts_with("NONE.") {
            let unchecked = read(&bytes, None).unwrap();
            let said = matches!(unchecked.last(), Some(Member::Unchecked { .. }));
            assert_eq!(
                (unchecked.len() - usize::from(said), said),
                (expected.len(), name != "NONE.NONE.p12"),
                "{name}"
            );
        }
        let merged = merged(&bytes, Some(PASSWORD), added).unwrap();
        assert_eq!(self::merged(&merged, Some(PASSWORD), added).unwrap(), merged, "{name}: nothing to add");
        std::fs::write(path, merged).unwrap();
        count += 1;
    }
    for (before, after) in before.iter().zip(listed(java, &program, "=changeit", made.iter().cloned())) {
        if unknown(&before.path) {
            continue;
        }
        let new = after.lines.difference(&before.lines).count();
        let lost: Vec<_> = before.lines.difference(&after.lines).collect();
        assert!(!before.failed(), "{java:?} {}: {:?}", before.path, before.lines);
        assert_eq!((new, lost), (150, vec![]), "{java:?} {}", before.path);
    }
    // Java goes on with it.
    let base = folder.path().join("base.p12");
    let mut command = Command::new(java.join("bin/keytool"));
    command.args(["-importcert", "-noprompt", "-alias", "later", "-storepass", PASSWORD, "-keystore"]).arg(&base);
    text(command.arg("-file").arg(folder.path().join("roots.pem")));
    let members = read(&std::fs::read(&base).unwrap(), Some(PASSWORD)).unwrap();
    assert_eq!((members.len(), certificates(&members).len()), (152, 151), "{java:?}");
    // What needed no password before needs none afterwards.
    let open = folder.path().join("NONE.NONE.p12");
    for password in ["-", "=", "=anything"] {
        let after = listed(java, &program, password, [open.clone()].into_iter());
        assert!(trusted(&after[0]).is_superset(&fingerprints(added)), "{java:?} {password}: {:?}", after[0].lines);
    }
    count
}

#[test]
fn a_wrong_password_and_a_changed_store_are_told_apart() {
    let roots = roots(3);
    for format in ["pkcs12", "pkcs12-legacy"] {
        let store = written(format, Some(PASSWORD), &roots);
        assert!(matches!(read(&store, Some("changeme")), Err(Error::WrongPassword)), "{format}");
        assert!(matches!(read(&store, Some("")), Err(Error::WrongPassword)), "{format}");
        assert!(matches!(read(&store, None), Err(Error::PasswordNeeded { .. })), "{format}");
        assert!(matches!(merged(&store, None, &roots), Err(Error::PasswordNeeded { .. })), "{format}");
        assert!(matches!(merged(&store, Some("changeme"), &roots), Err(Error::WrongPassword)), "{format}");
        let mut changed = store.clone();
        changed[1000] ^= 1;
        assert!(matches!(read(&changed, Some(PASSWORD)), Err(Error::Damaged { .. })), "{format}");
        let cut = &store[..store.len() - 1];
        assert!(matches!(read(cut, Some(PASSWORD)), Err(Error::Damaged { .. })), "{format}");
    }
}

#[test]
fn a_password_that_java_cannot_use_is_refused() {
    let roots = roots(1);
    let entries = entries(&roots);
    for password in ["", "pässword"] {
        let format = Format::named("pkcs12").unwrap();
        let result = (format.encode)(&mut entries.iter().copied(), Some(password), &mut Vec::new());
        assert!(matches!(result, Err(Error::Unsupported { .. })), "{password}: {result:?}");
    }
}

#[test]
fn stores_made_by_openssl_are_read_and_added_to() {
    let Some(openssl) = tools::program("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = Authority::root("pgtrust test root");
    let intermediate = root.intermediate("pgtrust test intermediate");
    let (leaf, key) = intermediate.server(&["localhost"]);
    let stray = Authority::root("pgtrust test stray").certificate;
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(at("leaf.pem"), &leaf.pem).unwrap();
    let chain = [&intermediate.certificate.pem, &root.certificate.pem, &stray.pem].map(String::as_str).concat();
    std::fs::write(at("chain.pem"), &chain).unwrap();
    let new = certificate(&Authority::root("pgtrust test new").certificate);

    let ways: [&[&str]; 12] = [
        &[],
        &["-legacy"],
        &["-keypbe", "NONE", "-certpbe", "NONE"],
        &["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
        &["-nomac"],
        &["-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-iter", "1"],
        &["-certpbe", "PBE-SHA1-2DES", "-macalg", "sha224"],
        &["-certpbe", "aes-128-cbc", "-macalg", "sha384", "-nomaciter"],
        &["-certpbe", "aes-192-cbc", "-macalg", "sha512", "-iter", "600000"],
        &["-certpbe", "des-ede3-cbc"],
        &["-legacy", "-certpbe", "PBE-SHA1-RC2-128"],
        &["-legacy", "-certpbe", "PBE-SHA1-RC4-128"],
    ];
    let passwords = [PASSWORD, "", "pässwörd 🔑"];
    let mut count = 0;
    for (way, password) in ways.iter().flat_map(|way| passwords.map(|password| (way, password))) {
        let name = format!("{way:?} with `{password}`");
        let with_key: &[&str] = &["-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "chain.pem", "-name", "server"];
        for kind in [with_key, &["-nokeys", "-in", "chain.pem"]] {
            let mut command = Command::new(&openssl);
            command.current_dir(folder.path()).args(["pkcs12", "-export", "-out", "store.p12"]);
            text(command.args(["-passout", &format!("pass:{password}")]).args(kind).args(*way));
            let store = std::fs::read(at("store.p12")).unwrap();
            let members = read(&store, Some(password)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let unseen = if kind == with_key { 1 } else { 3 };
            let expected: Vec<&str> = std::iter::repeat_n("unseen", unseen)
                .chain((kind == with_key).then_some("private-key server"))
                .collect();
            assert_eq!(summary(&members), expected, "{name}");

            let merged = merged(&store, Some(password), std::slice::from_ref(&new)).unwrap();
            assert_eq!(summary(&read(&merged, Some(password)).unwrap()).len(), expected.len() + 1, "{name}");
            std::fs::write(at("merged.p12"), &merged).unwrap();
            let mut command = Command::new(&openssl);
            command.current_dir(folder.path()).args(["pkcs12", "-in", "merged.p12", "-nodes"]);
            command.args(["-passin", &format!("pass:{password}")]);
            command.args(way.iter().filter(|argument| **argument == "-legacy"));
            if way.contains(&"-nomac") {
                command.arg("-nomacver");
            }
            let pem = text(&mut command);
            let keys = usize::from(kind == with_key);
            assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 4 + keys, "{name}");
            assert_eq!(pem.matches("BEGIN PRIVATE KEY").count(), keys, "{name}");
            count += 1;
        }
    }
    report(&format!("stores made by OpenSSL, read and added to: {count}"));
}

#[test]
fn the_stores_that_a_jdk_ships_are_read_without_a_password() {
    let mut count = 0;
    for java in tools::jdks() {
        let cacerts = std::fs::read(java.join("lib/security/cacerts")).unwrap();
        if cacerts.starts_with(&[0xfe, 0xed]) {
            continue;
        }
        let members = read(&cacerts, None).unwrap();
        assert!(members.len() > 50 && summary(&members).iter().all(|line| line.starts_with("certificate ")));
        let new = certificate(&Authority::root("pgtrust test new").certificate);
        let merged = merged(&cacerts, Some(PASSWORD), std::slice::from_ref(&new)).unwrap();
        assert_eq!(read(&merged, None).unwrap().len(), members.len() + 1);
        count += 1;
    }
    report(&format!("password-less stores shipped with a JDK: {count}"));
}

#[test]
fn stores_of_pyca_cryptography_are_read_and_added_to() {
    let Some(python) = tools::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let roots = roots(6);
    std::fs::write(folder.path().join("roots.pem"), pem(&roots[..5])).unwrap();
    text(Command::new(&python).arg(source("stores.py")).arg("make").arg(folder.path()));
    let mut count = 0;
    for path in files(folder.path(), "p12") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        // It has a check value without a password.
        let password = if name.ends_with("open") { "" } else { PASSWORD };
        let store = std::fs::read(&path).unwrap();
        let members = read(&store, Some(password)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(certificates(&members), fingerprints(&roots[..5]), "{name}");
        assert_eq!(summary(&members).iter().any(|line| line == "unseen"), name.starts_with("plain"), "{name}");
        assert!(matches!(read(&store, Some("changeme")), Err(Error::WrongPassword)), "{name}");
        std::fs::write(&path, merged(&store, Some(password), &roots[5..]).unwrap()).unwrap();
        let counted = text(Command::new(&python).arg(source("stores.py")).arg("count").arg(&path).arg(password));
        assert_eq!(counted.trim(), "6", "{name}");
        count += 1;
    }
    assert_eq!(count, 11);
    report(&format!("stores made by pyca cryptography, three of them with PBMAC1, read and added to: {count}"));
}

#[test]
fn indefinite_lengths_of_bouncy_castle_are_read_and_added_to() {
    let Some(provider) = tools::bouncy_castle() else { return };
    let Some(java) = tools::jdks().pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(javac) = tools::program("javac") else { return };
    text(
        Command::new(javac)
            .arg("-cp")
            .arg(&provider)
            .arg("-d")
            .arg(folder.path())
            .args(["--release", "11"])
            .arg(source("BouncyCastle.java")),
    );
    let roots = roots(6);
    std::fs::write(folder.path().join("roots.pem"), pem(&roots[..5])).unwrap();
    let classes = format!("{}:{}", provider.display(), folder.path().display());
    let mut command = Command::new(java.join("bin/java"));
    text(command.args(["-cp", &classes, "BouncyCastle"]).arg(folder.path()));
    let mut count = 0;
    for path in files(folder.path(), "p12") {
        let store = std::fs::read(&path).unwrap();
        assert_eq!(store[1], 0x80, "{} has definite lengths", path.display());
        let members = read(&store, Some(PASSWORD)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(certificates(&members), fingerprints(&roots[..5]), "{}", path.display());
        let merged = merged(&store, Some(PASSWORD), &roots[5..]).unwrap();
        assert_eq!(certificates(&read(&merged, Some(PASSWORD)).unwrap()), fingerprints(&roots), "{}", path.display());
        std::fs::write(&path, merged).unwrap();
        let mut command = Command::new(java.join("bin/keytool"));
        command.args(["-list", "-storepass", PASSWORD, "-keystore"]).arg(&path);
        let listing = text(&mut command);
        assert_eq!(listing.matches("\npgtrust-").count(), 1, "{}: {listing}", path.display());
        count += 1;
    }
    assert!(count >= 2, "{count} stores");
    report(&format!("stores made by Bouncy Castle, read and added to: {count}"));
}

/// SHA-512 cut short, and a kind of check value that Java writes and does not read.
fn unknown(name: &str) -> bool {
    name.contains("512_2") || name.contains(".PBEWith")
}

/// Makes stores with this JDK: `base.p12` by keytool, the others in every way that its key store class has.
fn made(java: &Path, folder: &Path, own: &[Certificate]) -> Option<Vec<PathBuf>> {
    let program = stores_class(folder)?;
    std::fs::write(folder.join("roots.pem"), pem(own)).unwrap();
    let base = folder.join("base.p12");
    let mut command = Command::new(java.join("bin/keytool"));
    command.args(["-genkeypair", "-alias", "server", "-keyalg", "RSA", "-dname", "CN=server", "-keypass", PASSWORD]);
    text(command.args(["-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore"]).arg(&base));
    let mut command = Command::new(java.join("bin/java"));
    command.arg("-cp").arg(&program).args(["Stores", "make"]).arg(folder).arg(&base).arg(folder.join("roots.pem"));
    text(&mut command);
    Some(files(folder, "p12"))
}

/// What Java finds in one store.
struct Listed {
    path: String,
    lines: BTreeSet<String>,
}

impl Listed {
    fn failed(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with("failed "))
    }
}

fn listed(java: &Path, classes: &Path, password: &str, stores: impl Iterator<Item = PathBuf>) -> Vec<Listed> {
    let mut command = Command::new(java.join("bin/java"));
    command.arg("-Dfile.encoding=UTF-8").arg("-Dstdout.encoding=UTF-8").arg("-cp").arg(classes);
    let output = text(command.args(["Stores", "list", password]).args(stores));
    let mut listed = Vec::new();
    for line in output.lines() {
        match (line.strip_prefix("store "), listed.last_mut()) {
            (Some(path), _) => listed.push(Listed { path: path.to_owned(), lines: BTreeSet::new() }),
            (None, Some(Listed { lines, .. })) => drop(lines.insert(line.to_owned())),
            (None, None) => panic!("{output}"),
        }
    }
    listed
}

fn trusted(listed: &Listed) -> BTreeSet<String> {
    let fingerprint = |line: &String| Some(line.strip_prefix("trusted ")?.split(' ').next()?.to_owned());
    listed.lines.iter().filter_map(fingerprint).collect()
}

/// The folder with the compiled `Stores`.
fn stores_class(folder: &Path) -> Option<PathBuf> {
    let javac = tools::program("javac")?;
    text(
        Command::new(javac)
            .args(["--release", "11", "-encoding", "UTF-8", "-d"])
            .arg(folder)
            .arg(source("Stores.java")),
    );
    Some(folder.to_owned())
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pkcs12").join(name)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// Standard output of a program that must succeed.
fn text(command: &mut Command) -> String {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Past the test runner, which keeps the output of tests that pass.
fn report(line: &str) {
    use std::io::Write as _;
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn roots(count: usize) -> Vec<Certificate> {
    (0..count).map(|index| certificate(&Authority::root(&format!("pgtrust test root {index}")).certificate)).collect()
}

fn certificate(certificate: &TestCertificate) -> Certificate {
    Certificate::from_der(certificate.der.as_slice()).unwrap()
}

fn entries(certificates: &[Certificate]) -> Vec<Entry<'_>> {
    certificates.iter().map(|certificate| Entry { certificate, origin: "" }).collect()
}

fn written(format: &str, password: Option<&str>, certificates: &[Certificate]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let format = Format::named(format).unwrap();
    (format.encode)(&mut entries(certificates).into_iter(), password, &mut bytes).unwrap();
    bytes
}

fn merged(existing: &[u8], password: Option<&str>, add: &[Certificate]) -> Result<Vec<u8>, Error> {
    (Format::named("pkcs12").unwrap().merge)(existing, password, &entries(add))
}

fn read(bytes: &[u8], password: Option<&str>) -> Result<Vec<Member>, Error> {
    let mut members = Vec::new();
    let format = Format::of(bytes).unwrap();
    assert_eq!(format.name, "pkcs12");
    format.decode(&mut &bytes[..], password, &mut |member| members.push(member))?;
    Ok(members)
}

fn pem(certificates: &[Certificate]) -> String {
    let mut bytes = Vec::new();
    (Format::pem().encode)(&mut entries(certificates).into_iter(), None, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn fingerprints(certificates: &[Certificate]) -> BTreeSet<String> {
    certificates.iter().map(|certificate| certificate.fingerprint().to_string()).collect()
}

fn certificates(members: &[Member]) -> BTreeSet<String> {
    let fingerprint = |member: &Member| match member {
        Member::Certificate { certificate, .. } => Some(certificate.fingerprint().to_string()),
        _ => None,
    };
    members.iter().filter_map(fingerprint).collect()
}

/// Each member as one line, sorted.
fn summary(members: &[Member]) -> Vec<String> {
    let line = |member: &Member| {
        let mut line = String::new();
        let (kind, alias) = match member {
            Member::Certificate { flaw: Some(_), .. } => ("unseen", &None),
            Member::Certificate { alias, .. } => ("certificate", alias),
            Member::Other { alias, kind, .. } => (kind.name(), alias),
            Member::PrivateKey(key) => ("private-key", &key.alias),
            _ => ("?", &None),
        };
        write!(line, "{kind} {}", alias.as_deref().unwrap_or_default()).unwrap();
        line.trim_end().to_owned()
    };
    let mut lines: Vec<String> = members.iter().map(line).collect();
    lines.sort_by_key(|line| line != "unseen");
    lines[members.iter().filter(|member| matches!(member, Member::Certificate { flaw: Some(_), .. })).count()..].sort();
    lines
}
