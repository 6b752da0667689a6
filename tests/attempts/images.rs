//! Attempts of an image on the machine that builds it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Table;
use crate::support::pgtrust::Home;
use crate::support::store::{differences, install_files, roots, snapshot};

/// Folders that an image may have as links, with what leads to them.
const PLACES: [&str; 6] = [
    "etc/pgtrust",
    "var/lib/pgtrust",
    "var/lib/pgtrust/state",
    "var/lib/pgtrust/state/backups",
    "app",
    "etc/systemd/system",
];

const COMMANDS: [&str; 8] = [
    "fetch supabase --offline",
    "install supabase --offline --output /app/ca.pem",
    "install ca.pem --output app/ca.pem",
    "bundle ca.pem -o /app/bundle.pem",
    "refresh --offline --metrics /app/pgtrust.prom",
    "undo",
    "uninstall",
    "schedule enable --via systemd",
];

/// A link in the image that leads out of it for who resolves it on this machine.
fn links(outside: &Path, depth: usize) -> [String; 4] {
    let up = "../".repeat(depth + 30);
    let absolute = outside.display().to_string();
    [
        absolute.clone(),
        format!("{absolute}/new"),
        format!("{up}{}", absolute.trim_start_matches('/')),
        format!("./{up}{absolute}"),
    ]
}

#[test]
fn no_link_of_an_image_leads_out_of_it() {
    let [a] = roots(["A"]);
    let mut table = Table::default();
    for place in PLACES {
        for kind in 0..4 {
            let home = Home::new();
            home.write("ca.pem", &a.pem);
            let outside = home.path().join("outside");
            fs::create_dir(&outside).unwrap();
            home.write("image/etc/os-release", "ID=debian\n");
            home.write("image/usr/bin/pgtrust", "");
            let link = home.path().join("image").join(place);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(&links(&outside, place.split('/').count())[kind], &link).unwrap();
            let before = snapshot(&outside);
            for command in COMMANDS {
                let run = home.pgtrust(&[&["--root", "image"][..], &command.split(' ').collect::<Vec<_>>()].concat());
                let changed = differences(&before, &snapshot(&outside));
                let in_home: Vec<_> =
                    fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                let kept_out = changed.is_empty() && in_home.len() == 3;
                table.tried(format!("{place} as link {kind}: {changed:?} {in_home:?} {run}"), kept_out);
            }
        }
    }
    table.close("the machine that builds an image");
}

#[test]
fn what_the_manifest_of_an_image_names_is_in_it() {
    let [a, evil] = roots(["A", "evil"]);
    let home = Home::new();
    install_files(&home, &[&a]);
    let store = home.write("host/store.pem", &a.pem);
    let source = home.write("host/source.pem", &evil.pem);
    let ran = home.path().join("ran");
    home.write(
        "image/etc/pgtrust/pgtrust.toml",
        format!(
            "[[source]]\nname = \"digitalocean/mine\"\ntoken-command = [\"touch\", {ran:?}]\n\n\
             [[target]]\npath = {store:?}\nsources = [{source:?}]\n\n[[hook]]\non = \"change\"\nrun = [\"touch\", {ran:?}]\n"
        ),
    );
    let run = home.pgtrust(&["--root", "image", "refresh"]).expect(2);
    assert_eq!(fs::read_to_string(&store).unwrap(), a.pem, "{run}");
    assert!(!ran.exists(), "{run}");
    // The same path inside is what is meant.
    let inside = |path: &Path| format!("image{}", path.display());
    home.write(&inside(&source), &evil.pem);
    home.pgtrust(&["--root", "image", "refresh", "--offline"]);
    assert!(home.path().join(inside(&store)).exists(), "{run}");
    assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
    assert!(!ran.exists());
}

#[test]
fn a_source_of_the_builder_is_copied_into_the_image() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&a]);
    home.write("other/A.pem", &b.pem);
    fs::create_dir(home.path().join("image")).unwrap();
    let root = |arguments: &[&str]| home.pgtrust(&[&["--root", "image"], arguments].concat());
    root(&["install", "A.pem", "--output", "/app/ca.pem"]).expect(0);
    root(&["install", "other/A.pem", "--output", "/app/ca.pem"]).expect(0);
    let manifest = fs::read_to_string(home.path().join("image/etc/pgtrust/pgtrust.toml")).unwrap();
    assert!(manifest.contains("\"/etc/pgtrust/sources/A.pem\"") && manifest.contains("\"/app/ca.pem\""), "{manifest}");
    assert!(!manifest.contains(home.path().to_str().unwrap()), "{manifest}");
    // The image moves, and its builder's files are gone.
    fs::rename(home.path().join("image"), home.path().join("moved")).unwrap();
    fs::remove_file(home.path().join("A.pem")).unwrap();
    let moved = |arguments: &[&str]| home.pgtrust(&[&["--root", "moved"], arguments].concat());
    fs::remove_file(home.path().join("moved/app/ca.pem")).unwrap();
    moved(&["refresh", "--offline"]).expect(0);
    let store = fs::read_to_string(home.path().join("moved/app/ca.pem")).unwrap();
    assert!([&a, &b].iter().all(|root| store.contains(root.pem.lines().nth(2).unwrap())));
    moved(&["uninstall"]).expect(0);
    assert!(!home.path().join("moved/app/ca.pem").exists());
}

#[test]
fn an_image_must_be_there() {
    let home = Home::new();
    home.write("file", "");
    for root in ["nowhere", "file", "nowhere/deep"] {
        for command in [
            &["fetch", "azure", "--offline"][..],
            &["status"],
            &["install", "azure", "--offline", "--output", "/x.pem"],
        ] {
            let run = home.pgtrust(&[&["--root", root], command].concat()).expect(2);
            assert!(
                run.stderr.contains(&format!("`{root}` is not a folder")) && run.stderr.contains("hint: "),
                "{run}"
            );
        }
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn what_is_printed_for_an_image_holds_inside_it() {
    let home = Home::new();
    fs::create_dir(home.path().join("image")).unwrap();
    let root = |arguments: &[&str]| home.pgtrust(&[&["--root", "image"], arguments].concat());
    root(&["fetch", "azure", "--offline"]).expect(0);
    for command in [&["env", "azure"][..], &["snippet", "libpq-url", "azure"]] {
        let run = root(command).expect(0);
        assert!(run.stdout.contains("/var/lib/pgtrust/azure.pem"), "{run}");
        assert!(!run.stdout.contains(home.path().to_str().unwrap()), "{run}");
    }
}
