//! What `refresh` remembers: none of it may stop a later run.

use std::fs;

use serde_json::json;

use super::{Scene, silent};
use crate::support::pki::Authority;
use crate::support::reply::Reply;
use crate::support::tools;

#[test]
fn what_only_remembers_and_cannot_be_read_is_said_once_and_written_anew() {
    let scene = Scene::new("");
    let new = Authority::root("pgtrust test new root").certificate;
    scene.serve(&[&scene.pinned, &new]);
    scene.refresh(&[]).expect(1);
    let held = scene.state("held/prov.pem");
    let sound = fs::read(&held).unwrap();
    for name in ["refresh.json", "held/prov.pem", "hooks.json"] {
        let path = scene.state(name);
        for spoiled in ["damaged", "too large", "folder", "full folder"] {
            let _ = fs::remove_file(&path);
            match spoiled {
                "damaged" => {
                    fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap()
                }
                "too large" => fs::File::create(&path).unwrap().set_len(64 << 20).unwrap(),
                _ => fs::create_dir(&path).unwrap(),
            }
            if spoiled == "full folder" {
                fs::write(path.join("file"), "").unwrap();
            }
            let status = scene.home.pgtrust(&["status"]).expect(1);
            assert!(name == "hooks.json" || status.stderr.contains(name), "{name}, {spoiled}: {status}");
            let run = scene.refresh(&[]).expect(1);
            assert!(run.stderr.contains(name) && run.stderr.contains("counts as absent"), "{name}, {spoiled}: {run}");
            let run = scene.refresh(&[]).expect(1);
            assert!(run.stderr.is_empty(), "{name}, {spoiled}: {run}");
            assert_eq!(fs::read(&held).unwrap(), sound, "{name}, {spoiled}");
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        }
        scene.refresh(&[]).expect(1);
    }
    // What is pinned and kept is no memory.
    fs::write(scene.home.path().join(".config/pgtrust/pgtrust.toml"), "[[source]\n").unwrap();
    scene.refresh(&[]).expect(2);
}

#[test]
fn what_still_fails_is_said_again_at_growing_intervals() {
    let Some(faketime) = tools::program("faketime") else { return };
    let scene = Scene::new("");
    scene.refresh(&[]).expect(0);
    scene.home.write("one.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let on_day = |day: u32| {
        let mut command = scene.home.command(&faketime);
        command.args([&format!("2027-01-{day:02} 03:00:00"), env!("CARGO_BIN_EXE_pgtrust"), "refresh", "--offline"]);
        crate::support::pgtrust::Run::of(&mut command).expect(2)
    };
    let said: Vec<u32> = (1..=30).filter(|day| on_day(*day).stderr.contains("one.pem`: ")).collect();
    assert_eq!(said, [1, 2, 4, 8, 15, 22, 29]);
}

#[test]
fn a_clock_that_jumped_expires_nothing_until_a_second_run_agrees() {
    let Some(faketime) = tools::program("faketime") else { return };
    let scene = Scene::new("");
    scene.refresh(&[]).expect(0);
    let bundle = scene.home.path().join(".local/share/pgtrust/prov.pem");
    let before = fs::read(&bundle).unwrap();
    // The test's roots end before 4097.
    let in_time = |time: &str| {
        let mut command = scene.home.command(&faketime);
        command.args([time, env!("CARGO_BIN_EXE_pgtrust"), "refresh", "--offline"]);
        crate::support::pgtrust::Run::of(&mut command)
    };
    let run = in_time("2029-06-01 00:00:00").expect(0);
    assert!(
        run.stderr.contains("the clock shows 2029-06-0") && run.stderr.contains("until a second run agrees"),
        "{run}"
    );
    assert_eq!(fs::read(&bundle).unwrap(), before);
    // The pins of this catalogue are those of a test, and no built-in ones that could be old.
    silent(&in_time("2029-06-02 00:00:00").expect(0));
}

#[test]
fn a_run_ends_at_its_deadline_with_what_is_there() {
    let scene = Scene::new("");
    scene.refresh(&[]).expect(0);
    fs::remove_file(scene.home.path().join("one.pem")).unwrap();
    scene.server.serve("/bundle.pem", Reply::stalled("half"));
    let run = scene.refresh(&["--deadline", "1s", "--json"]).expect(2);
    let report = run.json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["about"]), (&json!("source"), &json!("prov")), "{report}");
    assert!(run.stderr.contains("the time for the whole run is over"), "{run}");
    assert_eq!(report["stores"][0]["outcome"], "created", "{report}");
    // It was asked once, and no longer.
    assert_eq!(scene.server.requests("/bundle.pem").len(), 3);
    scene.refresh(&["--deadline", "soon"]).expect(2);
}

#[test]
fn a_source_that_brings_many_new_roots_at_once_is_left_to_a_person() {
    let scene = Scene::new(super::ACCEPT);
    let many: Vec<_> = (0..33).map(|number| Authority::root(&format!("pgtrust test {number}")).certificate).collect();
    let all: Vec<_> = std::iter::once(&scene.pinned).chain(&many).collect();
    scene.serve(&all);
    let run = scene.refresh(&[]).expect(1);
    assert!(run.stderr.contains("33 new roots at once"), "{run}");
    assert!(run.stderr.contains(" findings more\n"), "{run}");
    scene.serve(&all[..33]);
    scene.refresh(&[]).expect(0);
}

#[test]
fn what_is_held_is_not_forgotten_for_a_flood_or_a_missing_page() {
    let scene = Scene::new("");
    let new = Authority::root("pgtrust test new").certificate;
    scene.serve(&[&scene.pinned, &new]);
    scene.refresh(&[]).expect(1);
    let is_held = || fs::read_to_string(scene.state("held/prov.pem")).unwrap().contains(&new.fingerprint());
    assert!(is_held());
    scene.server.serve("/bundle.pem", Reply::status(404));
    scene.refresh(&[]);
    assert!(is_held());
    let junk: Vec<_> = (0..201).map(|number| Authority::root(&format!("junk {number}")).certificate).collect();
    scene.serve(&std::iter::once(&scene.pinned).chain(&junk).collect::<Vec<_>>());
    scene.refresh(&[]).expect(1);
    assert!(is_held());
    scene.home.pgtrust(&["accept", &new.fingerprint(), "--dry-run"]).expect(0);
    // It is no longer served, and nobody hides that.
    scene.serve(&[&scene.pinned]);
    scene.refresh(&[]).expect(0);
    assert!(!scene.state("held/prov.pem").exists());
}
