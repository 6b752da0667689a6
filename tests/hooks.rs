//! Hooks: programs of the user's that run after stores changed.

mod recipes;

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{as_nobody, differences, home_of_nobody, in_order, install_files, nobody, roots, snapshot};

/// A home whose hooks are `sh` scripts that note what they are told.
struct Scene {
    home: Home,
    a: TestCertificate,
    b: TestCertificate,
}

impl Scene {
    fn new() -> Self {
        Self::in_home(Home::new())
    }

    fn in_home(home: Home) -> Self {
        let [a, b] = roots(["A", "B"]);
        install_files(&home, &[&a, &b]);
        home.write("note.sh", NOTE);
        Self { home, a, b }
    }

    /// Puts hooks before what the manifest says.
    fn hooks(&self, hooks: &str) {
        let path = self.home.path().join(".config/pgtrust/pgtrust.toml");
        let rest = fs::read_to_string(&path).unwrap_or_default();
        self.home
            .write(".config/pgtrust/pgtrust.toml", hooks.replace("HOME", self.home.path().to_str().unwrap()) + &rest);
    }

    fn pgtrust(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(arguments)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What a hook was told, one value for each time, and forgets it.
    fn told(&self, hook: &str) -> Vec<Value> {
        let file = self.path(&format!("{hook}.told"));
        let text = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The changes of the only time.
    #[track_caller]
    fn told_once(&self, hook: &str) -> Vec<Value> {
        let mut told = self.told(hook);
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)["changes"].as_array().unwrap().clone()
    }
}

/// Its argument says where to.
const NOTE: &str = "cat >> \"$HOME/$1.told\"\necho >> \"$HOME/$1.told\"\n\
    printf '%s\\n--\\n%s\\n--\\n%s\\n--\\n%s\\n' \"$PGTRUST_STORE\" \"$PGTRUST_TARGET\" \"$PGTRUST_ADDED\" \"$PGTRUST_REMOVED\" \
    > \"$HOME/$1.variables\"\n";

const ANY: &str = "[[hook]]\non = \"change\"\nrun = [\"sh\", \"HOME/note.sh\", \"any\"]\n\n";

fn listed(root: &TestCertificate) -> Value {
    json!({ "sha256": root.fingerprint(), "subject": format!("CN={},O=pgtrust tests", root.common_name) })
}

#[test]
fn a_finding_is_told_once_in_the_words_of_the_report_and_again_until_it_is_taken() {
    let scene = Scene::new();
    scene.hooks("[[hook]]\non = \"finding\"\nrun = [\"sh\", \"HOME/note.sh\", \"found\"]\n\n");
    scene.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(0);
    scene.pgtrust(&["refresh"]).expect(0);
    assert!(scene.told("found").is_empty());
    let store = scene.path("store.pem");
    let sound = fs::read(&store).unwrap();
    fs::write(&store, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    // A check tells nobody.
    scene.pgtrust(&["refresh", "--check"]).expect(2);
    assert!(scene.told("found").is_empty());
    let report = scene.pgtrust(&["refresh", "--json"]).expect(2).json();
    assert_eq!(report["findings"][0]["kind"], "store", "{report}");
    assert_eq!(scene.told("found"), [json!({ "findings": report["findings"] })]);
    scene.pgtrust(&["refresh"]).expect(2);
    assert!(scene.told("found").is_empty());

    // One that failed is told again.
    fs::write(&store, &sound).unwrap();
    scene.pgtrust(&["refresh"]).expect(0);
    fs::write(&store, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    scene.home.write("note.sh", "exit 3\n");
    let run = scene.pgtrust(&["refresh"]).expect(2);
    assert!(run.stderr.contains("note.sh found` failed: exit status: 3"), "{run}");
    scene.home.write("note.sh", NOTE);
    scene.pgtrust(&["refresh"]).expect(2);
    let told = scene.told("found");
    let kinds: Vec<&Value> = told[0]["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["store"], "{told:?}");
    scene.pgtrust(&["refresh"]).expect(2);
    assert!(scene.told("found").is_empty());
}

#[test]
fn a_hook_is_told_once_of_all_that_a_command_changed() {
    let scene = Scene::new();
    scene.hooks(ANY);
    scene.pgtrust(&["install", "A.pem", "B.pem", "--target", "postgres", "--output", "two.pem"]).expect(0);
    let (one, two) = (scene.home.root_crt(), scene.path("two.pem"));
    let both = [&scene.a, &scene.b].map(listed);
    let command = "install A.pem B.pem --target postgres --output two.pem";
    let mut changes = scene.told_once("any");
    for change in &mut changes {
        change["added"].as_array_mut().unwrap().sort_by_key(|root| root["subject"].to_string());
    }
    let expected = json!([
        {"store": one, "target": "postgres", "command": command, "added": both, "removed": []},
        {"store": two, "target": null, "command": command, "added": both, "removed": []},
    ]);
    assert_eq!(json!(changes), expected);
    let variables = fs::read_to_string(scene.path("any.variables")).unwrap();
    let values: Vec<&str> = variables.split("\n--\n").collect();
    assert_eq!(values[0], format!("{}\n{}", one.display(), two.display()));
    assert_eq!((values[1], values[3]), ("postgres", "\n"));
    let mut added: Vec<&str> = values[2].lines().collect();
    added.sort_unstable();
    let mut fingerprints = [scene.a.fingerprint(), scene.b.fingerprint()];
    fingerprints.sort_unstable();
    assert_eq!(added, fingerprints);

    scene.pgtrust(&["install", "A.pem", "--target", "postgres", "--output", "two.pem"]).expect(0);
    assert_eq!(scene.told("any"), [Value::Null; 0], "nothing changed");
}

#[test]
fn every_command_that_changes_a_store_tells() {
    let scene = Scene::new();
    scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(0);
    scene.hooks(ANY);
    let changes = |arguments: &[&str]| {
        scene.pgtrust(arguments).expect(0);
        let changes = scene.told_once("any");
        assert_eq!(changes.len(), 1, "{changes:?}");
        (changes[0]["added"].clone(), changes[0]["removed"].clone())
    };
    let (nothing, a, b) = (json!([]), json!([listed(&scene.a)]), json!([listed(&scene.b)]));
    assert_eq!(changes(&["install", "B.pem", "--output", "one.pem"]), (b.clone(), nothing.clone()));
    assert_eq!(changes(&["undo"]), (nothing.clone(), b.clone()));
    let history = scene.pgtrust(&["history", "--json"]).expect(0).json();
    assert_eq!(history["changes"][2]["removed"], b, "{history}");
    assert_eq!(changes(&["uninstall", "--output", "one.pem"]), (nothing.clone(), a.clone()));
    assert_eq!(changes(&["undo"]), (a.clone(), nothing.clone()));
    let run = scene.pgtrust(&["install", "supabase", "--output", "one.pem", "--offline", "--no-hooks"]).expect(0);
    assert!(run.stdout.contains("one.pem: updated: "), "{run}");
    assert_eq!(scene.told("any"), [Value::Null; 0], "--no-hooks");
    // By then it has expired.
    let (added, removed) = changes(&["--at", "2032-01-01", "prune", "--output", "one.pem"]);
    assert_eq!((added, &removed[0]["sha256"]), (nothing.clone(), &json!(SUPABASE)));
    assert_eq!(changes(&["refresh", "--offline"]).0[0]["sha256"], SUPABASE);
    scene.pgtrust(&["fetch", "supabase", "--offline"]).expect(0);
    assert_eq!(scene.told("any"), [Value::Null; 0], "nothing changed");
    fs::remove_file(scene.path(".local/share/pgtrust/supabase.pem")).unwrap();
    assert_eq!(changes(&["fetch", "supabase", "--offline"]).0[0]["sha256"], SUPABASE);
}

const SUPABASE: &str = "807025ad50d4ed219d2c9c7d299c004f824eb00cf7f65afef607d07b72e6cafa";

#[test]
fn a_hook_waits_for_its_target_its_store_or_its_provider_only() {
    let scene = Scene::new();
    let hook = |target: &str, name: &str| {
        format!("[[hook]]\non = \"change\"\ntarget = \"{target}\"\nrun = [\"sh\", \"HOME/note.sh\", \"{name}\"]\n\n")
    };
    let targets = [("postgres", "name"), ("HOME/two.pem", "path"), ("supabase", "provider"), ("java", "other")];
    scene.hooks(&targets.map(|(target, name)| hook(target, name)).concat());
    let ran = || targets.map(|(_, name)| scene.told(name).len());
    scene.pgtrust(&["install", "A.pem", "--target", "postgres"]).expect(0);
    assert_eq!(ran(), [1, 0, 0, 0]);
    scene.pgtrust(&["install", "A.pem", "--output", "two.pem", "--output", "three.pem"]).expect(0);
    assert_eq!(ran(), [0, 1, 0, 0]);
    scene.pgtrust(&["install", "supabase", "--output", "two.pem", "--offline"]).expect(0);
    assert_eq!(ran(), [0, 1, 1, 0]);
    scene.pgtrust(&["undo", scene.home.root_crt().to_str().unwrap()]).expect(0);
    assert_eq!(ran(), [1, 0, 0, 0]);
}

#[test]
fn a_hook_that_fails_undoes_nothing_and_stops_no_other() {
    let scene = Scene::new();
    let failing = "[[hook]]\non = \"change\"\nrun = [\"sh\", \"-c\", \"printf 'no\\\\033[2J such\\\\n\\\\nunit' >&2; exit 5\"]\n\n";
    let absent = "[[hook]]\non = \"change\"\nrun = [\"no-such-program\", \"--now\"]\n\n";
    scene.hooks(&[failing, absent, ANY].concat());
    let run = scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(2);
    assert!(run.stderr.contains("exit 5` failed: exit status: 5: no\\u{1b}[2J such; unit\n"), "{run}");
    assert!(
        run.stderr.contains("hook `no-such-program --now` failed: could not be started: no such file or directory\n"),
        "{run}"
    );
    assert!(run.stderr.contains("hint: ") && run.stdout.contains("one.pem: created: 1 root added"), "{run}");
    assert_eq!(in_order(&scene.home, "one.pem"), [scene.a.fingerprint()]);
    assert_eq!(scene.told_once("any").len(), 1);
}

/// Whoever writes to the FIFO keeps its reader from the end: that all have ended is what it tells.
#[test]
fn a_hook_that_takes_too_long_ends_with_all_that_it_started() {
    let scene = Scene::new();
    let fifo = scene.path("fifo");
    Run::of(scene.home.command("mkfifo").arg(&fifo)).expect(0);
    scene.home.write("slow.sh", "exec 9> \"$HOME/fifo\"\necho waiting\nsleep 1000 &\nsleep 1000\n");
    let slow = "[[hook]]\non = \"change\"\nrun = [\"sh\", \"HOME/slow.sh\"]\ntimeout = \"5s\"\n\n";
    scene.hooks(&[slow, ANY].concat());
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(fs::read(fifo).unwrap()));
    let run = scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(2);
    assert!(run.stderr.contains("slow.sh` failed: not done after 5s, and killed: waiting\n"), "{run}");
    end.recv_timeout(Duration::from_secs(60)).expect("something of the hook still runs");
    assert_eq!(scene.told_once("any").len(), 1);
}

#[test]
fn a_hook_that_failed_runs_again_with_the_next_refresh_and_is_told_once() {
    let scene = Scene::new();
    scene.home.write("until.sh", "sh \"$HOME/note.sh\" until\ntest -e \"$HOME/mended\"\n");
    let until = "[[hook]]\non = \"change\"\ntarget = \"HOME/one.pem\"\nrun = [\"sh\", \"HOME/until.sh\"]\n\n";
    scene.pgtrust(&["install", "A.pem", "B.pem", "--output", "one.pem", "--output", "two.pem"]).expect(0);
    scene.hooks(&[until, ANY].concat());
    fs::remove_file(scene.path("one.pem")).unwrap();
    let run = scene.pgtrust(&["refresh"]).expect(2);
    assert!(
        run.stdout.contains("one.pem: created: ") && run.stderr.contains("until.sh` failed: exit status: 1"),
        "{run}"
    );
    let first = scene.told_once("until");
    assert_eq!(scene.told_once("any"), first);

    // Nothing changes, and it is no news; the other hook has done its work.
    let run = scene.pgtrust(&["refresh"]).expect(2);
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
    assert_eq!(scene.told_once("until"), first);
    let report = scene.pgtrust(&["refresh", "--json"]).expect(2).json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["new"]), (&json!("hook"), &json!(false)), "{report}");
    scene.told_once("until");

    // What happened since comes on top. A command that changes nothing for it leaves it alone.
    fs::remove_file(scene.path("two.pem")).unwrap();
    scene.pgtrust(&["install", "A.pem", "--output", "two.pem"]).expect(0);
    assert_eq!(scene.told("until"), [Value::Null; 0]);
    fs::remove_file(scene.path("one.pem")).unwrap();
    scene.pgtrust(&["install", "A.pem", "B.pem", "--output", "one.pem"]).expect(2);
    assert_eq!(scene.told_once("until").len(), 2);
    scene.home.write("mended", "");
    let run = scene.pgtrust(&["refresh"]).expect(0);
    assert!(run.stderr.is_empty(), "{run}");
    let both = scene.told_once("until");
    assert_eq!((both.len(), &both[0]), (2, &first[0]));

    scene.told("any");
    let before = snapshot(&scene.path(".local/state"));
    scene.pgtrust(&["refresh"]).expect(0);
    assert!(scene.told("until").is_empty() && scene.told("any").is_empty());
    assert!(!before.keys().any(|path| path.ends_with("hooks.json")), "{:?}", before.keys());
}

#[test]
fn a_dry_run_says_what_would_run() {
    let scene = Scene::new();
    scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(0);
    let other = ANY.replace("run =", "target = \"java\"\nrun =").replace("any", "java");
    scene.hooks(&[ANY, &other].concat());
    let says = |arguments: &[&str], status: i32, said: bool| {
        let before = snapshot(scene.home.path());
        let run = scene.pgtrust(arguments).expect(status);
        assert_eq!(run.stderr.contains("note.sh any` would run"), said, "{run}");
        assert!(!run.stderr.contains("note.sh java`"), "{run}");
        assert_eq!(differences(&before, &snapshot(scene.home.path())), [""; 0]);
    };
    says(&["install", "B.pem", "--output", "one.pem", "--dry-run"], 0, true);
    says(&["install", "A.pem", "--output", "one.pem", "--dry-run"], 0, false);
    says(&["install", "B.pem", "--output", "one.pem", "--dry-run", "--no-hooks"], 0, false);
    says(&["uninstall", "--dry-run"], 0, true);
    says(&["undo", "--dry-run"], 0, true);
    fs::remove_file(scene.path("one.pem")).unwrap();
    says(&["refresh", "--check"], 1, false);
    says(&["refresh", "--check", "--verbose"], 1, true);
}

#[test]
fn what_a_hook_says_is_shown() {
    let scene = Scene::new();
    scene.hooks("[[hook]]\non = \"change\"\nrun = [\"echo\", \"restart the JVMs\"]\n\n");
    let run = scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(0);
    assert!(run.stderr.ends_with("`echo restart the JVMs`: restart the JVMs\n"), "{run}");
}

#[test]
fn hooks_are_not_run_for_the_system_in_a_folder() {
    let scene = Scene::new();
    scene.hooks(ANY);
    let hooks = fs::read_to_string(scene.path(".config/pgtrust/pgtrust.toml")).unwrap();
    scene.home.write("image/etc/pgtrust/pgtrust.toml", hooks);
    let run = scene.pgtrust(&["--root", "image", "install", "A.pem", "--output", "image/ca.pem"]).expect(0);
    assert!(run.stderr.contains("hint: hooks are not run: "), "{run}");
    assert_eq!(scene.told("any"), [Value::Null; 0]);
}

#[test]
fn a_hook_that_cannot_be_is_an_error() {
    let scene = Scene::new();
    for (hook, words) in [
        ("on = \"start\"\nrun = [\"true\"]", "start"),
        ("on = \"change\"\nrun = \"systemctl reload pgbouncer\"", "expected a sequence"),
        ("on = \"change\"\nrun = []", "names no program"),
        ("on = \"change\"\nrun = [\"./reload\"]", "`./reload`"),
        ("on = \"change\"\ntarget = \"postgers\"\nrun = [\"true\"]", "`postgers`"),
        ("on = \"change\"\ntarget = \"two.pem\"\nrun = [\"true\"]", "`two.pem`"),
    ] {
        scene.home.write(".config/pgtrust/pgtrust.toml", format!("[[hook]]\n{hook}\n"));
        let run = scene.pgtrust(&["install", "A.pem", "--output", "one.pem"]).expect(2);
        assert!(run.stderr.contains(words) && run.stderr.contains("pgtrust.toml`: "), "{run}");
        fs::remove_file(scene.path("one.pem")).ok();
    }
}

/// As under `sudo` where HOME stays that of the user.
#[test]
fn root_does_not_run_the_hooks_of_a_user() {
    let Some(home) = home_of_nobody() else { return };
    let scene = Scene::in_home(home);
    if !fs::metadata(scene.home.path()).is_ok_and(|home| std::os::unix::fs::MetadataExt::uid(&home) == 65534) {
        return;
    }
    scene.hooks(ANY);
    as_nobody(&scene.home, &["-R", "65534:65534", "."]);
    let install = ["install", "A.pem", "--output", "one.pem"];
    let run = scene.pgtrust(&install).expect(2);
    assert!(run.stderr.contains("which belongs to `nobody`") && !scene.path("one.pem").exists(), "{run}");
    let run = scene.pgtrust(&[&install[..], &["--allow-writable"]].concat()).expect(0);
    assert!(run.stderr.contains("going on, as `--allow-writable` says"), "{run}");
    assert_eq!(in_order(&scene.home, "one.pem").len(), 1);
    assert_eq!(scene.told("any"), [Value::Null; 0]);
    // What belongs to root may run for everyone.
    as_nobody(&scene.home, &["-R", "65534:65534", "."]);
    as_nobody(&scene.home, &["0:0", ".config/pgtrust/pgtrust.toml"]);
    fs::remove_file(scene.path("one.pem")).unwrap();
    nobody(&scene.home, &["refresh"]).expect(0);
    assert_eq!(scene.told_once("any").len(), 1);
}

#[test]
fn accepting_a_root_tells_who_waits_for_the_providers_file() {
    let server = ProviderServer::start();
    let [pinned, new] = ["pinned", "new"].map(|name| Authority::root(name).certificate);
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.add_provider(&Provider::new("prov").root(&pinned).source(&server.url("/bundle.pem")));
    server.serve("/bundle.pem", Reply::bytes(format!("{}{}", pinned.pem, new.pem)));
    let scene = Scene::in_home(home);
    scene.hooks(&ANY.replace("run =", "target = \"prov\"\nrun ="));
    scene.pgtrust(&["fetch", "prov"]).expect(1);
    scene.told_once("any");
    scene.pgtrust(&["accept", &new.fingerprint()]).expect(0);
    let change = &scene.told_once("any")[0];
    assert_eq!((&change["target"], &change["added"][0]["sha256"]), (&json!("prov"), &json!(new.fingerprint())));
}
