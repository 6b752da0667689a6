//! A mirror that answers with the worst that a download may be: a run ends, in its memory, with few words, and the next one
//! against an honest server finds nothing in its way.

use std::fs;

use crate::support::der::{common_name, tlv, utc};
use crate::support::pgtrust::{Home, Run};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::tools::{gnu_time, report};

/// The smallest certificate that can be told from others by its number. Nothing signs it.
fn small(number: u32, name: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[&[0x06, 3, 0x2b, 0x65, 0x70]]);
    let key = tlv(0x30, &[&algorithm, &tlv(0x03, &[&[0; 33]])]);
    let validity = tlv(0x30, &[&utc("240101000000Z"), &utc("440101000000Z")]);
    let serial = tlv(0x02, &[&[1], &number.to_be_bytes()]);
    let contents = tlv(0x30, &[&serial, &algorithm, name, &validity, name, &key]);
    tlv(0x30, &[&contents, &algorithm, &[0x03, 1, 0]])
}

/// PKCS#7 without signers (RFC 2315, section 9.1).
fn pkcs7(certificates: &[u8]) -> Vec<u8> {
    let data = tlv(0x30, &[&[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]]);
    let signed = tlv(0x30, &[&[2, 1, 1], &[0x31, 0], &data, &tlv(0xa0, &[certificates]), &[0x31, 0]]);
    tlv(0x30, &[&[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2], &tlv(0xa0, &[&signed])])
}

/// Answers of some bytes each, by name.
pub(crate) fn answers(bytes: usize) -> Vec<(&'static str, Vec<u8>)> {
    let (mut bare, mut pem, mut huge, mut number) = (Vec::new(), String::new(), String::new(), 0);
    let name = common_name(0x0c, b"x");
    while bare.len() < bytes - 300 {
        number += 1;
        bare.extend(small(number, &name));
    }
    while pem.len() < bytes - 300 {
        number += 1;
        pem += &pem::encode(&pem::Pem::new("CERTIFICATE", small(number, &name)));
    }
    let subject = common_name(0x0c, &[b'\x1b'; 30_000]);
    while huge.len() < bytes - 90_000 {
        number += 1;
        huge += &pem::encode(&pem::Pem::new("CERTIFICATE", small(number, &subject)));
    }
    let heads = "-----BEGIN CERTIFICATE-----\n".repeat(bytes / 28);
    vec![
        ("small certificates in PKCS#7", pkcs7(&bare)),
        ("small certificates in PEM", pem.into_bytes()),
        ("certificates with huge subjects", huge.into_bytes()),
        ("heads of PEM", heads.into_bytes()),
        ("junk", vec![b'A'; bytes]),
    ]
}

/// A run under GNU time, with the KiB of memory that it had.
fn measured(home: &Home, arguments: &[&str]) -> Option<(Run, u64)> {
    let mut command = home.command(gnu_time()?);
    command.args(["-f", "%M", "-o", "peak", env!("CARGO_BIN_EXE_pgtrust")]).args(arguments);
    let run = Run::of(&mut command);
    let peak = fs::read_to_string(home.path().join("peak")).unwrap();
    Some((run, peak.lines().last()?.trim().parse().unwrap()))
}

/// Lets a mirror answer with these for all the URLs of these providers.
pub(crate) fn survive(providers: &[String], answers: Vec<(&'static str, Vec<u8>)>) {
    let home = Home::new();
    let server = ProviderServer::start();
    let mut install = vec!["install", "--offline", "--output", "store.pem"];
    install.extend(providers.iter().map(String::as_str));
    home.pgtrust(&install).expect(0);
    let before = fs::read(home.path().join("store.pem")).unwrap();
    let kinds: Vec<&str> = answers.iter().map(|(kind, _)| *kind).collect();
    let replies = answers.into_iter().map(|(_, bytes)| Reply::bytes(bytes).header("etag", "\"same\""));
    server.serve_others(replies);
    let mirror = server.plain("");
    for round in 0..2 {
        let Some((run, peak)) = measured(&home, &["refresh", "--mirror", &mirror]) else { return };
        let lines = run.stderr.lines().count();
        report(&format!(
            "{} providers, {}, round {round}: {} MB, {lines} lines, {} bytes",
            providers.len(),
            kinds.join(", "),
            peak / 1024,
            run.stderr.len()
        ));
        assert!((1..=2).contains(&run.status), "{run}");
        assert!(peak < 150 * 1024, "{} MB", peak / 1024);
        assert!(lines < 200 && run.stderr.len() < 200_000, "{lines} lines, {} bytes", run.stderr.len());
        assert!(fs::read(home.path().join("store.pem")).unwrap() == before, "the store changed");
    }
    let state = home.path().join(".local/state/pgtrust");
    assert!(fs::metadata(state.join("refresh.json")).unwrap().len() < 10_000_000);
    home.pgtrust(&["status"]).expect(1);
    home.pgtrust(&["accept", "--provider", "aws-rds", "--dry-run"]);
    // An honest server: what it lacks is said by status 1.
    server.serve_others([]);
    let run = home.pgtrust(&["refresh", "--mirror", &mirror]).expect(1);
    assert!(!run.stderr.contains("counts as absent"), "{run}");
    home.pgtrust(&["refresh", "--offline"]);
}

#[test]
fn a_hostile_mirror_costs_neither_words_nor_memory_nor_the_next_run() {
    survive(&["aws-rds", "supabase", "yandex"].map(str::to_owned), answers(3 << 19));
}
