//! Programs of others that never end, close their output, print without end or leave something running. What each of them
//! costs is its limit: the command says so or goes on, holds no lock, and nothing of the program is left.

mod environment;
#[cfg(target_os = "linux")]
mod terminal;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::{OFlags, fcntl_setfl};
use serde_json::json;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::TestCertificate;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{install_files, roots};

/// A home in which one command runs one program of others, for which a script stands in.
struct Scene {
    home: Home,
    program: &'static str,
    /// The command that runs the program.
    arguments: Vec<String>,
    /// What a good program does.
    answer: String,
    root: TestCertificate,
    _server: Option<ProviderServer>,
}

impl Scene {
    fn new(program: &'static str, arguments: &[&str]) -> Self {
        let mut home = Home::new();
        let [root] = roots(["A"]);
        install_files(&home, &[&root]);
        fs::create_dir(home.path().join("bin")).unwrap();
        let path = std::env::var("PATH").unwrap();
        home.set("PATH", format!("{}:{path}", home.path().join("bin").display()));
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { home, program, arguments, answer: "true".to_owned(), root, _server: None }
    }

    fn token() -> Self {
        let mut scene = Self::new("give", &["fetch", TENANT, "--token-command", "give"]);
        let server = ProviderServer::start();
        server.serve(
            "/v2/databases/9cc10173-e9ea-4176-9dbc-a4cee4c4ff30/ca",
            Reply::bytes(json!({"ca": {"certificate": STANDARD.encode(&scene.root.pem)}}).to_string()),
        );
        scene.home.trust_for_https(server.ca_pem());
        scene.home.set("HTTPS_PROXY", server.plain(""));
        scene.answer = "echo dop_v1_hunter2".to_owned();
        Self { _server: Some(server), ..scene }
    }

    fn ssh() -> Self {
        let scene = Self::new("ssh", &["fetch", "coolify/db1", "--timeout", "1"]);
        Self { answer: "cat \"$HOME/A.pem\"".to_owned(), ..scene }
    }

    fn java() -> Self {
        let scene = Self::new("java", &["install", "A.pem", "--target", "java-cacerts"]);
        let store = "jdk/lib/security/cacerts";
        scene.home.write("jdk/lib/security/README", "");
        scene.home.pgtrust(&["install", "supabase", "--offline", "--output", store, "--format", "jks"]).expect(0);
        fs::remove_file(scene.home.path().join(MANIFEST)).unwrap();
        Self { answer: "echo \"java.home = $HOME/jdk\" >&2".to_owned(), ..scene }
    }

    fn docker() -> Self {
        let scene = Self::new("docker", &["fetch", "selfhost"]);
        let path = scene.home.path().join("ca.crt");
        let definition = format!(
            "title = \"Test\"\nchecked = 2026-11-20\nhosts = []\nports = []\nca = \"one per server\"\nobtain = [\"ask\"]\n\
             [[source]]\npath = {path:?}\nencoding = \"pem\"\n"
        );
        scene.home.write(".config/pgtrust/bundles/selfhost/provider.toml", definition);
        scene.home.write("ca.crt", &scene.root.pem);
        scene.home.pgtrust(&["fetch", "selfhost"]).expect(0);
        let [other] = roots(["B"]);
        scene.home.write("ca.crt", &other.pem);
        Self { answer: "echo web-1".to_owned(), ..scene }
    }

    fn certutil() -> Self {
        let scene = Self::new("certutil", &["install", "A.pem", "--output", "db"]);
        scene.home.write("db/cert9.db", "");
        scene.home.write("db/key4.db", "");
        scene
    }

    fn crontab() -> Self {
        Self::new("crontab", &["schedule", "enable", "--via", "cron"])
    }

    fn hook() -> Self {
        let scene = Self::new("reload", &["install", "A.pem", "--output", "one.pem"]);
        scene.home.write(MANIFEST, "[[hook]]\non = \"change\"\nrun = [\"reload\"]\ntimeout = \"1s\"\n");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Puts this script in the place of the program.
    fn stands_in(&self, script: &str) {
        let file = self.home.write("script", format!("#!/bin/sh\n{script}\n"));
        let program = self.path("bin").join(self.program);
        // By another program: a child of another test may inherit a file that is open here, and keep it busy.
        Run::of(self.home.command("install").args(["-m", "755"]).args([file, program])).expect(0);
    }

    /// Runs the command with this script as the program. Returns once nothing of the program is left: a reader of a FIFO
    /// sees its end when no writer is left.
    #[track_caller]
    fn run(&self, script: &str) -> Run {
        let fifo = self.path("fifo");
        Run::of(self.home.command("mkfifo").arg(&fifo)).expect(0);
        self.stands_in(&format!("exec 9> \"$HOME/fifo\"\n{script}"));
        // That it is open for reading lets others open it for writing.
        let mut fifo =
            File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(fifo).unwrap();
        let run = self.command();
        fcntl_setfl(&fifo, OFlags::empty()).unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(fifo.read_to_end(&mut Vec::new()).unwrap()));
        end.recv_timeout(LONG).unwrap_or_else(|_| panic!("something of `{script}` still runs: {run}"));
        fs::remove_file(self.path("fifo")).unwrap();
        let other = ["--wait", "0", "--no-hooks", "install", "A.pem", "--output", "other.pem"];
        self.home.pgtrust(&other).expect(0);
        run
    }

    #[track_caller]
    fn command(&self) -> Run {
        let mut command = self.home.command(env!("CARGO_BIN_EXE_pgtrust"));
        in_time(command.args(&self.arguments), "")
    }

    /// Runs the command with this script, and fails where it does not end so and say this.
    #[track_caller]
    fn says(&self, script: &str, status: i32, words: &str) {
        let run = self.run(script).expect(status);
        assert!(run.stderr.contains(words), "{words}: {script}: {run}");
    }

