//! What stores are made of, and what openssl and keytool say of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::scene::Scene;
use crate::support::keytool::{JavaEntry, keytool_list, run};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::TestCertificate;
use crate::support::store::{install_files, roots};
use crate::support::tools;

/// What stores are made of, once for all scenes.
pub(crate) struct Material {
    /// Where openssl and keytool work.
    desk: Home,
    pub(super) roots: [TestCertificate; 5],
    keytool: PathBuf,
    /// By file name, with a private key and root A in each.
    pub(super) key_stores: BTreeMap<&'static str, Vec<u8>>,
    pub(super) hash_of_a: String,
    /// What keytool made and said of bytes before: it takes half a second.
    with_foreign: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
    listed: Mutex<HashMap<Vec<u8>, BTreeSet<String>>>,
}

impl Material {
    pub(crate) fn new() -> Option<Self> {
        let (keytool, _) = (tools::program("keytool")?, tools::program("openssl")?);
        let (desk, roots) = (Home::new(), roots(["A", "B", "C", "D", "foreign"]));
        install_files(&desk, &roots.iter().collect::<Vec<_>>());
        let mut key_stores = BTreeMap::new();
        for (name, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
            let common = ["-keystore", name, "-storetype", kind, "-storepass", PASSWORD];
            let key = ["-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server", "-keypass", PASSWORD];
            run(&desk, &keytool, &[&key[..], &common].concat()).expect(0);
            let root = ["-importcert", "-noprompt", "-alias", "a", "-file", "A.pem"];
            run(&desk, &keytool, &[&root[..], &common].concat()).expect(0);
            key_stores.insert(name, fs::read(desk.path().join(name)).unwrap());
        }
        let hash = Run::of(desk.command("openssl").args(["x509", "-hash", "-noout", "-in", "A.pem"])).expect(0);
        Some(Self {
            desk,
            roots,
            keytool,
            key_stores,
            hash_of_a: hash.stdout.trim().to_owned(),
            with_foreign: Mutex::default(),
            listed: Mutex::default(),
        })
    }

    /// Adds a root to the store of a scene as another program does: a copy gets it and takes the name.
    pub(crate) fn add_foreign(&self, scene: &Scene<'_>) {
        let store = scene.home.path().join(scene.kind.store);
        // Where there is no store it makes one.
        let bytes = fs::read(&store).unwrap_or_default();
        let known = self.with_foreign.lock().unwrap().get(&bytes).cloned();
        let added = known.unwrap_or_else(|| {
            let added = self.with_one_more(&bytes, scene.kind.store);
            self.with_foreign.lock().unwrap().insert(bytes, added.clone());
            added
        });
        fs::create_dir_all(store.parent().unwrap()).unwrap();
        let beside = store.with_extension("by-another-program");
        fs::write(&beside, added).unwrap();
        fs::rename(&beside, &store).unwrap();
    }

    fn with_one_more(&self, store: &[u8], name: &str) -> Vec<u8> {
        if name.ends_with("pem") {
            return [store, self.roots[4].pem.as_bytes()].concat();
        }
        let copy = self.desk.path().join(format!("{:?}-{name}", std::thread::current().id()));
        fs::write(&copy, store).unwrap();
        let import = ["-importcert", "-noprompt", "-alias", "foreign", "-file", "foreign.pem"];
        let opened = ["-keystore", copy.to_str().unwrap(), "-storepass", PASSWORD];
        run(&self.desk, &self.keytool, &[&import[..], &opened].concat()).expect(0);
        fs::read(&copy).unwrap()
    }

    /// As [`seen`](Self::seen), for one file that many runs leave behind.
    pub(crate) fn seen_quickly(&self, home: &Home, store: &str) -> BTreeSet<String> {
        let path = home.path().join(store);
        if store.ends_with("p12") {
            return self.read_by_openssl(&path).unwrap_or_default();
        }
        let Ok(bytes) = fs::read(&path) else { return BTreeSet::new() };
        let known = self.listed.lock().unwrap().get(&bytes).cloned();
        known.unwrap_or_else(|| {
            let seen = self.seen(home, store);
            self.listed.lock().unwrap().insert(bytes, seen.clone());
            seen
        })
    }

    /// What clients trust or own in the store of a home: letters for the roots, and `key`.
    pub(crate) fn seen(&self, home: &Home, store: &str) -> BTreeSet<String> {
        let path = home.path().join(store);
        if store.ends_with("jks") || store.ends_with("p12") {
            if !path.exists() {
                return BTreeSet::new();
            }
            let entries = keytool_list(&self.desk, &self.keytool, &path, PASSWORD);
            let name = |sha256: &Option<String>| {
                let root = self.roots.iter().find(|root| Some(root.fingerprint()) == *sha256);
                root.map_or_else(|| "unknown".to_owned(), |root| root.common_name.clone())
            };
            let of_entry = |entry: &JavaEntry| match &entry.kind[..] {
                "PrivateKeyEntry" => "key".to_owned(),
                _ => name(&entry.sha256),
            };
            return entries.iter().map(of_entry).collect();
        }
        let flag = if path.is_dir() { "-CApath" } else { "-CAfile" };
        let others = ["-no-CAfile", "-no-CApath", "-no-CAstore"];
        let trusted = |root: &&TestCertificate| {
            let mut verify = self.desk.command("openssl");
            verify.arg("verify").args(others.iter().filter(|other| !other.ends_with(&flag[1..])));
            Run::of(verify.arg(flag).arg(&path).arg(format!("{}.pem", root.common_name))).status == 0
        };
        self.roots.iter().filter(trusted).map(|root| root.common_name.clone()).collect()
    }
}

impl Material {
    /// What openssl reads from a PKCS#12 store, in the words of [`seen`](Self::seen).
    pub(super) fn read_by_openssl(&self, store: &Path) -> Option<BTreeSet<String>> {
        let mut command = self.desk.command("openssl");
        command.args(["pkcs12", "-nodes", "-passin", &format!("pass:{PASSWORD}"), "-in"]).arg(store);
        let read = Run::of(&mut command);
        let blocks = pem::parse_many(&read.stdout).ok().filter(|_| read.status == 0)?;
        let name = |block: &pem::Pem| match block.tag() {
            "CERTIFICATE" => {
                let root = self.roots.iter().find(|root| root.der == block.contents());
                root.map(|root| root.common_name.clone())
            }
            _ => Some("key".to_owned()),
        };
        Some(blocks.iter().filter_map(name).collect())
    }
}

const PASSWORD: &str = "changeit";
