//! Providers of one's own: `pgtrust providers add` and `remove`.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, Chain, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{in_order, roots, snapshot};
use crate::support::tools;

#[test]
fn what_a_url_serves_is_shown_and_only_taken_by_its_fingerprint() {
    let scene = Scene::new();
    let before = snapshot(scene.home.path());
    let run = scene.add(&["--host", "*.db.corp.example", "--title", "Corp's own"]).expect(1);
    for certificate in [&scene.a, &scene.b, &scene.intermediate] {
        assert!(run.stdout.contains(&certificate.fingerprint()), "{run}");
        assert!(run.stdout.contains(&format!("CN={}", certificate.common_name)), "{run}");
    }
    assert_eq!(run.stdout.matches("valid 2024-01-01 to 2060-01-01").count(), 3, "{run}");
    assert_eq!(run.stdout.matches("is not a root").count(), 1, "{run}");
    assert!(snapshot(scene.home.path()) == before, "something was written");

    // The command of the hint, by a shell: it pins all roots.
    let hint = run.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap();
    let command = hint.split_once("then: pgtrust ").unwrap().1;
    assert!(!command.contains(&scene.intermediate.fingerprint()), "{run}");
    let script = format!("'{}' {command}", env!("CARGO_BIN_EXE_pgtrust"));
    let run = Run::of(scene.home.command("sh").args(["-c", &script])).expect(0);
    assert!(run.stdout.starts_with("corp: created: "), "{run}");
    let shown = scene.home.pgtrust(&["providers", "corp", "--json"]).expect(0).json();
    assert_eq!(shown["title"], "Corp's own");
    assert_eq!(shown["hosts"], json!(["*.db.corp.example"]));
    assert_eq!(shown["sources"], json!([scene.url]));
    assert_eq!(shown["catalogue"], json!(scene.home.user_bundles()));
    let mut expected = [scene.a.fingerprint(), scene.b.fingerprint()];
    expected.sort();
    let pinned: Vec<_> = shown["roots"].as_array().unwrap().iter().map(|root| root["sha256"].clone()).collect();
    assert_eq!(pinned, expected);
    let run = scene.home.pgtrust(&["providers", "one.db.corp.example"]).expect(0);
    assert!(run.stdout.starts_with("corp: "), "{run}");
    let run = scene.home.pgtrust(&["providers"]).expect(0);
    let line = run.stdout.lines().find(|line| line.starts_with("corp ")).unwrap();
    assert!(line.ends_with(&format!("(from {})", scene.home.user_bundles().display())), "{run}");
}

#[test]
fn only_what_a_pin_names_is_written() {
    let scene = Scene::new();
    let pin = scene.b.fingerprint();
    let run = scene.add(&["--pin", &pin.to_uppercase(), "--json"]).expect(0);
    assert!(run.stderr.contains("no pin names: `corp A`"), "{run}");
    let report = run.json();
    assert_eq!((&report["name"], &report["outcome"]), (&json!("corp"), &json!("created")), "{run}");
    let pinned: Vec<_> =
        report["certificates"].as_array().unwrap().iter().filter(|root| root["pinned"] == true).collect();
    assert_eq!(pinned.len(), 1, "{run}");
    assert_eq!(pinned[0]["sha256"], json!(pin), "{run}");
    assert_eq!(in_order(&scene.home, &scene.file("roots.pem")), [pin.as_str()]);
    // Another program reads the same.
    if tools::program("openssl").is_some() {
        let roots = scene.file("roots.pem");
        let run =
            Run::of(scene.home.command("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in", &roots]));
        assert_eq!(run.stdout.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase(), pin);
    }
    scene.home.pgtrust(&["install", "corp", "--output", "store.pem", "--offline"]).expect(0);
    assert_eq!(in_order(&scene.home, "store.pem"), [pin]);
}

#[test]
fn a_pin_that_is_not_served_or_is_no_root_writes_nothing() {
    let scene = Scene::new();
    let [other] = roots(["other"]);
    let a = scene.a.fingerprint();
    for (pin, reason) in [
        (other.fingerprint(), "no certificate has the fingerprint"),
        (scene.intermediate.fingerprint(), "is not a root"),
    ] {
        let run = scene.add(&["--pin", &a, "--pin", &pin]).expect(1);
        assert!(run.stderr.contains(reason) && run.stderr.contains("nothing is written"), "{run}");
    }
    let run = scene.add(&["--pin", &a[..60]]).expect(2);
    assert!(run.stderr.contains("64 hexadecimal digits"), "{run}");
    assert!(!scene.home.user_bundles().exists());
}

