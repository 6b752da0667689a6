//! Damaged, hostile and odd files in every format that is read: the answer names the file, the store stays as it is,
//! and neither time nor memory runs out.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::keytool::run;
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::random::Random;
use crate::support::store::{as_nobody, home_of_nobody, nobody};
use crate::support::tools::report;
pub(crate) use files::costly_store;
use files::{costly_stores, hostile, samples};

#[test]
fn what_is_cut_off_or_flipped_is_refused_and_stays() {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = Random::new(SEED);
    let home = Home::new();
    let Some(samples) = samples(&home) else { return };
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    // Without it a store that another password may open is listed, with a warning.
    home.write("password", "changeit");
    let given = ["--password-file", "password"];
    let mut refused = 0;
    for sample in &samples {
        let good = fs::read(home.path().join(sample.name)).unwrap();
        let whole = fingerprints(&limited(&home, &["inspect", "--json", sample.name]).expect(0));
        assert!(!whole[sample.name].is_empty(), "{}", sample.name);

        let mut damaged = BTreeMap::new();
        let cuts = (1..16).chain((1..32).map(|part| good.len() * part / 32)).chain(good.len() - 16..good.len());
        for cut in cuts {
            damaged.insert(format!("cut-{cut}-{}", sample.name), good[..cut].to_vec());
        }
        for _ in 0..100 {
            let (at, bit) = (random.below(good.len()), random.below(8));
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            damaged.insert(format!("flip-{at}.{bit}-{}", sample.name), bytes);
        }
        damaged.iter().for_each(|(name, bytes)| drop(home.write(name, bytes)));
        let names: Vec<&str> = damaged.keys().map(String::as_str).collect();

        let inspected = limited(&home, &[&["inspect", "--json"], &given[..], &names].concat());
        let listed = fingerprints(&inspected);
        for name in &names {
            let error = format!("error: `{name}`: ");
            assert_ne!(listed.contains_key(*name), inspected.stderr.contains(&error), "{name}: {inspected}");
            // A format without a check value shows what is left.
            if let (true, Some(found)) = (sample.checked, listed.get(*name)) {
                assert_eq!(found, &whole[sample.name], "{name}: read although its check value is wrong");
            }
        }

        let sound = sound(&inspected);
        let bad: Vec<&str> = names.iter().copied().filter(|name| !sound.contains(*name)).collect();
        let outputs: Vec<&str> = bad.iter().flat_map(|name| ["--output", name]).collect();
        let installed = limited(&home, &[&["install", "--json", "new.pem"], &given[..], &outputs].concat()).expect(2);
        assert!(fingerprints(&installed).is_empty(), "{installed}");
        for name in &bad {
            assert!(installed.stderr.contains(&format!("error: `{name}`: ")), "{name}: {installed}");
            assert_eq!(fs::read(home.path().join(name)).unwrap(), damaged[*name], "{name}");
        }
        assert!(bad.len() >= 60, "{}: {} refused", sample.name, bad.len());
        refused += bad.len();
    }
    report(&format!("damaged stores of {} kinds refused, seed {SEED:#x}: {refused}", samples.len()));
}

#[test]
fn what_asks_for_too_much_is_refused() {
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    for (name, bytes) in hostile() {
        home.write(name, &bytes);
        for arguments in
            [&["inspect", name][..], &["bundle", name, "-o", "out.pem"], &["install", "new.pem", "--output", name]]
        {
            let refused = limited(&home, arguments);
            // Of an archive the files that are good are shown, and the others warned of.
            assert!(refused.status == 2 || refused.status == 1 && arguments[0] == "inspect", "{refused}");
            assert!(refused.stderr.contains(&format!(": `{name}`: ")), "{refused}");
            assert!(refused.stderr.len() < 1000, "{refused}");
        }
        assert!(fs::read(home.path().join(name)).unwrap() == bytes, "{name} was changed");
    }
    assert!(!home.path().join("out.pem").exists());
}

/// A second or two for each would be an hour for all.
#[test]
fn many_costly_stores_in_an_archive_share_one_limit() {
    let home = Home::new();
    home.write("work.zip", costly_stores());
    let run = limited(&home, &["inspect", "work.zip"]).expect(1);
    assert_eq!(run.stderr.matches("warning: `work.zip`: ").count(), 101, "{run}");
    assert!(run.stderr.contains("iterations of key derivations") && run.stderr.contains("and 899 more"), "{run}");
}

