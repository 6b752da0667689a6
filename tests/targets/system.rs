//! `--target system`: Debian's own command, in a small system that the test makes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::store::snapshot;
use crate::support::tools;

#[test]
fn the_system_trusts_what_is_installed_until_it_is_taken_back() {
    let Some(image) = Image::new() else { return };
    let ours = Authority::root("ours").certificate;
    image.home.write("ours.pem", &ours.pem);
    let before = image.trusted();
    assert_eq!(before, [image.own.fingerprint()]);
    let both = image.and(&ours);

    let dry = image.pgtrust(&["install", "ours.pem", "--target", "system", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains(": would be updated: 1 root added, 0 kept\n"), "{dry}");
    assert_eq!(image.trusted(), before);
    let run = image.pgtrust(&["install", "ours.pem", "--target", "system"]).expect(0);
    assert!(run.stderr.contains("warning: the system store is what every program of this machine trusts"), "{run}");
    assert_eq!(image.trusted(), both);
    // What openssl looks up in the folder beside the bundle.
    let links = fs::read_dir(image.path("etc/ssl/certs"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "0"));
    assert_eq!(links.count(), 2);
    let again = image.pgtrust(&["install", "--target", "system", "--json"]).expect(0);
    assert_eq!(again.json()["stores"][0]["outcome"], "unchanged", "{again}");

    let run = image.pgtrust(&["undo"]).expect(0);
    assert!(run.stdout.contains(&format!("  - {} CN=ours", ours.fingerprint())), "{run}");
    assert_eq!(image.trusted(), before);

    image.pgtrust(&["install", "ours.pem", "--target", "system"]).expect(0);
    image.pgtrust(&["uninstall"]).expect(0);
    assert_eq!(image.trusted(), before);
    let run = image.pgtrust(&["undo"]).expect(0);
    assert!(run.stdout.contains(&format!("  + {} CN=ours", ours.fingerprint())), "{run}");
    assert_eq!(image.trusted(), both);
    image.pgtrust(&["uninstall", "--target", "system", "--json"]).expect(0);
    assert_eq!(image.trusted(), before);
}

#[test]
fn a_command_that_fails_or_is_missing_changes_nothing() {
    let Some(image) = Image::new() else { return };
    let (ours, new) = (Authority::root("ours").certificate, Authority::root("new").certificate);
    image.home.write("ours.pem", &ours.pem);
    image.home.write("new.pem", &new.pem);
    let both = image.and(&ours);
    let run = image.pgtrust(&["install", "ours.pem", "--target", "system"]).expect(0);
    assert!(run.stderr.contains("ran `chroot ") && run.stderr.contains("image update-ca-certificates`\n"), "{run}");
    assert_eq!(image.trusted(), both);
    let command = image.path("usr/sbin/update-ca-certificates");
    let real = fs::read(&command).unwrap();
    let watched = ["usr/local/share/ca-certificates", "etc"].map(|folder| image.path(folder));
    let names = |folder: &PathBuf| snapshot(folder).into_iter().map(|(path, (bytes, _))| (path, bytes));
    let state = || watched.iter().flat_map(names).collect::<Vec<_>>();
    let attempts: [&[&str]; 4] = [
        &["install", "new.pem", "--target", "system"],
        &["uninstall", "--target", "system"],
        &["uninstall"],
        &["undo"],
    ];

    fs::write(&command, "#!/bin/sh\necho 'the disk of update-ca-certificates is full.' >&2\nexit 3\n").unwrap();
    let before = state();
    for attempt in attempts {
        let run = image.pgtrust(attempt).expect(2);
        assert!(run.stderr.contains("update-ca-certificates") && run.stdout.is_empty(), "{run}");
        assert!(run.stderr.contains("failed: the disk of update-ca-certificates is full\n"), "{run}");
        assert!(state() == before, "{run}");
    }
    fs::remove_file(&command).unwrap();
    let before = state();
    for attempt in attempts {
        let run = image.pgtrust(attempt).expect(2);
        assert!(run.stderr.contains("error: `update-ca-certificates` is not installed\nhint: install it"), "{run}");
        assert!(state() == before && run.stdout.is_empty(), "{run}");
    }

    // Once it works again all of it does, and what failed stands for nothing.
    fs::write(&command, real).unwrap();
    fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).unwrap();
    image.pgtrust(&["install", "new.pem", "--target", "system"]).expect(0);
    assert_eq!(image.trusted().len(), 3);
    image.pgtrust(&["undo"]).expect(0);
    assert_eq!(image.trusted(), both);
    image.pgtrust(&["undo"]).expect(0);
    assert_eq!(image.trusted(), [image.own.fingerprint()]);
    image.pgtrust(&["undo"]).expect(2);
}

