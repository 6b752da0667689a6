//! A night in which every server fails in every way, in an order that nobody chose.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::pgtrust::{Home, Provider};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::random::Random;
use crate::support::reply::Reply;

/// What a server does, and what `refresh` is to make of it.
enum Outcome {
    /// All is as it should be.
    Good,
    /// Something to look at, told apart from others by this word.
    Found(&'static str),
    Failed,
}

type Fault = (&'static str, fn(&Roots) -> Reply, Outcome);

struct Roots {
    pinned: TestCertificate,
    other: TestCertificate,
}

const FAULTS: &[Fault] = &[
    ("as pinned", |roots| Reply::bytes(roots.pinned.pem.as_str()).header("etag", "\"1\""), Outcome::Good),
    ("as DER", |roots| Reply::bytes(roots.pinned.der.as_slice()), Outcome::Good),
    ("compressed", |roots| Reply::gzip(roots.pinned.pem.as_bytes()), Outcome::Good),
    ("another root", |roots| Reply::bytes(roots.other.pem.as_str()), Outcome::Found("instead of")),
    ("one more root", |roots| Reply::bytes([&*roots.pinned.pem, &*roots.other.pem].concat()), Outcome::Found("held")),
    ("gone", |_| Reply::status(404), Outcome::Found("where it published")),
    ("withdrawn", |_| Reply::status(410), Outcome::Found("where it published")),
    ("failing", |_| Reply::status(500), Outcome::Failed),
    ("forbidden", |_| Reply::status(403), Outcome::Failed),
    ("busy", |_| Reply::status(429), Outcome::Failed),
    ("a page for people", |_| Reply::html(), Outcome::Failed),
    ("nothing", |_| Reply::bytes(""), Outcome::Failed),
    ("half a root", |roots| Reply::bytes(&roots.pinned.pem.as_bytes()[..300]), Outcome::Failed),
    ("cut off", |roots| Reply::truncated(roots.pinned.pem.as_str()), Outcome::Failed),
    ("no end", |_| Reply::huge_unannounced(), Outcome::Failed),
    ("elsewhere", |_| Reply::redirect("https://elsewhere.example/root.pem"), Outcome::Failed),
    ("a file", |_| Reply::redirect("file:///etc/passwd"), Outcome::Failed),
];

#[test]
fn no_failure_makes_a_store_worse_or_is_told_twice() {
    let rounds: usize = std::env::var("PGTRUST_ROUNDS").map_or(25, |rounds| rounds.parse().unwrap());
    let mut random = Random::new(SEED);
    let server = ProviderServer::start();
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    let providers: BTreeMap<&str, Roots> = ["aaa", "bbb", "ccc", "ddd"]
        .into_iter()
        .map(|id| {
            let root = |what: &str| Authority::root(&format!("pgtrust test {id} {what}")).certificate;
            (id, Roots { pinned: root("pinned"), other: root("other") })
        })
        .collect();
    for (id, roots) in &providers {
        let path = format!("/{id}.pem");
        home.add_provider(&Provider::new(id).root_at(&roots.pinned, &server.url(&path)));
        for store in ["one.pem", "two.p12", "three.jks"] {
            home.pgtrust(&["install", id, "--offline", "--output", store]).expect(0);
        }
    }
    let stores = || ["one.pem", "two.p12", "three.jks"].map(|store| fs::read(home.path().join(store)).unwrap());
    let (before, mut known) = (stores(), BTreeMap::<&str, BTreeSet<&str>>::new());
    let (mut statuses, mut told) = ([0; 3], 0);
    for round in 0..rounds {
        let (mut expected, mut news, mut played) = (0, Vec::new(), Vec::new());
        for (id, roots) in &providers {
            // Half of the time all is well, or nothing would ever be news again.
            let (name, reply, outcome) = &FAULTS[if random.below(2) == 0 { 0 } else { random.below(FAULTS.len()) }];
            server.serve(&format!("/{id}.pem"), reply(roots));
            played.push(format!("{id}: {name}"));
            let known = known.entry(id).or_default();
            match outcome {
                Outcome::Good => known.clear(),
                Outcome::Found(word) => {
                    expected = expected.max(1);
                    if !known.contains(word) {
                        news.push((*id, *word));
                    }
                    *known = BTreeSet::from([*word]);
                }
                Outcome::Failed => {
                    expected = 2;
                    if known.insert("failed") {
                        news.push((*id, "taken from the built-in copies"));
                    }
                }
            }
        }
        let run = home.pgtrust(&["refresh", "--timeout", "20"]);
        let scene = format!("round {round}: {}: {run}", played.join(", "));
        assert_eq!(run.status, expected, "{scene}");
        assert_eq!(run.stdout, "", "{scene}");
        let lines: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("hint: ")).collect();
        assert_eq!(lines.len(), news.len(), "{scene}");
        for (id, word) in &news {
            assert!(lines.iter().any(|line| line.contains(&format!("`{id}`: ")) && line.contains(word)), "{scene}");
        }
        assert!(stores() == before, "{scene}");
        statuses[expected as usize] += 1;
        told += news.len();
    }
    println!("{rounds} refreshes: {statuses:?} ended with 0, 1, 2; {told} findings told");
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
