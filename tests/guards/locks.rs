//! Locks that other users could hold, and those that they cannot.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::pgtrust::Home;
use crate::support::store::{install_files, roots};
use crate::support::tools;

#[test]
fn only_its_owner_can_open_the_lock_of_a_run() {
    let home = Home::new();
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    home.pgtrust(&["refresh", "--offline"]).expect(0);
    let locks = ["lock", "refresh.lock"].map(|name| home.path().join(".local/state/pgtrust").join(name));
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(locks.each_ref().map(mode), [0o600; 2]);
    // As an older version left them.
    for lock in &locks {
        fs::set_permissions(lock, fs::Permissions::from_mode(0o644)).unwrap();
    }
    home.pgtrust(&["refresh", "--offline"]).expect(0);
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    assert_eq!(locks.each_ref().map(mode), [0o600; 2]);
}

#[test]
fn the_lock_on_a_folder_holds_nobody_off_for_good() {
    let Some(flock) = tools::program("flock") else { return };
    let [a] = roots(["A"]);
    let home = Home::new();
    install_files(&home, &[&a]);
    fs::create_dir(home.path().join("stores")).unwrap();
    let mut holder = home
        .command(flock)
        .args(["stores", "sh", "-c", "echo held; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    holder.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
    home.pgtrust(&["install", "A.pem", "--output", "stores/ca.pem", "--wait", "0"]).expect(0);
    assert!(home.path().join("stores/ca.pem").exists());
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
}
