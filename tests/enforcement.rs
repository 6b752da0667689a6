//! `pgtrust enforcement`, against a server that stands in for Supabase's Management API: answers of the shape that its
//! published client reads.

use serde_json::{Value, json};

use crate::support::pgtrust::{Home, Run};
use crate::support::provider_server::{ProviderServer, Request};
use crate::support::reply::Reply;
use crate::support::store::snapshot;

#[test]
fn it_tells_what_holds() {
    for (enforced, applied, status, words) in [
        (true, true, 0, "TLS is enforced\n"),
        (false, true, 1, "TLS is not enforced\n"),
        (true, false, 1, "TLS is enforced, which is not applied yet\n"),
    ] {
        let scene = Scene::new([answer(enforced, applied)]);
        let run = scene.run(&["get"]).expect(status);
        assert_eq!(run.stdout, format!("{REF}: {words}"), "{run}");
        assert!(run.stderr.is_empty(), "{run}");
        let run = scene.run(&["--json"]).expect(status);
        let expected = json!({
            "provider": "supabase", "project": REF, "enforced": enforced, "applied": applied, "changed": false, "dry_run": false,
        });
        assert_eq!(run.json(), expected, "{run}");
        let requests = scene.requests();
        assert!(requests.iter().all(|request| request.method == "GET" && request.body.is_empty()));
        assert!(requests.iter().all(|request| request.headers["authorization"] == format!("Bearer {TOKEN}")));
        assert_eq!(scene.server.connects()[0], "api.supabase.com:443");
    }
}

#[test]
fn it_is_switched_on_and_off() {
    let scene = Scene::new([answer(false, true), answer(true, true)]);
    scene.home.pgtrust(&["install", "supabase", "--offline"]).expect(0);
    let run = scene.run(&["enable"]).expect(0);
    assert_eq!(run.stdout, format!("{REF}: TLS is now enforced\n"), "{run}");
    assert!(run.stderr.contains("clients that connect without TLS are cut off"), "{run}");
    assert!(!run.stderr.contains("--yes"), "{run}");
    let requests = scene.requests();
    assert_eq!(requests[1].method, "PUT");
    let body: Value = serde_json::from_str(&requests[1].body).unwrap();
    assert_eq!(body, json!({ "requestedConfig": { "database": true } }));
    assert_eq!(requests[1].headers["content-type"], "application/json");

    // Once more changes nothing and asks for nothing.
    let run = scene.run(&["enable"]).expect(0);
    assert_eq!(run.stdout, format!("{REF}: TLS is enforced\n"), "{run}");
    assert_eq!(scene.requests().len(), 3);

    scene.serve([answer(true, true), answer(false, true)]);
    let run = scene.run(&["disable", "--json"]).expect(0);
    assert_eq!((&run.json()["changed"], &run.json()["enforced"]), (&json!(true), &json!(false)), "{run}");
    let body: Value = serde_json::from_str(&scene.requests()[4].body).unwrap();
    assert_eq!(body, json!({ "requestedConfig": { "database": false } }));

    scene.serve([answer(false, true), answer(true, false)]);
    let run = scene.run(&["enable"]).expect(1);
    assert!(run.stdout.contains("not applied yet") && run.stderr.contains("has not taken it yet"), "{run}");
}

