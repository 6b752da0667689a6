//! What a provider's server may answer, and what `pgtrust fetch` makes of it. Whatever it answers, what is kept and
//! installed never becomes worse.

mod scene;

use std::fs;

use serde_json::{Value, json};

use scene::{Scene, home_trusting};

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::tools;

#[test]
fn a_download_that_matches_its_pin_is_kept_at_the_stable_path() {
    let scene = Scene::new("/root.pem");
    scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()));

    let run = scene.fetch(&[]).expect(0);
    assert_eq!(run.printed_path(), scene.home.path().join(".local/share/pgtrust/testprov.pem"));
    assert!(run.stderr.is_empty(), "{run}");

    let run = scene.fetch(&["--json"]).expect(0);
    let expected = json!({
        "id": "testprov",
        "path": scene.kept(),
        "changed": false,
        "roots": [{
            "sha256": scene.root.fingerprint(),
            "subject": format!("CN={},O=pgtrust tests", scene.root.common_name),
            "role": "current",
            "url": scene.server.url("/root.pem"),
            "result": "downloaded",
        }],
        "held": [],
    });
    let report = run.json();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(report["providers"][0][key], *value, "{key}: {run}");
    }
    scene.nothing_became_worse();
}

#[test]
fn content_tells_pem_from_der_and_not_the_name() {
    for (path, reply) in [
        ("/der.pem", (|root| Reply::bytes(root.der.as_slice())) as fn(&TestCertificate) -> Reply),
        ("/pem.crt", |root| Reply::bytes(root.pem.as_str()).header("content-type", "application/pkix-cert")),
        ("/pem.der", |root| Reply::bytes(root.pem.as_str())),
    ] {
        let scene = Scene::new(path);
        scene.server.serve(path, reply(&scene.root));
        assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(0)), "downloaded", "{path}");
        scene.nothing_became_worse();
    }
}

#[test]
fn a_compressed_answer_is_unpacked() {
    let scene = Scene::new("/root.pem");
    scene.server.serve("/root.pem", Reply::gzip(scene.root.pem.as_bytes()));
    assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(0)), "downloaded");
    scene.nothing_became_worse();
}

#[test]
fn another_certificate_in_the_place_of_the_root_is_never_used() {
    let scene = Scene::new("/root.pem");
    let other = Authority::root("pgtrust test other root").certificate;
    scene.server.serve("/root.pem", Reply::bytes(other.pem.as_str()).header("etag", "\"other\""));
    // Twice: an answer that is known to be wrong must not count as right because it has not changed.
    for _ in 0..2 {
        let run = scene.fetch(&["--json"]).expect(1);
        assert_eq!(scene.result(&run), "mismatch", "{run}");
        assert_eq!(run.json()["providers"][0]["held"], json!([]), "{run}");
        assert!(run.stderr.contains(&other.fingerprint()), "{run}");
    }
    scene.fetch(&["--require-network"]).expect(1);
    scene.nothing_became_worse();
    scene.a_new_home_gets_the_same(1);
}

#[test]
fn a_same_named_root_with_another_key_is_never_used() {
    let scene = Scene::new("/root.pem");
    let double = Authority::root(&scene.root.common_name).certificate;
    scene.server.serve("/root.pem", Reply::bytes(double.der));
    assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(1)), "mismatch");
    scene.nothing_became_worse();
    scene.a_new_home_gets_the_same(1);
}

#[test]
fn a_certificate_beside_the_root_is_held_and_not_trusted() {
    let scene = Scene::new("/root.pem");
    let extra = Authority::root("pgtrust test extra root").certificate;
    scene.server.serve("/root.pem", Reply::bytes(format!("{}{}", extra.pem, scene.root.pem)));

    let run = scene.fetch(&["--json"]).expect(1);
    assert_eq!(scene.result(&run), "downloaded", "{run}");
    assert_eq!(
        run.json()["providers"][0]["held"],
        json!([{
            "sha256": extra.fingerprint(),
            "subject": "CN=pgtrust test extra root,O=pgtrust tests",
            "not_before": "2024-01-01T00:00:00Z",
            "not_after": "2060-01-01T00:00:00Z",
            "url": scene.server.url("/root.pem"),
        }]),
        "{run}"
    );
    assert!(run.stderr.contains(&extra.fingerprint()), "{run}");
    scene.nothing_became_worse();
    scene.a_new_home_gets_the_same(1);
}

