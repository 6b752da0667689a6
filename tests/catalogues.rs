//! A company's catalogue: a folder or an archive that the manifest names.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{differences, in_order, roots, snapshot};
use crate::support::tools;

#[test]
fn a_folder_brings_providers() {
    let [a] = roots(["A"]);
    let home = Home::new();
    let folder = company(&home, "pki", &[("corp", &a)]);
    home.write(MANIFEST, format!("[[catalogue]]\npath = {folder:?}\n"));
    home.pgtrust(&["install", "corp", "--offline", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint()]);
    assert!(fs::read_to_string(home.path().join(MANIFEST)).unwrap().contains("[[catalogue]]"));
    let run = home.pgtrust(&["providers"]).expect(0);
    let line = run.stdout.lines().find(|line| line.starts_with("corp ")).unwrap();
    assert!(line.ends_with(&format!("(from {})", folder.display())), "{run}");
    let run = home.pgtrust(&["providers", "corp"]).expect(0);
    assert!(run.stdout.contains(&format!("from     {}\n", folder.display())), "{run}");
    assert_eq!(home.pgtrust(&["providers", "azure", "--json"]).expect(0).json()["catalogue"], "built-in");
    assert!(home.pgtrust(&["inspect", "store.pem"]).expect(0).stdout.contains("corp current"));

    // A provider of one's own gets no name that is taken there.
    home.write("a.pem", &a.pem);
    let run = home.pgtrust(&["providers", "add", "corp", "--file", "a.pem"]).expect(2);
    assert!(run.stderr.contains(folder.to_str().unwrap()), "{run}");

    // A share that is not mounted is no empty catalogue.
    fs::rename(&folder, home.path().join("away")).unwrap();
    let run = home.pgtrust(&["install", "corp", "--offline", "--output", "store.pem"]).expect(2);
    assert!(run.stderr.contains(folder.to_str().unwrap()) && run.stderr.contains("no such folder"), "{run}");
    home.pgtrust(&["install", "supabase", "--offline", "--output", "other.pem"]).expect(0);
    let run = home.pgtrust(&["providers"]).expect(1);
    assert!(run.stderr.contains("no such folder") && run.stdout.contains("supabase"), "{run}");
    // What is kept of it is not passed over.
    for command in ["fetch", "refresh"] {
        let run = home.pgtrust(&[command, "--offline"]).expect(2);
        assert!(run.stderr.contains("no such folder"), "{run}");
    }
    let run = home.pgtrust(&["refresh", "--offline"]).expect(2);
    assert!(run.stderr.is_empty(), "{run}");
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint()]);
}

#[test]
fn one_name_in_two_catalogues_is_an_error_that_names_both() {
    let [a, b] = roots(["A", "B"]);
    let mut home = Home::new();
    home.set("PGTRUST_HOME", home.path().join("all"));
    let one = company(&home, "one", &[("azure", &a), ("corp", &a)]);
    let two = company(&home, "two", &[("corp", &b), ("mine", &b)]);
    home.add_provider(&Provider::new("mine").root(&a));
    let own = home.user_bundles();
    let manifest = |overrides: [&str; 2]| {
        let [first, second] = overrides;
        let text = format!(
            "[[catalogue]]\npath = {one:?}\noverrides = [{first}]\n[[catalogue]]\npath = {two:?}\noverrides = [{second}]\n"
        );
        home.write("all/pgtrust.toml", text);
    };
    let installs = |id: &str| {
        let store = format!("{id}.pem");
        let _ = fs::remove_file(home.path().join(&store));
        home.pgtrust(&["bundle", id, "-o", &store])
    };
    manifest(["", ""]);
    for (id, places) in [
        ("azure", ["built-in", one.to_str().unwrap()]),
        ("corp", [one.to_str().unwrap(), two.to_str().unwrap()]),
        ("mine", [own.to_str().unwrap(), two.to_str().unwrap()]),
    ] {
        let run = installs(id).expect(2);
        assert!(places.iter().all(|place| run.stderr.contains(place)), "{run}");
        assert!(run.stderr.contains("overrides"), "{run}");
    }
    // What is not in doubt still works.
    installs("supabase").expect(0);

    manifest(["\"azure\", \"corp\"", "\"mine\""]);
    for (id, root) in [("azure", &a), ("corp", &a), ("mine", &b)] {
        installs(id).expect(0);
        assert_eq!(in_order(&home, &format!("{id}.pem")), [root.fingerprint()], "{id}");
    }
    home.pgtrust(&["providers"]).expect(0);
    manifest(["\"corp\"", "\"corp\""]);
    installs("corp").expect(2);
    // The catalogue that is meant to override is away: the other must not step in.
    manifest(["\"azure\"", ""]);
    fs::rename(&one, home.path().join("away")).unwrap();
    let run = installs("azure").expect(2);
    assert!(run.stderr.contains("no such folder"), "{run}");
}

