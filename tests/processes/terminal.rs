//! A program that prints a token, and asks its user for a password first. `script` (util-linux) has the terminal.

use super::{Scene, in_time};
use crate::support::pgtrust::Run;
use crate::support::tools;

impl Scene {
    /// Runs a shell with a terminal of its own, in which `$FETCH` is the command, and types this. Returns what is to be seen
    /// there.
    fn in_terminal(&self, script: &str, typed: &str) -> Run {
        let mut command = self.home.command("script");
        let fetch = format!("{} {}", env!("CARGO_BIN_EXE_pgtrust"), self.arguments.join(" "));
        command.args(["-qec", script, "/dev/null"]).env("SHELL", "/bin/sh").env("FETCH", fetch);
        in_time(&mut command, typed)
    }
}

#[test]
fn it_can_ask_and_the_terminal_comes_back() {
    if tools::program("script").is_none() {
        return;
    }
    let scene = Scene::token();
    scene.stands_in("printf 'Password: ' > /dev/tty\nread -r password < /dev/tty\necho \"$password\"");
    // Who is in the background would be stopped there.
    let script = "$FETCH; echo \"status $?\"; read -r line < /dev/tty; echo \"afterwards <$line>\"";
    let run = scene.in_terminal(script, "dop_v1_hunter2\nmore\n");
    for words in ["Password: ", "pinned", "status 0", "afterwards <more>"] {
        assert!(run.stdout.contains(words), "{words}: {run}");
    }
    // Nothing is taken from the group that has it.
    scene.stands_in("echo dop_v1_hunter2");
    let script = "set -m; $FETCH < /dev/null > out 2>&1 & wait; read -r line < /dev/tty; echo \"afterwards <$line>\"";
    let run = scene.in_terminal(script, "typed\n");
    assert!(run.stdout.contains("afterwards <typed>"), "{run}");
}

/// A part of the one test that waits so long.
pub(super) fn a_program_that_does_not_end_leaves_the_terminal_as_it_was() {
    if tools::program("script").is_none() {
        return;
    }
    let scene = Scene::token();
    scene.stands_in("stty -echo < /dev/tty\nsleep 1000 & sleep 1000");
    let run = scene.in_terminal("$FETCH; stty -a; read -r line < /dev/tty; echo \"afterwards <$line>\"", "typed\n");
    for words in ["`give` failed: it does not end within 30s", " echo ", "afterwards <typed>"] {
        assert!(run.stdout.contains(words), "{words}: {run}");
    }
}
