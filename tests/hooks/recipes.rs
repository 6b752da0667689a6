//! `docs/hooks.md`: what it shows works, with the programs themselves where they can run here.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use super::{ANY, Scene};
use crate::support::pgbouncer::Pooler;
use crate::support::pgtrust::{Home, Run};
use crate::support::postgres::Postgres;
use crate::support::store::{install_files, roots};
use crate::support::tools;

/// Each starts what it says, as it says. A stand-in notes its words and its input.
#[test]
fn every_recipe_runs_its_program_with_its_words() {
    let hooks = blocks("toml");
    assert!(hooks.len() > 7, "{hooks:?}");
    for hook in hooks {
        let scene = with_stand_ins(&["curl", "mail", "nginx", "psql", "systemctl", "renew-ca-in-kubernetes"]);
        let hook = hook.replace("/usr/local/bin", scene.path("bin").to_str().unwrap());
        // Its target is one that there can be.
        scene.hooks(&hook);
        scene.pgtrust(&["install", "A.pem", "--output", "other.pem"]).expect(0);
        scene.home.write("noted", "");

        scene.home.write(".config/pgtrust/pgtrust.toml", without_target(&hook));
        let run = scene.pgtrust(&["install", "A.pem", "--output", "ca.pem"]).expect(0);
        let words = words_of(&hook);
        if words[0] == "echo" {
            assert!(run.stderr.contains(&words[1]), "{run}");
            continue;
        }
        let noted = fs::read_to_string(scene.path("noted")).unwrap();
        let (started, input) = noted.split_once('{').unwrap();
        let name = words[0].rsplit('/').next().unwrap().to_owned();
        assert_eq!(started.lines().collect::<Vec<_>>(), [&[name], &words[1..]].concat(), "{hook}");
        let input: Value = serde_json::from_str(&format!("{{{input}")).unwrap();
        assert_eq!(input["changes"][0]["store"], scene.path("ca.pem").to_str().unwrap());
    }
}

#[test]
fn the_input_is_as_it_is_shown() {
    let scene = Scene::new();
    scene.pgtrust(&["install", "supabase", "--offline"]).expect(0);
    fs::remove_file(scene.home.root_crt()).unwrap();
    scene.hooks(ANY);
    scene.pgtrust(&["refresh", "--offline"]).expect(0);
    let told = scene.told("any").remove(0).to_string();
    let told = told.replace(scene.home.path().to_str().unwrap(), "/home/me").replace("refresh --offline", "refresh");
    let shown: Value = serde_json::from_str(&block("json", "changes")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), shown);
}

/// PgBouncer itself takes the new root, and goes on.
#[test]
fn pgbouncer_takes_the_new_root() {
    let (Some(psql), Some(pgbouncer)) = (tools::program("psql"), tools::pgbouncer()) else { return };
    let Some(server) = Postgres::shared() else { return };
    let [other] = roots(["other"]);
    let home = Home::new();
    // PgBouncer runs as another user.
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    install_files(&home, &[&other, &server.chain.root]);
    home.pgtrust(&["install", "other.pem", "--output", "ca.pem"]).expect(0);
    let pooler = Pooler::start(
        &home,
        &pgbouncer,
        &format!(
            "[databases]\n* = host=localhost port={}\n[pgbouncer]\nadmin_users = postgres\nserver_tls_sslmode = verify-full\n\
             server_tls_ca_file = {}\n",
            server.port,
            home.path().join("ca.pem").display()
        ),
    );
    let hook = without_target(&block("toml", "--command=RELOAD")).replace("/run/postgresql", "127.0.0.1");
    let hook = hook.replace("6432", &pooler.port.to_string()).replace("--username=pgbouncer", "--username=postgres");
    let scene = Scene::in_home(home);
    scene.hooks(&hook);
    let root = format!("{}.pem", server.chain.root.common_name);
    let run = scene.pgtrust(&["install", &root, "--output", "ca.pem"]).expect(0);
    assert_eq!(run.stderr, "");
    let url = format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", pooler.port);
    let query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let answer = Run::of(scene.home.command(psql).args([&url, "-Atc", query]));
    let log = pooler.stop();
    assert_eq!(answer.stdout, "t\n", "{answer}\n{log}");
    assert!(log.contains("RELOAD command issued") && log.contains("RECONNECT command issued"), "{log}");
}