#[test]
fn an_entry_that_is_not_clear_is_an_error() {
    let home = Home::new();
    let sha256 = "0".repeat(64);
    for (entry, reason) in [
        ("path = \"pki\"".to_owned(), "absolute"),
        ("url = \"https://pki.corp.example/b.zip\"".to_owned(), "sha256"),
        (format!("url = \"http://pki.corp.example/b.zip\"\nsha256 = \"{sha256}\""), "https://"),
        (format!("path = \"/srv\"\nurl = \"https://x.example/\"\nsha256 = \"{sha256}\""), "a `path`, or a `url`"),
        ("overrides = [\"azure\"]".to_owned(), "a `path`, or a `url`"),
        ("path = \"/srv\"\noverides = []".to_owned(), "overides"),
    ] {
        home.write(MANIFEST, format!("[[catalogue]]\n{entry}\n"));
        let run = home.pgtrust(&["bundle", "azure"]).expect(2);
        assert!(run.stderr.contains(reason), "{entry}: {run}");
    }
}

#[test]
fn nothing_is_parsed_where_the_manifest_names_none() {
    let home = Home::new();
    home.write(MANIFEST, "this is no TOML");
    home.pgtrust(&["providers"]).expect(0);
    home.write(MANIFEST, "[[catalogue]] this is no TOML");
    home.pgtrust(&["providers"]).expect(2);
}

#[test]
fn an_archive_is_fetched_kept_and_used_without_a_network() {
    let Some(scene) = Scene::new() else { return };
    let run = scene.bundle("corp").expect(2);
    assert!(run.stderr.contains(&scene.url) && run.stderr.contains("`pgtrust fetch` downloads it"), "{run}");
    scene.bundle("supabase").expect(0);
    scene.home.pgtrust(&["install", "corp", "--output", "x.pem"]).expect(2);
    assert!(scene.server.requests("/bundles.zip").is_empty(), "only fetch asks");

    let run = scene.home.pgtrust(&["fetch", "--json"]).expect(0);
    assert_eq!(run.json()["catalogues"][0]["result"], "downloaded", "{run}");
    scene.bundle("corp").expect(0);
    assert_eq!(in_order(&scene.home, "corp.pem"), [scene.a.fingerprint()]);
    let run = scene.home.pgtrust(&["fetch", "corp", "--json"]).expect(0);
    assert_eq!(run.json()["catalogues"][0]["result"], "unchanged", "{run}");
    let asked = scene.server.requests("/bundles.zip");
    assert_eq!(asked.len(), 2);
    assert!(asked[1].headers.contains_key("if-none-match"), "it is asked again only if it changed");
    scene.home.pgtrust(&["install", "corp", "--output", "store.pem"]).expect(0);
    scene.home.pgtrust(&["fetch", "--offline"]).expect(0);
    assert_eq!(scene.server.requests("/bundles.zip").len(), 2);
    let run = scene.home.pgtrust(&["providers", "corp"]).expect(0);
    assert!(run.stdout.contains(&scene.url), "{run}");
}

