//! What keeps a user from a file, held against that user.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use pgtrust::client::store::{Dialect, Unusable, Who, read};

use super::forms;
use crate::support::tools;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_stands_at_a_path_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.crt");
    let [root, _] = forms::roots();
    fs::write(&file, &root.pem).unwrap();
    let error = |path: &Path| read(path, Dialect::OpenSsl, &Who::this()).unwrap_err();
    assert_eq!(read(&file, Dialect::OpenSsl, &Who::this()).unwrap().certificates.len(), 1);
    assert_eq!(error(&folder.path().join("missing")), Unusable::Missing);
    assert_eq!(error(&folder.path().join("missing/root.crt")), Unusable::Missing);
    assert_eq!(error(&file.join("root.crt")), Unusable::Missing);
    assert_eq!(error(folder.path()), Unusable::Folder);
    assert_eq!(error(Path::new("/dev/null")), Unusable::Device);
    let link = folder.path().join("link");
    symlink("nowhere", &link).unwrap();
    assert_eq!(error(&link), Unusable::Missing);
    fs::write(&file, "").unwrap();
    assert_eq!(error(&file), Unusable::Empty);
    assert_eq!(error(&file).to_string(), "holds no certificate");
}

/// Root can become another user and try; whoever else runs this judges by their own reach.
#[test]
fn another_user_reaches_what_is_said() {
    let Some(setpriv) = tools::program("setpriv") else { return };
    if !is_root() {
        return tools::report("dialects: only root can try files as another user");
    }
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    let [root, _] = forms::roots();
    let at = |path: &str| folder.path().join(path);
    for name in ["open", "closed", "listed", "group", "acl", "inner"] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("root.crt"), &root.pem).unwrap();
        mode(&at(name).join("root.crt"), 0o644);
    }
    fs::write(at("private"), &root.pem).unwrap();
    fs::write(at("of-group"), &root.pem).unwrap();
    fs::write(at("listed-user"), &root.pem).unwrap();
    mode(&at("open"), 0o755);
    mode(&at("closed"), 0o700);
    mode(&at("listed"), 0o744);
    mode(&at("inner"), 0o711);
    mode(&at("private"), 0o600);
    mode(&at("of-group"), 0o640);
    mode(&at("listed-user"), 0o600);
    mode(&at("group"), 0o750);
    chgrp("nogroup", &[at("group"), at("of-group")]);
    symlink(at("closed").join("root.crt"), at("to-closed")).unwrap();
    symlink(at("open").join("root.crt"), at("to-open")).unwrap();
    let mut paths = vec![
        at("open/root.crt"),
        at("closed/root.crt"),
        at("listed/root.crt"),
        at("inner/root.crt"),
        at("group/root.crt"),
        at("private"),
        at("of-group"),
        at("to-closed"),
        at("to-open"),
        at("missing"),
        at("closed/missing"),
    ];
    if let Some(setfacl) = tools::program("setfacl") {
        let allow =
            |entry: &str, path: &Path| Command::new(&setfacl).args(["-m", entry]).arg(path).status().unwrap().success();
        mode(&at("acl"), 0o700);
        if allow("u:nobody:x", &at("acl")) && allow("u:nobody:r", &at("listed-user")) {
            paths.extend([at("acl/root.crt"), at("listed-user")]);
        }
    }
    let mut reached = 0;
    for user in ["nobody", "daemon", "root"] {
        let who = Who::named(user).unwrap();
        for path in &paths {
            let mut command = Command::new(&setpriv);
            command.args([
                format!("--reuid={user}"),
                "--init-groups".to_owned(),
                format!("--regid={}", group_of(user)),
            ]);
            let reads = command.arg("cat").arg(path).output().unwrap().status.success();
            reached += usize::from(reads);
            let ours = read(path, Dialect::OpenSsl, &who);
            assert_eq!(ours.is_ok(), reads, "{user}: {}: {ours:?}", path.display());
        }
    }
    assert!(reached > 10, "{reached}");
    let nobody = Who::named("nobody").unwrap();
    let error = |path: &str| read(&at(path), Dialect::OpenSsl, &nobody).unwrap_err();
    for path in ["closed/root.crt", "closed/missing", "to-closed"] {
        assert_eq!(error(path), Unusable::Closed { folder: at("closed") }, "{path}");
    }
    assert_eq!(error("private"), Unusable::Denied);
    assert_eq!(error("missing"), Unusable::Missing);
    assert!(Who::named("no such user").is_none());
    tools::report(&format!("dialects: {} files are judged as three users try them", paths.len()));
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn group_of(user: &str) -> String {
    let output = Command::new("id").args(["-g", user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn chgrp(group: &str, paths: &[PathBuf]) {
    assert!(Command::new("chgrp").arg(group).args(paths).status().unwrap().success());
}
