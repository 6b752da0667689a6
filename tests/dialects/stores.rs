//! Stores that are not one file of PEM: folders, the machine's roots, Java's trust stores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgtrust::Certificate;
use pgtrust::client::store::{Surroundings, SystemStore, Unusable, Who, system, trust_store};
use pgtrust::folder;
use pgtrust::format::{Entry, Format};

use crate::support::pki::{Authority, Chain, TestCertificate};
use crate::support::tools;

/// A root, and a server's certificate by it.
struct Issued {
    root: TestCertificate,
    server: TestCertificate,
}

impl Issued {
    fn new(name: &str) -> Self {
        let root = Authority::root(name);
        Self { server: root.server(&["db.example.net"]).0, root: root.certificate }
    }

    fn certificate(&self) -> Certificate {
        Certificate::from_der(self.root.der.clone()).unwrap()
    }

    fn hash(&self) -> u32 {
        folder::hash(&self.certificate()).unwrap()
    }
}

/// Whether OpenSSL finds the root by these variables alone.
fn openssl_finds(openssl: &Path, issued: &Issued, surroundings: &Surroundings) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("server.pem");
    fs::write(&server, &issued.server.pem).unwrap();
    let mut command = Command::new(openssl);
    command.args(["verify", "-no-CAstore"]).arg(server).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    command.envs(surroundings.ssl_cert_file.as_ref().map(|file| ("SSL_CERT_FILE", file)));
    command.envs(surroundings.ssl_cert_dir.as_ref().map(|folder| ("SSL_CERT_DIR", folder)));
    command.output().unwrap().status.success()
}

#[test]
fn openssl_finds_in_folders_what_is_read_of_them() {
    let Some(openssl) = tools::program("openssl") else { return };
    let [one, other] = ["folders one", "folders other"].map(Issued::new);
    // Another root of the same name.
    let twin = Issued::new("folders one");
    let (a, b) = (format!("{:08x}", one.hash()), format!("{:08x}", other.hash()));
    let broken = one.root.pem.replace("MII", "M*I");
    let both = format!("{}{}", one.root.pem, other.root.pem);
    let der = String::from_utf8_lossy(&one.root.der).into_owned();
    let upper = a.to_uppercase();
    let folders: Vec<(&str, Vec<(String, &str)>)> = vec![
        ("nothing", vec![]),
        ("both", vec![(format!("{a}.0"), &one.root.pem), (format!("{b}.0"), &other.root.pem)]),
        ("not by hash", vec![("one.pem".to_owned(), &one.root.pem)]),
        ("twins", vec![(format!("{a}.0"), &twin.root.pem), (format!("{a}.1"), &one.root.pem)]),
        ("gap", vec![(format!("{a}.0"), &twin.root.pem), (format!("{a}.2"), &one.root.pem)]),
        ("begins with 1", vec![(format!("{a}.1"), &one.root.pem)]),
        ("broken before it", vec![(format!("{a}.0"), &broken), (format!("{a}.1"), &one.root.pem)]),
        ("DER", vec![(format!("{a}.0"), &der)]),
        ("second of a file", vec![(format!("{b}.0"), &both)]),
        ("first of a file", vec![(format!("{a}.0"), &both)]),
        ("needless zero", vec![(format!("{a}.00"), &one.root.pem)]),
        ("capitals", vec![(format!("{upper}.0"), &one.root.pem)]),
    ];
    let mut found = 0;
    for (name, files) in &folders {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let surroundings = Surroundings {
            ssl_cert_file: Some("/no/such/path".into()),
            ssl_cert_dir: Some(folder.path().into()),
            ..Surroundings::default()
        };
        let loaded = system(&SystemStore::OpenSsl, &surroundings);
        for issued in [&one, &other] {
            let finds = openssl_finds(&openssl, issued, &surroundings);
            found += usize::from(finds);
            let ours = loaded.certificates.contains(&issued.certificate());
            assert_eq!(ours, finds, "{name}: {}: {:?}", issued.root.common_name, loaded.passed_over);
        }
    }
    assert!(found > 3, "{found}");
    tools::report(&format!("dialects: OpenSSL finds in {} folders what is read of them", folders.len()));
}

#[test]
fn variables_replace_the_places_of_each_library() {
    let [one, other] = ["variables one", "variables other"].map(Issued::new);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.pem");
    fs::write(&file, &one.root.pem).unwrap();
    let certs = folder.path().join("certs");
    fs::create_dir(&certs).unwrap();
    fs::write(certs.join(format!("{:08x}.0", other.hash())), &other.root.pem).unwrap();
    // A copy under its own name, as `openssl rehash` links to.
    fs::write(certs.join("other.pem"), &other.root.pem).unwrap();
    let surroundings =
        Surroundings { ssl_cert_file: Some(file.into()), ssl_cert_dir: Some(certs.into()), ..Surroundings::default() };
    let stores = [
        SystemStore::OpenSsl,
        SystemStore::OpenSslIn("/no/such/path".into()),
        SystemStore::Go,
        SystemStore::RustlsNative,
        SystemStore::DotNet,
    ];
    for store in stores {
        let loaded = system(&store, &surroundings);
        assert_eq!(loaded.certificates.len(), 2, "{store:?}: {:?}", loaded.passed_over);
        assert!([&one, &other].iter().all(|issued| loaded.certificates.contains(&issued.certificate())), "{store:?}");
    }
    // A wheel's own folder, which does not exist, has nothing.
    let nothing = system(&SystemStore::OpenSslIn("/no/such/path".into()), &Surroundings::default());
    assert!(nothing.certificates.is_empty());
    assert_eq!(nothing.passed_over.len(), 2, "{:?}", nothing.passed_over);
}

