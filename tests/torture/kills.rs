//! The process is killed: before each of its system calls that touches a file, and at any time.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::material::Material;
use super::scene::{INSTALL, Scene, UNDO, jobs};
use super::strace::{Call, Strace};
use super::{Tally, on_all_processors};
use crate::support::random::Random;
use crate::support::tools::report;

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn a_kill_before_each_system_call_that_touches_files_tears_nothing() {
    let (Some(strace), Some(material)) = (Strace::find(), Material::new()) else { return };
    let tally = on_all_processors(&jobs().collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        before_each(&strace, &scene, |_| true)
    });
    assert!(tally.runs >= 2000, "{} kills are too few", tally.runs);
    tally.conclude("kills before system calls");
}

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn a_kill_at_any_time_tears_nothing() {
    const SEED: u64 = 0x5851_f42d_4c95_7f2d;
    const EACH: usize = 150;
    let Some(material) = Material::new() else { return };
    let tally = on_all_processors(&jobs().collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let mut random = Random::new(SEED);
        let mut tally = Tally::default();
        while tally.runs < EACH {
            let microseconds = random.below(8000) as u64;
            scene.set_again();
            let mut run = scene.home.command(env!("CARGO_BIN_EXE_pgtrust"));
            run.args(scene.arguments()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = run.spawn().unwrap();
            std::thread::sleep(Duration::from_micros(microseconds));
            child.kill().unwrap();
            if child.wait().unwrap().code().is_none() {
                tally.runs += 1;
                let found = judge(&scene).into_iter();
                tally.findings.extend(found.map(|wrong| format!("{} after {microseconds} µs: {wrong}", scene.name())));
            }
        }
        tally
    });
    report(&format!("seed of the kills at any time: {SEED:#x}"));
    tally.conclude("kills at any time");
}

/// Kills the command of a scene before each of these calls.
pub(crate) fn before_each(strace: &Strace, scene: &Scene<'_>, which: impl Fn(&Call) -> bool) -> Tally {
    let mut tally = Tally::default();
    for call in strace.calls(scene).into_iter().filter(which) {
        let mut command: Command = strace.inject(scene, &call, "signal=KILL");
        command.args(["-o", "/dev/null"]);
        Strace::program(&mut command, scene);
        let output = command.output().unwrap();
        if let Some(status) = output.status.code() {
            tally.findings.push(format!("{} was not killed before {call}: {status}", scene.name()));
            continue;
        }
        tally.runs += 1;
        let found = judge(scene).into_iter();
        tally.findings.extend(found.map(|wrong| format!("{} killed before {call}: {wrong}", scene.name())));
    }
    tally
}

/// What is wrong after a kill, and with what the next runs make of it.
fn judge(scene: &Scene<'_>) -> Vec<String> {
    let mut wrong: Vec<String> = scene.torn().into_iter().chain(scene.bad_journal()).collect();
    wrong.extend(scene.complete());
    // What the killed run left aside goes when something is written there again.
    scene.run(&INSTALL);
    scene.run(&UNDO);
    let left = scene.leftovers();
    wrong.extend(left.iter().map(|path| format!("`{}` is left for good", path.display())));
    wrong
}
