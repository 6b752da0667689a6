//! The engines of this machine asked anew, about random graphs.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pgtrust::Certificate;
use pgtrust::client::engine::{Answer, Engine, Rules};

use super::graphs::Generator;
use super::{Case, Score};
use crate::support::tools::{self, report};

/// OpenSSL with the flags of libpq, as Python 3.13 has it, and at the levels that clients have.
#[test]
fn openssl_trusts_what_its_model_trusts() {
    let (Some(openssl), Some(graphs)) = (tools::program("openssl"), graphs()) else { return };
    let rules = |strict, partial_chain, security_level| Rules { strict, partial_chain, security_level };
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path());
    let (plain, mut others) =
        (rules(false, false, 0), [rules(false, false, 1), rules(false, false, 2), rules(true, true, 2)]);
    let mut score = Score::default();
    for case in &graphs {
        others.rotate_left(1);
        for rules in [plain, others[0]] {
            let (trusted, said) = files.ask(&openssl, case, rules);
            note(&mut score, case, &case.answer(Engine::OpenSsl(rules)), trusted, &format!("{rules:?}: {said}"));
        }
    }
    report(&score.line("openssl verify"));
    score.judge("openssl verify", 0);
}

/// Java 11 heeds key identifiers where later releases do not: it has no model.
#[test]
fn java_trusts_what_its_model_trusts() {
    let (Some(graphs), Some(classes)) = (graphs(), compiled()) else { return };
    let modelled =
        |jdk: &&PathBuf| !jdk.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"11."));
    let mut javas: Vec<PathBuf> = tools::jdks().iter().filter(modelled).map(|jdk| jdk.join("bin/java")).collect();
    javas.extend(tools::program("java"));
    let ask = |java: PathBuf| {
        let mut command = Command::new(&java);
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(classes.path()).arg("Judge");
        let name = java.display().to_string();
        (score(&name, Engine::Java, &graphs, &mut command), name)
    };
    let scores: Vec<(Score, String)> = javas.into_iter().map(ask).collect();
    for (score, name) in scores {
        score.judge(&name, 2);
    }
}

/// Go is not among the tools that are installed; where it is on the path, it is asked.
#[test]
fn go_trusts_what_its_model_trusts() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("go")).find(|file| file.is_file());
    let Some(go) = found else { return report("not asked: engines: `go` is not on PATH") };
    let Some(graphs) = graphs() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("judge");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/judge.go");
    let built = Command::new(go).args(["build", "-o"]).arg(&program).arg(source).env("GOCACHE", folder.path()).status();
    assert!(built.unwrap().success());
    score("go", Engine::Go, &graphs, &mut Command::new(program)).judge("go", 0);
}

/// None where there is no `openssl`, which makes the weak keys.
pub(super) fn graphs() -> Option<Vec<Case>> {
    tools::program("openssl")?;
    let mut generator = Generator::new(SEED);
    Some((0..GRAPHS).map(|number| generator.graph(number)).collect())
}

/// Puts all cases to a program at once: a line each, with the time, the chain and the store.
fn score(name: &str, engine: Engine, graphs: &[Case], command: &mut Command) -> Score {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = graphs.iter().map(line).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), graphs.len(), "{name}");
    let mut score = Score::default();
    for (case, said) in graphs.iter().zip(answers) {
        note(&mut score, case, &case.answer(engine), said == "trusted", said);
    }
    report(&score.line(name));
    score
}

fn line(case: &Case) -> String {
    let list = |certificates: &[Certificate]| {
        certificates.iter().map(|one| BASE64_STANDARD.encode(one.der())).collect::<Vec<_>>().join(",")
    };
    format!("{} {} {}\n", case.at.unix_timestamp(), list(&case.chain), list(&case.anchors))
}

/// Counts an answer; what differs is told with what the engine said and the graph.
fn note(score: &mut Score, case: &Case, answer: &Answer, trusted: bool, said: &str) {
    score.count(&format!("{}: {said}\n{}", case.name, picture(case)), answer, trusted);
}

/// Subjects, issuers and what is special, in the order sent and stored.
fn picture(case: &Case) -> String {
    let one = |certificate: &Certificate| {
        let (subject, issuer) = (certificate.subject().short(), certificate.issuer().short());
        format!("  {subject} by {issuer} until {} [{}]\n", certificate.not_after().date(), certificate.serial())
    };
    let list = |certificates: &[Certificate]| certificates.iter().map(one).collect::<String>();
    format!(" at {} sent:\n{} store:\n{}", case.at, list(&case.chain), list(&case.anchors))
}

fn compiled() -> Option<tempfile::TempDir> {
    let javac = tools::program("javac")?;
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/Judge.java");
    let mut command = Command::new(javac);
    command.args(["--release", "11", "-encoding", "UTF-8", "-d"]).arg(folder.path()).arg(source);
    assert!(command.status().unwrap().success());
    Some(folder)
}

/// What `openssl verify` reads.
struct Files {
    leaf: PathBuf,
    sent: PathBuf,
    store: PathBuf,
}

impl Files {
    fn in_folder(folder: &Path) -> Self {
        let [leaf, sent, store] = ["leaf.pem", "sent.pem", "store.pem"].map(|name| folder.join(name));
        Self { leaf, sent, store }
    }

    fn ask(&self, openssl: &Path, case: &Case, rules: Rules) -> (bool, String) {
        let pem = |certificates: &[Certificate]| {
            let block = |one: &Certificate| pem::encode(&pem::Pem::new("CERTIFICATE", one.der()));
            certificates.iter().map(block).collect::<String>()
        };
        fs::write(&self.leaf, pem(&case.chain[..1])).unwrap();
        fs::write(&self.sent, pem(&case.chain)).unwrap();
        fs::write(&self.store, pem(&case.anchors)).unwrap();
        let mut command = Command::new(openssl);
        command.args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-CAfile"]).arg(&self.store);
        command.arg("-untrusted").arg(&self.sent).args(["-attime", &case.at.unix_timestamp().to_string()]);
        command.args(["-auth_level", &rules.security_level.to_string()]);
        command.args(rules.strict.then_some("-x509_strict")).args(rules.partial_chain.then_some("-partial_chain"));
        let output = command.arg(&self.leaf).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        (output.status.success(), said)
    }
}

const SEED: u64 = 0x5eed_9234_fbcd;
const GRAPHS: usize = 300;