#[test]
fn of_an_archive_of_chains_only_unknown_roots_are_held() {
    let Some(zip) = tools::program("zip") else { return };
    let server = ProviderServer::start();
    let root = Authority::root("pgtrust test root");
    let region = root.intermediate("pgtrust test region");
    let (leaf, _) = region.intermediate("pgtrust test zone").server(&["db.example"]);
    let extra = Authority::root("pgtrust test extra root");
    // It says that it is below the pinned root, and is not.
    let forged = Authority::root("pgtrust test root").intermediate("pgtrust test forged").certificate;
    let zone = region.intermediate("pgtrust test zone").certificate;
    let provider = Provider::new("testprov").root(&root.certificate).source(&server.url("/chain.zip"));
    let scene = Scene::of(server, root.certificate.clone(), &provider);
    let members = [&zone, &region.certificate, &root.certificate, &extra.certificate, &forged];
    let chain: String = members.map(|member| member.pem.as_str()).concat();
    scene.home.write("chain/chain.pem", chain);
    scene.home.write("chain/region.der", &region.certificate.der);
    scene.home.write("chain/leaf.pem", &leaf.pem);
    scene.home.write("chain/README", "what to do with it");
    let mut command = scene.home.command(&zip);
    Run::of(command.args(["-qr", "chain.zip", "chain"])).expect(0);
    scene.server.serve("/chain.zip", Reply::bytes(fs::read(scene.home.path().join("chain.zip")).unwrap()));

    let run = scene.fetch(&["--json"]).expect(1);
    assert_eq!(scene.result(&run), "downloaded", "{run}");
    let held: Vec<Value> = run.json()["providers"][0]["held"].as_array().unwrap().clone();
    let mut held: Vec<&str> = held.iter().map(|held| held["sha256"].as_str().unwrap()).collect();
    let expected = [extra.certificate.fingerprint(), forged.fingerprint(), leaf.fingerprint()];
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    held.sort();
    expected.sort();
    assert_eq!(held, expected, "{run}");
    scene.nothing_became_worse();
}

#[test]
fn a_new_member_of_a_followed_bundle_is_held_and_not_trusted() {
    let server = ProviderServer::start();
    let root = Authority::root("pgtrust test root").certificate;
    let extra = Authority::root("pgtrust test extra root").certificate;
    let provider = Provider::new("testprov").root(&root).source(&server.url("/bundle.pem"));
    let scene = Scene::of(server, root, &provider);
    scene.server.serve("/bundle.pem", Reply::bytes(format!("{}{}", scene.root.pem, extra.pem)));

    let run = scene.fetch(&["--json"]).expect(1);
    assert_eq!(scene.result(&run), "downloaded", "{run}");
    assert_eq!(run.json()["providers"][0]["held"][0]["sha256"], json!(extra.fingerprint()), "{run}");
    scene.nothing_became_worse();
    scene.a_new_home_gets_the_same(1);
}

#[test]
fn a_region_narrows_the_roots_and_the_bundle() {
    let server = ProviderServer::start();
    let [north, south] = ["north", "south"].map(|name| Authority::root(name).certificate);
    let provider = Provider::new("testprov")
        .regional_root(&north, &["north"])
        .regional_root(&south, &["south"])
        .regional_source(&server.url("/all.pem"), &server.url("/{region}/bundle.pem"));
    server.serve("/all.pem", Reply::bytes(format!("{}{}", north.pem, south.pem)));
    server.serve("/south/bundle.pem", Reply::bytes(south.pem.as_str()));
    let home = home_trusting(&server);
    home.add_provider(&provider);

    let run = home.pgtrust(&["fetch", "testprov", "--region", "south", "--json"]).expect(0);
    let roots = &run.json()["providers"][0]["roots"];
    assert_eq!(roots.as_array().map(Vec::len), Some(1), "{run}");
    assert_eq!(roots[0]["sha256"], json!(south.fingerprint()), "{run}");
    assert_eq!(roots[0]["result"], "downloaded", "{run}");
    assert_eq!((server.requests("/all.pem").len(), server.requests("/south/bundle.pem").len()), (0, 1));

    let run = home.pgtrust(&["fetch", "testprov", "--region", "east"]).expect(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("south"), "{run}");
    assert!(run.stderr.contains("once a new one is published, `pgtrust refresh` of all regions"), "{run}");
}

