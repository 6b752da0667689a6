//! System calls fail: each that touches a file, with every error that it can have.

use super::material::Material;
use super::scene::{Scene, jobs};
use super::strace::{Call, Strace};
use super::{Tally, on_all_processors};
use crate::support::pgtrust::Run;
use crate::support::tools;

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn an_error_of_any_system_call_leaves_the_store_whole_and_is_told() {
    let (Some(strace), Some(material)) = (Strace::find(), Material::new()) else { return };
    let tally = on_all_processors(&jobs().collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let mut tally = Tally::default();
        for (index, call) in strace.calls(&scene).into_iter().enumerate() {
            for error in errors(&call, index) {
                let mut run = strace.inject(&scene, &call, &format!("error={}", error.name));
                run.args(["-o", "/dev/null"]);
                Strace::program(&mut run, &scene);
                let run = Run::of(&mut run);
                tally.runs += 1;
                tally.failed += usize::from(run.status != 0);
                let found = judge(&scene, &call, error, &run).into_iter();
                let which = format!("{}: {} of {call}", scene.name(), error.name);
                tally.findings.extend(found.map(|wrong| format!("{which}: {wrong}")));
            }
        }
        tally
    });
    assert!(tally.runs >= 2000, "{} errors are too few", tally.runs);
    tally.conclude("errors of system calls");
}

/// A limit on the size of files stops a write at any byte, as a full disk does.
#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn a_write_that_is_cut_short_anywhere_leaves_the_store_whole() {
    let (Some(_), Some(material)) = (tools::program("prlimit"), Material::new()) else { return };
    let tally = on_all_processors(&jobs().collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let mut tally = Tally::default();
        for bytes in (1..LARGEST_FILE).step_by(STEP) {
            scene.set_again();
            let mut run = scene.home.command("sh");
            run.args(["-c", "trap '' XFSZ; exec prlimit \"$@\"", "sh", &format!("--fsize={bytes}")]);
            run.arg(env!("CARGO_BIN_EXE_pgtrust")).args(scene.arguments());
            let run = Run::of(&mut run);
            tally.runs += 1;
            tally.failed += usize::from(run.status != 0);
            let mut wrong: Vec<String> = scene.torn().into_iter().chain(scene.bad_journal()).collect();
            let said = run.stderr.contains("file too large") && run.stderr.starts_with("error: could not write `");
            if run.status != if scene.is_end() { 0 } else { 2 } && !(run.status == 2 && said) {
                wrong.push(format!("another status: {run}"));
            }
            if run.status == 2 && !said {
                wrong.push(format!("the message does not say what failed, which file and why: {run}"));
            }
            wrong.extend(scene.leftovers().iter().map(|path| format!("`{}` is left", path.display())));
            wrong.extend(scene.complete());
            let which = format!("{}: {bytes} bytes", scene.name());
            tally.findings.extend(wrong.into_iter().map(|wrong| format!("{which}: {wrong}")));
        }
        tally
    });
    tally.conclude("writes cut short");
}

/// More than any file of the scenes has.
const LARGEST_FILE: usize = 4096;
/// A prime, so that the limits fall everywhere.
const STEP: usize = 47;

struct Failure {
    name: &'static str,
    /// What a message says of it; nothing where the command must get along with it.
    cause: &'static str,
    calls: &'static [&'static str],
}

const fn failure(name: &'static str, cause: &'static str, calls: &'static [&'static str]) -> Failure {
    Failure { name, cause, calls }
}

static ERRORS: &[Failure] = &[
    failure("EACCES", "permission denied", MAKING),
    failure("EROFS", "read-only file system", MAKING),
    failure("ENOSPC", "no space left", GROWING),
    failure("EDQUOT", "quota exceeded", GROWING),
    failure("EXDEV", "cross-device link", &["rename", "renameat", "renameat2"]),
    failure("EMFILE", "too many open files", &["openat"]),
    failure("ENFILE", "too many open files", &["openat"]),
    failure("EINTR", "", &["openat", "read", "write", "fsync", "flock", "fchmod"]),
    // A file system whose files cannot be exchanged.
    failure("EINVAL", "", &["renameat2"]),
    failure("EIO", "input/output error", TOUCHING),
];

const MAKING: &[&str] = &["openat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink"];
const GROWING: &[&str] = &["openat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "write", "fsync"];
#[rustfmt::skip]
const TOUCHING: &[&str] = &[
    "openat", "read", "write", "fsync", "fchmod", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink",
    "statx", "readlink", "listxattr", "flock", "getdents64", "lseek", "newfstatat",
];

/// The errors of a call: EIO, and of the others one after the other from call to call.
fn errors(call: &Call, index: usize) -> impl Iterator<Item = &'static Failure> {
    let possible: Vec<_> = ERRORS.iter().filter(|error| error.calls.contains(&&call.name[..])).collect();
    let (eio, others): (Vec<_>, Vec<_>) = possible.into_iter().partition(|error| error.name == "EIO");
    let turn = index.checked_rem(others.len()).map(|turn| others[turn]);
    eio.into_iter().chain(turn)
}

/// What is wrong after a command met an error, and with what the next runs make of it.
fn judge(scene: &Scene<'_>, call: &Call, error: &Failure, run: &Run) -> Vec<String> {
    let mut wrong: Vec<String> = scene.torn().into_iter().chain(scene.bad_journal()).collect();
    let is_done = scene.is_end();
    match run.status {
        0 if !is_done => wrong.push(format!("is not done, and status 0 says so: {run}")),
        0 => {}
        2 if error.cause.is_empty() => wrong.push(format!("is not tried again, or in another way: {run}")),
        // Whether something is there is often all that is asked, and standard output has no name.
        2 if call.name == "statx" || call.is_on_standard_stream() => {}
        2 => wrong.extend(judge_message(error.cause, run)),
        _ => wrong.push(format!("another status: {run}")),
    }
    if !matches!(&call.name[..], "unlink") {
        wrong.extend(scene.leftovers().iter().map(|path| format!("`{}` is left", path.display())));
    }
    wrong.extend(scene.complete());
    wrong
}

/// What is wrong with the message of a run that could not do it.
pub(super) fn judge_message(cause: &str, run: &Run) -> Option<String> {
    let said = run.stderr.to_lowercase();
    // A warning that comes before the change may come first.
    let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    let complete = run.status == 2 && error.contains(cause) && error.contains('`');
    (!complete).then(|| format!("the message does not say what failed, which file and why: {run}"))
}
