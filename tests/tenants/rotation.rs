//! From one root to the next, and a thousand customers at once.

use std::fs;

use super::{PATH, Scene, TENANT, digitalocean};
use crate::support::pgtrust::Run;
use crate::support::pki::Authority;
use crate::support::reply::Reply;
use crate::support::store::{in_order, roots, snapshot, sorted};
use crate::support::tools;

#[test]
fn the_served_root_comes_first_and_the_old_one_stays() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    scene.serves(&[&a]);
    scene.fetch(&[]).expect(0);
    for (served, order) in
        [(vec![&a, &b], [&a, &b]), (vec![&b], [&b, &a]), (vec![&b], [&b, &a]), (vec![&b, &a], [&b, &a])]
    {
        scene.serves(&served);
        let run = scene.fetch(&[]).expect(0);
        assert_eq!(in_order(&scene.home, scene.file().to_str().unwrap()), order.map(|root| root.fingerprint()));
        let new = served.len() == 2 && served[0].common_name == "A";
        assert_eq!(run.stderr.contains("warning:"), new, "{run}");
        assert_eq!(run.stderr.contains(&b.fingerprint()), new, "{run}");
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    scene.serves(&[&b, &a]);
    scene.fetch(&[]).expect(0);
    let before = snapshot(scene.home.path());
    let run = scene.home.pgtrust(&["fetch"]).expect(0);
    assert!(run.stderr.is_empty(), "{run}");
    assert!(before == snapshot(scene.home.path()), "something was written");
}

#[test]
fn an_intermediate_is_left_out_and_what_is_no_ca_is_reported() {
    let scene = Scene::with_token();
    let authority = Authority::root("A");
    let a = &authority.certificate;
    scene.serves(&[&authority.intermediate("I").certificate, a]);
    let run = scene.fetch(&[]).expect(0);
    assert!(!run.stderr.contains("warning:"), "{run}");
    let (leaf, _) = authority.server(&["db.example"]);
    scene.serves(&[a, &leaf]);
    let run = scene.fetch(&[]).expect(1);
    assert!(run.stderr.contains("left out `CN=db.example`"), "{run}");
    assert_eq!(in_order(&scene.home, scene.file().to_str().unwrap()), [a.fingerprint()]);
}

/// Two roots of one subject, and servers whose certificates do not say which of them signed: OpenSSL tries the first.
#[test]
fn openssl_finds_the_root_in_use_in_the_file_and_in_the_stores() {
    let Some(openssl) = tools::program("openssl") else { return };
    let scene = Scene::with_token();
    let (old, new) = (Authority::root("Same CA"), Authority::root("Same CA"));
    let [other] = roots(["Other"]);
    scene.home.write("other.pem", &other.pem);
    scene.home.pgtrust(&["install", "other.pem", "--output", "s.pem"]).expect(0);
    let verifies = |authority: &Authority, files: &[&str]| {
        let leaf = scene.home.write("leaf.pem", authority.server_without_issuer_key("db.example").pem);
        for file in files {
            let mut command = scene.home.command(&openssl);
            Run::of(command.args(["verify", "-no-CApath", "-CAfile", file]).arg(&leaf)).expect(0);
        }
    };
    let file = scene.file();
    let all = [file.to_str().unwrap(), "s.pem"];
    // Old, both with the old one in use, then the new one.
    for (served, in_use) in [(vec![&old], &old), (vec![&old, &new], &old), (vec![&new], &new)] {
        let served: Vec<_> = served.into_iter().map(|authority| &authority.certificate).collect();
        scene.serves(&served);
        scene.fetch(&[]).expect(0);
        scene.home.pgtrust(&["install", TENANT, "--output", "s.pem"]).expect(0);
        verifies(in_use, &all);
        let again = scene.home.pgtrust(&["install", TENANT, "--output", "s.pem"]).expect(0);
        assert!(again.stdout.contains("unchanged"), "{again}");
    }
    let expected = [&new.certificate, &old.certificate].map(|root| root.fingerprint());
    assert_eq!(in_order(&scene.home, file.to_str().unwrap()), expected);
    assert_eq!(in_order(&scene.home, "s.pem"), [&other.fingerprint(), &expected[0], &expected[1]].map(String::clone));
    let store = fs::read_to_string(scene.home.path().join("s.pem")).unwrap();
    assert_eq!(store.matches("\n\n").count(), 2, "one empty line between two certificates: {store}");
    let undone = scene.home.pgtrust(&["undo"]).expect(0);
    assert!(undone.stdout.contains("s.pem"), "{undone}");
    verifies(&old, &["s.pem"]);
}

