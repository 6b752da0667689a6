//! Who may read what pgtrust makes, whatever the umask.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::pgtrust::{Home, Run};

/// The modes of all that is below a folder.
fn modes(folder: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        found.insert(name, metadata.permissions().mode() & 0o7777);
    }
    found
}

fn with_umask(home: &Home, umask: &str, arguments: &str) -> Run {
    let script = format!("umask {umask}; exec \"$0\" {arguments}");
    Run::of(home.command("sh").args(["-c", &script, env!("CARGO_BIN_EXE_pgtrust")]))
}

#[test]
fn nobody_else_writes_what_is_made_and_what_is_private_is_read_by_nobody() {
    let home = Home::new();
    for arguments in
        ["fetch azure --offline", "install supabase --offline", "install azure --offline", "refresh --offline"]
    {
        with_umask(&home, "000", arguments).expect(0);
    }
    for (path, mode) in modes(home.path()).into_iter().filter(|(path, _)| !path.is_empty()) {
        assert_eq!(mode & 0o022, 0, "{path}: {mode:o}");
        let is_private = path.starts_with(".local/state/pgtrust");
        assert_eq!(is_private, mode & 0o077 == 0, "{path}: {mode:o}");
    }
}

#[test]
fn what_the_whole_machine_keeps_is_read_by_all() {
    let home = Home::new();
    fs::create_dir(home.path().join("image")).unwrap();
    for arguments in ["fetch azure --offline", "install azure --offline --output /app/ca.pem", "refresh --offline"] {
        with_umask(&home, "077", &format!("--root image {arguments}")).expect(0);
    }
    let image = home.path().join("image");
    let read = |path: &str| path.is_empty() || path.starts_with("var/lib/pgtrust/state");
    for (path, mode) in modes(&image).into_iter().filter(|(path, _)| !read(path)) {
        assert_eq!(mode & 0o044, 0o044, "{path}: {mode:o}");
    }
    // As an older version left it: said, and mended.
    let bundle = image.join("var/lib/pgtrust/azure.pem");
    fs::set_permissions(&bundle, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(bundle.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    let status = home.pgtrust(&["--root", "image", "status"]).expect(1);
    assert!(status.stdout.contains("azure.pem: 0600, should be 0644: `pgtrust refresh` mends it"), "{status}");
    assert_eq!(home.pgtrust(&["--root", "image", "status", "--json"]).json()["wrong_modes"][0]["should_be"], "0755");
    let run = home.pgtrust(&["--root", "image", "refresh", "--offline"]).expect(0);
    assert!(run.stderr.contains("had the mode 0600, and has 0644 now"), "{run}");
    home.pgtrust(&["--root", "image", "status"]).expect(0);
}

#[test]
fn a_manifest_with_the_command_for_a_token_is_for_its_user_alone() {
    let home = Home::new();
    let manifest = home.path().join(".config/pgtrust/pgtrust.toml");
    let mode = || fs::metadata(&manifest).unwrap().permissions().mode() & 0o777;
    home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
    assert_eq!(mode(), 0o644);
    let text = fs::read_to_string(&manifest).unwrap();
    let source = "[[source]]\nname = \"digitalocean/mine\"\ntoken-command = [\"print\", \"secret\"]\n";
    fs::write(&manifest, format!("{text}\n{source}")).unwrap();
    let status = home.pgtrust(&["status"]).expect(1);
    assert!(status.stdout.contains("pgtrust.toml: 0644, should be 0600"), "{status}");
    home.pgtrust(&["refresh", "--offline"]);
    assert_eq!(mode(), 0o600);
}

#[test]
fn what_others_put_beside_it_is_theirs_to_open() {
    let home = Home::new();
    fs::create_dir(home.path().join("image")).unwrap();
    let root = |arguments: &[&str]| home.pgtrust(&[&["--root", "image"], arguments].concat());
    root(&["fetch", "azure", "--offline"]).expect(0);
    let private = home.write("image/var/lib/pgtrust/server.key", "");
    let shadow = home.write("image/etc/shadow", "");
    std::os::unix::fs::symlink("/etc/shadow", home.path().join("image/var/lib/pgtrust/supabase.pem")).unwrap();
    for file in [&private, &shadow] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    root(&["refresh", "--offline"]).expect(0);
    for file in [private, shadow] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
