use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::program::Program;
use super::{End, Error, Programs, Withheld};

fn shell(script: &str, time: Duration) -> Program {
    Programs::on("").program("sh", time).arguments(["-c", script])
}

/// Tells when a script and all that it started have ended: a reader of a FIFO sees its end when no writer is left.
struct Holders {
    folder: tempfile::TempDir,
    end: Receiver<Vec<u8>>,
}

impl Holders {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(command("mkfifo").arg(&fifo).status().unwrap().success());
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(fs::read(fifo).unwrap()));
        Self { folder, end }
    }

    fn shell(&self, script: &str, time: Duration) -> Program {
        shell(&format!("exec 9> fifo\n{script}"), time).in_folder(self.folder.path())
    }

    #[track_caller]
    fn are_gone(self) {
        self.end.recv_timeout(LONG).expect("something of the program still runs");
    }
}

#[expect(clippy::disallowed_methods, reason = "these are of the test")]
fn command(program: &str) -> Command {
    Command::new(program)
}

#[test]
fn output_is_that_of_a_success() {
    let program = shell("echo out; echo complaint >&2; pwd", LONG).in_folder(Path::new("/"));
    assert_eq!(program.run().unwrap(), b"out\n/\n");
    let script = "echo out; printf 'one\\n\\n two.\\033\\n' >&2; exit 3";
    let error = shell(script, LONG).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`sh -c {}` failed: one; two.\\u{{1b}}", crate::system::text::sanitise(script))
    );
    assert!(matches!(&error, Error::Failed { status, .. } if status.code() == Some(3)), "{error:?}");
    let silent = shell("exit 4", LONG).run().unwrap_err();
    assert_eq!(silent.reason(), "exit status: 4");
}

#[test]
fn a_program_that_is_not_there_was_not_started() {
    let error = Programs::on("").program("/nowhere/at/all", LONG).run().unwrap_err();
    assert!(matches!(&error, Error::NotStarted { program, .. } if program == Path::new("/nowhere/at/all")));
    assert_eq!(error.to_string(), "could not run `/nowhere/at/all`: no such file or directory");
}

#[test]
fn input_that_nobody_reads_is_not_a_failure() {
    let input = || vec![b'x'; 1 << 20];
    assert_eq!(shell("true", LONG).with_input(input()).run().unwrap(), b"");
    assert_eq!(shell("wc -c | tr -d ' '", LONG).with_input(input()).run().unwrap(), b"1048576\n");
    assert_eq!(shell("cat", LONG).run().unwrap(), b"", "there is none");
}

#[test]
fn a_program_that_does_not_end_costs_its_limit_with_all_that_it_started() {
    for script in [
        "sleep 1000",
        "sleep 1000 & sleep 1000",
        "exec >&- 2>&-; sleep 1000",
        "exec >&- 2>&-; sleep 1000 & sleep 1000",
        "trap '' TERM INT HUP; sleep 1000",
        "echo out; kill -STOP $$",
    ] {
        let holders = Holders::new();
        let error = holders.shell(script, SHORT).run().unwrap_err();
        assert!(matches!(error, Error::TimedOut { limit: SHORT, .. }), "{script}: {error:?}");
        assert_eq!(error.reason(), "it does not end within 500ms");
        holders.are_gone();
    }
}

#[test]
fn a_program_that_prints_without_end_is_stopped() {
    for script in ["yes", "yes >&2", "yes & wait", "yes & sleep 1000"] {
        let holders = Holders::new();
        let error = holders.shell(script, LONG).printing(100_000).run().unwrap_err();
        assert!(matches!(error, Error::TooMuchOutput { limit: 100_000, .. }), "{script}: {error:?}");
        assert_eq!(error.reason(), "it prints more than 100000 bytes");
        holders.are_gone();
    }
    assert_eq!(shell("head -c 1000 /dev/zero", LONG).printing(1000).run().unwrap().len(), 1000);
}

#[test]
fn what_a_program_left_behind_ends_with_it() {
    for script in ["sleep 1000 & echo out", "sleep 1000 >&- 2>&- & echo out", "(sleep 1000 & sleep 1000 &) & echo out"]
    {
        let holders = Holders::new();
        assert_eq!(holders.shell(script, LONG).run().unwrap(), b"out\n", "{script}");
        holders.are_gone();
    }
}

/// As programs that print a token start an agent, which later ones ask.
#[test]
fn a_daemon_holds_nobody_up_and_goes_on() {
    // Some systems have no such program.
    if command("setsid").arg("true").status().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "setsid sh -c 'echo $$ > id; exec sleep 1000' & until test -s id; do :; done; cat id";
    let id = shell(script, LONG).in_folder(folder.path()).run().unwrap();
    assert!(command("kill").arg(str::from_utf8(&id).unwrap().trim()).status().unwrap().success());
}

#[test]
fn a_hook_may_leave_something_running() {
    let hook = |script: &str, time| shell(script, time).printing_on(4096).may_leave_processes().end().unwrap();
    let ended = hook("sleep 1000 & echo $!", LONG);
    assert!(matches!(ended.end, End::Exited(status) if status.success()));
    let id = String::from_utf8(ended.output).unwrap();
    assert!(command("kill").arg(id.trim()).status().unwrap().success(), "it was killed already");

    let holders = Holders::new();
    let program = holders.shell("echo waiting; sleep 1000 & sleep 1000", SHORT).printing_on(4096);
    let ended = program.may_leave_processes().end().unwrap();
    assert_eq!((ended.end, &ended.output[..]), (End::TimedOut(SHORT), &b"waiting\n"[..]));
    holders.are_gone();
}

#[test]
fn only_the_end_of_long_output_is_kept_of_a_hook() {
    let ended = shell("seq 100000; echo last >&2", LONG).printing_on(4096).end().unwrap();
    assert!(ended.output.len() == 4096 && ended.output.ends_with(b"99999\n100000\nlast\n"));
    let ended = shell("yes", SHORT).printing_on(4096).end().unwrap();
    assert_eq!((ended.end, ended.output.len()), (End::TimedOut(SHORT), 4096));
}

#[test]
fn what_is_withheld_is_not_in_the_environment() {
    let proxy = |name: &str| (name == "https_proxy").then(|| OsString::from("http://user:secret@proxy.example"));
    let programs = Programs::new("", move || Withheld::new(["HOME".to_owned()], &proxy));
    let script = "echo ${HOME-none} ${https_proxy-none} ${PATH:+path}";
    let output = programs.program("sh", LONG).arguments(["-c", script]).run().unwrap();
    assert_eq!(output, b"none http://proxy.example path\n");
}

const SHORT: Duration = Duration::from_millis(500);
/// No test comes near it.
const LONG: Duration = Duration::from_secs(60);
