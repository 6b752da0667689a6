//! Ways to a provider's server that are not the direct one.

use crate::support::pgtrust::{Home, Provider};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;

#[test]
fn the_proxy_of_the_environment_is_used() {
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let mut scene = Scene::new("https://pki.provider.example/root.pem");
        scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()));
        scene.home.set(variable, scene.server.plain(""));
        scene.fetches(&[], "downloaded", 0);
        assert_eq!(scene.server.connects(), ["pki.provider.example:443"], "{variable}");
    }
}

#[test]
fn hosts_in_no_proxy_are_asked_directly() {
    let server = ProviderServer::start();
    let url = server.url("/root.pem");
    let mut scene = Scene::with(server, &url);
    scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()));
    scene.home.set("HTTPS_PROXY", scene.server.plain(""));
    scene.home.set("NO_PROXY", "other.example,localhost");
    scene.fetches(&[], "downloaded", 0);
    assert!(scene.server.connects().is_empty());

    scene.home.set("NO_PROXY", "other.example");
    scene.fetches(&[], "downloaded", 0);
    assert_eq!(scene.server.connects().len(), 1);
}

#[test]
fn a_proxy_does_not_loosen_the_pins() {
    let mut scene = Scene::new("https://pki.provider.example/root.pem");
    scene.serve_another("/root.pem");
    scene.home.set("HTTPS_PROXY", scene.server.plain(""));
    scene.fetches(&[], "mismatch", 1);
}

#[test]
fn a_mirror_is_asked_for_the_same_path() {
    let scene = Scene::new("https://pki.provider.example/roots/root%20one.pem");
    scene.server.serve("/pki/roots/root%20one.pem", Reply::bytes(scene.root.pem.as_str()));
    for mirror in ["/pki", "/pki/"] {
        scene.fetches(&["--mirror", &scene.server.url(mirror)], "downloaded", 0);
    }
    assert_eq!(scene.server.requests("/pki/roots/root%20one.pem").len(), 2);
}

#[test]
fn a_mirror_may_keep_each_host_apart() {
    let scene = Scene::new("https://pki.provider.example/root.pem");
    scene.server.serve("/pki/pki.provider.example/root.pem", Reply::bytes(scene.root.pem.as_str()));
    scene.fetches(&["--mirror", &scene.server.url("/pki/{host}")], "downloaded", 0);
}

#[test]
fn a_mirror_may_be_named_in_the_manifest() {
    let scene = Scene::new("https://pki.provider.example/root.pem");
    scene.server.serve("/pki/root.pem", Reply::bytes(scene.root.pem.as_str()));
    let mirror = format!("mirror = \"{}\"\n", scene.server.url("/pki"));
    scene.home.write(".config/pgtrust/pgtrust.toml", mirror);
    scene.fetches(&[], "downloaded", 0);
}

#[test]
fn a_mirror_does_not_loosen_the_pins() {
    let scene = Scene::new("https://pki.provider.example/root.pem");
    scene.serve_another("/pki/root.pem");
    scene.fetches(&["--mirror", &scene.server.url("/pki")], "mismatch", 1);
}

/// A provider with one root, published at some address.
struct Scene {
    server: ProviderServer,
    home: Home,
    root: TestCertificate,
}

impl Scene {
    fn new(url: &str) -> Self {
        Self::with(ProviderServer::start(), url)
    }

    fn with(server: ProviderServer, url: &str) -> Self {
        let root = Authority::root("pgtrust test root").certificate;
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        home.add_provider(&Provider::new("testprov").root_at(&root, url));
        Self { server, home, root }
    }

    fn serve_another(&self, path: &str) {
        let another = Authority::root("pgtrust test other root").certificate;
        self.server.serve(path, Reply::bytes(another.pem));
    }

    #[track_caller]
    fn fetches(&self, arguments: &[&str], result: &str, status: i32) {
        let run = self.home.pgtrust(&[&["fetch", "testprov", "--json"], arguments].concat()).expect(status);
        assert_eq!(run.json()["providers"][0]["roots"][0]["result"], result, "{run}");
    }
}