#[test]
fn it_is_not_switched_on_where_nothing_here_trusts_the_root() {
    let mut scene = Scene::new([answer(false, true)]);
    let run = scene.run(&["enable"]).expect(1);
    assert!(run.stderr.contains("Supabase Root 2021 CA") && run.stderr.contains("pgtrust install supabase"), "{run}");
    assert!(run.stderr.contains("clients that connect without TLS are cut off"), "{run}");
    // The root of Snap Cloud has the same subject, and Azure's are no help either.
    scene.home.pgtrust(&["install", "supabase-snap", "azure", "--offline"]).expect(0);
    scene.run(&["enable"]).expect(1);
    scene.run(&["enable", "--dry-run"]).expect(0);
    assert!(scene.requests().iter().all(|request| request.method == "GET"), "it was asked for all the same");

    scene.serve([answer(false, true), answer(true, true)]);
    let run = scene.run(&["enable", "--yes"]).expect(0);
    assert!(run.stderr.contains("warning: no store that this machine keeps holds"), "{run}");
    assert_eq!(scene.requests().last().unwrap().method, "PUT");

    // Each of these is enough.
    for keep in [
        &["install", "supabase", "--offline"] as &[&str],
        &["install", "supabase", "--offline", "--output", "store.p12"],
        &["fetch", "supabase", "--offline"],
    ] {
        scene = Scene::new([answer(false, true), answer(true, true)]);
        scene.home.pgtrust(keep).expect(0);
        scene.run(&["enable"]).expect(0);
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let scene = Scene::new([answer(false, true)]);
    let before = snapshot(scene.home.path());
    let run = scene.run(&["enable", "--dry-run"]).expect(0);
    assert_eq!(run.stdout, format!("{REF}: TLS would be enforced\n"), "{run}");
    let requests = scene.requests();
    assert_eq!((requests.len(), requests[0].method.as_str()), (1, "GET"));
    assert!(snapshot(scene.home.path()) == before);
}

#[test]
fn every_refusal_has_its_words() {
    for (reply, words, remedy) in [
        (Reply::status(401), "does not accept the token", "dashboard/account/tokens"),
        (Reply::status(403), "may not do this", "settings"),
        (Reply::status(404), "knows no project", "dashboard/project/REF"),
        (Reply::status(429).header("retry-after", "60"), "too many requests", "in 60 seconds"),
        (Reply::status(503).header("retry-after", "60"), "failure of its own (503)", "later"),
        (Reply::html(), "unexpected answer", "proxy"),
        (Reply::bytes("{}"), "unexpected answer", "proxy"),
        (
            Reply::bytes(r#"{"currentConfig":{"database":"no"},"appliedSuccessfully":true}"#),
            "unexpected answer",
            "proxy",
        ),
        (Reply::redirect("https://evil.example/v1"), "refused", "`get`"),
        (Reply::huge(), "larger than", "`get`"),
    ] {
        let scene = Scene::new([reply]);
        let run = scene.run(&["get"]).expect(2);
        assert!(run.stderr.contains(words) && run.stderr.contains(remedy), "{words}: {run}");
        assert!(run.stdout.is_empty() && !run.stderr.contains(TOKEN), "{run}");
        assert_eq!(scene.server.connects().len(), 1, "{words}: the token went elsewhere");
    }
}

#[test]
fn the_token_comes_from_the_environment_or_a_file_and_goes_nowhere_else() {
    let mut scene = Scene::new([answer(true, true)]);
    scene.home.set("SUPABASE_ACCESS_TOKEN", "");
    let run = scene.run(&[]).expect(2);
    assert!(run.stderr.contains("SUPABASE_ACCESS_TOKEN is not set"), "{run}");
    scene.home.write("token", format!("{TOKEN}\nnot this\n"));
    scene.run(&["--token-file", "token"]).expect(0);
    assert_eq!(scene.requests()[0].headers["authorization"], format!("Bearer {TOKEN}"));
    scene.home.write("token", "\n");
    scene.run(&["--token-file", "token"]).expect(2);
    scene.home.write("token", "a\u{1b}b\n");
    let run = scene.run(&["--token-file", "token"]).expect(2);
    assert!(run.stderr.contains("cannot be sent"), "{run}");
    for project in ["../x", "a/b", "", "A"] {
        let run = scene.home.pgtrust(&["enforcement", "supabase", "--project-ref", project]).expect(2);
        assert!(run.stderr.contains("is no reference"), "{run}");
    }
    assert_eq!(scene.requests().len(), 1);
    scene.home.set("SUPABASE_ACCESS_TOKEN", TOKEN);
    scene.run(&[]).expect(0);
    for (path, (bytes, _)) in snapshot(scene.home.path()) {
        assert!(!bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()), "{}", path.display());
    }
}

/// A server that answers for the API, by way of a proxy.
struct Scene {
    server: ProviderServer,
    home: Home,
}

impl Scene {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let server = ProviderServer::start();
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        home.set("HTTPS_PROXY", server.plain(""));
        home.set("SUPABASE_ACCESS_TOKEN", TOKEN);
        let scene = Self { server, home };
        scene.serve(replies);
        scene
    }

    fn serve(&self, replies: impl IntoIterator<Item = Reply>) {
        self.server.serve_each(&path(), replies);
    }

    fn requests(&self) -> Vec<Request> {
        self.server.requests(&path())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["enforcement", "supabase", "--project-ref", REF], arguments].concat())
    }
}

fn path() -> String {
    format!("/v1/projects/{REF}/ssl-enforcement")
}

fn answer(enforced: bool, applied: bool) -> Reply {
    let body = json!({ "currentConfig": { "database": enforced }, "appliedSuccessfully": applied });
    Reply::bytes(body.to_string()).header("content-type", "application/json")
}

const REF: &str = "abcdefghijklmnopqrst";
const TOKEN: &str = "sbp_0123456789abcdef";