#[test]
fn a_server_that_is_not_who_it_says_is_not_asked() {
    let scene = Scene::new();
    let mut stranger = Home::new();
    stranger.trust_for_https(&scene.a.pem);
    let run = stranger.pgtrust(&["providers", "add", "corp", "--url", &scene.url]).expect(2);
    assert!(run.stderr.contains("no trusted connection") && run.stdout.is_empty(), "{run}");
    for url in [scene.server.plain("/roots.pem"), "file:///etc/ssl/cert.pem".to_owned()] {
        let run = scene.home.pgtrust(&["providers", "add", "corp", "--url", &url]).expect(2);
        assert!(run.stderr.contains("only https is allowed"), "{run}");
    }
    scene.server.serve("/moved.pem", Reply::redirect(&scene.server.elsewhere("/roots.pem")));
    let run = scene.home.pgtrust(&["providers", "add", "corp", "--url", &scene.server.url("/moved.pem")]).expect(2);
    assert!(run.stderr.contains("the host is not allowed"), "{run}");
    scene.server.serve("/roots.pem", Reply::html());
    assert!(scene.add(&[]).expect(2).stderr.contains("an HTML page"));
}

#[test]
fn a_file_is_taken_with_all_its_roots() {
    let chain = Chain::new();
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("ca.pem", format!("{}{}{}{}", a.pem, chain.intermediate.pem, b.pem, chain.leaf.pem));
    let run = home.pgtrust(&["providers", "add", "lab", "--file", "ca.pem"]).expect(0);
    assert_eq!(run.stdout.matches("  + ").count(), 2, "{run}");
    assert_eq!(run.stdout.matches("is not a root").count(), 2, "{run}");
    let path = home.user_bundles().join("lab/roots.pem");
    let mut expected = [a.fingerprint(), b.fingerprint()];
    expected.sort();
    assert_eq!(in_order(&home, path.to_str().unwrap()), expected);
    // It has nowhere to be fetched from, which is no finding.
    let run = home.pgtrust(&["fetch", "lab"]).expect(0);
    assert!(run.stderr.is_empty(), "{run}");

    let run = home.pgtrust(&["providers", "add", "one", "--file", "ca.pem", "--pin", &b.fingerprint()]).expect(0);
    assert_eq!(run.stdout.matches("  + ").count(), 1, "{run}");
    let run = home.pgtrust(&["providers", "add", "none", "--file", "none.pem"]).expect(2);
    assert!(run.stderr.contains("none.pem"), "{run}");
    home.write("leaf.pem", &chain.leaf.pem);
    home.pgtrust(&["providers", "add", "leaf", "--file", "leaf.pem"]).expect(2);
    let run = home.pgtrust(&["providers", "add", "late", "--file", "ca.pem", "--at", "2061-01-01"]).expect(2);
    assert!(run.stderr.contains("expired"), "{run}");
    assert_eq!(fs::read_dir(home.user_bundles()).unwrap().count(), 2);
}

#[test]
fn a_private_key_is_refused_wherever_it_is() {
    let chain = Chain::new();
    let scene = Scene::new();
    let home = &scene.home;
    home.write("key.pem", format!("{}{}", chain.root.pem, chain.key_pem()));
    let mut files = vec!["key.pem"];
    home.write("leaf.pem", &chain.leaf.pem);
    home.write("only-key.pem", chain.key_pem());
    if tools::program("openssl").is_some() {
        let make =
            "pkcs12 -export -in leaf.pem -inkey only-key.pem -certfile key.pem -out key.p12 -passout pass:changeit";
        Run::of(home.command("openssl").args(make.split(' '))).expect(0);
        files.push("key.p12");
    }
    for file in files {
        scene.server.serve("/key", Reply::bytes(fs::read(home.path().join(file)).unwrap()));
        for place in [["--file", file], ["--url", &scene.server.url("/key")]] {
            let pin = chain.root.fingerprint();
            let run = home.pgtrust(&[&["providers", "add", "corp", "--pin", &pin], &place[..]].concat()).expect(2);
            assert!(run.stderr.contains("contains a private key"), "{run}");
        }
    }
    assert!(!home.user_bundles().exists());
}

#[test]
fn names_and_hosts_of_others_are_refused() {
    let scene = Scene::new();
    let pin = scene.a.fingerprint();
    let add = |name: &str, more: &[&str]| {
        let arguments = ["providers", "add", "--url", &scene.url, "--pin", &pin];
        scene.home.pgtrust(&[&arguments, more, &["--", name]].concat())
    };
    for name in ["azure", "con", "system", "jdk", "-", "../x", "a/b", "Corp", "", "add", &"a".repeat(65)] {
        let run = add(name, &[]).expect(2);
        assert!(run.stderr.contains(&format!("`{name}`")), "{run}");
    }
    for host in ["*.supabase.co", "x.postgres.database.azure.com", "*", "db*", "UPPER.example"] {
        let run = add("corp", &["--host", host]).expect(2);
        assert!(run.stderr.contains(&format!("`{host}`")), "{run}");
    }
    assert!(!scene.home.user_bundles().exists());
    // None of this was even asked for.
    assert!(scene.server.requests("/roots.pem").is_empty());
}