#[test]
fn a_wrong_password_is_said_and_nothing_changes() {
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    home.write("right", "correct horse");
    home.write("wrong", "battery staple");
    for (store, format) in [("a.jks", "jks"), ("a.p12", "pkcs12"), ("legacy.p12", "pkcs12-legacy")] {
        let make = ["bundle", "supabase", "-o", store, "--format", format, "--password-file", "right"];
        home.pgtrust(&make).expect(0);
        let before = fs::read(home.path().join(store)).unwrap();
        for arguments in [
            &["inspect", store][..],
            &["bundle", store, "-o", "out.pem"],
            &["install", "new.pem", "--output", store],
            &["uninstall", "--output", store],
        ] {
            let refused = home.pgtrust(&[arguments, &["--password-file", "wrong"]].concat()).expect(2);
            assert!(refused.stderr.starts_with(&format!("error: `{store}`: wrong password")), "{refused}");
            assert!(!refused.stderr.contains("battery") && refused.stdout.is_empty(), "{refused}");
        }
        assert_eq!(fs::read(home.path().join(store)).unwrap(), before);
    }
    let refused = limited(&home, &["inspect", "a.jks", "--password-file", "/dev/zero"]).expect(2);
    assert!(refused.stderr.contains("could not use `/dev/zero`: not a regular file"), "{refused}");
}

#[test]
fn folders_devices_and_pipes_are_no_stores() {
    let home = Home::new();
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    fs::create_dir(home.path().join("folder.jks")).unwrap();
    run(&home, "mkfifo".as_ref(), &["pipe.p12"]).expect(0);
    symlink("/dev/zero", home.path().join("link.p7b")).unwrap();
    for store in ["folder.jks", "pipe.p12", "link.p7b", "/dev/zero", "/dev/null"] {
        for arguments in [
            &["install", "new.pem", "--output", store][..],
            &["uninstall", "--output", store],
            &["bundle", "new.pem", "-o", store, "--format", "jks"],
        ] {
            let refused = limited(&home, arguments).expect(2);
            assert!(
                refused.stderr.starts_with("error: ") && refused.stderr.contains(&format!("`{store}`")),
                "{refused}"
            );
        }
    }
    for source in ["link.p7b", "/dev/zero", "/dev/null"] {
        let refused = limited(&home, &["inspect", source]).expect(2);
        let error = format!("error: could not use `{source}`: not a regular file");
        assert!(refused.stderr.starts_with(&error), "{refused}");
    }
}

#[test]
fn what_may_not_be_read_or_written_stays_and_is_named() {
    let Some(home) = home_of_nobody() else { return };
    home.write("new.pem", &Authority::root("pgtrust test new").certificate.pem);
    let mode = |name: &str, mode| fs::set_permissions(home.path().join(name), Permissions::from_mode(mode)).unwrap();
    for store in ["jdk/cacerts.jks", "jdk/cacerts.p12", "jdk/cacerts.p7b"] {
        home.pgtrust(&["bundle", "supabase", "-o", store]).expect(0);
        let before = fs::read(home.path().join(store)).unwrap();
        as_nobody(&home, &["-R", "65534:65534", "."]);

        mode("jdk", 0o555);
        let refused = nobody(&home, &["install", "new.pem", "--output", store]).expect(2);
        let said = format!("error: could not write `{store}`: permission denied: `jdk` belongs to ");
        assert!(refused.stderr.starts_with(&said) && refused.stderr.contains("\nhint: "), "{refused}");
        mode("jdk", 0o755);
        mode(store, 0o000);
        for arguments in
            [&["install", "new.pem", "--output", store][..], &["inspect", store], &["uninstall", "--output", store]]
        {
            let refused = nobody(&home, arguments).expect(2);
            let said = format!("error: could not read `{store}`: ");
            assert!(refused.stderr.starts_with(&said) && refused.stderr.contains("\nhint: "), "{refused}");
        }
        mode(store, 0o644);
        assert_eq!(fs::read(home.path().join(store)).unwrap(), before);
        assert_eq!(fs::read_dir(home.path().join("jdk")).unwrap().count(), 1, "no temporary file is left");
        fs::remove_file(home.path().join(store)).unwrap();
    }
}

/// Runs pgtrust with an end to its memory and its time, so that a run that has none fails.
pub(crate) fn limited(home: &Home, arguments: &[&str]) -> Run {
    // KiB of address space, and seconds of the processor and of the clock.
    let script = "ulimit -v 1000000; ulimit -t 60; exec timeout 120 \"$0\" \"$@\"";
    let mut command = home.command("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_pgtrust")]).args(arguments);
    let run = Run::of(&mut command);
    assert!((0..=2).contains(&run.status), "{run}");
    run
}

/// The certificates of each store in a report.
fn fingerprints(run: &Run) -> BTreeMap<String, BTreeSet<String>> {
    let report = run.json();
    let stores = report["stores"].as_array().unwrap().iter().map(|store| {
        let certificates = store["certificates"].as_array().into_iter().flatten();
        let found = certificates.map(|certificate| certificate["sha256"].as_str().unwrap().to_owned());
        (store["path"].as_str().unwrap().to_owned(), found.collect())
    });
    stores.collect()
}

/// The stores in a report of `inspect` of which every part can be read.
fn sound(run: &Run) -> BTreeSet<String> {
    let report = run.json();
    let stores = report["stores"].as_array().unwrap().iter();
    let sound = stores.filter(|store| store["rejected"].as_array().unwrap().is_empty());
    sound.map(|store| store["path"].as_str().unwrap().to_owned()).collect()
}
