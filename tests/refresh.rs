//! `refresh`: what cron runs. Silent when nothing changed, told once when a person is needed, never worse than before.

mod night;
#[cfg(unix)]
mod state;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{differences, in_order, roots, snapshot};
use crate::support::tools;

/// A provider with one pinned root, which follows a bundle, installed into two stores.
struct Scene {
    server: ProviderServer,
    home: Home,
    pinned: TestCertificate,
}

impl Scene {
    fn new(new_roots: &str) -> Self {
        let server = ProviderServer::start();
        let pinned = Authority::root("pgtrust test root").certificate;
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        let url = server.url("/bundle.pem");
        home.add_provider(
            &Provider::new("prov").root(&pinned).growing_source(&url, "CN=pgtrust test *,O=pgtrust tests"),
        );
        let scene = Self { server, home, pinned };
        scene.serve(&[&scene.pinned]);
        for store in ["one.pem", "two.p12"] {
            scene.home.pgtrust(&["install", "prov", "--output", store]).expect(0);
        }
        let manifest = scene.home.path().join(".config/pgtrust/pgtrust.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace("name = \"prov\"\n", &format!("name = \"prov\"\n{new_roots}"))).unwrap();
        scene
    }

    fn serve(&self, certificates: &[&TestCertificate]) {
        let pem: String = certificates.iter().map(|certificate| certificate.pem.as_str()).collect();
        let tag =
            format!("\"{}\"", certificates.iter().map(|certificate| certificate.fingerprint()).collect::<String>());
        self.server.serve("/bundle.pem", Reply::bytes(pem).header("etag", &tag));
    }

    fn refresh(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["refresh"], arguments].concat())
    }

    fn state(&self, name: &str) -> PathBuf {
        self.home.path().join(".local/state/pgtrust").join(name)
    }
}

#[track_caller]
fn silent(run: &Run) {
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
}

const ACCEPT: &str = "new-roots = \"accept\"\n";

#[test]
fn with_nothing_to_do_it_says_nothing_and_writes_nothing() {
    let scene = Scene::new("");
    silent(&scene.refresh(&[]).expect(0));
    // The time of the last run is that of the lock, which is no write.
    let seen = || {
        let mut seen = snapshot(scene.home.path());
        seen.remove(&scene.state("refresh.lock"));
        seen
    };
    let (before, asked) = (seen(), scene.server.requests("/bundle.pem").len());
    silent(&scene.refresh(&[]).expect(0));
    assert_eq!(differences(&before, &seen()), [""; 0]);
    let requests = scene.server.requests("/bundle.pem");
    assert_eq!(requests.len(), asked + 1);
    assert!(requests[asked].headers.contains_key("if-none-match"), "{:?}", requests[asked]);
    let said = scene.refresh(&["--verbose"]).expect(0).stdout;
    assert_eq!(said.matches(": unchanged: ").count(), 3, "{said}");
}

#[test]
fn a_new_root_that_may_be_taken_goes_into_every_store_beside_the_old_one() {
    let scene = Scene::new(ACCEPT);
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    scene.refresh(&[]).expect(0);
    let names = ["one.pem", "two.p12"];
    for store in names {
        let mut both = in_order(&scene.home, store);
        both.sort();
        let mut expected = [scene.pinned.fingerprint(), new.fingerprint()];
        expected.sort();
        assert_eq!(both, expected, "{store}");
    }
    silent(&scene.refresh(&[]).expect(0));
    // The source loses the old root: the stores do not.
    scene.serve(&[&new]);
    scene.refresh(&[]);
    assert_eq!(names.map(|store| in_order(&scene.home, store).len()), [2, 2]);
}