#[test]
fn what_is_no_certificate_leaves_the_built_in_copy() {
    type Answer = fn(&TestCertificate) -> Reply;
    let answers: [(&str, &str, Answer); 10] = [
        ("an HTML page with status 200", "HTML", |_| Reply::html()),
        ("status 403", "403", |_| Reply::status(403)),
        ("status 404", "404", |_| Reply::status(404)),
        ("status 500 every time", "500", |_| Reply::status(500)),
        ("nothing", "empty", |_| Reply::bytes("")),
        ("half of the bytes", "incomplete", |root| Reply::truncated(root.pem.as_str())),
        ("one gigabyte, announced", "larger than", |_| Reply::huge()),
        ("one gigabyte, not announced", "larger than", |_| Reply::huge_unannounced()),
        ("little that unpacks to 17 megabytes", "larger than", |_| Reply::gzip(&vec![b'A'; 17 << 20])),
        ("PEM under `content-encoding: gzip`", "damaged", |root| {
            Reply::bytes(root.pem.as_str()).header("content-encoding", "gzip")
        }),
    ];
    for (answer, reason, reply) in answers {
        let scene = Scene::new("/root.pem");
        scene.server.serve("/root.pem", reply(&scene.root));
        scene.falls_back(answer, reason);
    }
}

#[test]
fn a_private_key_in_the_answer_leaves_the_built_in_copy() {
    let scene = Scene::new("/root.pem");
    let (_, key) = Authority::root("pgtrust test other root").server(&["localhost"]);
    scene.server.serve("/root.pem", Reply::bytes(format!("{}{}", scene.root.pem, key.serialize_pem())));
    scene.falls_back("a private key", "private key");
}

#[test]
fn a_stalled_answer_is_given_up_in_time() {
    let mut scene = Scene::new("/root.pem");
    scene.timeout = 1;
    scene.server.serve("/root.pem", Reply::stalled(scene.root.pem.as_str()));
    scene.falls_back("silence after half of the bytes", "within 1s");
}

#[test]
fn a_server_that_this_machine_does_not_trust_is_not_believed() {
    let mut scene = Scene::new("/root.pem");
    scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()));
    scene.home.trust_for_https(&Authority::root("pgtrust test other root").certificate.pem);
    let run = scene.fetch(&["--json"]).expect(0);
    assert_eq!(scene.result(&run), "built-in", "{run}");
    scene.fetch(&["--require-network"]).expect(2);
    assert!(scene.server.requests("/root.pem").is_empty());
    scene.nothing_became_worse();
}

#[test]
fn a_redirect_leads_only_to_hosts_that_the_provider_names() {
    let scene = Scene::new("/root.pem");
    let elsewhere = [scene.server.elsewhere("/moved.pem"), scene.server.plain("/moved.pem")];
    scene.server.serve("/moved.pem", Reply::bytes(scene.root.pem.as_str()));
    for url in elsewhere {
        scene.server.serve("/root.pem", Reply::redirect(&url));
        scene.falls_back(&format!("a redirect to {url}"), "refused");
        assert!(scene.server.requests("/moved.pem").is_empty(), "{url}");
    }

    // Addresses that a server of the provider has no business to know, and what reads files.
    let port = scene.server.url("/").rsplit_once(':').unwrap().1.to_owned();
    for url in [
        "file:///etc/passwd".to_owned(),
        "file://localhost/etc/passwd".to_owned(),
        format!("http://localhost:{port}moved.pem"),
        format!("https://localhost@127.0.0.1:{port}moved.pem"),
        format!("//127.0.0.1:{port}moved.pem"),
        format!("https://[::1]:{port}moved.pem"),
        format!("https://2130706433:{port}moved.pem"),
        format!("https://localhost.:{port}moved.pem"),
        "https://10.0.0.1/moved.pem".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://192.168.1.1/".to_owned(),
        "https://[fd00::1]/".to_owned(),
        "ftp://localhost/moved.pem".to_owned(),
        "data:text/plain,moved".to_owned(),
        "https://".to_owned(),
    ] {
        scene.server.serve("/root.pem", Reply::redirect(&url));
        let run = scene.fetch(&["--json"]).expect(0);
        assert!(scene.result(&run) == "built-in" && run.stderr.contains(" refused: "), "{url}: {run}");
        assert!(scene.server.requests("/moved.pem").is_empty(), "{url}");
        scene.nothing_became_worse();
    }

    scene.server.serve("/root.pem", Reply::redirect("/moved.pem"));
    assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(0)), "downloaded");
    assert_eq!(scene.server.requests("/moved.pem").len(), 1);
}