/// The real `curl` and `jq` send what they should.
#[test]
fn a_webhook_gets_the_changes() {
    let (Some(_), Some(_)) = (tools::program("curl"), tools::program("jq")) else { return };
    let scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/pgtrust", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || [(); 2].map(|()| posted(&listener)));
    let script = scene.home.write("notify.sh", block("sh", "jq").replace("https://hooks.example/pgtrust", &url));
    let own = format!("[[hook]]\non = \"change\"\nrun = [\"sh\", \"{}\"]\n\n", script.display());
    scene.hooks(&(block("toml", "curl").replace("https://hooks.example/pgtrust", &url) + &own));
    let run = scene.pgtrust(&["install", "A.pem", "--output", "ca.pem"]).expect(0);
    assert_eq!(run.stderr, "");
    let [plain, text] = server.join().unwrap();
    assert_eq!(plain["changes"][0]["added"][0]["sha256"], scene.a.fingerprint(), "{plain}");
    let store = scene.path("ca.pem").display().to_string();
    assert_eq!(text["text"], format!("trust stores changed: {store}"), "{text}");
}

/// `kubectl` is a stand-in here; the shell is not.
#[test]
fn the_script_for_kubernetes_renews_the_file_before_it_restarts() {
    let scene = with_stand_ins(&["kubectl"]);
    let script = scene.home.write("renew.sh", block("sh", "kubectl"));
    scene.hooks(&format!("[[hook]]\non = \"change\"\nrun = [\"sh\", \"{}\"]\n\n", script.display()));
    scene.pgtrust(&["install", "A.pem", "--output", "ca.pem"]).expect(0);
    let noted = fs::read_to_string(scene.path("noted")).unwrap();
    let at = |words: &str| noted.find(words).unwrap_or_else(|| panic!("no `{words}` in\n{noted}"));
    let from_file = format!("--from-file=ca.pem={}\n", scene.path("ca.pem").display());
    let order = [at(&from_file), at("rollout\nrestart\ndeployment/shop\n"), at("rollout\nstatus\ndeployment/shop\n")];
    assert!(order.is_sorted() && at("\napply\n") < order[1], "{noted}");
}

/// The code blocks of this kind.
fn blocks(kind: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hooks.md")).unwrap();
    let blocks = text.split("\n```").skip(1).step_by(2);
    blocks.filter_map(|block| Some(block.strip_prefix(kind)?.strip_prefix('\n')?.to_owned() + "\n")).collect()
}

/// The first one with these words.
fn block(kind: &str, words: &str) -> String {
    let found = blocks(kind).into_iter().find(|block| block.contains(words));
    found.unwrap_or_else(|| panic!("no `{kind}` block has `{words}`"))
}

fn without_target(hook: &str) -> String {
    hook.lines().filter(|line| !line.starts_with("target = ")).fold(String::new(), |text, line| text + line + "\n")
}

/// The words of `run`: a list of JSON, but for a last comma.
fn words_of(hook: &str) -> Vec<String> {
    let list = hook.split_once("run = ").unwrap().1.split_once("]\n").unwrap().0;
    serde_json::from_str(&(list.trim_end().trim_end_matches(',').to_owned() + "]")).unwrap()
}

/// A scene in which these programs note in `noted` how they were started, and their input.
fn with_stand_ins(names: &[&str]) -> Scene {
    const SCRIPT: &str =
        "#!/bin/sh\n{ basename \"$0\"; for word; do printf '%s\\n' \"$word\"; done; cat; } >> \"$HOME/noted\"\n";
    let mut home = Home::new();
    let script = home.write("stand-in", SCRIPT);
    for name in names {
        // By another program: a child of another test may inherit a file that is open here, and keep it busy.
        let copy = home.path().join("bin").join(name);
        Run::of(home.command("install").args(["-D", "-m", "755"]).args([&script, &copy])).expect(0);
    }
    home.set("PATH", format!("{}:/usr/bin:/bin", home.path().join("bin").display()));
    Scene::in_home(home)
}

/// The JSON of one request, which is told that all is well.
fn posted(listener: &TcpListener) -> Value {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(&stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (&stream).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    serde_json::from_slice(&body).unwrap()
}