#[test]
fn a_root_that_the_manifest_cannot_take_gets_into_no_file() {
    let scene = Scene::new(ACCEPT);
    let manifest = scene.home.path().join(".config/pgtrust/pgtrust.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let room = (1 << 20) - text.len() - 300;
    fs::write(&manifest, format!("{text}#{}\n", "x".repeat(room))).unwrap();
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let store = scene.home.path().join("one.pem");
    fs::remove_file(&store).unwrap();
    let run = scene.refresh(&[]).expect(2);
    assert!(
        run.stderr.contains("pgtrust.toml` would have more than 1048576 bytes\nhint: take `[[accepted]]`"),
        "{run}"
    );
    assert!(run.stderr.contains("held, not trusted: `CN=pgtrust test new root"), "{run}");
    // The rest is done all the same.
    for file in ["one.pem", ".local/share/pgtrust/prov.pem"] {
        assert_eq!(in_order(&scene.home, file), [scene.pinned.fingerprint()], "{file}");
    }
}

#[test]
fn an_answer_takes_no_work_of_key_derivations() {
    let scene = Scene::new("");
    let new = Authority::root("pgtrust test new root").certificate;
    scene.home.write("new.pem", &new.pem);
    let openssl = tools::program("openssl").unwrap();
    let arguments = "pkcs12 -export -nokeys -in new.pem -out heavy.p12 -passout pass:changeit -iter 20000";
    Run::of(scene.home.command(openssl).args(arguments.split(' '))).expect(0);
    scene.server.serve("/bundle.pem", Reply::bytes(fs::read(scene.home.path().join("heavy.p12")).unwrap()));
    let run = scene.refresh(&[]).expect(2);
    assert!(run.stderr.contains("iterations of key derivations") && run.stderr.contains("limit of 10000"), "{run}");
}

#[test]
fn a_check_tells_what_the_run_does_and_writes_nothing() {
    let scene = Scene::new(ACCEPT);
    silent(&scene.refresh(&["--check"]).expect(0));
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let before = snapshot(scene.home.path());
    let check = scene.refresh(&["--check"]).expect(1);
    let report = scene.refresh(&["--check", "--json"]).expect(1).json();
    assert_eq!(differences(&before, &snapshot(scene.home.path())), [""; 0]);
    assert_eq!((&report["check"], &report["changed"]), (&json!(true), &json!(true)), "{report}");
    assert_eq!(report["stores"][1]["added"][0]["sha256"], json!(new.fingerprint()), "{report}");
    let run = scene.refresh(&[]).expect(0);
    assert_eq!(run.stdout.lines().count(), 3, "{run}");
    assert_eq!(check.stdout.replace("would be updated", "updated"), run.stdout);
    silent(&scene.refresh(&["--check"]).expect(0));
}

#[test]
fn a_pattern_takes_no_attribute_more_than_it_has() {
    let scene = Scene::new(ACCEPT);
    let url = scene.server.url("/bundle.pem");
    scene.home.add_provider(&Provider::new("prov").root(&scene.pinned).growing_source(&url, "CN=pgtrust test *"));
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let run = scene.refresh(&[]).expect(1);
    assert!(run.stderr.contains("held, not trusted: `CN=pgtrust test new root,O=pgtrust tests`"), "{run}");
    assert_eq!(in_order(&scene.home, "one.pem"), [scene.pinned.fingerprint()]);
    // In a pipeline nobody is there to look.
    scene.home.pgtrust(&["fetch", "prov"]).expect(1);
    let run = scene.home.pgtrust(&["fetch", "prov", "--held-ok"]).expect(0);
    assert!(run.stderr.contains(&new.fingerprint()), "{run}");
}

#[test]
fn an_unknown_root_is_told_once_and_goes_in_once_it_is_accepted() {
    let scene = Scene::new("");
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let first = scene.refresh(&[]).expect(1);
    assert!(first.stderr.contains(&new.fingerprint()) && first.stderr.contains("pgtrust accept"), "{first}");
    assert_eq!(first.stdout, "");
    silent(&scene.refresh(&[]).expect(1));
    // Neither an outage makes it news again, nor does it get lost.
    scene.server.serve("/bundle.pem", Reply::status(503));
    let outage = scene.refresh(&["--timeout", "5"]).expect(2);
    assert!(outage.stderr.contains("503") && !outage.stderr.contains(&new.fingerprint()), "{outage}");
    scene.serve(&[&scene.pinned, &new]);
    silent(&scene.refresh(&[]).expect(1));
    let again = scene.refresh(&["--json"]).expect(1).json();
    let findings = again["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{again}");
    for (key, value) in [("kind", json!("held")), ("about", json!("prov")), ("new", json!(false))] {
        assert_eq!(findings[0][key], value, "{again}");
    }
    let shown = scene.home.pgtrust(&["accept", "--provider", "prov", "--dry-run"]).expect(0);
    let since = findings[0]["since"].as_str().unwrap();
    for evidence in [since, "/bundle.pem", "no pinned root has its key or has signed it", "https://docs.example/tls"] {
        assert!(shown.stderr.contains(evidence), "{evidence}: {shown}");
    }
    silent(&scene.refresh(&[]).expect(1));
    let accepted = scene.home.pgtrust(&["accept", &new.fingerprint()]).expect(0);
    assert!(accepted.stderr.starts_with(&shown.stderr), "{accepted}");
    scene.home.pgtrust(&["accept", "--provider", "prov"]).expect(2);
    let run = scene.refresh(&[]).expect(0);
    assert_eq!(run.stdout.lines().count(), 2, "{run}");
    assert_eq!(in_order(&scene.home, "one.pem").len(), 2);
    silent(&scene.refresh(&[]).expect(0));
}

#[test]
fn all_held_roots_of_a_provider_are_accepted_at_once_with_what_speaks_for_each() {
    let scene = Scene::new("");
    let pinned = Authority::root("pgtrust test pinned");
    let provider = Provider::new("linked").root(&pinned.certificate).source(&scene.server.url("/linked.pem"));
    scene.home.add_provider(&provider);
    scene.home.pgtrust(&["install", "linked", "--offline", "--output", "three.pem"]).expect(0);
    let again = pinned.again();
    let other = Authority::root("pgtrust test other");
    let leaf = other.server(&["db.example"]).0;
    let served =
        [&pinned.certificate, &again, &other.certificate, &leaf].map(|certificate| certificate.pem.as_str()).concat();
    scene.server.serve("/linked.pem", Reply::bytes(served));
    scene.refresh(&[]).expect(1);
    let run = scene.home.pgtrust(&["accept", "--provider", "linked"]).expect(0);
    assert_eq!(run.stdout.matches("linked: accepted ").count(), 2, "{run}");
    assert!(run.stderr.contains("its key is that of the pinned `CN=pgtrust test pinned,O=pgtrust tests`"), "{run}");
    assert_eq!(run.stderr.matches("no pinned root has its key").count(), 1, "{run}");
    assert!(run.stderr.contains("is not a self-signed CA certificate and stays held"), "{run}");
    scene.refresh(&[]).expect(1);
    assert_eq!(in_order(&scene.home, "three.pem").len(), 3);
}

#[test]
fn a_failing_source_stops_no_other_and_is_told_once() {
    let scene = Scene::new(ACCEPT);
    let [other] = roots(["other"]);
    scene.server.serve("/other.pem", Reply::bytes(other.pem.as_str()));
    scene.home.add_provider(&Provider::new("aaa").root_at(&other, &scene.server.url("/other.pem")));
    scene.home.pgtrust(&["install", "aaa", "--output", "three.pem"]).expect(0);
    silent(&scene.refresh(&[]).expect(0));

    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let faults = [Reply::status(500), Reply::html(), Reply::truncated(other.pem.as_str()), Reply::bytes("")];
    for (index, fault) in faults.into_iter().enumerate() {
        scene.server.serve("/other.pem", fault);
        let run = scene.refresh(&["--timeout", "5"]).expect(2);
        assert_eq!(run.stderr.contains("`aaa`: 1 of 1 root taken from the built-in copies"), index == 0, "{run}");
        assert_eq!(run.stdout.is_empty(), index > 0, "{run}");
    }
    assert_eq!(in_order(&scene.home, "one.pem").len(), 2);
    assert_eq!(in_order(&scene.home, "three.pem"), [other.fingerprint()]);
    scene.server.serve("/other.pem", Reply::bytes(other.pem.as_str()));
    silent(&scene.refresh(&[]).expect(0));
    scene.server.serve("/other.pem", Reply::status(500));
    assert!(!scene.refresh(&[]).expect(2).stderr.is_empty(), "a new outage is news");
}

#[test]
fn a_pinned_address_that_drifts_is_told_with_what_was_expected() {
    let scene = Scene::new("");
    let [root, impostor] = roots(["pinned", "impostor"]);
    let url = scene.server.url("/root.pem");
    scene.home.add_provider(&Provider::new("drift").root_at(&root, &url));
    scene.server.serve("/root.pem", Reply::bytes(root.pem.as_str()));
    scene.server.serve("/moved.pem", Reply::bytes(root.pem.as_str()));
    scene.home.pgtrust(&["install", "drift", "--output", "three.pem"]).expect(0);
    let moved = Reply::status(301).header("location", "/moved.pem");
    for (reply, words) in [
        (Reply::bytes(impostor.pem.as_str()), vec!["instead of", &url]),
        (Reply::status(404), vec!["answered 404", "published"]),
        (Reply::status(410), vec!["answered 410"]),
        (moved, vec!["has moved for good to", "/moved.pem"]),
    ] {
        scene.server.serve("/root.pem", Reply::bytes(root.pem.as_str()));
        silent(&scene.refresh(&[]).expect(0));
        scene.server.serve("/root.pem", reply);
        let run = scene.refresh(&[]).expect(1);
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{run}");
        assert!(run.stderr.contains("hint: ") && run.stdout.is_empty(), "{run}");
        silent(&scene.refresh(&[]).expect(1));
        assert_eq!(in_order(&scene.home, "three.pem"), [root.fingerprint()]);
    }
    scene.server.serve("/root.pem", Reply::status(307).header("location", "/moved.pem"));
    silent(&scene.refresh(&[]).expect(0));
}

#[test]
fn a_store_that_cannot_be_read_stops_no_other() {
    let scene = Scene::new(ACCEPT);
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    scene.home.write("one.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let before = fs::read(scene.home.path().join("one.pem")).unwrap();
    let run = scene.refresh(&[]).expect(2);
    assert!(run.stderr.contains("one.pem`: "), "{run}");
    assert_eq!(in_order(&scene.home, "two.p12").len(), 2);
    silent(&scene.refresh(&[]).expect(2));
    assert_eq!(fs::read(scene.home.path().join("one.pem")).unwrap(), before);
    fs::remove_file(scene.home.path().join("one.pem")).unwrap();
    let run = scene.refresh(&[]).expect(0);
    assert!(run.stdout.contains("one.pem: created: 2 roots added"), "{run}");
}

#[test]
fn what_the_manifest_names_and_is_not_there_is_told_and_the_rest_goes_on() {
    let scene = Scene::new(ACCEPT);
    let [mine] = roots(["mine"]);
    scene.home.write("mine.pem", &mine.pem);
    scene.home.pgtrust(&["install", "prov", "mine.pem", "--output", "three.pem"]).expect(0);
    fs::remove_file(scene.home.path().join("mine.pem")).unwrap();
    fs::remove_dir_all(scene.home.user_bundles().join("prov")).unwrap();
    // One that no store has is told too.
    let manifest = scene.home.path().join(".config/pgtrust/pgtrust.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("[[source]]\nname = \"azurre\"\n\n{text}")).unwrap();
    let run = scene.refresh(&[]).expect(2);
    assert!(run.stderr.contains("prov`") && run.stderr.contains("mine.pem`"), "{run}");
    assert!(run.stderr.contains("azurre`") && run.stderr.contains("did you mean `azure`"), "{run}");
    assert_eq!(run.stderr.matches("mine.pem`").count(), 1, "{run}");
    assert_eq!(in_order(&scene.home, "three.pem").len(), 2);
    silent(&scene.refresh(&[]).expect(2));
}

#[test]
fn a_source_on_this_machine_is_looked_at_again_without_a_network() {
    let home = Home::new();
    let [mine] = roots(["mine"]);
    home.write("mine.pem", &mine.pem);
    home.pgtrust(&["install", "mine.pem", "--output", "store.pem"]).expect(0);
    fs::remove_file(home.path().join("mine.pem")).unwrap();
    let run = home.pgtrust(&["refresh", "--offline"]).expect(2);
    let stays = "store.pem` stays as it is: could not read `";
    assert!(run.stderr.contains(stays) && run.stderr.contains("mine.pem`: no such file or directory"), "{run}");
    silent(&home.pgtrust(&["refresh", "--offline"]).expect(2));
    home.write("mine.pem", &mine.pem);
    silent(&home.pgtrust(&["refresh", "--offline"]).expect(0));
}

#[test]
fn two_runs_never_overlap() {
    let scene = Scene::new("");
    silent(&scene.refresh(&[]).expect(0));
    let held = fs::File::open(scene.state("refresh.lock")).unwrap();
    held.lock().unwrap();
    let run = scene.refresh(&["--wait", "0"]).expect(2);
    assert!(run.stderr.contains("refresh.lock` is locked") && run.stderr.contains("hint: "), "{run}");
    drop(held);
    silent(&scene.refresh(&["--splay", "1ms", "--wait", "0"]).expect(0));
    scene.refresh(&["--splay", "soon"]).expect(2);
}

#[test]
fn without_anything_kept_there_is_nothing_to_refresh() {
    let home = Home::new();
    let run = home.pgtrust(&["refresh"]).expect(2);
    assert!(run.stderr.contains("hint: "), "{run}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn the_report_says_all_of_it() {
    let scene = Scene::new(ACCEPT);
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    let report = scene.refresh(&["--json"]).expect(0).json();
    let source = &report["sources"][0];
    assert_eq!((&source["name"], &source["changed"]), (&json!("prov"), &json!(true)), "{report}");
    assert_eq!(
        source["added"],
        json!([{"sha256": new.fingerprint(), "subject": "CN=pgtrust test new root,O=pgtrust tests"}])
    );
    let outcomes: Vec<&Value> = report["stores"].as_array().unwrap().iter().map(|store| &store["outcome"]).collect();
    assert_eq!(outcomes, ["updated", "updated"], "{report}");
    assert_eq!(report["findings"], json!([]));
    let history = scene.home.pgtrust(&["history", "--json"]).expect(0).json();
    assert_eq!(history["changes"].as_array().unwrap().last().unwrap()["command"], "refresh --json");
}