#[test]
fn cron_need_not_know_where_the_command_is() {
    let Some(mut image) = Image::new() else { return };
    image.home.write("ours.pem", &Authority::root("ours").certificate.pem);
    image.home.set("PATH", "/nowhere");
    image.pgtrust(&["install", "ours.pem", "--target", "system"]).expect(0);
    assert_eq!(image.trusted().len(), 2);
}

#[test]
fn where_there_is_no_system_store_nothing_is_made() {
    let home = Home::new();
    home.write("ours.pem", &Authority::root("ours").certificate.pem);
    fs::create_dir(home.path().join("image")).unwrap();
    let before = snapshot(home.path());
    for target in ["system", "java-cacerts"] {
        let mut arguments = vec!["--root", "image", "install", "ours.pem", "--target", target];
        arguments.extend((target == "java-cacerts").then_some("--all-jdks"));
        let run = home.pgtrust(&arguments).expect(2);
        let reason = if target == "system" { "has no system store" } else { "no Java installation is found below" };
        assert!(run.stderr.contains(reason) && run.stderr.contains("image`"), "{run}");
        assert!(run.stderr.contains("hint: ") && snapshot(home.path()) == before, "{run}");
    }
}

/// A root file system with Debian's command, what that needs, and one root of the distribution.
struct Image {
    home: Home,
    own: TestCertificate,
}

impl Image {
    fn new() -> Option<Self> {
        let home = Home::new();
        let chroot = tools::program("chroot")?;
        if Run::of(home.command(chroot).args(["/", "true"])).status != 0 {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not `eprintln!`: the test runner would keep it to itself, because a skipped test passes.
            std::io::stderr().write_all(format!("skipped: {test}: this user may not chroot\n").as_bytes()).unwrap();
            return None;
        }
        tools::program("ldd")?;
        let mut programs = Vec::new();
        for name in PROGRAMS {
            programs.push(tools::program(name)?);
        }
        let command = tools::program("update-ca-certificates")?;
        let own = Authority::root("of the distribution").certificate;
        home.write("image/usr/share/ca-certificates/own.crt", &own.pem);
        home.write("image/etc/ca-certificates.conf", "own.crt\n");
        home.write("image/etc/os-release", "ID=debian\n");
        home.write("image/usr/local/share/ca-certificates/README", "of the machine's owner\n");
        let image = Self { home, own };
        for folder in ["dev", "etc/ssl/certs", "etc/ca-certificates/update.d", "tmp"] {
            fs::create_dir_all(image.path(folder)).unwrap();
        }
        image.copy(&command, Path::new("/usr/sbin/update-ca-certificates"));
        for program in programs {
            image.copy(&program, &Path::new("/bin").join(program.file_name().unwrap()));
            let needed = Run::of(image.home.command("ldd").arg(&program));
            for library in needed.stdout.split_whitespace().filter(|word| word.starts_with('/')) {
                image.copy(Path::new(library), Path::new(library));
            }
        }
        Run::of(image.home.command("chroot").arg("image").arg("/usr/sbin/update-ca-certificates")).expect(0);
        Some(image)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("image").join(name)
    }

    /// By another program: a child of another test may inherit a file that is open here, and keep it busy.
    fn copy(&self, from: &Path, to: &Path) {
        let to = self.path(to.to_str().unwrap().trim_start_matches('/'));
        Run::of(self.home.command("/usr/bin/install").arg("-D").arg(from).arg(to)).expect(0);
    }

    fn pgtrust(&self, arguments: &[&str]) -> Run {
        self.home.pgtrust(&[&["--root", "image"], arguments].concat())
    }

    /// The roots of the file that most programs of the image read, sorted.
    fn trusted(&self) -> Vec<String> {
        let report = self.home.pgtrust(&["inspect", "--json", "image/etc/ssl/certs/ca-certificates.crt"]).expect(0);
        let report = report.json();
        let certificates = report["stores"][0]["certificates"].as_array().unwrap().iter();
        let mut all: Vec<String> = certificates.map(|root| root["sha256"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    }

    /// The root of the distribution and this one.
    fn and(&self, other: &TestCertificate) -> Vec<String> {
        let mut both = vec![self.own.fingerprint(), other.fingerprint()];
        both.sort();
        both
    }
}

/// What Debian's command runs.
const PROGRAMS: &[&str] = &[
    "sh",
    "basename",
    "cat",
    "chmod",
    "find",
    "ln",
    "mktemp",
    "mv",
    "openssl",
    "readlink",
    "rm",
    "run-parts",
    "sed",
    "sort",
    "test",
    "wc",
];
