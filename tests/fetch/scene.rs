//! What is kept and installed while a server answers, and what must stay of it.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;

/// A provider whose one root is published on the test server, already installed from the built-in copy.
pub(super) struct Scene {
    pub(super) server: ProviderServer,
    pub(super) home: Home,
    pub(super) root: TestCertificate,
    /// Seconds that one attempt may take.
    pub(super) timeout: u32,
    before: Vec<Vec<u8>>,
}

impl Scene {
    pub(super) fn new(path: &str) -> Self {
        let server = ProviderServer::start();
        let root = Authority::root("pgtrust test root").certificate;
        let provider = Provider::new("testprov").root_at(&root, &server.url(path));
        Self::of(server, root, &provider)
    }

    pub(super) fn of(server: ProviderServer, root: TestCertificate, provider: &Provider) -> Self {
        let home = home_trusting(&server);
        home.add_provider(provider);
        home.pgtrust(&["install", "testprov", "--offline"]).expect(0);
        let mut scene = Self { server, home, root, timeout: 30, before: Vec::new() };
        scene.before = scene.stores();
        assert!(scene.before.iter().all(|store| contains(store, &scene.root)));
        scene
    }

    pub(super) fn fetch(&self, arguments: &[&str]) -> Run {
        let timeout = self.timeout.to_string();
        self.home.pgtrust(&[&["fetch", "testprov", "--timeout", &timeout], arguments].concat())
    }

    /// What `--json` says of the one root.
    #[track_caller]
    pub(super) fn result(&self, run: &Run) -> String {
        let report = run.json();
        let roots = report["providers"][0]["roots"].as_array().unwrap_or_else(|| panic!("{run}"));
        assert_eq!(roots.len(), 1, "{run}");
        assert_eq!(roots[0]["sha256"], json!(self.root.fingerprint()), "{run}");
        roots[0]["result"].as_str().unwrap_or_else(|| panic!("{run}")).to_owned()
    }

    pub(super) fn kept(&self) -> PathBuf {
        self.home.path().join(".local/share/pgtrust/testprov.pem")
    }

    fn stores(&self) -> Vec<Vec<u8>> {
        [self.kept(), self.home.root_crt()].map(|path| fs::read(path).unwrap()).into()
    }

    #[track_caller]
    pub(super) fn nothing_became_worse(&self) {
        assert!(self.stores() == self.before, "a store has changed");
    }

    /// The built-in copy is used, which is said with the reason and is no failure, unless the network is required.
    #[track_caller]
    pub(super) fn falls_back(&self, answer: &str, reason: &str) {
        let run = self.fetch(&["--json"]).expect(0);
        assert_eq!(self.result(&run), "built-in", "{answer}: {run}");
        let said = run.json()["providers"][0]["roots"][0]["reason"].as_str().unwrap_or_default().to_owned();
        assert!(said.contains(&self.server.url("/root.pem")) && said.contains(reason), "{answer}: {run}");
        assert!(run.stderr.contains(&said), "{answer}: {run}");
        self.fetch(&["--require-network"]).expect(2);
        self.nothing_became_worse();
        self.a_new_home_gets_the_same(0);
    }

    /// `install` on a machine that has nothing yet, from the same server, writes what it writes without a network.
    #[track_caller]
    pub(super) fn a_new_home_gets_the_same(&self, status: i32) {
        let home = home_trusting(&self.server);
        let folder = home.user_bundles().join("testprov");
        fs::create_dir_all(&folder).unwrap();
        for file in ["provider.toml", "roots.pem"] {
            fs::copy(self.home.user_bundles().join("testprov").join(file), folder.join(file)).unwrap();
        }
        home.pgtrust(&["install", "testprov", "--timeout", &self.timeout.to_string()]).expect(status);
        assert_eq!(fs::read_to_string(home.root_crt()).unwrap().into_bytes(), self.before[1], "root.crt of a new home");
    }
}

pub(super) fn home_trusting(server: &ProviderServer) -> Home {
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home
}

fn contains(store: &[u8], certificate: &TestCertificate) -> bool {
    let body = certificate.pem.trim().replace("\r\n", "\n");
    String::from_utf8_lossy(store).contains(&body)
}
