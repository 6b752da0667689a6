//! Names and passwords in URLs, arguments of programs that print tokens, and what those programs say: used, and neither shown nor
//! kept.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::tenants::nowhere;

const SECRET: &str = "hunter2";

/// A provider behind a mirror that wants a password.
struct Scene {
    server: ProviderServer,
    home: Home,
    root: TestCertificate,
}

impl Scene {
    fn new() -> Self {
        let server = ProviderServer::start();
        let root = Authority::root("pgtrust test root").certificate;
        let mut home = Home::new();
        home.trust_for_https(server.ca_pem());
        home.add_provider(&Provider::new("testprov").root_at(&root, "https://pki.provider.example/root.pem"));
        server.serve("/pki/root.pem", Reply::bytes(root.pem.as_str()));
        Self { server, home, root }
    }

    /// The address of the mirror, with this before its host.
    fn mirror(&self, user: &str) -> String {
        self.server.url("/pki").replace("://", &format!("://{user}"))
    }

    /// Who the mirror was told that it is, each time.
    fn told(&self) -> Vec<String> {
        let basic = |text: &String| text.strip_prefix("Basic ").map(|text| STANDARD.decode(text).unwrap());
        let requests = self.server.requests("/pki/root.pem");
        let told =
            requests.iter().map(|request| request.headers.get("authorization").and_then(basic).unwrap_or_default());
        told.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }

    /// A program on PATH that does this.
    fn program(&mut self, name: &str, script: &str) {
        let path = self.home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        let bin = self.home.path().join("bin");
        self.home.set("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    }
}

#[test]
fn a_mirror_is_told_the_password_in_its_url_and_nobody_else_is() {
    let scene = Scene::new();
    let mirror = scene.mirror(&format!("bob:{SECRET}@"));
    let install = scene.home.pgtrust(&["install", "testprov", "--mirror", &mirror, "--output", "s.pem"]).expect(0);
    assert_eq!(scene.told(), [format!("bob:{SECRET}")]);
    let history = scene.home.pgtrust(&["history"]).expect(0);
    let shown = format!("install testprov --mirror {} --output s.pem", scene.mirror(""));
    assert!(history.stdout.contains(&shown), "{history}");
    let json = scene.home.pgtrust(&["history", "--json"]).expect(0);
    // It fails, and says so.
    let refused = scene.home.pgtrust(&["fetch", "testprov", "--mirror", &format!("{mirror}/none")]).expect(0);
    let bad: Vec<Run> = ["?x=1", "#x", "/ x:y"]
        .iter()
        .map(|end| scene.home.pgtrust(&["fetch", "testprov", "--mirror", &format!("ftp{mirror}{end}")]).expect(2))
        .collect();
    assert!(bad[0].stderr.contains("://localhost"), "{}", bad[0]);
    nowhere(SECRET, &[&install, &history, &json, &refused, &bad[0], &bad[1], &bad[2]], scene.home.path());
}

#[test]
fn the_password_of_a_mirror_comes_from_the_environment() {
    let mut scene = Scene::new();
    let mirror = scene.mirror("");
    scene.home.set("PGTRUST_MIRROR_AUTH", format!("bob:{SECRET}:@/?"));
    let text = format!("mirror = \"{mirror}\"\n[[hook]]\non = \"change\"\nrun = [\"env\"]\n");
    scene.home.write(".config/pgtrust/pgtrust.toml", &text);
    let run = scene.home.pgtrust(&["install", "testprov", "--output", "s.pem"]).expect(0);
    assert_eq!(scene.told(), [format!("bob:{SECRET}:@/?")]);
    // The hook, which prints its environment, does not have it.
    assert!(run.stderr.contains("PGTRUST_STORE="), "{run}");
    nowhere(SECRET, &[&run], scene.home.path());
    for bad in ["bob", "\u{fffd}"] {
        scene.home.set("PGTRUST_MIRROR_AUTH", bad);
        let run = scene.home.pgtrust(&["fetch", "testprov"]).expect(2);
        assert!(
            run.stderr.contains("PGTRUST_MIRROR_AUTH is not `user:password`") && run.stderr.contains("hint"),
            "{run}"
        );
    }
    scene.home.set("PGTRUST_MIRROR_AUTH", "");
    scene.home.pgtrust(&["fetch", "testprov"]).expect(0);
    assert_eq!(scene.told().last().unwrap(), "");
}

#[test]
fn what_a_person_wrote_into_the_manifest_stays_and_is_not_shown() {
    let scene = Scene::new();
    let mirror = scene.mirror(&format!("bob:{SECRET}@"));
    let manifest = ".config/pgtrust/pgtrust.toml";
    scene.home.write(manifest, format!("mirror = \"{mirror}\"\n"));
    let mut runs = vec![scene.home.pgtrust(&["install", "testprov", "--output", "s.pem"]).expect(0)];
    assert_eq!(scene.told(), [format!("bob:{SECRET}")]);
    scene.server.serve("/pki/root.pem", Reply::status(503));
    for command in [&["refresh"] as &[&str], &["refresh", "-v", "--json"], &["status", "--json"], &["fetch", "--json"]]
    {
        runs.push(scene.home.pgtrust(command));
    }
    assert!(runs.iter().any(|run| run.stderr.contains("503")), "{}", runs[1]);
    let text = fs::read_to_string(scene.home.path().join(manifest)).unwrap();
    assert!(text.contains(&mirror), "{text}");
    fs::remove_file(scene.home.path().join(manifest)).unwrap();
    // The journal keeps the manifest from before, as its own backup: that is the user's text, for this user alone.
    fs::remove_dir_all(scene.home.path().join(".local/state/pgtrust/backups")).unwrap();
    nowhere(SECRET, &runs.iter().collect::<Vec<_>>(), scene.home.path());
}

/// Whatever is typed where no URL belongs, the words that refuse it leave the password out.
#[test]
fn a_pasted_connection_string_is_never_repeated() {
    let home = Home::new();
    let urls =
        ["postgres://app:hunter2@db.example/app", "postgresql://app:hun/ter2hunter2@db.example/app?sslmode=require"];
    for url in urls {
        let assigned = format!("--output={url}");
        for arguments in [
            &[url] as &[&str],
            &["install", url],
            &["install", "azure", "--target", url],
            &["install", "azure", "--format", url],
            &["install", "aws-rds", "--region", url, "--offline"],
            &["install", "azure", "--offline", "--timeout", url],
            &["install", "azure", "--offline", "--only", url],
            &["fetch", url, "--offline"],
            &["fetch", "azure", "--mirror", url],
            &["fetch", "azure", "--url", url],
            &["fetch", "azure", &assigned],
            &["inspect", url],
            &["inspect", "--json", url],
            &["bundle", url],
            &["bundle", "azure", "--offline", "-o", url],
            &["undo", url],
            &["history", url],
            &["uninstall", "--output", url],
            &["repair", url],
            &["accept", url],
            &["providers", url],
            &["providers", "--json", url],
            &["snippet", url],
            &["env", url],
            &["refresh", "--splay", url],
            &["refresh", url],
            &["status", url],
            &["enforcement", "supabase", url],
            &["schedule", "enable", "--every", url],
            &["providers", "add", "x", "--url", url],
            &["--at", url, "status"],
        ] {
            let run = home.pgtrust(arguments);
            assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{arguments:?}: {run}");
            nowhere(SECRET, &[], home.path());
        }
    }
}

const TENANT: &str = "digitalocean/9cc10173-e9ea-4176-9dbc-a4cee4c4ff30";

#[test]
fn what_a_program_for_a_token_says_is_shown_and_not_kept() {
    let mut scene = Scene::new();
    scene.home.set("HTTPS_PROXY", scene.server.plain(""));
    scene.program("vault", "echo \"token $2 is no longer good\" >&2; exit 3");
    let command = format!("vault -t {SECRET}");
    scene.home.write(
        ".config/pgtrust/pgtrust.toml",
        format!("[[source]]\nname = \"{TENANT}\"\ntoken-command = [\"vault\", \"-t\", \"{SECRET}\"]\n"),
    );
    let said = format!("it says: token {SECRET} is no longer good");
    let refresh = scene.home.pgtrust(&["refresh"]).expect(2);
    assert!(refresh.stderr.contains("`vault` failed: exit status: 3") && refresh.stderr.contains(&said), "{refresh}");
    let json = scene.home.pgtrust(&["refresh", "--json"]);
    assert!(!json.stdout.contains(SECRET), "{json}");
    let status = scene.home.pgtrust(&["status"]).expect(1);
    let install = scene.home.pgtrust(&["install", TENANT, "--token-command", &command, "--output", "s.pem"]).expect(2);
    assert!(install.stderr.contains(&said), "{install}");
    fs::remove_file(scene.home.path().join(".config/pgtrust/pgtrust.toml")).unwrap();
    fs::remove_dir_all(scene.home.path().join("bin")).unwrap();
    nowhere(SECRET, &[&status], scene.home.path());
}

#[test]
fn the_journal_tells_a_program_without_its_arguments() {
    let mut scene = Scene::new();
    scene.home.set("HTTPS_PROXY", scene.server.plain(""));
    scene.program("give", "echo some-token");
    let answer = serde_json::json!({"ca": {"certificate": STANDARD.encode(&scene.root.pem)}}).to_string();
    scene.server.serve(&format!("/v2/databases/{}/ca", &TENANT["digitalocean/".len()..]), Reply::bytes(answer));
    let command = format!("give --key {SECRET}");
    let install = ["install", TENANT, "--token-command", &command, "--output", "s.pem"];
    let assigned = ["install", TENANT, &format!("--token-command={command}"), "--output", "t.pem"];
    let runs = [&install as &[&str], &assigned].map(|arguments| scene.home.pgtrust(arguments).expect(0));
    let history = scene.home.pgtrust(&["history"]).expect(0);
    for told in ["--token-command give … --output s.pem", "--token-command=give … --output t.pem"] {
        assert!(history.stdout.contains(told), "{history}");
    }
    // The manifest needs them, and so does its backup.
    fs::remove_dir_all(scene.home.path().join(".config")).unwrap();
    fs::remove_dir_all(scene.home.path().join(".local/state/pgtrust/backups")).unwrap();
    nowhere(SECRET, &[&runs[0], &runs[1], &history], scene.home.path());
}

#[test]
fn a_secret_that_everyone_can_read_is_said_when_it_is_named_and_by_status() {
    let mut scene = Scene::new();
    // The temporary folder of the tests is open to all, and homes in it are not.
    fs::set_permissions(scene.home.path(), Permissions::from_mode(0o755)).unwrap();
    scene.home.set("HTTPS_PROXY", scene.server.plain(""));
    let answer = serde_json::json!({"ca": {"certificate": STANDARD.encode(&scene.root.pem)}}).to_string();
    scene.server.serve(&format!("/v2/databases/{}/ca", &TENANT["digitalocean/".len()..]), Reply::bytes(answer));
    let (token, password) = (scene.home.write("token", "some-token\n"), scene.home.write("password", "changeit\n"));
    for file in [&token, &password] {
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    let install = ["install", TENANT, "--token-file", "token", "--password-file", "password", "--output", "s.p12"];
    let said = |file: &str| format!("{file}`");
    let run = scene.home.pgtrust(&install).expect(0);
    for file in ["token", "password"] {
        assert!(run.stderr.contains("everyone can read the secret in `") && run.stderr.contains(&said(file)), "{run}");
    }
    let refresh = scene.home.pgtrust(&["refresh"]).expect(0);
    assert_eq!(refresh.stderr, "");
    let status = scene.home.pgtrust(&["status"]).expect(0).stdout;
    assert_eq!(status.matches(": everyone can read it: `chmod go-r ").count(), 2, "{status}");
    for file in [&token, &password] {
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    let status = scene.home.pgtrust(&["status"]).expect(0).stdout;
    assert!(!status.contains("everyone"), "{status}");
    assert!(!scene.home.pgtrust(&install).expect(0).stderr.contains("everyone"));
}

#[test]
fn what_may_tell_of_secrets_is_for_this_user_alone() {
    let scene = Scene::new();
    scene.home.write("A.pem", &scene.root.pem);
    let manifest = "[[hook]]\non = \"change\"\nrun = [\"false\"]\n[[source]]\nname = \"nobody\"\n";
    scene.home.write(".config/pgtrust/pgtrust.toml", manifest);
    scene.home.pgtrust(&["install", "A.pem", "--output", "s.pem"]).expect(2);
    scene.home.pgtrust(&["refresh", "--offline"]).expect(2);
    for file in ["journal.jsonl", "refresh.json", "hooks.json"] {
        let mode =
            fs::metadata(scene.home.path().join(".local/state/pgtrust").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// What a definition may have sent to the address that it names.
#[test]
fn a_provider_of_ones_own_asks_for_a_token_and_for_nothing_else() {
    let definition = |token: &str| {
        format!(
            "title = \"own\"\nchecked = 2026-01-01\nhosts = []\nports = [5432]\nca = \"one for each\"\n[[source]]\n\
             url = \"https://api.own.example/{{cluster}}/ca\"\nencoding = \"pem\"\ntoken = {{ {token} }}\n"
        )
    };
    let run = |token: &str| {
        let home = Home::new();
        home.write(".config/pgtrust/bundles/own/provider.toml", definition(token));
        home.pgtrust(&["providers", "own"])
    };
    for token in [
        "env = \"CORP_TOKEN\", header = \"Authorization\", scheme = \"Bearer\"",
        "env = \"VAULT_TOKEN\", header = \"X-Vault-Token\"",
        "env = \"OWN_SECRET\", user-env = \"OWN_USER\", header = \"authorization\"",
        "env = \"CI_JOB_TOKEN\", header = \"PRIVATE-TOKEN\"",
        "env = \"api_key\", header = \"apikey\"",
    ] {
        run(token).expect(0);
    }
    let names = [
        "PATH",
        "LD_PRELOAD",
        "HOME",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AZURE_CLIENT_SECRET",
        "PGPASSWORD",
        "PGTRUST_MIRROR_AUTH",
        "SSH_AUTH_SOCK",
        "USER",
        "",
        "A=TOKEN",
        "KEYBOARD",
    ];
    for name in names {
        let refused = run(&format!("env = \"{name}\", header = \"Authorization\"")).expect(2);
        assert!(refused.stderr.contains(&format!("`{name}` is not the name of a variable for a token")), "{refused}");
    }
    for name in ["AWS_ACCESS_KEY_ID", "PATH", "PGUSER"] {
        let refused = run(&format!("env = \"X_KEY\", user-env = \"{name}\", header = \"Authorization\"")).expect(2);
        assert!(refused.stderr.contains(&format!("`{name}` is not the name of a variable for a user")), "{refused}");
    }
    for header in [
        "Host",
        "Cookie",
        "Content-Length",
        "Transfer-Encoding",
        "Proxy-Authorization",
        "Sec-WebSocket-Key",
        "Range",
        "",
    ] {
        let refused = run(&format!("env = \"X_KEY\", header = \"{header}\"")).expect(2);
        assert!(refused.stderr.contains(&format!("`{header}` is not a header for a token")), "{refused}");
    }
}

#[test]
fn no_program_is_taken_from_the_folder_that_it_is_started_in() {
    let mut scene = Scene::new();
    for name in ["docker", "give"] {
        scene.program(name, "touch ran; echo some-token");
    }
    for path in ["bin", "./bin", ".:bin", ""] {
        scene.home.set("PATH", path);
        let run = scene.home.pgtrust(&["fetch", TENANT, "--token-command", "give"]).expect(2);
        assert!(run.stderr.contains("`give` is not installed"), "{run}");
    }
    assert!(!scene.home.path().join("ran").exists());
}
