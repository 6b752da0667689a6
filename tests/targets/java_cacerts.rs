//! `--target java-cacerts`: the cacerts of real JDKs, copied below the test's home. This machine's own are only
//! looked at, by a user who cannot write them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::store::{as_nobody, differences, home_of_nobody, lock, nobody, snapshot};
use crate::support::tools;

use super::jvm::Judge;
use super::{entries, manifest};

#[test]
fn the_jdk_in_use_gains_the_root_and_loses_nothing() {
    let jdks = tools::jdks();
    for (index, jdk) in jdks.iter().enumerate() {
        let mut home = Home::new();
        let copy = copy(&home, jdk, ".sdkman/candidates/java/copy");
        // Half of them are told by JAVA_HOME.
        if index % 2 == 0 {
            home.set("JAVA_HOME", &copy);
        } else {
            home.set("PATH", copy.join("bin"));
        }
        let (keytool, store) = (jdk.join("bin/keytool"), cacerts(&copy));
        let ours = Authority::root("ours").certificate;
        home.write("ours.pem", &ours.pem);
        let (bytes, before) = (fs::read(&store).unwrap(), entries(&home, &keytool, &store));
        let run = home.pgtrust(&["install", "ours.pem", "--target", "java-cacerts"]).expect(0);
        assert!(run.stdout.starts_with(&format!("{}: updated: 1 root added, ", store.display())), "{run}");
        assert!(run.stderr.contains("warning: every program on this JVM"), "{run}");
        let after = entries(&home, &keytool, &store);
        let new: Vec<_> = after.difference(&before).collect();
        let alias = format!("pgtrust-ours-{}", &ours.fingerprint()[..8]);
        assert_eq!(new, [&(alias, "trustedCertEntry".to_owned(), Some(ours.fingerprint()))]);
        assert!(before.is_subset(&after));
        // A JKS stays one, and PKCS#12 without a password too.
        assert_eq!(fs::read(&store).unwrap()[..4] == JKS, bytes[..4] == JKS);
        assert_eq!(needs_no_password(&home, jdk, &store), needs_no_password(&home, jdk, &cacerts(jdk)));

        home.pgtrust(&["undo"]).expect(0);
        assert!(fs::read(&store).unwrap() == bytes);
        home.pgtrust(&["install", "ours.pem", "--target", "java-cacerts"]).expect(0);
        home.pgtrust(&["uninstall"]).expect(0);
        assert_eq!(entries(&home, &keytool, &store), before);
        assert!(!manifest(&home).contains("java-cacerts"), "{}", manifest(&home));
    }
}

#[test]
fn a_jvm_that_is_told_nothing_trusts_the_server() {
    let Some(jdk) = tools::jdks().pop() else { return };
    let (home, judge) = (Home::new(), Judge::new());
    Run::of(home.command("cp").args(["-R".as_ref(), jdk.as_os_str(), "whole".as_ref()])).expect(0);
    home.write("ca.pem", judge.root());
    let java = home.path().join("whole/bin/java");
    let own = judge.refused(&home, &java, &[]);
    home.pgtrust(&["install", "ca.pem", "--java-home", "whole"]).expect(0);
    let trusted = judge.trusted(&home, &java, &[]);
    assert!(own.is_subset(&trusted) && trusted.len() == own.len() + 1);
    // By the path that it is kept under; the JDK comes anew, as an update of it does.
    fs::copy(cacerts(&jdk), home.path().join("whole/lib/security/cacerts")).unwrap();
    judge.refused(&home, &java, &[]);
    home.pgtrust(&["install", "--java-home", "whole"]).expect(0);
    judge.trusted(&home, &java, &[]);
    home.pgtrust(&["uninstall"]).expect(0);
    assert_eq!(judge.refused(&home, &java, &[]), own);
}

