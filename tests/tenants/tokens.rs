//! Where the token may come from.

use std::fs;

use super::{CLUSTER, PATH, Scene, TENANT, TOKEN, nowhere};
use crate::support::store::roots;

#[test]
fn a_file_is_remembered_by_its_path() {
    let scene = Scene::new();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    let file = scene.home.write("secret/token", format!("\u{feff}{TOKEN}\r\nsecond line\n"));
    let run =
        scene.home.pgtrust(&["fetch", "digitalocean", "--cluster", CLUSTER, "--token-file", "secret/token"]).expect(0);
    let kept = format!("[[source]]\nname = \"{TENANT}\"\ntoken-file = \"{}\"\n", file.display());
    assert_eq!(scene.manifest(), kept);
    let again = scene.home.pgtrust(&["fetch"]).expect(0);
    let sent: Vec<String> =
        scene.server.requests(PATH).iter().map(|request| request.headers["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer dop_v1_hunter2"; 2]);
    assert_eq!(scene.manifest(), kept);
    fs::remove_file(file).unwrap();
    nowhere(TOKEN, &[&run, &again], scene.home.path());
    let run = scene.home.pgtrust(&["fetch"]).expect(2);
    assert!(run.stderr.contains("no token") && run.stderr.contains("secret/token"), "{run}");
}

#[test]
fn a_file_without_a_token_is_refused_before_anything_is_sent() {
    let scene = Scene::with_token();
    for (content, said) in
        [("", "begins with none"), ("\n\ntoken", "begins with none"), ("a\u{1}b", "begins with none")]
    {
        scene.home.write("token", content);
        let run = scene.fetch(&["--token-file", "token"]).expect(2);
        assert!(run.stderr.contains("no token") && run.stderr.contains(said), "{run}");
    }
    assert!(scene.server.requests(PATH).is_empty());
}

#[test]
fn the_manifest_goes_before_the_environment_and_the_command_line_before_both() {
    let scene = Scene::with_token();
    let [a] = roots(["A"]);
    scene.serves(&[&a]);
    for (name, token) in [("one", "file-one"), ("two", "file-two")] {
        scene.home.write(name, token);
    }
    scene.fetch(&[]).expect(0);
    scene.fetch(&["--token-file", "one"]).expect(0);
    scene.fetch(&[]).expect(0);
    scene.fetch(&["--token-file", "two"]).expect(0);
    let sent: Vec<String> =
        scene.server.requests(PATH).iter().map(|request| request.headers["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer dop_v1_hunter2", "Bearer file-one", "Bearer file-one", "Bearer file-two"]);
}

/// A token of one provider is nothing for another.
#[test]
fn a_file_is_for_one_provider() {
    let scene = Scene::new();
    scene.home.write("token", TOKEN);
    for named in [&[TENANT, "linode/1"] as &[&str], &["azure"]] {
        let run = scene.home.pgtrust(&[&["fetch", "--token-file", "token"], named].concat()).expect(2);
        assert!(run.stderr.contains("a token is for one provider"), "{run}");
    }
    assert!(scene.server.connects().is_empty());
}

#[test]
fn nothing_is_sent_without_a_token() {
    let mut scene = Scene::new();
    for value in ["", "  "] {
        scene.home.set("DIGITALOCEAN_TOKEN", value);
        let run = scene.fetch(&[]).expect(2);
        assert!(run.stderr.contains("DIGITALOCEAN_TOKEN is not set") && run.stderr.contains("--token-file"), "{run}");
    }
    scene.home.set("CLICKHOUSE_TOKEN_SECRET", "hunter2");
    let run = scene.home.pgtrust(&["fetch", "clickhouse/o/p"]).expect(2);
    assert!(run.stderr.contains("CLICKHOUSE_TOKEN_KEY and CLICKHOUSE_TOKEN_SECRET"), "{run}");
    assert!(scene.server.connects().is_empty());
}

#[cfg(unix)]
mod programs {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A program on PATH that notes its arguments and prints this.
    fn program(scene: &mut Scene, name: &str, prints: &str) {
        let calls = scene.home.path().join("calls");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$0 $#\" \"$@\" >> '{}'\n{prints}\n", calls.display());
        let path = scene.home.write(&format!("bin/{name}"), script);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let bin = scene.home.path().join("bin");
        scene.home.set("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    }

    fn calls(scene: &Scene) -> Vec<String> {
        let calls = fs::read_to_string(scene.home.path().join("calls")).unwrap_or_default();
        calls.lines().map(|line| line.rsplit('/').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_program_is_run_once_and_without_a_shell() {
        let mut scene = Scene::new();
        program(&mut scene, "give", "echo dop_v1_hunter2");
        let [a] = roots(["A"]);
        scene.serves(&[&a]);
        let other = "/v2/databases/11111111-e9ea-4176-9dbc-a4cee4c4ff30/ca";
        scene.server.serve(other, super::super::digitalocean(&[&a]));
        let second = "digitalocean/11111111-e9ea-4176-9dbc-a4cee4c4ff30";
        let run = scene.fetch(&[second, "--token-command", "give $HOME ;id"]).expect(0);
        assert_eq!(calls(&scene), ["give 2", "$HOME", ";id"]);
        assert!(scene.manifest().contains("token-command = [\"give\", \"$HOME\", \";id\"]"), "{}", scene.manifest());
        let again = scene.home.pgtrust(&["fetch"]).expect(0);
        assert_eq!(calls(&scene).len(), 6);
        assert_eq!(scene.server.requests(other)[1].headers["authorization"], "Bearer dop_v1_hunter2");
        fs::remove_dir_all(scene.home.path().join("bin")).unwrap();
        nowhere(TOKEN, &[&run, &again], scene.home.path());
    }

    #[test]
    fn the_provider_s_own_program_is_asked_where_no_variable_is_set() {
        let mut scene = Scene::new();
        program(&mut scene, "gcloud", "echo ya29.hunter2");
        let [a] = roots(["A"]);
        let path = "/v1/projects/p/instances/i/listServerCas";
        let answer = serde_json::json!({"certs": [{"cert": a.pem}]}).to_string();
        scene.server.serve(path, crate::support::reply::Reply::bytes(answer));
        scene.home.pgtrust(&["fetch", "cloudsql/p/i"]).expect(0);
        assert_eq!(calls(&scene), ["gcloud 2", "auth", "print-access-token"]);
        assert_eq!(scene.server.requests(path)[0].headers["authorization"], "Bearer ya29.hunter2");
        scene.home.set("GOOGLE_OAUTH_ACCESS_TOKEN", "own");
        scene.home.pgtrust(&["fetch"]).expect(0);
        assert_eq!(calls(&scene).len(), 3);
    }

    #[test]
    fn a_program_that_fails_is_named() {
        let mut scene = Scene::new();
        program(&mut scene, "broken", "echo dop_v1_hunter2; echo 'not logged in' >&2; exit 3");
        program(&mut scene, "silent", "true");
        for (command, said) in [
            ("broken", "not logged in"),
            ("silent now", "`silent` prints none"),
            ("missing", "`missing` is not installed"),
            (" ", "the command is empty"),
        ] {
            let run = scene.fetch(&["--token-command", command]).expect(2);
            assert!(run.stderr.contains("no token") && run.stderr.contains(said), "{run}");
            assert!(!run.stderr.contains(TOKEN), "{run}");
        }
        assert!(scene.server.connects().is_empty());
    }
}
