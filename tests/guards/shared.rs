//! Stores, and what says which roots are trusted, where others than the owner can write.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use crate::support::pgtrust::Home;
use crate::support::store::{install, install_files, roots};

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Runs are refused with these words, until what the hint says is done.
#[track_caller]
fn refused_until_mended(home: &Home, arguments: &[&str], words: &str) {
    let run = home.pgtrust(arguments).expect(2);
    assert!(run.stderr.contains(words), "{run}");
    let mend = run.stderr.split_once("hint: `").and_then(|(_, hint)| hint.split_once('`')).map(|(mend, _)| mend);
    let words: Vec<&str> = mend.unwrap_or_else(|| panic!("{run}")).split(' ').collect();
    assert_eq!(words[0], "chmod", "{run}");
    assert!(home.command(words[0]).args(&words[1..]).status().unwrap().success());
    home.pgtrust(arguments).expect(0);
}

#[test]
fn a_store_that_everyone_can_write_is_left_alone() {
    let [x, a, b] = roots(["X", "A", "B"]);
    let home = Home::new();
    let store = home.write("store.pem", &x.pem);
    install_files(&home, &[&a, &b]);
    chmod(&store, 0o666);
    let arguments = ["install", "A.pem", "--output", "store.pem"];
    let run = home.pgtrust(&arguments).expect(2);
    let words = format!("every user can write `{}` (mode 0666), and so choose what is trusted", store.display());
    assert!(run.stderr.contains(&words) && run.stderr.contains("--allow-writable"), "{run}");
    assert_eq!(fs::read_to_string(&store).unwrap(), x.pem);
    assert!(!home.path().join(".local/state/pgtrust/journal.jsonl").exists());

    home.pgtrust(&[&arguments[..], &["--allow-writable"]].concat()).expect(0);
    for arguments in [&["uninstall"] as &[&str], &["prune"], &["undo"]] {
        let before = fs::read(&store).unwrap();
        let run = home.pgtrust(arguments).expect(2);
        assert!(run.stderr.contains(&words), "{run}");
        assert_eq!(fs::read(&store).unwrap(), before);
    }
    refused_until_mended(&home, &["undo"], &words);
    assert_eq!(fs::read_to_string(&store).unwrap(), x.pem);
    home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
}

#[test]
fn a_store_that_others_may_have_added_to_is_told_though_nothing_is_missing() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    install_files(&home, &[&a, &b]);
    home.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(0);
    home.pgtrust(&["status"]).expect(0);
    chmod(&home.path().join("store.pem"), 0o666);
    let run = home.pgtrust(&["refresh", "--offline"]).expect(2);
    assert!(run.stderr.contains("every user can write `") && run.stderr.contains("store.pem` (mode 0666)"), "{run}");
    let run = home.pgtrust(&["status"]).expect(1);
    assert!(run.stdout.contains("shared  every user can write `"), "{run}");
}

#[test]
fn a_pipe_in_the_place_of_the_state_folder_is_no_wait() {
    let home = Home::new();
    fs::create_dir_all(home.path().join(".local/state")).unwrap();
    assert!(home.command("mkfifo").arg(".local/state/pgtrust").status().unwrap().success());
    for command in [&["fetch", "azure", "--offline"][..], &["install", "azure", "--offline"]] {
        let run = home.pgtrust(command).expect(2);
        assert!(run.stderr.contains("could not create `") && run.stderr.contains("not a directory"), "{run}");
    }
}

#[test]
fn folders_count_from_the_root_on_and_a_sticky_bit_protects() {
    let [a] = roots(["A"]);
    for open in ["open", "open/inner", "open/inner/store"] {
        let home = Home::new();
        install_files(&home, &[&a]);
        let folder = home.path().join(open);
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(home.path().join("open/inner/store")).unwrap();
        chmod(&folder, 0o1777);
        let arguments = ["install", "A.pem", "--output", "open/inner/store/ca.pem"];
        home.pgtrust(&arguments).expect(0);
        chmod(&folder, 0o777);
        let words = format!("every user can write `{}` (mode 0777), and so put another file", folder.display());
        refused_until_mended(&home, &["uninstall"], &words);
    }
}

