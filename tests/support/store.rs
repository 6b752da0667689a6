//! Stores as tests set them up, look at them, and lock them away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::tools;

/// Self-signed CAs of these names.
pub(crate) fn roots<const N: usize>(names: [&str; N]) -> [TestCertificate; N] {
    names.map(|name| Authority::root(name).certificate)
}

/// Writes each root to a file of its name.
pub(crate) fn install_files(home: &Home, roots: &[&TestCertificate]) {
    for root in roots {
        home.write(&format!("{}.pem", root.common_name), &root.pem);
    }
}

pub(crate) fn install(home: &Home, roots: &[&TestCertificate], store: &str) -> Run {
    install_files(home, roots);
    let files: Vec<String> = roots.iter().map(|root| format!("{}.pem", root.common_name)).collect();
    let mut arguments = vec!["install", "--output", store];
    arguments.extend(files.iter().map(String::as_str));
    home.pgtrust(&arguments)
}

/// Fingerprints in the order of the file.
#[track_caller]
pub(crate) fn in_order(home: &Home, file: &str) -> Vec<String> {
    let report = home.pgtrust(&["inspect", "--json", file]).expect(0).json();
    let certificates = report["stores"][0]["certificates"].as_array().unwrap();
    certificates.iter().map(|certificate| certificate["sha256"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn sorted(mut fingerprints: Vec<String>) -> Vec<String> {
    fingerprints.sort();
    fingerprints
}

/// Everything below a folder: of files the bytes, of all the time, the mode and the number of the inode.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, String)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mut facts = format!("{:?} {:?}", metadata.modified().unwrap(), metadata.permissions());
        #[cfg(unix)]
        {
            facts += &format!(" inode {}", std::os::unix::fs::MetadataExt::ino(&metadata));
        }
        // The file of the lock has no content, and opening it for writing is no change.
        let bytes = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        if metadata.is_dir() {
            all.extend(snapshot(&path));
        }
        all.insert(path, (bytes, facts));
    }
    all
}

/// The paths at which two snapshots differ.
pub(crate) fn differences(
    before: &BTreeMap<PathBuf, (Vec<u8>, String)>,
    after: &BTreeMap<PathBuf, (Vec<u8>, String)>,
) -> Vec<String> {
    let paths = before.keys().chain(after.keys());
    let mut changed: Vec<String> =
        paths.filter(|path| before.get(*path) != after.get(*path)).map(|path| path.display().to_string()).collect();
    changed.dedup();
    changed
}

/// A home for runs as another user; none, with the reason, when this is not root's test run.
#[cfg(unix)]
pub(crate) fn home_of_nobody() -> Option<Home> {
    tools::program("setpriv")?;
    let home = Home::new();
    if std::os::unix::fs::chown(home.path(), Some(65534), Some(65534)).is_err() {
        // Who is not root is stopped by modes already.
        return Some(home);
    }
    Some(home)
}

#[cfg(unix)]
pub(crate) fn as_nobody(home: &Home, arguments: &[&str]) {
    if is_root(home) {
        Run::of(home.command("chown").args(arguments)).expect(0);
    }
}

#[cfg(unix)]
fn is_root(home: &Home) -> bool {
    Run::of(home.command("id").arg("-u")).stdout.trim() == "0"
}

/// Runs a copy of `pgtrust` that another user can reach, as that user.
#[cfg(unix)]
pub(crate) fn nobody(home: &Home, arguments: &[&str]) -> Run {
    if !is_root(home) {
        return home.pgtrust(arguments);
    }
    let program = home.path().join("pgtrust");
    if !program.exists() {
        // By another program: a child of another test may inherit a file that is open here, and keep it busy.
        Run::of(home.command("cp").arg(env!("CARGO_BIN_EXE_pgtrust")).arg(&program)).expect(0);
    }
    let mut command = home.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(arguments);
    Run::of(&mut command)
}

#[cfg(unix)]
pub(crate) fn lock(home: &Home, folder: &str, locked: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if locked { 0o555 } else { 0o755 };
    fs::set_permissions(home.path().join(folder), PermissionsExt::from_mode(mode)).unwrap();
}