#[test]
fn refresh_takes_a_rotation_into_the_stores_and_tells_it_once() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    scene.serves(&[&a]);
    scene.home.pgtrust(&["install", TENANT, "--output", "s.pem"]).expect(0);
    // The first run of all leaves its lock's file.
    scene.home.pgtrust(&["refresh"]).expect(0);
    let quiet = |status: i32| {
        let before = snapshot(scene.home.path());
        let run = scene.home.pgtrust(&["refresh"]).expect(status);
        assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
        let times = |path: &std::path::Path| !path.ends_with("refresh.lock");
        let after = snapshot(scene.home.path());
        assert!(before.iter().filter(|(path, _)| times(path)).eq(after.iter().filter(|(path, _)| times(path))));
    };
    quiet(0);

    scene.serves(&[&b]);
    let before = fs::read(scene.file()).unwrap();
    let run = scene.home.pgtrust(&["refresh", "--check"]).expect(1);
    assert!(run.stdout.contains("would be updated") && fs::read(scene.file()).unwrap() == before, "{run}");
    let run = scene.home.pgtrust(&["refresh"]).expect(0);
    assert_eq!(run.stdout.matches("updated: 1 root added").count(), 2, "{run}");
    assert!(run.stderr.contains("new root") && run.stderr.contains(&b.fingerprint()), "{run}");
    assert_eq!(in_order(&scene.home, scene.file().to_str().unwrap()), [b.fingerprint(), a.fingerprint()]);
    assert_eq!(sorted(in_order(&scene.home, "s.pem")), sorted(vec![a.fingerprint(), b.fingerprint()]));
    scene.home.pgtrust(&["refresh"]).expect(0);
    quiet(0);

    scene.server.serve(PATH, Reply::status(403));
    let run = scene.home.pgtrust(&["refresh"]).expect(2);
    assert_eq!(run.stderr.matches("may not read this").count(), 1, "{run}");
    quiet(2);
    let status = scene.home.pgtrust(&["status"]).expect(1);
    assert!(status.stdout.contains(&format!("{TENANT}: {}: 2 roots", scene.file().display())), "{status}");
    assert!(status.stdout.contains("may not read this"), "{status}");
    scene.serves(&[&b]);
    scene.home.pgtrust(&["refresh"]).expect(0);
}

#[test]
fn an_expired_root_goes_once_another_is_served() {
    let scene = Scene::with_token();
    let [b] = roots(["B"]);
    let old = Authority::expired_root("Old").certificate;
    // As it was pinned long ago.
    scene.home.write(&format!(".local/share/pgtrust/{TENANT}.pem"), &old.pem);
    scene.serves(&[&old]);
    let run = scene.fetch(&[]).expect(2);
    assert!(run.stderr.contains("expired on"), "{run}");
    assert_eq!(fs::read_to_string(scene.file()).unwrap(), old.pem);
    scene.serves(&[&b]);
    let run = scene.fetch(&[]).expect(0);
    assert!(run.stderr.contains("left out `CN=Old") && run.stderr.contains("expired on"), "{run}");
    assert_eq!(in_order(&scene.home, scene.file().to_str().unwrap()), [b.fingerprint()]);
}

#[test]
fn another_day_to_judge_by_forgets_nothing() {
    let scene = Scene::with_token();
    let [a, b] = roots(["A", "B"]);
    for root in [&a, &b] {
        scene.serves(&[root]);
        scene.fetch(&["--at", "2070-01-01"]).expect(0);
    }
    assert_eq!(in_order(&scene.home, scene.file().to_str().unwrap()), [b.fingerprint(), a.fingerprint()]);
}

#[test]
fn a_thousand_customers_are_kept_and_one_that_fails_does_not_stop_the_rest() {
    const COUNT: usize = 1000;
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    let id = |number: usize| format!("{number:08}-e9ea-4176-9dbc-a4cee4c4ff30");
    for number in (0..COUNT).filter(|number| *number != 500) {
        scene.server.serve(&format!("/v2/databases/{}/ca", id(number)), digitalocean(&[&a]));
    }
    let manifest: String =
        (0..COUNT).map(|number| format!("[[source]]\nname = \"digitalocean/{}\"\n", id(number))).collect();
    scene.home.write(".config/pgtrust/pgtrust.toml", &manifest);
    let run = scene.home.pgtrust(&["fetch"]).expect(2);
    assert_eq!(run.stdout.lines().count(), COUNT - 1);
    assert_eq!(run.stderr.matches("error:").count(), 1, "{run}");
    let names: Vec<String> = (0..COUNT).map(|number| format!("digitalocean/{}", id(number))).collect();
    let kept = names.iter().filter(|name| scene.kept(name).exists()).count();
    assert_eq!(kept, COUNT - 1);
    assert_eq!(scene.manifest(), manifest);
    scene.server.serve(PATH, Reply::status(404));
    scene.home.pgtrust(&["install", "--output", "s.pem"]).expect(2);
    assert_eq!(sorted(in_order(&scene.home, "s.pem")), [a.fingerprint()]);
}
