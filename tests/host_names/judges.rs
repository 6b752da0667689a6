//! The libraries, each asked for all pairs in one process.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::material::Material;

/// By certificate and host, whether it is accepted.
pub(super) type Verdicts = Vec<Vec<bool>>;

/// Python's own check, and that of the libpq in psycopg, against a server that sends no more than its certificate.
pub(super) fn python(python: &Path, material: &Material) -> [Verdicts; 2] {
    let lines = answers(Command::new(python).arg(script("judge.py")), material);
    let (of_python, of_libpq) = lines.split_at(material.certificates.len());
    [verdicts(of_python, material), verdicts(of_libpq, material)]
}

/// Its release, and what it accepts.
pub(super) fn node(node: &Path, material: &Material) -> (u16, Verdicts) {
    let lines = answers(Command::new(node).arg(script("judge.js")), material);
    (lines[0].parse().unwrap(), verdicts(&lines[1..], material))
}

pub(super) fn java(java: &Path, javac: &Path, driver: &Path, material: &Material) -> Verdicts {
    let folder = tempfile::tempdir().unwrap();
    let mut compiler = Command::new(javac);
    compiler.args(["--release", "11", "-encoding", "UTF-8", "-cp"]).arg(driver);
    assert!(compiler.arg("-d").arg(folder.path()).arg(script("Judge.java")).status().unwrap().success());
    let classes = format!("{}:{}", folder.path().display(), driver.display());
    let mut command = Command::new(java.join("bin/java"));
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-cp", &classes, "Judge"]);
    command.stderr(Stdio::null());
    verdicts(&answers(&mut command, material), material)
}

pub(super) fn go(go: &Path, material: &Material) -> Verdicts {
    let mut command = Command::new(go);
    command.arg("run").arg(script("judge.go")).env("GOFLAGS", "-mod=mod").env("GO111MODULE", "off");
    verdicts(&answers(&mut command, material), material)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host_names").join(name)
}

/// Gives a program the folder of what it is to judge: `key.pem`, `hosts`, a line each, and `N.pem` for each certificate.
fn answers(command: &mut Command, material: &Material) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.pem"), &material.key).unwrap();
    fs::write(folder.path().join("hosts"), material.hosts.join("\n")).unwrap();
    for (index, named) in material.certificates.iter().enumerate() {
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", named.certificate.der()));
        fs::write(folder.path().join(format!("{index}.pem")), pem).unwrap();
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let count = material.certificates.len();
    writeln!(child.stdin.take().unwrap(), "{}\n{count}", folder.path().display()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

/// A line for each certificate, with a `+` or a `-` for each host.
fn verdicts(lines: &[String], material: &Material) -> Verdicts {
    assert_eq!(lines.len(), material.certificates.len());
    let verdict = |line: &String| line.chars().map(|c| c == '+').collect::<Vec<_>>();
    let verdicts: Verdicts = lines.iter().map(verdict).collect();
    assert!(verdicts.iter().all(|line| line.len() == material.hosts.len()));
    verdicts
}
