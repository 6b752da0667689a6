//! Many processes change one store at once, and another program rewrites it in the middle of a run.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::material::Material;
use super::scene::{Action, Kind, Scene, jobs};
use super::strace::{Call, Strace};
use super::{Tally, on_all_processors};
use crate::support::keytool::{fingerprints, keytool_list};
use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::tools::{self, report};

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn fifty_processes_make_the_union() {
    const ROUNDS: usize = 3;
    let Some(keytool) = tools::program("keytool") else { return };
    let roots: Vec<TestCertificate> =
        (0..50).map(|number| Authority::root(&format!("root-{number}")).certificate).collect();
    let wanted: BTreeSet<String> = roots.iter().map(TestCertificate::fingerprint).collect();
    for store in ["store.pem", "store.jks", "store.p12"] {
        for round in 0..ROUNDS {
            let home = Home::new();
            // Half of them are providers.
            let sources: Vec<String> =
                roots.iter().enumerate().map(|(index, root)| source(&home, index, root)).collect();
            let start = |source: &String| {
                let mut command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
                command.args(["install", source, "--offline", "--output", store, "--wait", "600"]);
                command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let children: Vec<_> = sources.iter().map(start).collect();
            for child in children {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            let path = home.path().join(store);
            let found = match store {
                "store.pem" => {
                    let blocks = pem::parse_many(fs::read(&path).unwrap()).unwrap();
                    let known = |block: &pem::Pem| roots.iter().find(|root| root.der == block.contents());
                    blocks.iter().map(|block| known(block).unwrap().fingerprint()).collect()
                }
                _ => fingerprints(&keytool_list(&home, &keytool, &path, "changeit")),
            };
            assert_eq!(found, wanted, "{store}, round {round}");
        }
        report(&format!("{store}: {} processes at once, {ROUNDS} rounds, each the union", roots.len()));
    }
}

fn source(home: &Home, index: usize, root: &TestCertificate) -> String {
    let name = &root.common_name;
    if index.is_multiple_of(2) {
        home.add_provider(&Provider::new(name).root(root));
        name.clone()
    } else {
        home.write(&format!("{name}.pem"), &root.pem);
        format!("{name}.pem")
    }
}

#[test]
#[ignore = "takes minutes; `scripts/torture` runs it"]
fn another_program_that_rewrites_the_store_between_any_two_system_calls_loses_nothing() {
    let (Some(strace), Some(material)) = (Strace::find(), Material::new()) else { return };
    let raced = |(kind, _): &(&Kind, &Action)| matches!(kind.name, "PEM" | "JKS" | "PKCS#12" | "new PEM");
    let tally = on_all_processors(&jobs().filter(raced).collect::<Vec<_>>(), |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let own: BTreeSet<&String> = kind.new.iter().map(|index| &material.roots[*index].common_name).collect();
        let mut tally = Tally::default();
        for call in strace.calls(&scene) {
            // After the last calls, which write the result, there is nothing to be lost.
            let Some(run) = with_rewrite(&strace, &material, &scene, &call) else { continue };
            tally.runs += 1;
            let seen = material.seen_quickly(&scene.home, kind.store);
            // Status 2 says that nothing was done: its own roots may be there or not.
            let open = |name: &&String| run.status != 2 || !own.contains(name);
            let mut wanted: BTreeSet<&String> = scene.seen_at_end.iter().filter(open).collect();
            let foreign = "foreign".to_owned();
            wanted.insert(&foreign);
            if seen.iter().filter(open).collect::<BTreeSet<_>>() != wanted {
                let name = scene.name();
                tally.findings.push(format!("{name}, rewritten after {call}: {seen:?}, not {wanted:?}; {run}"));
            }
        }
        tally
    });
    tally.conclude("rewrites by another program");
}

/// Runs the command of a scene, and while it stands still after a call puts another file in the place of the store that
/// has one more root. None when the run was over before.
fn with_rewrite(strace: &Strace, material: &Material, scene: &Scene<'_>, call: &Call) -> Option<Run> {
    let mut command = strace.inject(scene, call, "signal=STOP");
    let trace = scene.home.path().join("trace");
    let made = Command::new("mkfifo").arg(&trace).status().unwrap();
    assert!(made.success());
    command.arg("-o").arg(&trace);
    Strace::program(&mut command, scene);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut rewritten = false;
    for line in BufReader::new(fs::File::open(&trace).unwrap()).lines() {
        let line = line.unwrap();
        if line.contains("stopped by SIGSTOP") {
            material.add_foreign(scene);
            rewritten = true;
            let process = line.split(' ').next().unwrap();
            assert!(Command::new("kill").args(["-CONT", process]).status().unwrap().success());
        }
    }
    let output = child.wait_with_output().unwrap();
    rewritten.then(|| Run::ended(scene.action.name, &output))
}
