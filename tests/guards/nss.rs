//! Copies of an NSS database, which hold its keys, do not stay when a run is killed.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::support::pgtrust::{Home, Run};
use crate::support::store::{install_files, roots};
use crate::support::tools;

fn copies(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path().join("db")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(".pgtrust-")).collect()
}

#[test]
fn what_a_killed_run_left_goes_with_the_next_and_what_is_in_use_stays() {
    let Some(certutil) = tools::program("certutil") else { return };
    let [a] = roots(["A"]);
    let mut home = Home::new();
    install_files(&home, &[&a]);
    fs::create_dir(home.path().join("db")).unwrap();
    Run::of(home.command(&certutil).args(["-N", "-d", "sql:db", "--empty-password"])).expect(0);

    // It kills who runs it, as a Ctrl-C at this moment may.
    let script = home.write("bin/killer", "#!/bin/sh\nkill -KILL $PPID\n");
    let killer = script.with_file_name("certutil");
    // By another program: a child of another test may inherit a file that is open here, and keep it busy.
    Run::of(home.command("cp").args([&script, &killer])).expect(0);
    fs::set_permissions(&killer, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    home.set("PATH", killer.parent().unwrap());
    let mut command = home.command(env!("CARGO_BIN_EXE_pgtrust"));
    let killed = command.args(["install", "A.pem", "--output", "db"]).output().unwrap();
    assert_eq!(killed.status.code(), None);
    let left = copies(&home);
    assert_eq!(left.len(), 1);
    assert!(left[0].join("key4.db").exists());

    home.set("PATH", path);
    let in_use = home.path().join("db/.pgtrust-in-use");
    fs::create_dir(&in_use).unwrap();
    let lock = File::open(&in_use).unwrap();
    lock.lock().unwrap();
    home.pgtrust(&["install", "A.pem", "--output", "db"]).expect(0);
    assert_eq!(copies(&home), [in_use]);
    drop(lock);
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(copies(&home).is_empty());
}
