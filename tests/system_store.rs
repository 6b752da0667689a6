//! The machine's own store. What is run is judged by Debian's own command, in a folder of the test.

use std::fs;
use std::path::{Path, PathBuf};

use pgtrust::known::system::{self, SYSTEMS, System};
use pgtrust::{Certificate, Error, Programs, StoreError};

use crate::support::Hint as _;
use crate::support::pgtrust::Home;

#[test]
fn every_system_is_told_by_what_is_there_and_by_its_release_file() {
    let cases: [(&str, &str, &str); 13] = [
        ("debian", "ID=debian", "usr/local/share/ca-certificates"),
        ("debian", "", "usr/local/share/ca-certificates"),
        ("debian", "ID=ubuntu\nID_LIKE=debian", ""),
        ("debian", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"", ""),
        ("debian", "ID=alpine", "usr/local/share/ca-certificates"),
        ("redhat", "ID=\"rhel\"\nID_LIKE=\"fedora\"", "etc/pki/ca-trust/source/anchors"),
        ("redhat", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "usr/local/share/ca-certificates"),
        ("redhat", "", "etc/pki/ca-trust/source/anchors"),
        ("arch", "ID=manjaro\nID_LIKE=arch", "etc/ca-certificates/trust-source/anchors"),
        ("suse", "ID=\"opensuse-leap\"\nID_LIKE='suse opensuse'", "usr/local/share/ca-certificates"),
        ("suse", "", "etc/pki/trust/anchors"),
        ("macos", "", "System/Library/Keychains"),
        ("windows", "", "Windows/System32/certutil.exe"),
    ];
    for (name, release, mark) in cases {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc")).unwrap();
        fs::create_dir_all(root.path().join(mark)).unwrap();
        if !release.is_empty() {
            let release = format!("# VERSION_ID=ID=arch\nNAME=x\n{release}\nVERSION_ID=1\n");
            fs::write(root.path().join("etc/os-release"), release).unwrap();
        }
        assert_eq!(System::detect(root.path()).unwrap().name, name, "{release} {mark}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = Error::from(System::detect(empty.path()).unwrap_err());
    assert!(
        matches!(error, Error::Store(StoreError::NoSystemStore { .. }))
            && error.hint().unwrap().contains("sslrootcert")
    );
}

#[test]
fn every_system_has_its_command_lines() {
    let root = Certificate::from_der(&include_bytes!("data/isrg-root-x1.der")[..]).unwrap();
    let sha1 = "CABD2A79A1076A31F21D253635CB039D4329A5E8";
    let file = PathBuf::from("/state/isrg root.crt");
    let keychain = "/Library/Keychains/System.keychain";
    let cases = [
        Case {
            system: "macos",
            anchors: None,
            add: &["security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", keychain, "/state/isrg root.crt"],
            remove: &["security", "delete-certificate", "-Z", sha1, keychain],
        },
        Case {
            system: "windows",
            anchors: None,
            add: &["certutil", "-addstore", "-f", "Root", "/state/isrg root.crt"],
            remove: &["certutil", "-delstore", "Root", sha1],
        },
        Case {
            system: "suse",
            anchors: Some("/etc/pki/trust/anchors"),
            add: &["update-ca-certificates"],
            remove: &["update-ca-certificates"],
        },
        Case {
            system: "redhat",
            anchors: Some("/etc/pki/ca-trust/source/anchors"),
            add: &["update-ca-trust", "extract"],
            remove: &["update-ca-trust", "extract"],
        },
        Case {
            system: "arch",
            anchors: Some("/etc/ca-certificates/trust-source/anchors"),
            add: &["trust", "extract-compat"],
            remove: &["trust", "extract-compat"],
        },
        Case {
            system: "debian",
            anchors: Some("/usr/local/share/ca-certificates"),
            add: &["update-ca-certificates"],
            remove: &["update-ca-certificates", "--fresh"],
        },
    ];
    assert_eq!(cases.len(), SYSTEMS.len());
    for Case { system: name, anchors, add, remove } in cases {
        let system = SYSTEMS.iter().find(|system| system.name == name).unwrap();
        let (added, removed) = (std::slice::from_ref(&file), std::slice::from_ref(&root));
        let here = Path::new("/");
        assert_eq!(system.anchors(here).as_deref(), anchors.map(Path::new), "{name}");
        assert_eq!(system.commands(here, added, &[]), [add], "{name}");
        assert_eq!(system.commands(here, &[], removed), [remove], "{name}");
        assert!(system.commands(here, &[], &[]).is_empty(), "{name}");
        // Where a folder is read as a whole, once is enough.
        let both: &[&[&str]] = if anchors.is_some() { &[remove] } else { &[add, remove] };
        assert_eq!(system.commands(here, added, removed), both, "{name}");
        let inside = system.commands(Path::new("/image"), added, &[]);
        assert_eq!(inside, [[&["chroot", "/image"], add].concat()], "{name}");
    }
}

struct Case<'a> {
    system: &'a str,
    anchors: Option<&'a str>,
    add: &'a [&'a str],
    remove: &'a [&'a str],
}

