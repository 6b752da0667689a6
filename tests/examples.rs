//! The programs in `examples/` do what they say.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pki::Authority;

#[test]
fn a_bundle_of_two_providers_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.pem");
    let printed = run("fetch_bundle", &[file.to_str().unwrap()], folder.path());
    assert!(printed.contains("roots, 0 left out"), "{printed}");
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("# azure current") && text.contains("# aws-rds current"), "{text}");
}

#[test]
fn a_store_is_merged_into_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.crt");
    let before = Authority::root("ours").certificate.pem;
    fs::write(&file, &before).unwrap();
    let printed = run("merge_and_undo", &[file.to_str().unwrap()], folder.path());
    assert!(printed.contains("added, 1 kept") && printed.contains("put back:"), "{printed}");
    assert_eq!(fs::read_to_string(file).unwrap(), before);
}

#[test]
fn what_has_expired_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.pem");
    let (old, new) = (Authority::expired_root("old"), Authority::root("new"));
    fs::write(&file, old.certificate.pem + &new.certificate.pem).unwrap();
    let printed = run("list_stale", &[file.to_str().unwrap()], folder.path());
    assert!(printed.contains("CN=old") && !printed.contains("CN=new"), "{printed}");
}

#[test]
fn a_provider_of_ones_own_is_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, Authority::root("ours").certificate.pem).unwrap();
    let printed = run("own_provider", &["corp", file.to_str().unwrap()], folder.path());
    assert!(printed.contains("corp: pinned CN=ours"), "{printed}");
    assert!(folder.path().join("bundles/corp/provider.toml").is_file());
}

/// What an example prints, with this folder as PGTRUST_HOME.
fn run(example: &str, words: &[&str], home: &Path) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--locked", "--example", example, "--"]).args(words).env("PGTRUST_HOME", home);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {complaints}");
    String::from_utf8(output.stdout).unwrap()
}