#[test]
fn a_changed_archive_is_reported_and_not_used() {
    let Some(scene) = Scene::new() else { return };
    let [b] = roots(["B"]);
    let other = zip(&scene.home, "other", &[("corp", &b)]);
    scene.server.serve("/bundles.zip", Reply::bytes(fs::read(&other).unwrap()));
    // Before the first good one: nothing to use.
    let run = scene.home.pgtrust(&["fetch"]).expect(1);
    let served = sha256(&other);
    assert!(run.stderr.contains(&served) && run.stderr.contains(&scene.sha256), "{run}");
    assert!(run.stderr.contains("there is no kept copy"), "{run}");
    scene.bundle("corp").expect(2);

    scene.serve_the_good_one();
    scene.home.pgtrust(&["fetch", "corp"]).expect(0);
    scene.server.serve("/bundles.zip", Reply::bytes(fs::read(&other).unwrap()));
    let run = scene.home.pgtrust(&["fetch", "corp", "--json"]).expect(1);
    assert!(run.stderr.contains(&served) && run.stderr.contains("the kept copy is used"), "{run}");
    assert_eq!(run.json()["catalogues"][0]["result"], "mismatch", "{run}");
    scene.bundle("corp").expect(0);
    assert_eq!(in_order(&scene.home, "corp.pem"), [scene.a.fingerprint()]);

    // A server that is away is only a warning, unless the network is required.
    scene.server.serve("/bundles.zip", Reply::status(404));
    let run = scene.home.pgtrust(&["fetch", "corp"]).expect(0);
    assert!(run.stderr.contains("warning") && run.stderr.contains("the kept copy is used"), "{run}");
    scene.home.pgtrust(&["fetch", "corp", "--require-network"]).expect(2);

    // A kept copy that somebody changed is none.
    let kept = scene.home.path().join(format!(".local/state/pgtrust/catalogues/{}.zip", scene.sha256));
    fs::copy(&other, &kept).unwrap();
    scene.bundle("corp").expect(2);
    scene.serve_the_good_one();
    scene.home.pgtrust(&["fetch", "corp"]).expect(0);
    scene.bundle("corp").expect(0);
}

#[test]
fn refresh_tells_of_a_changed_archive_once_and_does_not_use_it() {
    let Some(scene) = Scene::new() else { return };
    let home = &scene.home;
    let run = scene.refresh(&["--check"]).expect(1);
    assert_eq!(run.stdout, format!("{}: would be kept: sha256 {}\n", scene.url, scene.sha256));
    assert!(!home.path().join(".local").exists(), "a check writes nothing");
    let run = scene.refresh(&[]).expect(0);
    assert_eq!(run.stdout, format!("{}: kept anew: sha256 {}\n", scene.url, scene.sha256));
    home.pgtrust(&["install", "corp", "--output", "store.pem"]).expect(0);
    silent(&scene.refresh(&[]).expect(0));

    let [b] = roots(["B"]);
    let other = zip(home, "other", &[("corp", &b)]);
    let served = sha256(&other);
    scene.server.serve("/bundles.zip", Reply::bytes(fs::read(&other).unwrap()));
    let before = snapshot(home.path());
    let run = scene.refresh(&["--check"]).expect(1);
    assert!(run.stderr.contains(&served) && run.stdout.is_empty(), "{run}");
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
    let run = scene.refresh(&[]).expect(1);
    assert!(run.stderr.contains(&served) && run.stderr.contains("the kept copy is used"), "{run}");
    silent(&scene.refresh(&[]).expect(1));
    let report = scene.refresh(&["--json"]).expect(1).json();
    assert_eq!(report["catalogues"][0]["result"], "mismatch", "{report}");
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["new"]), (&json!("mismatch"), &json!(false)), "{report}");
    assert_eq!(in_order(home, "store.pem"), [scene.a.fingerprint()]);

    // A server that is down: what was found of it stands.
    scene.server.serve("/bundles.zip", Reply::status(404));
    let run = scene.refresh(&[]).expect(2);
    assert!(run.stderr.contains("404") && !run.stderr.contains(&served), "{run}");
    scene.server.serve("/bundles.zip", Reply::bytes(fs::read(&other).unwrap()));
    silent(&scene.refresh(&[]).expect(1));

    // It was meant: the manifest says so.
    let entry = format!("[[catalogue]]\nurl = {:?}\nsha256 = {served:?}\n", scene.url);
    let kept = fs::read_to_string(home.path().join(MANIFEST)).unwrap();
    let at = kept.find("[[catalogue]]").unwrap();
    let rest = kept[at..].split_once("\n\n").map_or("", |(_, rest)| rest);
    home.write(MANIFEST, format!("{}{entry}\n{rest}", &kept[..at]));
    let before = snapshot(home.path());
    let run = scene.refresh(&["--check"]).expect(2);
    assert!(run.stdout.contains("would be kept") && run.stderr.contains("not been downloaded yet"), "{run}");
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
    scene.refresh(&[]).expect(0);
    let mut both = in_order(home, "store.pem");
    both.sort();
    let mut expected = [scene.a.fingerprint(), b.fingerprint()];
    expected.sort();
    assert_eq!(both, expected);
}