#[test]
fn of_a_link_both_ends_count() {
    let [a] = roots(["A"]);
    for open in ["links", "middle", "files", "files/inner"] {
        let home = Home::new();
        install_files(&home, &[&a]);
        for folder in ["links", "middle", "files/inner"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        symlink("../files", home.path().join("middle/way")).unwrap();
        symlink(home.path().join("middle/way/inner/ca.pem"), home.path().join("links/ca.pem")).unwrap();
        chmod(&home.path().join(open), 0o777);
        let words = format!("every user can write `{}` (mode 0777)", home.path().join(open).display());
        refused_until_mended(&home, &["install", "A.pem", "--output", "links/ca.pem"], &words);
        assert!(home.path().join("files/inner/ca.pem").exists());
    }
}

#[test]
fn a_group_counts_where_its_user_is_not_alone_in_it() {
    let [x, a] = roots(["X", "A"]);
    let home = Home::new();
    let store = home.write("store.pem", &x.pem);
    // On every Debian: `daemon` is alone in its group, `sync` and `nobody` share one, and root has opened a group's file.
    if chown(&store, Some(1), Some(1)).is_err() {
        return;
    }
    install_files(&home, &[&a]);
    for (owner, group) in [(1, 1), (0, 65534), (65534, 0)] {
        chown(&store, Some(owner), Some(group)).unwrap();
        chmod(&store, 0o664);
        home.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(0);
        home.pgtrust(&["undo"]).expect(0);
    }
    chown(&store, Some(65534), Some(65534)).unwrap();
    chmod(&store, 0o664);
    let words = "can write `";
    let run = home.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(2);
    assert!(run.stderr.contains("the group `nogroup` can write") || run.stderr.contains("the group 65534"), "{run}");
    refused_until_mended(&home, &["install", "A.pem", "--output", "store.pem"], words);
}

#[test]
fn what_says_which_roots_are_trusted_is_for_its_owner_alone() {
    let [a] = roots(["A"]);
    let own = ".config/pgtrust/bundles/own";
    for file in [".config/pgtrust/pgtrust.toml", ".local/state/pgtrust/journal.jsonl", &format!("{own}/roots.pem"), own]
    {
        let home = Home::new();
        install(&home, &[&a], "store.pem").expect(0);
        home.add_provider(&crate::support::pgtrust::Provider::new("own").root(&a));
        let path = home.path().join(file);
        chmod(&path, 0o777);
        let words = format!("every user can write `{}` (mode 0777)", path.display());
        for arguments in [&["env", "own"] as &[&str], &["uninstall"], &["undo"], &["fetch", "own", "--offline"]] {
            let run = home.pgtrust(arguments).expect(2);
            assert!(run.stderr.contains(&words), "{run}");
        }
        // It shows what there is.
        home.pgtrust(&["history"]).expect(0);
        home.pgtrust(&["inspect", "store.pem"]).expect(0);
        refused_until_mended(&home, &["uninstall"], &words);
    }
}

#[test]
fn the_folder_of_a_catalogue_is_for_its_owner_alone() {
    let [a] = roots(["A"]);
    for open in ["pki", "pki/corp", "pki/corp/provider.toml", "pki/corp/roots.pem"] {
        let home = Home::new();
        let provider = crate::support::pgtrust::Provider::new("corp").root(&a);
        home.write("pki/corp/provider.toml", provider.toml());
        home.write("pki/corp/roots.pem", provider.roots_pem());
        let folder = home.path().join("pki");
        home.write(".config/pgtrust/pgtrust.toml", format!("[[catalogue]]\npath = {folder:?}\n"));
        let path = home.path().join(open);
        chmod(&path, 0o777);
        let words = format!("every user can write `{}` (mode 0777)", path.display());
        let run = home.pgtrust(&["fetch", "azure", "--offline"]).expect(2);
        assert!(run.stderr.contains(&words), "{run}");
        home.pgtrust(&["providers", "corp"]).expect(0);
        refused_until_mended(&home, &["fetch", "corp", "--offline"], &words);
    }
}

#[test]
fn the_file_of_a_provider_is_a_store_too() {
    let home = Home::new();
    let path = home.pgtrust(&["fetch", "azure", "--offline"]).expect(0).printed_path();
    chmod(&path, 0o646);
    let words = format!("every user can write `{}` (mode 0646)", path.display());
    let run = home.pgtrust(&["fetch", "azure", "supabase", "--offline"]).expect(2);
    assert!(run.stderr.contains(&words) && run.printed_path().ends_with("supabase.pem"), "{run}");
    refused_until_mended(&home, &["fetch", "--offline"], &words);
}

#[test]
fn what_leads_to_an_image_is_not_part_of_it() {
    let [a] = roots(["A"]);
    let home = Home::new();
    install_files(&home, &[&a]);
    fs::create_dir_all(home.path().join("build/image/etc/app")).unwrap();
    let arguments = ["--root", "build/image", "install", "A.pem", "--output", "build/image/etc/app/ca.pem"];
    chmod(&home.path().join("build"), 0o777);
    home.pgtrust(&arguments).expect(0);
    home.pgtrust(&["--root", "build/image", "undo"]).expect(0);
    chmod(&home.path().join("build/image/etc/app"), 0o777);
    refused_until_mended(&home, &arguments, "build/image/etc/app` (mode 0777)");
}