#[test]
fn it_is_written_once_and_changed_only_by_name() {
    let scene = Scene::new();
    let (a, b) = (scene.a.fingerprint(), scene.b.fingerprint());
    let before = snapshot(scene.home.path());
    let run = scene.add(&["--pin", &a, "--dry-run"]).expect(0);
    assert!(run.stdout.contains("would be created"), "{run}");
    assert!(snapshot(scene.home.path()) == before, "a dry run wrote something");
    scene.add(&["--pin", &a]).expect(0);
    // The day of the check may be another.
    let definition = scene.file("provider.toml");
    let text = fs::read_to_string(&definition).unwrap();
    let checked = text.lines().find(|line| line.starts_with("checked = ")).unwrap();
    fs::write(&definition, text.replace(checked, "checked = 2026-01-01")).unwrap();
    let before = snapshot(&scene.home.user_bundles());
    let run = scene.add(&["--pin", &a]).expect(0);
    assert!(run.stdout.starts_with("corp: unchanged: "), "{run}");
    let run = scene.add(&["--pin", &b]).expect(2);
    assert!(run.stderr.contains("says something else") && run.stderr.contains("--replace"), "{run}");
    assert!(snapshot(&scene.home.user_bundles()) == before);
    let run = scene.add(&["--pin", &b, "--replace"]).expect(0);
    assert!(run.stdout.starts_with("corp: replaced: "), "{run}");
    assert_eq!(in_order(&scene.home, &scene.file("roots.pem")), [b]);
}

#[test]
fn a_new_root_at_its_url_is_held_until_accepted() {
    let scene = Scene::new();
    scene.server.serve("/roots.pem", Reply::bytes(scene.a.pem.as_str()));
    scene.add(&["--pin", &scene.a.fingerprint()]).expect(0);
    scene.home.pgtrust(&["fetch", "corp", "--require-network"]).expect(0);
    scene.server.serve("/roots.pem", Reply::bytes(format!("{}{}", scene.b.pem, scene.a.pem)));
    let run = scene.home.pgtrust(&["fetch", "corp"]).expect(1);
    assert!(run.stderr.contains("held, not trusted") && run.stderr.contains(&scene.b.fingerprint()), "{run}");
    scene.home.pgtrust(&["accept", &scene.b.fingerprint()]).expect(0);
    scene.home.pgtrust(&["fetch", "corp"]).expect(0);
    scene.home.pgtrust(&["install", "corp", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&scene.home, "store.pem").len(), 2);
}

#[test]
fn it_goes_when_nothing_uses_it() {
    let scene = Scene::new();
    scene.add(&["--pin", &scene.a.fingerprint()]).expect(0);
    scene.home.pgtrust(&["install", "corp", "--output", "store.pem", "--offline"]).expect(0);
    let run = scene.home.pgtrust(&["providers", "remove", "corp"]).expect(2);
    let store = scene.home.path().join("store.pem");
    for use_ in ["source `corp`", &format!("target `{}`", store.display()), "pgtrust.toml"] {
        assert!(run.stderr.contains(use_), "{run}");
    }
    scene.home.write(".config/pgtrust/pgtrust.toml", "");
    let run = scene.home.pgtrust(&["providers", "remove", "corp", "--dry-run"]).expect(0);
    assert!(run.stdout.contains("would be removed") && scene.home.user_bundles().join("corp").exists(), "{run}");
    scene.home.pgtrust(&["providers", "remove", "corp"]).expect(0);
    assert!(!scene.home.user_bundles().join("corp").exists());
    for (name, reason) in
        [("corp", "is not a provider"), ("azure", "is a built-in provider"), ("..", "is not a provider")]
    {
        let run = scene.home.pgtrust(&["providers", "remove", name]).expect(2);
        assert!(run.stderr.contains(reason), "{run}");
    }
    // What others put beside the two files is not ours to remove.
    scene.add(&["--pin", &scene.a.fingerprint()]).expect(0);
    scene.home.write(".config/pgtrust/bundles/corp/notes.txt", "why");
    let run = scene.home.pgtrust(&["providers", "remove", "corp"]).expect(2);
    assert!(run.stderr.contains("notes.txt"), "{run}");
    scene.home.pgtrust(&["providers", "corp"]).expect(0);
}

/// A server with two roots and an intermediate at one address.
struct Scene {
    server: ProviderServer,
    home: Home,
    url: String,
    a: TestCertificate,
    b: TestCertificate,
    intermediate: TestCertificate,
}

impl Scene {
    fn new() -> Self {
        let server = ProviderServer::start();
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        let a = Authority::root("corp A");
        let intermediate = a.intermediate("corp below A").certificate;
        let (a, b) = (a.certificate, Authority::root("corp B").certificate);
        server.serve("/roots.pem", Reply::bytes(format!("{}{}{}", a.pem, intermediate.pem, b.pem)));
        let url = server.url("/roots.pem");
        Self { server, home, url, a, b, intermediate }
    }

    fn add(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["providers", "add", "corp", "--url", &self.url], arguments].concat())
    }

    fn file(&self, name: &str) -> String {
        let path: PathBuf = self.home.user_bundles().join("corp").join(name);
        path.to_str().unwrap().to_owned()
    }
}