#[test]
fn what_is_no_https_is_not_asked_for() {
    let (server, home) = (ProviderServer::start(), Home::new());
    let root = Authority::root("pgtrust test root").certificate;
    server.serve("/root.pem", Reply::bytes(root.pem.as_str()));
    let good = server.url("/root.pem");
    for url in
        [server.plain("/root.pem"), "file:///etc/passwd".to_owned(), "HTTP://localhost/".to_owned(), String::new()]
    {
        for provider in [
            Provider::new("testprov").root_at(&root, &url),
            Provider::new("testprov").root(&root).source(&url),
            Provider::new("testprov").root(&root).regional_source(&good, &url),
        ] {
            home.add_provider(&provider);
            let refused = home.pgtrust(&["fetch", "testprov", "--region", "a"]).expect(2);
            assert!(refused.stderr.contains(&format!("`{url}` is not an https URL")), "{refused}");
        }
    }
    home.add_provider(&Provider::new("testprov").root_at(&root, &good));
    for mirror in ["file:///etc", "ftp://localhost/", "data:text/plain,a", "localhost"] {
        let refused = home.pgtrust(&["fetch", "testprov", "--mirror", mirror]).expect(2);
        assert!(refused.stderr.contains(mirror), "{refused}");
        home.write(".config/pgtrust/pgtrust.toml", format!("mirror = \"{mirror}\"\n"));
        let refused = home.pgtrust(&["fetch", "testprov"]).expect(2);
        assert!(refused.stderr.contains(mirror), "{refused}");
        fs::remove_file(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap();
    }
    assert!(server.requests("/root.pem").is_empty());
}

#[test]
fn only_a_failure_that_may_pass_is_tried_again() {
    let scene = Scene::new("/root.pem");
    scene.server.serve_each("/root.pem", [Reply::status(500), Reply::bytes(scene.root.pem.as_str())]);
    assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(0)), "downloaded");
    assert_eq!(scene.server.requests("/root.pem").len(), 2);

    let scene = Scene::new("/root.pem");
    scene.server.serve_each("/root.pem", [Reply::status(404), Reply::bytes(scene.root.pem.as_str())]);
    assert_eq!(scene.result(&scene.fetch(&["--json"]).expect(0)), "built-in");
    assert_eq!(scene.server.requests("/root.pem").len(), 1);
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let validators =
        [("etag", "\"v1\"", "if-none-match"), ("last-modified", "Fri, 20 Nov 2026 10:00:00 GMT", "if-modified-since")];
    for (header, value, condition) in validators {
        let scene = Scene::new("/root.pem");
        scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()).header(header, value));
        let results = [(); 2].map(|()| scene.result(&scene.fetch(&["--json"]).expect(0)));
        assert_eq!(results, ["downloaded", "unchanged"], "{header}");
        let requests = scene.server.requests("/root.pem");
        let conditions: Vec<_> = requests.iter().map(|request| request.headers.get(condition).cloned()).collect();
        assert_eq!(conditions, [None, Some(value.to_owned())], "{header}");
        scene.nothing_became_worse();
    }
}

#[test]
fn one_bad_address_does_not_stop_the_others() {
    let server = ProviderServer::start();
    let [good, lost] = ["good", "lost"].map(|name| Authority::root(name).certificate);
    server.serve("/good.pem", Reply::bytes(good.pem.as_str()));
    let provider =
        Provider::new("testprov").root_at(&good, &server.url("/good.pem")).root_at(&lost, &server.url("/lost.pem"));
    let home = home_trusting(&server);
    home.add_provider(&provider);

    let run = home.pgtrust(&["fetch", "testprov", "--json"]).expect(0);
    let report = run.json();
    for (root, result) in [(&good, "downloaded"), (&lost, "built-in")] {
        let roots = report["providers"][0]["roots"].as_array().unwrap();
        let found = roots.iter().find(|entry| entry["sha256"] == root.fingerprint()).unwrap();
        assert_eq!(found["result"], result, "{run}");
    }
    assert!(run.stderr.contains(&server.url("/lost.pem")), "{run}");
}

#[test]
fn offline_asks_nobody() {
    let scene = Scene::new("/root.pem");
    scene.server.serve("/root.pem", Reply::bytes(scene.root.pem.as_str()));
    assert_eq!(scene.result(&scene.fetch(&["--offline", "--json"]).expect(0)), "built-in");
    assert!(scene.server.requests("/root.pem").is_empty());
    scene.nothing_became_worse();
}

#[test]
fn pgtrust_home_puts_everything_under_one_folder() {
    let mut home = Home::new();
    let folder = home.path().join("one");
    home.set("PGTRUST_HOME", &folder);
    home.add_provider(&Provider::new("testprov").root(&Authority::root("pgtrust test root").certificate));
    let kept = home.pgtrust(&["fetch", "testprov", "--offline"]).expect(0).printed_path();
    assert_eq!(kept, folder.join("testprov.pem"));
    let entries = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(entries.collect::<Vec<_>>(), [folder]);
}
