//! Names that would lead elsewhere if they were taken for paths: nothing is written but where the user said.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::hostile_stores::limited;
use crate::support::keytool::run;
use crate::support::pgtrust::{Home, Provider};
use crate::support::pki::Authority;
use crate::support::tools;

const TRICKS: [&str; 13] = [
    "../escaped",
    "../../../escaped",
    "bundles/../escaped",
    "/escaped",
    "./escaped",
    ".git",
    "a\\..\\..\\escaped",
    "C:\\escaped",
    "con",
    "com1",
    "Azure",
    "two words",
    "a\u{1b}[2J\u{202e}b",
];

#[test]
fn no_provider_has_a_name_that_leads_elsewhere() {
    let root = Authority::root("pgtrust test root").certificate;
    for name in TRICKS {
        let home = Home::new();
        // Where this name would lead, a whole definition stands.
        let folder = home.user_bundles().join(name);
        if folder.starts_with(home.path()) {
            home.add_provider(&Provider::new(name).root(&root));
        }
        let before = everything(&home);
        for arguments in [
            &["fetch", "--offline", name][..],
            &["install", "--offline", name],
            &["bundle", name, "-o", "out.pem"],
            &["providers", name],
        ] {
            let refused = limited(&home, arguments).expect(2);
            assert!(refused.stdout.is_empty() && refused.stderr.contains("error: "), "{refused}");
        }
        assert_eq!(everything(&home), before, "{name:?}");
        // It is in nobody's way either. Some of the names lead to a good one.
        let good = home.user_bundles().join("escaped").exists();
        let all = limited(&home, &["providers"]).expect(0);
        assert!(all.stdout.contains("\nazure ") && (good || !all.stdout.contains("Test provider")), "{all}");
        let hint = limited(&home, &["fetch", "db.abcdefgh.supabase.co"]).expect(2);
        assert!(hint.stderr.contains("the host belongs to `supabase`"), "{hint}");
    }
}

#[test]
fn a_folder_whose_name_is_no_id_is_told_so() {
    let home = Home::new();
    home.add_provider(&Provider::new("Own CA").root(&Authority::root("pgtrust test root").certificate));
    let refused = home.pgtrust(&["fetch", "--offline", "Own CA"]).expect(2);
    assert!(refused.stderr.starts_with("error: provider `Own CA`: its folder's name is no id: "), "{refused}");
}

#[test]
fn names_in_a_manifest_lead_nowhere_either() {
    for name in TRICKS {
        let home = Home::new();
        let name = toml_edit::Value::from(name);
        let texts = [
            format!("[[source]]\nname = {name}\n"),
            format!("[[target]]\npath = 'out.pem'\nsources = [{name}]\n"),
            format!("[[target]]\nname = {name}\nsources = ['supabase']\n"),
        ];
        for text in texts {
            home.write(".config/pgtrust/pgtrust.toml", &text);
            let before = everything(&home);
            for arguments in [&["install", "--offline"][..], &["refresh", "--offline"], &["status"]] {
                limited(&home, arguments);
            }
            let state = |path: &String| path.starts_with(".local/state/pgtrust/") || path.ends_with("/supabase.pem");
            let new: Vec<String> = everything(&home).difference(&before).filter(|path| !state(path)).cloned().collect();
            assert!(new.is_empty(), "{text}: {new:?}");
        }
    }
}

#[test]
fn what_an_archive_or_a_store_calls_its_members_is_no_path() {
    let Some(keytool) = tools::program("keytool") else { return };
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("root.pem", &root.pem);
    home.write("names.zip", archive(&root.pem));
    for (number, alias) in TRICKS.iter().enumerate() {
        let store = format!("{number}.jks");
        let import = ["-importcert", "-noprompt", "-file", "root.pem", "-storetype", "jks", "-storepass", "changeit"];
        run(&home, &keytool, &[&import[..], &["-alias", alias, "-keystore", &store]].concat()).expect(0);
    }
    let inputs: Vec<String> = (0..TRICKS.len()).map(|number| format!("{number}.jks")).collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).chain(["names.zip"]).collect();
    let before = everything(&home);
    for (format, output) in [("hashed", "hashed"), ("pem", "out.pem"), ("jks", "out.jks"), ("pkcs12", "out.p12")] {
        home.pgtrust(&[&["bundle", "-o", output, "--format", format], &inputs[..]].concat()).expect(0);
    }
    let new: Vec<String> = everything(&home).difference(&before).cloned().collect();
    let hashed: Vec<&String> = new.iter().filter(|name| name.starts_with("hashed/")).collect();
    let plain = |name: &str| name.len() == "hashed/01234567.0".len() && name.ends_with(".0");
    assert!(hashed.len() == 1 && plain(hashed[0]) && new.len() == 4, "{new:?}");
}

#[test]
fn a_link_in_a_hashed_folder_is_not_written_through() {
    let home = Home::new();
    home.write("root.pem", &Authority::root("pgtrust test root").certificate.pem);
    home.pgtrust(&["bundle", "root.pem", "-o", "hashed", "--format", "hashed"]).expect(0);
    let name = fs::read_dir(home.path().join("hashed")).unwrap().next().unwrap().unwrap().path();
    for victim in ["victim", "not-there"] {
        home.write("victim", "somebody's own\n");
        fs::remove_file(&name).unwrap();
        symlink(Path::new("..").join(victim), &name).unwrap();
        let before = everything(&home);
        let refused = home.pgtrust(&["install", "root.pem", "--output", "hashed"]).expect(2);
        assert!(refused.stderr.contains("error: `hashed/"), "{refused}");
        assert_eq!(fs::read_to_string(home.path().join("victim")).unwrap(), "somebody's own\n");
        let state = |path: &String| path.starts_with(".local/state/") || path.starts_with(".config/");
        assert!(everything(&home).difference(&before).all(state), "{refused}");
    }
}

/// Every file below a home, and what stands beside it.
fn everything(home: &Home) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(home.path()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let beside = ["escaped", "escaped.pem"].map(|name| home.path().parent().unwrap().join(name));
    let root = ["/escaped", "/escaped.pem"].map(Into::into);
    assert!(beside.iter().chain(&root).all(|path: &std::path::PathBuf| !path.exists()), "written outside");
    found
}

/// A ZIP archive with this file under every name, stored as it is (APPNOTE.TXT, section 4.3).
fn archive(content: &str) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content.as_bytes());
    let (mut files, mut directory) = (Vec::new(), Vec::new());
    let names = TRICKS.iter().chain(&["a\0b", "../a\n-----BEGIN CERTIFICATE-----"]);
    let count = TRICKS.len() as u16 + 2;
    for name in names {
        let (size, length) = ((content.len() as u32).to_le_bytes(), (name.len() as u16).to_le_bytes());
        // Version, flags, method, time, date, checksum, sizes, lengths of the name and of what follows it.
        let version = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        let common = [&version[..], &crc.sum().to_le_bytes(), &size, &size, &length, &[0, 0]].concat();
        let start = (files.len() as u32).to_le_bytes();
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &start, name.as_bytes()].concat());
        files.extend([b"PK\x03\x04", &common[..], name.as_bytes(), content.as_bytes()].concat());
    }
    let (size, start) = ((directory.len() as u32).to_le_bytes(), (files.len() as u32).to_le_bytes());
    let count = count.to_le_bytes();
    [files, directory, [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat()].concat()
}
