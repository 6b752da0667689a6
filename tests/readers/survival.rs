//! What becomes of a store to which odd roots are added: its readers still read all of it, and nothing goes unsaid.

use std::fs;

use pgtrust::Certificate;

use super::judges::{Jvm, openssl_counts};
use super::{exam, made};
use crate::support::odd::{odd_roots, sound_root};
use crate::support::pgtrust::{Home, Run};
use crate::support::random::Random;
use crate::support::tools;

const STORES: [(&str, &str); 3] = [("store.pem", "X.509"), ("store.jks", "JKS"), ("store.p12", "PKCS12")];

/// The readers of the stores that are for them.
struct Readers {
    python: std::path::PathBuf,
    jvms: Vec<Jvm>,
}

impl Readers {
    fn find() -> Option<Self> {
        Some(Self { python: tools::python()?, jvms: Jvm::all()? })
    }

    /// Fails unless each reads as many certificates as there should be.
    #[track_caller]
    fn read(&self, kind: &'static str, stores: &[(String, Vec<u8>, usize)]) {
        let bytes = || stores.iter().map(|(_, bytes, _)| bytes.clone());
        let answers = if kind == "X.509" {
            vec![openssl_counts(&self.python, &bytes().collect::<Vec<_>>())]
        } else {
            let questions: Vec<_> = bytes().map(|bytes| (kind, vec![bytes])).collect();
            self.jvms.iter().map(|jvm| jvm.answers(&questions)).collect()
        };
        let wrong = answers.iter().flat_map(|answers| answers.iter().zip(stores));
        let wrong = wrong.filter(|(answer, (_, _, count))| **answer != count.to_string());
        let wrong: Vec<String> =
            wrong.map(|(answer, (name, _, count))| format!("{name}: {answer}, not {count}")).collect();
        assert!(wrong.is_empty(), "{kind}: {} of {}:\n{}", wrong.len(), stores.len(), wrong.join("\n"));
    }
}

#[test]
fn no_odd_root_costs_a_store_its_readers() {
    let Some(readers) = Readers::find() else { return };
    let home = Home::new();
    home.write("sound.der", sound_root("sound"));
    // Of those that are made here some: the table holds all of them against the readers.
    let odd: Vec<(String, Certificate)> = exam().into_iter().chain(made().into_iter().step_by(10)).collect();
    assert!(odd.len() > 40, "{}", odd.len());
    for (store, kind) in STORES {
        home.pgtrust(&["bundle", "sound.der", "-o", &format!("first-{store}")]).expect(0);
        let mut stores = Vec::new();
        for (index, (name, certificate)) in odd.iter().enumerate() {
            let path = format!("{index}-{store}");
            fs::copy(home.path().join(format!("first-{store}")), home.path().join(&path)).unwrap();
            home.write("odd.der", certificate.der());
            let run = home.pgtrust(&["install", "odd.der", "--output", &path, "--allow-non-roots"]);
            let added = usize::from(run.stdout.contains("1 root added"));
            assert!(run.status == 2 * (1 - i32::try_from(added).unwrap()), "{name}: {run}");
            assert!(added == 1 || run.stderr.contains("cannot be read by") || says_why(&run), "{name}: {run}");
            stores.push((name.clone(), fs::read(home.path().join(path)).unwrap(), 1 + added));
        }
        readers.read(kind, &stores);
        tools::report(&format!("readers: {} roots beside a sound one in {kind}: 0 stores lost", stores.len()));
    }
}

/// Expired, or too short a key: left out for another reason.
fn says_why(run: &Run) -> bool {
    ["expired on", "1024 are the least"].iter().any(|why| run.stderr.contains(why))
}

