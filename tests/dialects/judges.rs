//! The libraries, each asked for all files in one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Count;
use super::forms::Form;
use crate::support::pki::Chain;

pub(super) fn python(python: &Path, forms: &[Form]) -> Vec<Count> {
    counts(&answers(Command::new(python).arg(script("judge.py")), forms))
}

/// Its version, what its option `ca` has, and what it takes for a certificate.
pub(super) fn node(node: &Path, forms: &[Form]) -> (String, Vec<Count>, Vec<Count>) {
    let mut lines = answers(Command::new(node).arg(script("judge.js")), forms);
    let version = lines.remove(0);
    let (all, first) = lines.split_at(forms.len());
    (version, counts(all), counts(first))
}

pub(super) fn java(java: &Path, javac: &Path, forms: &[Form]) -> Vec<Count> {
    let folder = tempfile::tempdir().unwrap();
    let mut compiler = Command::new(javac);
    compiler.args(["--release", "11", "-encoding", "UTF-8", "-d"]).arg(folder.path()).arg(script("Judge.java"));
    assert!(compiler.status().unwrap().success());
    let mut command = Command::new(java.join("bin/java"));
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(folder.path()).arg("Judge");
    counts(&answers(&mut command, forms))
}

pub(super) fn go(go: &Path, forms: &[Form]) -> Vec<Count> {
    let mut command = Command::new(go);
    command.arg("run").arg(script("judge.go")).env("GO111MODULE", "off");
    counts(&answers(&mut command, forms))
}

/// sqlx-core's `handshake`, up to 0.9: each block, then the store.
pub(super) fn rustls(bytes: &[u8]) -> Count {
    let mut store = RootCertStore::empty();
    for item in CertificateDer::pem_slice_iter(bytes) {
        store.add(item.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    Ok(store.len())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects").join(name)
}

/// Gives a program a folder and the number of files in it, as arguments. A server's key and chain are there too.
fn answers(command: &mut Command, forms: &[Form]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let chain = Chain::new();
    fs::write(folder.path().join("key.pem"), chain.key_pem()).unwrap();
    fs::write(folder.path().join("server.pem"), chain.server_pem()).unwrap();
    for (index, form) in forms.iter().enumerate() {
        fs::write(folder.path().join(index.to_string()), &form.bytes).unwrap();
    }
    command.arg(folder.path()).arg(forms.len().to_string()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect()
}

/// A number on each line, or why there is none.
fn counts(lines: &[String]) -> Vec<Count> {
    lines.iter().map(|line| line.parse().map_err(|_| line.clone())).collect()
}