#[test]
fn a_missing_command_is_named_with_its_package() {
    let root = tempfile::tempdir().unwrap();
    let system = SYSTEMS.iter().find(|system| system.name == "debian").unwrap();
    let error = Error::from(system.check_command(root.path()).unwrap_err());
    assert!(error.to_string().contains("update-ca-certificates"), "{error}");
    assert!(error.hint().unwrap().contains("`ca-certificates`"), "{error}");
    let name = format!("update-ca-certificates{}", std::env::consts::EXE_SUFFIX);
    fs::create_dir_all(root.path().join("usr/sbin")).unwrap();
    fs::write(root.path().join("usr/sbin").join(name), "").unwrap();
    system.check_command(root.path()).unwrap();
}

#[test]
fn the_advice_says_how_far_it_reaches_and_what_reaches_less_far() {
    let home = Home::new();
    home.write("image/etc/os-release", "ID=debian\n");
    home.write("image/usr/sbin/update-ca-certificates", "");
    let arguments = ["--root", "image", "install", "azure", "--offline", "--target", "system", "--dry-run"];
    let run = home.pgtrust(&arguments).expect(0);
    assert!(run.stderr.contains("every program") && run.stderr.contains("web"), "{run}");
    assert!(run.stderr.contains("sslrootcert="), "{run}");
    assert!(run.stdout.contains("image/usr/local/share/ca-certificates: would be created: 8 roots added"), "{run}");
    assert!(!home.path().join("image/usr/local").exists());
}

/// Debian's own command, which can be pointed at other folders than the machine's.
#[cfg(target_os = "linux")]
#[test]
fn debian_trusts_what_is_added_and_no_longer_what_is_removed() {
    use std::process::Command;

    use pgtrust::folder::{Difference, Directory, Naming};
    use pgtrust::format::Entry;
    use pgtrust::{Journal, Step};

    use crate::support::pgtrust::Run;
    use crate::support::pki::Authority;
    use crate::support::tools;

    let (Some(_), Some(openssl)) = (debian(), tools::program("openssl")) else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = |name: &str| home.path().join(name);
    let system = SYSTEMS.iter().find(|system| system.name == "debian").unwrap();
    let anchors = system.anchors(home.path()).unwrap();
    for name in ["etc", "certs", "hooks"] {
        fs::create_dir(folder(name)).unwrap();
    }
    fs::create_dir_all(&anchors).unwrap();
    fs::write(folder("conf"), "# no certificates of the distribution\n").unwrap();
    // Of others, with the same subject as the roots that come and go.
    let (theirs, ours) = (Authority::root("shared"), [Authority::root("shared"), Authority::root("shared")]);
    fs::write(anchors.join("theirs.crt"), &theirs.certificate.pem).unwrap();
    let roots = ours.each_ref().map(|authority| Certificate::from_der(&authority.certificate.der[..]).unwrap());

    let change = |difference: &Difference, added: &[PathBuf], removed: &[Certificate]| {
        let now = time::OffsetDateTime::UNIX_EPOCH;
        Journal::new(&folder("state")).apply(Step::new(now, "test", &anchors, &difference.changes)).unwrap();
        let mut commands = system.commands(Path::new("/"), added, removed);
        for command in &mut commands {
            command[0] = debian().unwrap().display().to_string();
            let folders = [
                ("--localcertsdir", &anchors),
                ("--certsdir", &folder("certs")),
                ("--etccertsdir", &folder("etc")),
                ("--hooksdir", &folder("hooks")),
                ("--certsconf", &folder("conf")),
            ];
            command.extend(folders.iter().flat_map(|(flag, path)| [(*flag).to_owned(), path.display().to_string()]));
        }
        system::run(&commands, &Programs::on("")).unwrap();
    };
    let trusted = |authority: &Authority| {
        let (leaf, _) = authority.server(&["localhost"]);
        fs::write(folder("leaf.pem"), leaf.pem).unwrap();
        ["-CApath", "-CAfile"].map(|flag| {
            let store = if flag == "-CApath" { folder("etc") } else { folder("etc/ca-certificates.crt") };
            let mut command = Command::new(&openssl);
            command.arg("verify").args(if flag == "-CApath" { ["-no-CAfile"] } else { ["-no-CApath"] });
            Run::of(command.args(["-no-CAstore", flag]).arg(store).arg(folder("leaf.pem"))).status == 0
        })
    };

    let mut entries = roots.iter().map(|certificate| Entry { certificate, origin: "test current" });
    let difference = Directory::read(&anchors).unwrap().add(Naming::Anchors, &mut entries).unwrap();
    let files: Vec<PathBuf> = difference.changes.iter().map(|change| change.path.clone()).collect();
    assert_eq!(files.len(), 2);
    change(&difference, &files, &[]);
    assert_eq!([&theirs, &ours[0], &ours[1]].map(trusted), [[true; 2]; 3]);

    let gone = Directory::read(&anchors).unwrap().remove(Naming::Anchors, &[roots[0].fingerprint()]);
    assert_eq!(gone.certificates, roots[..1]);
    change(&gone, &[], &gone.certificates);
    assert_eq!([&theirs, &ours[0], &ours[1]].map(trusted), [[true; 2], [false; 2], [true; 2]]);
    assert!(anchors.join("theirs.crt").exists());
}

#[cfg(target_os = "linux")]
fn debian() -> Option<PathBuf> {
    use crate::support::tools;
    let usual = Path::new("/usr/sbin/update-ca-certificates");
    if usual.is_file() { Some(usual.to_owned()) } else { tools::program("update-ca-certificates") }
}
