//! No permission, no room, a kill at any moment, many at a time: every store stays whole, the old one or the new one.

use std::fs;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::store::{as_nobody, home_of_nobody, in_order, install_files, lock, nobody, roots, sorted};
use crate::support::tools;

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
        assert!(run.stderr.contains("ile too large") && run.stderr.contains("store.pem"), "{run}");
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

#[cfg(target_os = "linux")]
#[test]
fn a_kill_before_each_system_call_that_touches_files_leaves_the_old_store_or_the_new_one() {
    let Some(strace) = tools::program("strace") else { return };
    if !Command::new(&strace).args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success()) {
        io::stderr().write_all(b"skipped: kills: this machine does not let strace trace\n").unwrap();
        return;
    }
    // Not every machine has all of these; `?` lets strace pass over what it does not know.
    const CALLS: [&str; 11] = [
        "openat",
        "write",
        "fsync",
        "fchmod",
        "?mkdir",
        "mkdirat",
        "?rename",
        "renameat",
        "?renameat2",
        "?unlink",
        "unlinkat",
    ];
    let [a, b] = roots(["A", "B"]);
    for arguments in [&["install", "B.pem", "--output", "store.pem"] as &[&str], &["undo"]] {
        let mut kills = 0;
        for call in CALLS {
            for count in 1.. {
                let home = Home::new();
                install_files(&home, &[&b]);
                let store = home.write("store.pem", &a.pem);
                if arguments == ["undo"] {
                    home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
                }
                let mut command = home.command(&strace);
                command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
                command.args(["-e", &format!("inject={call}:signal=KILL:when={count}")]);
                command.arg(env!("CARGO_BIN_EXE_pgtrust")).args(arguments);
                let output = command.output().unwrap();
                if let Some(status) = output.status.code() {
                    // It made fewer such calls and ran to its end.
                    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&output.stderr));
                    break;
                }
                kills += 1;
                let found = fs::read_to_string(&store).unwrap_or_else(|error| panic!("{call} {count}: {error}"));
                let known = found == a.pem || found.starts_with(&a.pem) && found.ends_with(&b.pem);
                assert!(known, "{arguments:?} killed before {call} {count} leaves {found}");
                // And the machine goes on from there.
                home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
                home.pgtrust(&["undo"]).expect(0);
                assert_eq!(fs::read_to_string(&store).unwrap(), a.pem, "{arguments:?} killed before {call} {count}");
            }
        }
        assert!(kills > 20, "{kills}: too few for this to prove anything");
    }
}