#[test]
fn what_readers_list_of_damaged_roots_is_what_was_said() {
    let Some(readers) = Readers::find() else { return };
    let mut random = Random::new(20_261_127);
    let sound = odd_roots().into_iter().filter(|root| root.name.ends_with("sound"));
    let sound: Vec<Vec<u8>> = sound.map(|root| root.der).collect();
    let mut stores = [const { Vec::new() }; STORES.len()];
    for round in 0..ROUNDS {
        let home = Home::new();
        home.write("in/sound.der", sound_root("sound"));
        let names: Vec<String> = (0..FILES).map(|file| format!("in/{file}.der")).collect();
        for name in &names {
            let mut der = sound[random.below(sound.len())].clone();
            for _ in 0..=random.below(3) {
                let place = random.below(der.len());
                der[place] = match random.below(3) {
                    0 => random.below(256) as u8,
                    1 => der[place] ^ (1 << random.below(8)),
                    _ => [0, 1, 2, 0x30, 0x7f, 0x80, 0xff][random.below(7)],
                };
            }
            home.write(name, &der);
        }
        for ((store, _), stores) in STORES.iter().zip(&mut stores) {
            let run = home.pgtrust(&["bundle", "in", "--allow-non-roots", "-o", store]);
            let bytes = fs::read(home.path().join(store)).unwrap();
            let count: usize = run.stderr.rsplit(": ").next().unwrap().split(' ').next().unwrap().parse().unwrap();
            let unsaid = names.iter().filter(|name| !run.stderr.contains(&format!("`{name}`"))).count();
            assert!(unsaid < count, "round {round}, {store}: {unsaid} files are not named, and {count} roots: {run}");
            stores.push((format!("round {round}"), bytes, count));
        }
    }
    for ((_, kind), stores) in STORES.iter().zip(stores) {
        readers.read(kind, &stores);
        tools::report(&format!("readers: {} stores of damaged roots read as {kind} as was said", stores.len()));
    }
}

const ROUNDS: usize = 25;
const FILES: usize = 12;

#[test]
fn inspect_and_install_name_the_readers() {
    let home = Home::new();
    let odd = made();
    let named = |name: &str| &odd.iter().find(|(odd, _)| odd == name).unwrap().1;
    home.write("sound.der", sound_root("sound"));
    for (root, format, unreadable, unusable, refused) in [
        ("ec serial empty", "pem", &["openssl", "java", "go"] as &[&str], &[] as &[&str], true),
        ("ec serial empty", "jks", &["java"], &[], true),
        ("ec basic constraints twice", "pem", &["java", "go", "rustls"], &["python"], false),
        ("ec basic constraints twice", "p12", &["java"], &["python"], true),
        ("ec sound", "pem", &[], &[], false),
    ] {
        home.write("odd.der", named(root).der());
        let store = format!("store.{format}");
        home.pgtrust(&["bundle", "sound.der", "-o", &store]).expect(0);
        let before = fs::read(home.path().join(&store)).unwrap();
        let flags = ["--output", &store, "--allow-non-roots"];
        let run = home.pgtrust(&[&["install", "odd.der"], &flags[..]].concat()).expect(if refused { 2 } else { 0 });
        let reads = if refused { "cannot be read by" } else { "reads nothing of a store with it" };
        assert_eq!(run.stderr.contains(reads), !unreadable.is_empty(), "{root}: {run}");
        assert_eq!(fs::read(home.path().join(&store)).unwrap() == before, refused, "{root}");
        // The others go in.
        let run = home.pgtrust(&[&["install", "odd.der", "supabase"], &flags[..]].concat());
        assert_eq!((run.status, run.stdout.contains("1 root added")), (i32::from(refused), true), "{root}: {run}");
        // What stands there already: here put there by another program.
        let bytes = super::judges::stored(if format == "p12" { "pkcs12" } else { format }, &[named(root)]);
        home.write(&store, &bytes);
        let found = home.pgtrust(&["inspect", "--json", &store]).expect(0).json();
        let found = &found["stores"][0]["certificates"][0];
        assert_eq!(found["unreadable_for"], serde_json::json!(unreadable), "{root}");
        assert_eq!(found["unusable_for"], serde_json::json!(unusable), "{root}");
        let run = home.pgtrust(&[&["install", "supabase"], &flags[..]].concat()).expect(if refused { 2 } else { 0 });
        assert_eq!(run.stderr.contains("reads nothing of it, because of"), refused, "{root}: {run}");
        assert_eq!(fs::read(home.path().join(&store)).unwrap() == bytes, refused, "{root}");
    }
}
