//! What an API may answer instead. Whatever it is, what is kept never becomes worse, and the token stays here.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{PATH, Scene, TENANT, TOKEN, digitalocean, nowhere};
use crate::support::pki::Authority;
use crate::support::reply::Reply;
use crate::support::store::{in_order, roots};

#[test]
fn every_refusal_has_its_own_words_and_its_remedy() {
    for (status, said, remedy) in [
        (401, "does not accept the token", "it comes from DIGITALOCEAN_TOKEN"),
        (403, "the token may not read this", "the right to read databases"),
        (404, "knows nothing of this name", "provider's console"),
        (410, "answered 410", "hint:"),
    ] {
        fails(Reply::status(status), said, remedy, 2);
    }
    // These may pass: what is kept is used meanwhile.
    fails(Reply::status(500), "the API failed with status 500", "run it again later", 0);
    fails(Reply::status(429), "too many requests", "in a few minutes", 0);
    fails(Reply::status(429).header("retry-after", "3600"), "too many requests", "in 3600 seconds", 0);
}

#[test]
fn an_answer_that_is_no_answer_is_not_used() {
    let authority = Authority::root("A");
    let (leaf, key) = authority.server(&["db.example"]);
    let [good] = roots(["good"]);
    let certificate = |text: &str| Reply::bytes(json!({"ca": {"certificate": text}}).to_string());
    let damaged = good.pem.replacen("MII", "MIJ", 1);
    let with_key = format!("{}{}", good.pem, key.serialize_pem());
    for (reply, said) in [
        (Reply::html(), "an HTML page, not JSON"),
        (Reply::bytes(""), "empty, not JSON"),
        (Reply::bytes("{\"ca\": {"), "damaged JSON"),
        (Reply::bytes("{}"), "there is no `/ca/certificate` in it"),
        (Reply::bytes("{\"ca\": {\"certificate\": null}}"), "`/ca/certificate` is no text"),
        (certificate("%%%"), "is not base64"),
        (certificate(&good.pem), "is not base64"),
        (certificate(&STANDARD.encode("hello")), "not a certificate"),
        (certificate(&STANDARD.encode(damaged)), "damaged"),
        (certificate(&STANDARD.encode(with_key)), "private key"),
        (certificate(""), "`/ca/certificate`"),
        (digitalocean(&[&leaf]), "no root in the answer: `CN=db.example`"),
        (digitalocean(&[&authority.intermediate("I").certificate]), "no root in the answer: `CN=I"),
        (Reply::huge(), "larger than"),
        (Reply::huge_unannounced(), "larger than"),
    ] {
        fails(reply, said, "hint:", 2);
    }
}

#[test]
fn a_redirect_does_not_take_the_token_along() {
    for to in
        ["https://evil.example/stolen?t=dop_v1_hunter2", "http://api.digitalocean.com/stolen", "//evil.example/stolen"]
    {
        let scene = fails(Reply::redirect(to), "an API is asked at its own address only", "hint:", 2);
        assert!(scene.server.requests("/stolen").is_empty());
        assert!(!scene.server.connects().iter().any(|host| host.contains("evil")), "{:?}", scene.server.connects());
    }
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.server.serve(PATH, Reply::redirect("/v2/moved"));
    scene.server.serve("/v2/moved", digitalocean(&[&a]));
    scene.fetch(&[]).expect(0);
}

#[test]
fn a_server_that_proves_nothing_does_not_see_the_token() {
    let mut scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    scene.home.trust_for_https(&a.pem);
    let run = scene.fetch(&[]).expect(2);
    assert!(run.stderr.contains("no trusted connection") && scene.server.requests(PATH).is_empty(), "{run}");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    let run = scene.home.pgtrust(&["fetch", "supabase", "linode/1", TENANT, "cockroach/x"]).expect(2);
    assert!(run.stderr.contains("LINODE_TOKEN is not set") && run.stderr.contains("`cockroach/x`: `https"), "{run}");
    assert_eq!(run.stdout.lines().count(), 2, "{run}");
    assert!(scene.file().exists() && !scene.manifest().contains("linode"), "{}", scene.manifest());
}

#[test]
fn one_that_was_never_fetched_does_not_keep_the_others_out_of_a_store() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    scene.home.pgtrust(&["install", "cockroach/x", TENANT, "--output", "s.pem"]).expect(2);
    assert_eq!(in_order(&scene.home, "s.pem"), [a.fingerprint()]);
}

/// The file is the only record of what is pinned.
#[test]
fn a_damaged_file_is_not_replaced() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    scene.fetch(&[]).expect(0);
    let damaged = fs::read_to_string(scene.file()).unwrap().replacen("MII", "MI", 1);
    fs::write(scene.file(), &damaged).unwrap();
    let run = scene.fetch(&[]).expect(2);
    assert!(run.stderr.contains("hint: `pgtrust repair "), "{run}");
    assert_eq!(fs::read_to_string(scene.file()).unwrap(), damaged);
}

/// A first fetch leaves nothing behind; a later one leaves what was kept, and its status says whether a person is needed.
#[track_caller]
fn fails(reply: Reply, said: &str, remedy: &str, kept_status: i32) -> Scene {
    let scene = Scene::with_token();
    scene.server.serve(PATH, reply.clone());
    let first = scene.fetch(&[]).expect(2);
    for part in [TENANT, said, remedy] {
        assert!(first.stderr.contains(part), "`{part}`: {first}");
    }
    assert!(first.stdout.is_empty() && !scene.file().exists() && scene.manifest().is_empty(), "{first}");

    let [kept] = roots(["kept"]);
    scene.serves(&[&kept]);
    scene.fetch(&[]).expect(0);
    let before = fs::read(scene.file()).unwrap();
    scene.server.serve(PATH, reply);
    let second = scene.fetch(&[]).expect(kept_status);
    assert!(second.stderr.contains(said) && second.printed_path() == scene.file(), "{second}");
    let third = scene.fetch(&["--require-network"]).expect(2);
    assert_eq!(fs::read(scene.file()).unwrap(), before);
    nowhere(TOKEN, &[&first, &second, &third], scene.home.path());
    scene
}