#[test]
fn an_archive_that_is_no_catalogue_is_not_kept() {
    let Some(program) = tools::program("zip") else { return };
    let home = &mut Home::new();
    let server = ProviderServer::start();
    home.trust_for_https(server.ca_pem());
    home.write("z/README", "no provider here");
    home.write("z/Corp/provider.toml", "");
    home.write("z/corp/roots.pem", "");
    home.write("z/big/provider.toml", vec![b' '; 17 << 20]);
    home.write("evil/provider.toml", "");
    home.write("z/not.zip", "PK");
    for (files, reason) in [
        ("a.zip README", "it has no `<id>/provider.toml`"),
        ("b.zip Corp/provider.toml", "`Corp` is not made of"),
        ("c.zip ../evil/provider.toml", "it has no `<id>/provider.toml`"),
        ("d.zip corp/roots.pem", "`corp` has no provider.toml"),
        ("e.zip big/provider.toml", "larger than 16777216 bytes"),
        ("-e f.zip README -P secret", "it is encrypted"),
    ] {
        let folder = home.path().join("z");
        Run::of(home.command(&program).current_dir(&folder).arg("-q").args(files.split(' '))).expect(0);
        let name = files.split(' ').find(|word| word.ends_with(".zip")).unwrap();
        let archive = folder.join(name);
        server.serve("/bundles.zip", Reply::bytes(fs::read(&archive).unwrap()));
        let entry = format!("[[catalogue]]\nurl = {:?}\nsha256 = {:?}\n", server.url("/bundles.zip"), sha256(&archive));
        home.write(MANIFEST, entry);
        let run = home.pgtrust(&["fetch"]).expect(2);
        assert!(run.stderr.contains(reason), "{files}: {run}");
        assert!(!home.path().join(".local/state/pgtrust/catalogues").exists());
        // The built-in ones do not suffer.
        home.pgtrust(&["bundle", "azure", "-o", "azure.pem"]).expect(0);
    }
}

/// A company's archive on its server, named in the manifest.
struct Scene {
    server: ProviderServer,
    home: Home,
    url: String,
    archive: PathBuf,
    sha256: String,
    a: TestCertificate,
}

impl Scene {
    fn new() -> Option<Self> {
        tools::program("zip")?;
        let server = ProviderServer::start();
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        let a = Authority::root("corp A").certificate;
        let archive = zip(&home, "bundles", &[("corp", &a)]);
        let (url, sha256) = (server.url("/bundles.zip"), sha256(&archive));
        home.write(MANIFEST, format!("[[catalogue]]\nurl = {url:?}\nsha256 = {sha256:?}\n"));
        let scene = Self { server, home, url, archive, sha256, a };
        scene.serve_the_good_one();
        Some(scene)
    }

    fn serve_the_good_one(&self) {
        let reply = Reply::bytes(fs::read(&self.archive).unwrap()).header("etag", "\"good\"");
        self.server.serve("/bundles.zip", reply);
    }

    fn refresh(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["refresh"], arguments].concat())
    }

    fn bundle(&self, id: &str) -> Run {
        let _ = fs::remove_file(self.home.path().join(format!("{id}.pem")));
        self.home.pgtrust(&["bundle", id, "-o", &format!("{id}.pem")])
    }
}

#[track_caller]
fn silent(run: &Run) {
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
}

/// A folder of providers with one root each.
fn company(home: &Home, name: &str, providers: &[(&str, &TestCertificate)]) -> PathBuf {
    for (id, root) in providers {
        let provider = Provider::new(id).root(root);
        home.write(&format!("{name}/{id}/provider.toml"), provider.toml());
        home.write(&format!("{name}/{id}/roots.pem"), provider.roots_pem());
    }
    home.path().join(name)
}

fn zip(home: &Home, name: &str, providers: &[(&str, &TestCertificate)]) -> PathBuf {
    let folder = company(home, name, providers);
    let archive = home.path().join(format!("{name}.zip"));
    Run::of(home.command("zip").current_dir(&folder).arg("-qr").arg(&archive).arg(".")).expect(0);
    archive
}

fn sha256(file: &Path) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &fs::read(file).unwrap());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

const MANIFEST: &str = ".config/pgtrust/pgtrust.toml";
