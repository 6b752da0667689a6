//! x509-limbo and the path building of BetterTLS, with what OpenSSL 3.0, Java 17 and Go 1.27 did with each case. They stand
//! in a folder beside the repository; where it is missing, the tests say so and pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pgtrust::client::engine::{Answer, Engine};
use pgtrust::{Certificate, GeneralName};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use super::{Case, PLAIN, Score};
use crate::support::tools::report;

#[test]
fn the_models_do_what_openssl_java_and_go_did() {
    let Some(exam) = Exam::read() else { return };
    let engines = [(PLAIN, 0, "OpenSSL 3.0"), (Engine::Java, 1, "Java 17"), (Engine::Go, 2, "Go 1.27")];
    let scores = engines.map(|(engine, column, name)| {
        let mut score = Score::default();
        let mut by_name = 0;
        for (case, verdicts, named) in &exam.cases {
            let answer = case.answer(engine);
            if !named && !verdicts[column] && matches!(answer, Answer::Trusted { .. }) {
                by_name += 1;
                continue;
            }
            score.count(&case.name, &answer, verdicts[column]);
        }
        report(&format!("{}; {by_name} more are decided by the server's name", score.line(name)));
        (score, name)
    });
    for (score, name) in scores {
        score.judge(name, 1);
    }
}

/// The cases, and for each whether every engine trusted, and whether its certificate bears the expected name in a form that
/// all of them take.
struct Exam {
    cases: Vec<(Case, [bool; 3], bool)>,
}

impl Exam {
    fn read() -> Option<Self> {
        let folder = folder().or_else(|| {
            report("skipped: engines: `../shared/exam/paths` does not exist");
            None
        })?;
        let mut cases = limbo(&folder);
        cases.extend(better_tls(&folder));
        Some(Self { cases })
    }
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/exam/paths");
    folder.exists().then_some(folder)
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Case, then what the suite expects, then one column for each engine.
fn verdicts(file: &Path) -> BTreeMap<String, [bool; 3]> {
    let text = fs::read_to_string(file).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), [2, 3, 4].map(|column| fields[column] == "SUCCESS"))
    });
    rows.collect()
}

fn limbo(folder: &Path) -> Vec<(Case, [bool; 3], bool)> {
    let verdicts = verdicts(&folder.join("limbo-engines.tsv"));
    let document = json(&folder.join("limbo.json"));
    let mut cases = Vec::new();
    for case in document["testcases"].as_array().unwrap() {
        let name = case["id"].as_str().unwrap();
        // Revocation is not judged here, a depth nobody but OpenSSL was given, and a client's certificate no server sends.
        let other = !case["max_chain_depth"].is_null() || case["validation_kind"] != "SERVER";
        if name.starts_with("crl::") || other {
            continue;
        }
        let read = |list: &Value| list.as_array().unwrap().iter().map(certificate).collect::<Option<Vec<_>>>();
        let leaf = certificate(&case["peer_certificate"]);
        let (Some(leaf), Some(sent), Some(anchors)) =
            (leaf, read(&case["untrusted_intermediates"]), read(&case["trusted_certs"]))
        else {
            report(&format!("not a certificate to pgtrust: {name} {:?}", verdicts[name]));
            continue;
        };
        let at = case["validation_time"].as_str().map_or(MEASURED, |time| {
            // The engines were given whole seconds.
            OffsetDateTime::parse(time, &Rfc3339).unwrap().replace_nanosecond(0).unwrap()
        });
        let named = bears(&leaf, &case["expected_peer_name"]);
        let chain = [vec![leaf], sent].concat();
        cases.push((Case { name: name.to_owned(), chain, anchors, at }, verdicts[name], named));
    }
    cases
}

fn better_tls(folder: &Path) -> Vec<(Case, [bool; 3], bool)> {
    let verdicts = verdicts(&folder.join("bettertls-engines.tsv"));
    let document = json(&folder.join("bettertls-pathbuilding.json"));
    let read = |text: &Value| Certificate::from_der(BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap();
    let root = read(&document["trustRoot"]);
    let cases = document["suites"]["pathbuilding"]["testCases"].as_array().unwrap().iter().map(|case| {
        let name = format!("tc{}", case["id"]);
        let chain = case["certificates"].as_array().unwrap().iter().map(read).collect();
        (Case { chain, anchors: vec![root.clone()], at: MEASURED, name: name.clone() }, verdicts[&name], true)
    });
    cases.collect()
}

fn certificate(pem: &Value) -> Option<Certificate> {
    let der = pem::parse(pem.as_str().unwrap()).unwrap().into_contents();
    Certificate::from_der(der).ok()
}

/// The very name, or one under a wildcard that is a whole label above two others. Java takes no underscore, and no
/// internationalised name that it cannot decode.
fn bears(leaf: &Certificate, expected: &Value) -> bool {
    let Some(wanted) = expected["value"].as_str() else { return true };
    if wanted.contains('_') || wanted.starts_with("xn--") {
        return false;
    }
    let names = leaf.alt_names().map(|names| names.names).unwrap_or_default();
    let address = wanted.parse().ok().map(|address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    });
    names.iter().any(|name| match name {
        GeneralName::Dns(name) => {
            let below = wanted.split_once('.').filter(|(_, rest)| rest.contains('.'));
            let below = below.map(|(_, rest)| format!("*.{rest}"));
            address.is_none() && (wanted.as_bytes() == *name || below.is_some_and(|below| below.as_bytes() == *name))
        }
        GeneralName::Ip(ip) => address.as_deref() == Some(ip),
        _ => false,
    })
}

/// When the engines were asked what has no time of its own.
const MEASURED: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);
