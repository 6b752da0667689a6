//! The CA of one customer, from the API of its provider. The real catalogue asks the real names: an HTTP proxy leads them
//! to a server of the test.

mod answers;
mod failures;
mod rotation;
#[cfg(unix)]
mod served;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::TestCertificate;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;

const CLUSTER: &str = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30";
const TENANT: &str = "digitalocean/9cc10173-e9ea-4176-9dbc-a4cee4c4ff30";
const PATH: &str = "/v2/databases/9cc10173-e9ea-4176-9dbc-a4cee4c4ff30/ca";
const TOKEN: &str = "dop_v1_hunter2";

/// A home whose every HTTPS request reaches the test's server.
struct Scene {
    server: ProviderServer,
    home: Home,
}

impl Scene {
    fn new() -> Self {
        let server = ProviderServer::start();
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        home.set("HTTPS_PROXY", server.plain(""));
        Self { server, home }
    }

    /// With a token for DigitalOcean.
    fn with_token() -> Self {
        let mut scene = Self::new();
        scene.home.set("DIGITALOCEAN_TOKEN", TOKEN);
        scene
    }

    fn serves(&self, roots: &[&TestCertificate]) {
        self.server.serve(PATH, digitalocean(roots));
    }

    fn fetch(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["fetch", TENANT], arguments].concat())
    }

    fn file(&self) -> PathBuf {
        self.kept(TENANT)
    }

    fn kept(&self, tenant: &str) -> PathBuf {
        self.home.path().join(format!(".local/share/pgtrust/{tenant}.pem"))
    }

    fn manifest(&self) -> String {
        fs::read_to_string(self.home.path().join(".config/pgtrust/pgtrust.toml")).unwrap_or_default()
    }
}

fn digitalocean(roots: &[&TestCertificate]) -> Reply {
    Reply::bytes(json!({"ca": {"certificate": STANDARD.encode(pem(roots))}}).to_string())
}

fn pem(roots: &[&TestCertificate]) -> String {
    roots.iter().map(|root| root.pem.as_str()).collect()
}

/// Fails when a run or a file below a folder has this text in it.
#[track_caller]
pub(crate) fn nowhere(secret: &str, runs: &[&Run], folder: &Path) {
    for run in runs {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run}");
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.to_string_lossy().contains(secret), "{}", path.display());
        if path.is_dir() {
            nowhere(secret, &[], &path);
        } else {
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
}
