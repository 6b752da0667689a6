//! Attempts on stores, and on what decides nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};

use super::{OTHER, Table, WAYS, Way, copy_of, is_root};
use crate::support::pgtrust::Home;
use crate::support::store::{install_files, roots, snapshot};

#[test]
fn a_store_that_others_can_write_is_left_alone() {
    if !is_root() {
        return;
    }
    let [a, b] = roots(["A", "B"]);
    let template = Home::new();
    install_files(&template, &[&a, &b]);
    template.write("stores/store.pem", &b.pem);
    let mut table = Table::default();
    for way in WAYS {
        // The store of its own folder's owner, and one that somebody was given.
        if matches!(way, Way::OtherOwnsFile | Way::OtherOwnsFolder) {
            continue;
        }
        let home = copy_of(&template);
        home.pgtrust(&["install", "A.pem", "--output", "stores/store.pem"]).expect(0);
        way.open(&home.path().join("stores/store.pem"));
        let before = snapshot(home.path());
        for command in ["install A.pem B.pem", "uninstall", "undo", "prune", "refresh --offline"] {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            if command.starts_with("install") || command == "uninstall" {
                arguments.extend(["--output", "stores/store.pem"]);
            }
            let run = home.pgtrust(&arguments);
            let store =
                |all: &std::collections::BTreeMap<_, _>| all.get(&home.path().join("stores/store.pem")).cloned();
            let kept_out = (run.status == 2 || command.starts_with("refresh") || command == "prune")
                && store(&snapshot(home.path())) == store(&before);
            table.tried(format!("{way:?}: {run}"), kept_out);
        }
    }
    table.close("stores");
}

#[test]
fn the_store_of_a_user_in_a_folder_of_theirs_is_kept_up_by_root() {
    if !is_root() {
        return;
    }
    let [a] = roots(["A"]);
    for (folder, file, group) in [(OTHER, OTHER, OTHER), (0, OTHER, 0), (OTHER, 0, 0), (0, 0, OTHER)] {
        let home = Home::new();
        install_files(&home, &[&a]);
        let store = home.write("srv/store.pem", "");
        // As a folder with setgid below /srv, a volume with an fsGroup, or one of OpenShift.
        let parent = store.parent().unwrap();
        chown(parent, Some(folder), Some(group)).unwrap();
        fs::set_permissions(parent, fs::Permissions::from_mode(if folder == 0 { 0o2775 } else { 0o755 })).unwrap();
        chown(&store, Some(file), Some(group)).unwrap();
        home.pgtrust(&["install", "A.pem", "--output", "srv/store.pem"]).expect(0);
        home.pgtrust(&["uninstall"]).expect(0);
    }
}

#[test]
fn no_link_of_another_user_leads_an_output_elsewhere() {
    if !is_root() {
        return;
    }
    let [a] = roots(["A"]);
    let mut table = Table::default();
    for sticky in [true, false] {
        for is_there in [true, false] {
            for command in
                ["bundle A.pem -o st/x.pem", "refresh --offline --metrics st/x.pem", "install A.pem --output st/x.pem"]
            {
                let home = Home::new();
                install_files(&home, &[&a]);
                home.pgtrust(&["install", "A.pem", "--output", "own.pem"]).expect(0);
                let victim = home.path().join("victim.pem");
                if is_there {
                    fs::write(&victim, &a.pem).unwrap();
                }
                fs::create_dir(home.path().join("st")).unwrap();
                let mode = if sticky { 0o1777 } else { 0o755 };
                fs::set_permissions(home.path().join("st"), fs::Permissions::from_mode(mode)).unwrap();
                symlink(&victim, home.path().join("st/x.pem")).unwrap();
                lchown(home.path().join("st/x.pem"), Some(OTHER), Some(OTHER)).unwrap();
                let before = fs::read(&victim).ok();
                for allow in [false, true] {
                    let mut arguments: Vec<&str> = command.split(' ').collect();
                    arguments.extend(allow.then_some("--allow-writable"));
                    let run = home.pgtrust(&arguments);
                    let kept_out = run.status == 2 && fs::read(&victim).ok() == before;
                    table.tried(format!("sticky {sticky}, there {is_there}: {run}"), kept_out);
                }
            }
        }
    }
    table.close("outputs");
}

#[test]
fn no_link_of_another_user_leads_settings_elsewhere_even_where_writing_is_allowed() {
    if !is_root() {
        return;
    }
    let [a] = roots(["A"]);
    for link in [".local/state/pgtrust", ".local/share/pgtrust", ".config/pgtrust"] {
        let home = Home::new();
        install_files(&home, &[&a]);
        home.pgtrust(&["install", "A.pem", "--output", "store.pem"]).expect(0);
        home.pgtrust(&["fetch", "azure", "--offline"]).expect(0);
        // What may be allowed comes first on the way.
        fs::set_permissions(home.path().join(".config"), fs::Permissions::from_mode(0o777)).unwrap();
        let (there, theirs) = (home.path().join(link), home.path().join("theirs"));
        fs::rename(&there, &theirs).unwrap();
        symlink(&theirs, &there).unwrap();
        lchown(&there, Some(OTHER), Some(OTHER)).unwrap();
        let before = snapshot(&theirs);
        for command in ["fetch supabase --offline", "install A.pem --output new.pem", "refresh --offline", "undo"] {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.push("--allow-writable");
            let run = home.pgtrust(&arguments).expect(2);
            assert!(run.stderr.contains("is a link of user 12345"), "{run}");
            assert_eq!(snapshot(&theirs), before);
        }
    }
}

#[test]
fn a_link_of_a_users_own_to_a_store_of_theirs_is_followed_by_root() {
    if !is_root() {
        return;
    }
    let [a] = roots(["A"]);
    let home = Home::new();
    install_files(&home, &[&a]);
    // As Homebrew and version managers have it, and `sudo pgtrust` finds it.
    home.write("users/real/store.pem", &a.pem);
    symlink("real/store.pem", home.path().join("users/store.pem")).unwrap();
    for path in ["users", "users/real", "users/real/store.pem", "users/store.pem"] {
        lchown(home.path().join(path), Some(OTHER), Some(OTHER)).unwrap();
    }
    home.pgtrust(&["install", "A.pem", "azure", "--offline", "--output", "users/store.pem"]).expect(0);
    // Not one to a file of root's.
    home.write("roots.pem", &a.pem);
    fs::remove_file(home.path().join("users/store.pem")).unwrap();
    symlink(home.path().join("roots.pem"), home.path().join("users/store.pem")).unwrap();
    lchown(home.path().join("users/store.pem"), Some(OTHER), Some(OTHER)).unwrap();
    home.pgtrust(&["install", "A.pem", "azure", "--offline", "--output", "users/store.pem"]).expect(2);
}
