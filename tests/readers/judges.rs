//! The readers themselves.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use pgtrust::Certificate;
use pgtrust::format::{Entry, Format};

use crate::support::tools;

/// The bytes of a store with these certificates.
pub(super) fn stored(format: &str, certificates: &[&Certificate]) -> Vec<u8> {
    let password = (format == "jks").then_some("changeit");
    let mut entries = certificates.iter().map(|certificate| Entry { certificate, origin: "tests" });
    let mut bytes = Vec::new();
    (Format::named(format).unwrap().encode)(&mut entries, password, &mut bytes).unwrap();
    bytes
}

/// What one process makes of files: for each how many certificates there are, or why none is.
pub(super) fn openssl_counts(python: &Path, files: &[Vec<u8>]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut names = String::new();
    for (index, bytes) in files.iter().enumerate() {
        let file = folder.path().join(index.to_string());
        fs::write(&file, bytes).unwrap();
        names += &format!("{}\n", file.display());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/judge.py");
    answers(Command::new(python).arg(script), names.as_bytes(), files.len())
}

/// What the OpenSSL in psycopg's wheel makes of certificates, if it is 3.5 or later.
pub(super) fn psycopg_reads<'a>(
    python: &Path,
    certificates: impl Iterator<Item = &'a Certificate>,
) -> Option<Vec<Result<(), String>>> {
    let (mut input, mut count) = (String::new(), 0);
    for certificate in certificates {
        input += &format!("{}\n", data_encoding::HEXLOWER.encode(certificate.der()));
        count += 1;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/wheel.py");
    let answers = answers(Command::new(python).arg(script), input.as_bytes(), count + 1);
    let (version, verdicts) = answers.split_first().unwrap();
    if version.as_str() < "OpenSSL 3.5" {
        tools::report(&format!("readers: psycopg has {version}, not OpenSSL 3.5"));
        return None;
    }
    let verdict = |answer: &String| if answer == "read" { Ok(()) } else { Err(answer.clone()) };
    Some(verdicts.iter().map(verdict).collect())
}

/// A release of Java.
pub(super) struct Jvm(PathBuf);

impl Jvm {
    /// Releases 17 and 25.
    pub(super) fn all() -> Option<Vec<Self>> {
        classes()?;
        let wanted = |jdk: &PathBuf| {
            let version = jdk.ancestors().nth(2).and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
            version.starts_with("17.") || version.starts_with("25.")
        };
        let jvms: Vec<Self> = tools::jdks().into_iter().filter(wanted).map(Self).collect();
        (!jvms.is_empty()).then_some(jvms)
    }

    /// Its answers to all questions, in one process.
    pub(super) fn answers(&self, questions: &[(&str, Vec<Vec<u8>>)]) -> Vec<String> {
        let mut input = (questions.len() as u32).to_be_bytes().to_vec();
        for (kind, parts) in questions {
            input.extend((kind.len() as u16).to_be_bytes());
            input.extend(kind.as_bytes());
            for part in parts {
                input.extend((part.len() as u32).to_be_bytes());
                input.extend(part);
            }
        }
        let mut command = Command::new(self.0.join("bin/java"));
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(classes().unwrap()).arg("Judge");
        answers(&mut command, &input, questions.len())
    }
}

/// The folder of the compiled program.
fn classes() -> Option<&'static Path> {
    static COMPILED: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let compile = || {
        let javac = tools::program("javac")?;
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/Judge.java");
        let mut command = Command::new(javac);
        command.args(["--release", "11", "-encoding", "UTF-8", "-d"]).arg(folder.path()).arg(source);
        assert!(command.status().unwrap().success());
        Some(folder)
    };
    COMPILED.get_or_init(compile).as_ref().map(tempfile::TempDir::path)
}

/// The lines that a program answers to its input.
fn answers(command: &mut Command, input: &[u8], count: usize) -> Vec<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect();
    assert_eq!(lines.len(), count, "{command:?}");
    lines
}

/// Adds it to a new database, and looks for it there.
pub(super) fn certutil_takes(certutil: &Path, root: &Certificate) -> Result<(), String> {
    static EMPTY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let run = |folder: &Path, arguments: &[&str]| {
        let output = Command::new(certutil).args(arguments).arg("-d").arg(folder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { Err(said) }
    };
    let empty = EMPTY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &["-N", "--empty-password"]).unwrap();
        folder
    });
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(empty).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let file = folder.path().join("root.der");
    fs::write(&file, root.der()).unwrap();
    run(folder.path(), &["-A", "-n", "root", "-t", "C,,", "-i", file.to_str().unwrap()])?;
    let listed = run(folder.path(), &["-L", "-n", "root", "-r"])?;
    if listed == root.der() { Ok(()) } else { Err("it is not what was added".to_owned()) }
}

/// Whether OpenSSL verifies a server by this root alone.
pub(super) fn openssl_verifies(openssl: &Path, root: &Certificate, server: &[u8], more: &[&str]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let [root_file, server_file] = ["root.pem", "server.pem"].map(|name| folder.path().join(name));
    fs::write(&root_file, stored("pem", &[root])).unwrap();
    fs::write(&server_file, stored("pem", &[&Certificate::from_der(server).unwrap()])).unwrap();
    let mut command = Command::new(openssl);
    command.args(["verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"]).args(more);
    command.arg("-CAfile").arg(root_file).arg(server_file).output().unwrap().status.success()
}