#[test]
fn of_all_jdks_of_an_image_each_store_is_changed_once() {
    let jdks = tools::jdks();
    let Some(newest) = jdks.last() else { return };
    let home = Home::new();
    let stores: Vec<PathBuf> = jdks
        .iter()
        .enumerate()
        .map(|(index, jdk)| {
            let places = ["usr/lib/jvm/a", "opt/b", "usr/local/sdkman/candidates/java/c", "usr/java/d"];
            cacerts(&copy(&home, jdk, &format!("image/{}", places[index % places.len()])))
        })
        .collect();
    // Two that share a store, as Debian's do.
    let shared = home.path().join("image/etc/ssl/certs/java/cacerts");
    fs::create_dir_all(shared.parent().unwrap()).unwrap();
    fs::copy(cacerts(newest), &shared).unwrap();
    let links = ["one", "two"].map(|name| {
        let link = cacerts(&copy(&home, newest, &format!("image/usr/lib/jvm/{name}")));
        fs::remove_file(&link).unwrap();
        symlink("/etc/ssl/certs/java/cacerts", &link).unwrap();
        link
    });
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    let keytool = newest.join("bin/keytool");
    let all: Vec<&PathBuf> = stores.iter().chain([&shared]).collect();
    let contents = || all.iter().map(|store| entries(&home, &keytool, store)).collect::<Vec<_>>();
    let before = contents();
    let pgtrust = |arguments: &[&str]| home.pgtrust(&[&["--root", "image"], arguments].concat());

    let run = pgtrust(&["install", "ours.pem", "--target", "java-cacerts", "--all-jdks", "--json"]).expect(0);
    let report = run.json();
    let mut paths: Vec<&str> =
        report["stores"].as_array().unwrap().iter().map(|store| store["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    let mut expected: Vec<String> = all.iter().map(|store| store.display().to_string()).collect();
    expected.sort();
    assert_eq!(paths, expected);
    // Once, however many there are.
    assert_eq!(run.stderr.matches("warning: ").count(), 1, "{run}");
    assert!(links.iter().all(|link| fs::read_link(link).unwrap() == Path::new("/etc/ssl/certs/java/cacerts")));
    assert!(
        contents()
            .iter()
            .zip(&before)
            .all(|(after, before)| { after.len() == before.len() + 1 && before.is_subset(after) })
    );

    // A JDK that comes later is of them too, without a word.
    let late = cacerts(&copy(&home, newest, "image/usr/lib/jvm/late"));
    let run = pgtrust(&["install", "--target", "java-cacerts", "--json"]).expect(0);
    let report = run.json();
    let changed: Vec<_> =
        report["stores"].as_array().unwrap().iter().filter(|store| store["outcome"] == "updated").collect();
    assert!(matches!(&changed[..], [store] if store["path"] == json!(late.to_str().unwrap())), "{run}");
    pgtrust(&["uninstall"]).expect(0);
    assert_eq!(contents(), before);
    assert_eq!(fs::read(&late).unwrap()[..], fs::read(cacerts(newest)).unwrap()[..]);
    let kept = fs::read_to_string(home.path().join("image/etc/pgtrust/pgtrust.toml")).unwrap();
    assert!(!kept.contains("[[target]]"), "{kept}");
}

#[test]
fn a_dry_run_lists_those_of_the_user_and_touches_nothing() {
    let jdks = tools::jdks();
    // It looks at the JDKs of this machine too. Whatever goes wrong, this user cannot write there.
    let Some(home) = home_of_nobody() else { return };
    let places =
        [".sdkman/candidates/java/21-tem", ".jdks/temurin-17", ".asdf/installs/java/25", ".jbang/cache/jdks/11"];
    let stores: Vec<PathBuf> = jdks.iter().zip(places).map(|(jdk, place)| cacerts(&copy(&home, jdk, place))).collect();
    let manager = cacerts(&home.path().join(".sdkman/candidates/java/current"));
    if let Some(first) = stores.first() {
        symlink(first.ancestors().nth(3).unwrap(), manager.ancestors().nth(3).unwrap()).unwrap();
    }
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    // The first run brings the program.
    nobody(&home, &["--version"]).expect(0);
    let before = snapshot(home.path());
    let run = nobody(&home, &["install", "ours.pem", "--all-jdks", "--dry-run", "--json"]);
    // Those of this machine may be unreadable, and are not the test's.
    let report = run.json();
    assert_eq!(report["dry_run"], json!(true));
    let found = report["stores"].as_array().unwrap().iter();
    let found: Vec<_> =
        found.filter(|store| store["path"].as_str().unwrap().starts_with(home.path().to_str().unwrap())).collect();
    assert_eq!(found.len(), stores.len(), "{run}");
    for store in found {
        assert_eq!(
            (&store["outcome"], &store["added"][0]["subject"]),
            (&json!("updated"), &json!("CN=ours,O=pgtrust tests")),
            "{run}"
        );
        assert!(stores.iter().any(|path| store["path"] == json!(path.to_str().unwrap())), "{run}");
    }
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
}

#[test]
fn one_jdk_that_cannot_be_written_does_not_stop_the_others() {
    let jdks = tools::jdks();
    let [first, second, ..] = &jdks[..] else { return };
    let Some(home) = home_of_nobody() else { return };
    let [locked, open] =
        [(first, "image/opt/locked"), (second, "image/opt/open")].map(|(jdk, place)| cacerts(&copy(&home, jdk, place)));
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    as_nobody(&home, &["-R", "65534:65534", "."]);
    let lock = |locked: bool| lock(&home, "image/opt/locked/lib/security", locked);
    let pgtrust = |arguments: &[&str]| nobody(&home, &[&["--root", "image"], arguments].concat());
    let added = |store: &Path| {
        entries(&home, &second.join("bin/keytool"), store).iter().any(|(alias, ..)| alias.starts_with("pgtrust-ours-"))
    };

    lock(true);
    let run = pgtrust(&["install", "ours.pem", "--all-jdks"]).expect(2);
    assert!(run.stderr.contains(&format!("`{}`: permission denied: `", locked.display())), "{run}");
    assert!(run.stdout.starts_with(&format!("{}: updated: 1 root added", open.display())), "{run}");
    assert_eq!((added(&locked), added(&open)), (false, true));
    lock(false);
    pgtrust(&["install", "--target", "java-cacerts"]).expect(0);
    assert_eq!((added(&locked), added(&open)), (true, true));

    // What is not done is not forgotten.
    lock(true);
    let run = pgtrust(&["uninstall"]).expect(2);
    assert!(run.stderr.contains(&locked.display().to_string()), "{run}");
    assert_eq!((added(&locked), added(&open)), (true, false));
    lock(false);
    pgtrust(&["uninstall"]).expect(0);
    assert!(!added(&locked));
    let run = pgtrust(&["uninstall"]).expect(2);
    assert!(run.stderr.contains("the manifest keeps no store"), "{run}");
}

#[test]
fn what_is_no_jdk_or_has_a_password_of_its_own_is_refused() {
    let Some(jdk) = tools::jdks().into_iter().next() else { return };
    let home = Home::new();
    let copy = copy(&home, &jdk, "jdk");
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    home.write("secret", "correct-horse-7\n");
    let store = cacerts(&copy);
    let mut keytool = home.command(jdk.join("bin/keytool"));
    let change = ["-storepasswd", "-storepass", "changeit", "-new", "correct-horse-7", "-keystore"];
    Run::of(keytool.args(change).arg(&store)).expect(0);
    let before = fs::read(&store).unwrap();
    let run = home.pgtrust(&["install", "ours.pem", "--java-home", "jdk", "--java-home", "nowhere"]).expect(2);
    assert!(run.stderr.contains("a password is needed") && run.stderr.contains("--password-file"), "{run}");
    assert!(run.stderr.contains("`nowhere` ") && run.stderr.contains("is no Java installation"), "{run}");
    assert!(fs::read(&store).unwrap() == before && run.stdout.is_empty());
    let install = ["install", "ours.pem", "--java-home", "jdk/bin/java", "--password-file", "secret"];
    home.pgtrust(&install).expect(0);
    assert!(fs::read(&store).unwrap() != before);
    // The manifest knows the rest.
    home.pgtrust(&["uninstall"]).expect(0);
    assert!(fs::read(&store).unwrap() == before);
}

#[test]
fn what_java_cannot_read_as_its_cacerts_is_refused_and_untouched() {
    let Some(jdk) = tools::jdks().into_iter().next() else { return };
    let mut home = Home::new();
    let copy = copy(&home, &jdk, "jdk");
    home.set("JAVA_HOME", &copy);
    let ours = Authority::root("ours").certificate;
    home.write("ours.pem", &ours.pem);
    home.write("new.pem", &Authority::root("new").certificate.pem);
    let (store, keytool) = (cacerts(&copy), jdk.join("bin/keytool"));
    home.pgtrust(&["bundle", "ours.pem", "-o", "ours.p7b"]).expect(0);
    let p7b = fs::read(home.path().join("ours.p7b")).unwrap();
    for (content, what) in [
        (ours.pem.as_bytes(), "is pem"),
        (&ours.der, "is der"),
        (&p7b, "is pkcs7"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"<html>", "is an HTML page"),
    ] {
        fs::write(&store, content).unwrap();
        let list = ["-list", "-keystore", store.to_str().unwrap(), "-storepass", "changeit"];
        let judged = Run::of(home.command(&keytool).args(list));
        assert!(judged.status != 0 || !judged.stdout.contains("trustedCertEntry"), "{judged}");
        for arguments in [
            &["install", "new.pem", "--target", "java-cacerts"][..],
            &["install", "new.pem", "--target", "java-cacerts", "--dry-run"],
            &["install", "new.pem", "--java-home", "jdk"],
        ] {
            let run = home.pgtrust(arguments);
            let said = format!("`{}`: {what}, and Java reads nothing but JKS and PKCS#12 there", store.display());
            assert!(run.stderr.contains(&said) && run.stderr.contains("hint: put that Java's own back"), "{run}");
            assert!(run.status == 2 || arguments.contains(&"--dry-run"), "{run}");
            assert!(fs::read(&store).unwrap() == content, "{run}");
        }
    }
    // What the hint says works.
    fs::write(&store, &ours.pem).unwrap();
    let jks = format!("{}.jks", store.display());
    home.pgtrust(&["bundle", store.to_str().unwrap(), "-o", &jks]).expect(0);
    fs::rename(&jks, &store).unwrap();
    home.pgtrust(&["install", "new.pem", "--target", "java-cacerts"]).expect(0);
    assert_eq!(entries(&home, &keytool, &store).len(), 2);
}

/// What makes a Java of a folder, with the real store of this JDK. A hard link would be refused.
fn copy(home: &Home, jdk: &Path, place: &str) -> PathBuf {
    let folder = home.path().join(place);
    fs::create_dir_all(folder.join("lib/security")).unwrap();
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/java"), "").unwrap();
    fs::copy(cacerts(jdk), cacerts(&folder)).unwrap();
    folder
}

fn cacerts(jdk: &Path) -> PathBuf {
    jdk.join("lib/security/cacerts")
}

/// Whether keytool shows the store's certificates when asked for nothing and told nothing.
fn needs_no_password(home: &Home, jdk: &Path, store: &Path) -> bool {
    let mut keytool = home.command(jdk.join("bin/keytool"));
    let run = Run::of(keytool.args(["-list", "-keystore"]).arg(store));
    run.status == 0 && run.stdout.contains("trustedCertEntry") && !run.stderr.contains("WARNING")
}

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