    /// A program that does its work and leaves something behind is as good as any other.
    #[track_caller]
    fn leaves_something(&self) -> Run {
        self.run(&format!("sleep 1000 &\n{}", self.answer))
    }
}

/// Runs a command with this input. One that waits without end is an error.
#[track_caller]
fn in_time(command: &mut Command, input: &str) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait_with_output().unwrap()));
    let output = end.recv_timeout(LONG).unwrap_or_else(|_| panic!("{command:?} does not end"));
    Run::ended(&format!("{command:?}"), &output)
}

/// Their limits cannot be set: all are waited for at the same time.
#[test]
fn programs_with_a_fixed_limit_that_do_not_end_cost_it_and_no_more() {
    thread::scope(|scope| {
        for script in ENDLESS {
            scope.spawn(|| Scene::token().says(script, 2, "no token: `give` failed: it does not end within 30s"));
            scope.spawn(|| {
                let words = "bin/java` does not tell which Java it starts: it does not end within 30s";
                Scene::java().says(script, 2, words);
            });
            // What is not known of containers is for the user to find out.
            scope.spawn(|| Scene::docker().says(script, 0, "`docker ps --filter volume="));
            scope.spawn(|| {
                let scene = Scene::certutil();
                scene.says(script, 2, "`certutil -L -d sql:. -f no-password` failed: it does not end within 30s");
                assert_eq!(fs::read_dir(scene.path("db")).unwrap().count(), 2, "a copy of the database is left");
            });
        }
        #[cfg(target_os = "linux")]
        scope.spawn(terminal::a_program_that_does_not_end_leaves_the_terminal_as_it_was);
    });
}

#[test]
fn ssh_costs_its_limit_and_no_more() {
    let scene = Scene::ssh();
    ENDLESS.iter().for_each(|script| scene.says(script, 2, "it does not end within 1s"));
    FLOODS.iter().for_each(|script| scene.says(script, 2, "it prints more than 1048576 bytes"));
    scene.leaves_something().expect(0);
    assert!(scene.path(".local/share/pgtrust/coolify/db1.pem").exists());
}

#[test]
fn a_hook_costs_its_limit_and_no_more() {
    let scene = Scene::hook();
    let store = scene.path("one.pem");
    // Of what it prints the end is kept.
    for script in ENDLESS.iter().chain(&FLOODS) {
        scene.says(script, 2, "hook `reload` failed: not done after 1s, and killed");
        fs::remove_file(&store).expect("the store changed all the same");
    }
    // What it leaves running on purpose when it ends in time goes on.
    scene.stands_in("sleep 1000 >&- 2>&- & echo $! > \"$HOME/left\"");
    scene.command().expect(0);
    let left = fs::read_to_string(scene.path("left")).unwrap();
    Run::of(scene.home.command("kill").arg(left.trim())).expect(0);
}

#[test]
fn a_program_that_prints_without_end_is_stopped() {
    let words = "it prints more than 1048576 bytes";
    for script in FLOODS {
        Scene::token().says(script, 2, words);
        Scene::java().says(script, 2, words);
        Scene::docker().says(script, 0, "`docker ps --filter volume=");
        Scene::certutil().says(script, 2, "it prints more than 16777216 bytes");
        Scene::crontab().says(script, 2, words);
    }
}

#[test]
fn what_a_program_leaves_running_ends_with_it() {
    let run = Scene::token().leaves_something().expect(0);
    assert!(run.stderr.contains("pinned"), "{run}");
    let run = Scene::java().leaves_something().expect(0);
    assert!(run.stdout.contains("cacerts: updated: 1 root added"), "{run}");
    let run = Scene::docker().leaves_something().expect(0);
    assert!(run.stderr.contains("recreate them: `web-1`"), "{run}");
    // An empty table is not what a change should lead to.
    let run = Scene::certutil().leaves_something().expect(2);
    assert!(run.stderr.contains("does not read back"), "{run}");
    Scene::crontab().leaves_something().expect(0);
}

/// What the terminal sends to a command does not reach a program in another group.
#[test]
fn programs_end_with_a_command_that_is_told_to() {
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let scene = Scene::certutil();
        let fifo = scene.path("fifo");
        Run::of(scene.home.command("mkfifo").arg(&fifo)).expect(0);
        scene.stands_in("exec 9> \"$HOME/fifo\"\necho started >&9\nsleep 1000 & sleep 1000");
        let mut command = scene.home.command(env!("CARGO_BIN_EXE_pgtrust"));
        let mut command = command.args(&scene.arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut fifo = BufReader::new(File::open(fifo).unwrap());
        let mut line = String::new();
        fifo.read_line(&mut line).unwrap();
        assert_eq!(line, "started\n");
        Run::of(scene.home.command("kill").args(["-s", signal, &command.id().to_string()])).expect(0);
        assert_eq!(command.wait().unwrap().signal(), Some(number));
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(fifo.read_to_end(&mut Vec::new()).unwrap()));
        end.recv_timeout(LONG).expect("something of the program still runs");
    }
}

/// Programs that do not end: one with its streams open, one without.
const ENDLESS: [&str; 2] = ["sleep 1000 & sleep 1000", "exec >&- 2>&-; sleep 1000 & sleep 1000"];
/// Programs that print without end.
const FLOODS: [&str; 2] = ["yes", "yes >&2 & wait"];
const TENANT: &str = "digitalocean/9cc10173-e9ea-4176-9dbc-a4cee4c4ff30";
const MANIFEST: &str = ".config/pgtrust/pgtrust.toml";
/// No test comes near it.
const LONG: Duration = Duration::from_secs(120);