/// Go tells what it has of this machine.
#[test]
fn go_has_of_this_machine_what_is_read_of_it() {
    let Some(go) = tools::optional("go") else {
        return tools::report("dialects: `go` is not on PATH, so its way to the machine's roots stands on its source");
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects/system.go");
    let mut command = Command::new(go);
    command.arg("run").arg(script).env("GO111MODULE", "off").env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    let output = command.output().unwrap();
    let count: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(system(&SystemStore::Go, &Surroundings::default()).certificates.len(), count);
    tools::report(&format!("dialects: Go has {count} roots of this machine, as is read of it"));
}

type Passwords = &'static [Option<&'static str>];

/// A trust store, by its path, and the password that is given.
struct Given {
    name: &'static str,
    path: PathBuf,
    password: Option<&'static str>,
}

fn given(folder: &Path, openssl: &Path) -> Vec<Given> {
    let [one, other] = ["java one", "java other"].map(Issued::new);
    let (one, other) = (one.certificate(), other.certificate());
    let stored = |format: &str, password: Option<&str>| {
        let mut entries = [&one, &other].into_iter().map(|certificate| Entry { certificate, origin: "tests" });
        let mut bytes = Vec::new();
        (Format::named(format).unwrap().encode)(&mut entries, password, &mut bytes).unwrap();
        bytes
    };
    let chain = Chain::new();
    let pem = stored("pem", None);
    fs::write(folder.join("key.pem"), chain.key_pem()).unwrap();
    fs::write(folder.join("chain.pem"), chain.server_pem()).unwrap();
    let export = |name: &str, more: &[&str]| {
        let output = folder.join(name);
        let mut command = Command::new(openssl);
        command.current_dir(folder).args(["pkcs12", "-export", "-passout", "pass:secret", "-out"]).arg(&output);
        assert!(command.args(more).output().unwrap().status.success());
        fs::read(output).unwrap()
    };
    fs::write(folder.join("roots.pem"), &pem).unwrap();
    let without_attribute = export("without-attribute", &["-nokeys", "-in", "roots.pem"]);
    let with_key = export("with-key", &["-inkey", "key.pem", "-in", "chain.pem"]);
    let mut damaged = stored("jks", Some("secret"));
    damaged.truncate(damaged.len() - 30);
    let stores: [(&'static str, Vec<u8>, Passwords); 8] = [
        ("JKS", stored("jks", Some("secret")), &[Some("secret"), None, Some(""), Some("wrong")]),
        ("PKCS#12", stored("pkcs12", Some("secret")), &[Some("secret"), None, Some(""), Some("wrong")]),
        ("open PKCS#12", stored("pkcs12", None), &[Some("secret"), None, Some("")]),
        ("PKCS#12 of OpenSSL", without_attribute, &[Some("secret"), None]),
        ("PKCS#12 with a key", with_key, &[Some("secret"), None]),
        ("damaged JKS", damaged, &[Some("secret"), None]),
        ("PEM", pem, &[None]),
        ("empty", Vec::new(), &[None]),
    ];
    let mut all = Vec::new();
    for (name, bytes, passwords) in stores {
        // A JVM remembers what it has read by the path alone.
        for (index, password) in passwords.iter().copied().enumerate() {
            let path = folder.join(format!("{name}-{index}"));
            fs::write(&path, &bytes).unwrap();
            all.push(Given { name, path, password });
        }
    }
    all.push(Given { name: "missing", path: folder.join("missing"), password: None });
    all.push(Given { name: "folder", path: folder.to_owned(), password: None });
    all
}

#[test]
fn java_trusts_what_is_read_of_its_store() {
    let (Some(javac), Some(openssl)) = (tools::program("javac"), tools::program("openssl")) else { return };
    let classes = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects/Trusted.java");
    let mut compiler = Command::new(javac);
    compiler.args(["--release", "11", "-encoding", "UTF-8", "-d"]).arg(classes.path()).arg(source);
    assert!(compiler.status().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    let stores = given(folder.path(), &openssl);
    for jdk in tools::jdks().iter().filter(|jdk| !jdk.to_string_lossy().contains("/11.")) {
        let mut command = Command::new(jdk.join("bin/java"));
        command.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(classes.path()).arg("Trusted");
        for store in &stores {
            command.arg(&store.path).arg(store.password.unwrap_or("-"));
        }
        let output = command.output().unwrap();
        let lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect();
        assert_eq!(lines.len(), stores.len() + 1, "{}", String::from_utf8_lossy(&output.stderr));
        let jvm = pgtrust::jvm::Jvm::at(jdk).unwrap();
        for (store, theirs) in stores.iter().zip(&lines) {
            let ours = trust_store(Some(&store.path), store.password, Some(&jvm), &Who::this());
            let said = format!("{} with {:?}: Java: {theirs}, here: {ours:?}", store.name, store.password);
            match theirs.parse::<usize>() {
                Ok(count) => assert_eq!(ours.map(|loaded| loaded.certificates.len()), Ok(count), "{said}"),
                Err(_) => assert!(ours.is_err(), "{said}"),
            }
        }
        let own = trust_store(None, None, Some(&jvm), &Who::this()).unwrap();
        assert_eq!(own.certificates.len().to_string(), lines[stores.len()], "{}", jdk.display());
        let wrong = stores.iter().find(|store| store.password == Some("wrong")).unwrap();
        let error = trust_store(Some(&wrong.path), wrong.password, Some(&jvm), &Who::this()).unwrap_err();
        assert_eq!(error, Unusable::Password);
    }
    tools::report(&format!("dialects: Java trusts of {} stores what is read of them", stores.len() + 1));
}
