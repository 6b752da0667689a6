//! No permission, no room, a kill at any moment, many at a time: every store stays whole, the old one or the new one.

use std::fs;
use std::process::Stdio;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::store::{as_nobody, home_of_nobody, in_order, install_files, lock, nobody, roots, sorted};
#[cfg(target_os = "linux")]
use crate::torture::{
    kills::before_each,
    material::Material,
    on_all_processors,
    scene::{Action, Kind, Scene, jobs},
    strace::{Call, Strace},
};

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_leaves_the_store_whole_and_says_so() {
    let [a, b] = roots(["A", "B"]);
    let Some(home) = home_of_nobody() else { return };
    let store = home.write("locked/store.pem", &a.pem);
    install_files(&home, &[&b]);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    lock(&home, "locked", true);
    let run = nobody(&home, &["install", "B.pem", "--output", "locked/store.pem"]).expect(2);
    assert!(
        run.stderr.contains("ermission denied") && run.stderr.contains("store.pem") && run.stderr.contains("hint:"),
        "{run}"
    );
    assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
    assert_eq!(fs::read_dir(home.path().join("locked")).unwrap().count(), 1);
    lock(&home, "locked", false);

    // What was not done cannot be undone, whoever changes the file afterwards.
    fs::write(&store, format!("{}# edited\n", a.pem)).unwrap();
    let run = nobody(&home, &["undo"]).expect(2);
    assert!(run.stderr.contains("no change to undo"), "{run}");
}

#[cfg(unix)]
#[test]
fn an_undo_that_fails_can_be_tried_again() {
    let [a, b] = roots(["A", "B"]);
    let Some(home) = home_of_nobody() else { return };
    let store = home.write("locked/store.pem", &a.pem);
    install_files(&home, &[&b]);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    nobody(&home, &["install", "B.pem", "--output", "locked/store.pem"]).expect(0);
    lock(&home, "locked", true);
    nobody(&home, &["undo"]).expect(2);
    assert!(fs::read_to_string(&store).unwrap().contains(b.pem.trim()));
    lock(&home, "locked", false);
    nobody(&home, &["undo"]).expect(0);
    assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_leaves_the_store_whole_and_says_so() {
    let names: Vec<String> = (0..12).map(|number| format!("root-{number}")).collect();
    let added: Vec<TestCertificate> = names.iter().map(|name| Authority::root(name).certificate).collect();
    let [a] = roots(["A"]);
    let home = Home::new();
    let store = home.write("small/store.pem", &a.pem);
    home.write("new.pem", added.iter().map(|root| root.pem.as_str()).collect::<String>());
    for arguments in ["install new.pem --output small/store.pem", "bundle new.pem -o small/store.pem"] {
        // As a full disk does, the limit stops a write half-way; unlike one, anybody can set it. It is 4 KiB.
        let script = format!("trap '' XFSZ; ulimit -f 8; exec '{}' {arguments}", env!("CARGO_BIN_EXE_pgtrust"));
        let run = Run::of(home.command("sh").args(["-c", &script])).expect(2);
        let named = ["store.pem", "journal.jsonl"].iter().any(|file| run.stderr.contains(file));
        assert!(run.stderr.contains("ile too large") && named, "{run}");
        assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
        assert_eq!(fs::read_dir(home.path().join("small")).unwrap().count(), 1, "no temporary file is left");
    }
}

#[test]
fn many_at_a_time_lose_nothing_of_each_other() {
    let home = Home::new();
    let names: Vec<String> = (0..12).map(|number| format!("root {number}")).collect();
    let wanted: Vec<TestCertificate> = names.iter().map(|name| Authority::root(name).certificate).collect();
    install_files(&home, &wanted.iter().collect::<Vec<_>>());
    let start = |name: &String| {
        let mut command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
        command.args(["install", &format!("{name}.pem")]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = names.iter().map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let found = sorted(in_order(&home, ".postgresql/root.crt"));
    assert_eq!(found, sorted(wanted.iter().map(TestCertificate::fingerprint).collect()));
    let manifest = fs::read_to_string(home.path().join(".config/pgtrust/pgtrust.toml")).unwrap();
    assert!(names.iter().all(|name| manifest.contains(&format!("{name}.pem"))), "{manifest}");
    for _ in 0..12 {
        home.pgtrust(&["undo"]).expect(0);
    }
    assert!(!home.root_crt().exists());
}

/// `scripts/torture` kills before all of them, on more kinds of stores.
#[cfg(target_os = "linux")]
#[test]
fn a_kill_before_each_system_call_that_changes_files_leaves_the_old_store_or_the_new_one() {
    // Not fsync: a killed process loses nothing that was written.
    const CHANGING: [&str; 8] = ["write", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat"];
    let (Some(strace), Some(material)) = (Strace::find(), Material::new()) else { return };
    let chosen = |(kind, action): &(&Kind, &Action)| {
        ["PEM", "JKS", "PKCS#12", "hashed folder"].contains(&kind.name) && ["install", "undo"].contains(&action.name)
    };
    let jobs: Vec<_> = jobs().filter(chosen).collect();
    let tally = on_all_processors(&jobs, |(kind, action)| {
        let scene = Scene::new(&material, kind, action);
        let changes = |call: &Call| {
            let makes = call.name == "openat" && call.arguments.contains("O_CREAT");
            !call.is_on_standard_stream() && (makes || CHANGING.contains(&&call.name[..]))
        };
        before_each(&strace, &scene, changes)
    });
    assert!(tally.runs > 100, "{}: too few for this to prove anything", tally.runs);
    tally.conclude("kills before system calls that change files");
}
