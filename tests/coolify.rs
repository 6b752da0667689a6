//! Servers that have a CA each, as Coolify's: here, by ssh, and from a saved file.

mod machine;
mod nights;

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::pgtrust::Home;
use crate::support::store::in_order;
use machine::{Coolify, Sshd};

#[test]
fn its_own_file_is_read_on_the_server() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    let ca = coolify.regenerate("ssl/ca.crt", 3650);
    server_provider(home);
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    let kept = run.printed_path();
    assert_eq!(kept, home.path().join(".local/share/pgtrust/selfhost.pem"));
    assert!(run.stderr.contains("pinned") && run.stderr.contains(&ca), "{run}");
    let mount = format!("-v {}:/etc/ssl/certs/coolify-ca.crt:ro", home.path().join("ssl/ca.crt").display());
    assert!(run.stderr.contains(&mount), "{run}");
    assert_eq!(in_order(home, kept.to_str().unwrap()), [ca.as_str()]);
    // Nothing is said where nothing is new; the file is here, so that no network is asked.
    for arguments in [&["fetch", "selfhost"] as &[&str], &["fetch"], &["fetch", "--offline"]] {
        let run = home.pgtrust(arguments).expect(0);
        assert!(run.stderr.is_empty(), "{run}");
    }
    home.pgtrust(&["install", "selfhost", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(home, "store.pem"), [ca]);
    // Gone and back: what is on this machine is looked at again without a network.
    let bytes = fs::read(home.path().join("ssl/ca.crt")).unwrap();
    fs::remove_file(home.path().join("ssl/ca.crt")).unwrap();
    home.pgtrust(&["refresh", "--offline"]).expect(2);
    home.write("ssl/ca.crt", bytes);
    home.pgtrust(&["refresh", "--offline"]).expect(0);
    let manifest = fs::read_to_string(home.path().join(MANIFEST)).unwrap();
    assert!(manifest.contains("name = \"selfhost\"") && !manifest.contains("ca-file"), "{manifest}");
    let shown = home.pgtrust(&["providers", "selfhost", "--json"]).expect(0).json();
    assert_eq!(shown["sources"], json!([home.path().join("ssl/ca.crt")]));
}

#[test]
fn a_machine_that_is_not_the_server_says_what_else_to_do() {
    let home = Home::new();
    let run = home.pgtrust(&["fetch", "coolify"]).expect(2);
    for word in ["/data/coolify/ssl/coolify-ca.crt", "no such file", "--ssh USER@HOST", "--ca-file FILE"] {
        assert!(run.stderr.contains(word), "{run}");
    }
    home.pgtrust(&["install", "coolify"]).expect(2);
    assert!(!home.root_crt().exists() && !home.path().join(MANIFEST).exists());
}

#[test]
fn a_regenerated_ca_stands_before_the_old_one_and_openssl_finds_it() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    let old = coolify.regenerate("ssl/ca.crt", 3650);
    server_provider(home);
    home.pgtrust(&["install", "selfhost", "--output", "store.pem"]).expect(0);
    let kept = home.path().join(".local/share/pgtrust/selfhost.pem");
    let new = coolify.regenerate("ssl/ca.crt", 3650);
    coolify.leaf("ssl/ca.crt", "leaf.pem");

    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(run.stderr.contains("the same name, another key") && run.stderr.contains("next restart"), "{run}");
    assert!(run.stderr.contains("recreated") && run.stderr.contains("docker ps --filter volume="), "{run}");
    assert_eq!(in_order(home, kept.to_str().unwrap()), [new.clone(), old.clone()]);
    assert!(coolify.verifies(&kept, "leaf.pem"));
    // Only in that order: this is what the order is for.
    let text = fs::read_to_string(&kept).unwrap();
    let (first, second) = text.split_once("\n\n").unwrap();
    let turned = home.write("turned.pem", format!("{second}\n{first}\n"));
    assert!(!coolify.verifies(&turned, "leaf.pem"));

    home.pgtrust(&["install", "selfhost", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(home, "store.pem"), [new, old]);
    assert!(coolify.verifies(&home.path().join("store.pem"), "leaf.pem"));
    // Said once.
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(run.stderr.is_empty(), "{run}");
}

#[test]
fn containers_that_keep_the_old_file_are_named() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    coolify.regenerate("ssl/ca.crt", 3650);
    server_provider(home);
    let log = home.path().join("docker.log");
    let docker = |script: &str| {
        coolify.program("bin", "docker", &format!("echo \"$@\" >> {}\n{script}", log.display()));
    };
    docker("printf 'web-1\\nworker\\033[2J\\n'");
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(!run.stderr.contains("recreate") && coolify.log("docker").is_empty(), "{run}");
    coolify.regenerate("ssl/ca.crt", 3650);
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(run.stderr.contains("recreate them: `web-1`, `worker\\u{1b}[2J`"), "{run}");
    let (file, kept) = (home.path().join("ssl/ca.crt"), home.path().join(".local/share/pgtrust/selfhost.pem"));
    let asked =
        format!("ps --filter volume={} --filter volume={} --format {{{{.Names}}}}", file.display(), kept.display());
    assert_eq!(coolify.log("docker"), [asked]);

    docker("exit 0");
    coolify.regenerate("ssl/ca.crt", 3650);
    assert!(!home.pgtrust(&["fetch", "selfhost"]).expect(0).stderr.contains("recreate"));
    docker("echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    coolify.regenerate("ssl/ca.crt", 3650);
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(run.stderr.contains("`docker ps --filter volume="), "{run}");
}

#[test]
fn a_ca_near_its_end_is_warned_of() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    server_provider(home);
    for (days, warns) in [(400, false), (300, true)] {
        coolify.regenerate("ssl/ca.crt", days);
        let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
        assert_eq!(run.stderr.contains("nothing renews it by itself"), warns, "{days}: {run}");
    }
    // The old one that is only kept needs nobody's care.
    coolify.regenerate("ssl/ca.crt", 3650);
    let run = home.pgtrust(&["fetch", "selfhost"]).expect(0);
    assert!(!run.stderr.contains("nothing renews"), "{run}");
}

#[test]
fn a_saved_copy_is_remembered() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    let old = coolify.regenerate("saved.pem", 3650);
    let run = home.pgtrust(&["fetch", "coolify", "--ca-file", "saved.pem"]).expect(0);
    let kept = home.path().join(".local/share/pgtrust/coolify.pem");
    assert!(run.printed_path() == kept, "{run}");
    let manifest = fs::read_to_string(home.path().join(MANIFEST)).unwrap();
    assert!(manifest.contains(&format!("ca-file = \"{}\"", home.path().join("saved.pem").display())), "{manifest}");
    let new = coolify.regenerate("saved.pem", 3650);
    home.pgtrust(&["fetch"]).expect(0);
    assert_eq!(in_order(home, kept.to_str().unwrap()), [new, old]);

    // What is no CA changes nothing.
    let before = fs::read(&kept).unwrap();
    coolify.leaf("saved.pem", "leaf.pem");
    for (file, reason) in
        [("leaf.pem", "no root"), ("leaf.key", "a private key"), ("bin", "directory"), ("gone", "no such file")]
    {
        let run = home.pgtrust(&["fetch", "coolify", "--ca-file", file]).expect(2);
        assert!(run.stderr.contains(reason), "{file}: {run}");
        assert!(fs::read(&kept).unwrap() == before);
    }
    let run = home.pgtrust(&["fetch", "azure", "--ca-file", "saved.pem", "--offline"]).expect(2);
    assert!(run.stderr.contains("`--ca-file`"), "{run}");
}

#[test]
fn another_server_is_read_by_ssh() {
    let Some(coolify) = Coolify::new() else { return };
    let Some(_sshd) = Sshd::start(&coolify) else { return };
    let home = &coolify.home;
    let old = coolify.regenerate("ssl/ca.crt", 3650);
    let path = home.path().join("ssl/ca.crt").display().to_string();
    let fetch = |arguments: &[&str]| {
        home.pgtrust(&[&["fetch", "coolify", "--ssh", "db1", "--ca-file", &path], arguments].concat())
    };
    let run = fetch(&[]).expect(0);
    let kept = home.path().join(".local/share/pgtrust/coolify/db1.pem");
    assert_eq!(run.printed_path(), kept, "{run}");
    assert_eq!(coolify.log("sudo"), [format!("-n cat {path}")]);
    assert_eq!(in_order(home, kept.to_str().unwrap()), [old.as_str()]);
    assert!(run.stderr.contains(&format!("-v {}:/etc/ssl/certs/coolify-ca.crt:ro", kept.display())), "{run}");

    // From the manifest, and by its name.
    let new = coolify.regenerate("ssl/ca.crt", 3650);
    let run = home.pgtrust(&["fetch"]).expect(0);
    assert!(run.stderr.contains("the same name, another key"), "{run}");
    assert!(run.stderr.contains("`ssh db1 sudo docker ps --filter volume="), "{run}");
    home.pgtrust(&["install", "coolify/db1", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(home, "store.pem"), [new, old]);
    assert!(coolify.log("ssh")[0].contains("-o BatchMode=yes"), "{:?}", coolify.log("ssh"));

    // Root needs no sudo.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        let asked = coolify.log("sudo").len();
        home.pgtrust(&["fetch", "coolify", "--ssh", "root@db2", "--ca-file", &path]).expect(0);
        assert_eq!(coolify.log("sudo").len(), asked);
        assert!(home.path().join(".local/share/pgtrust/coolify/root@db2.pem").exists());
    }
}

#[test]
fn what_ssh_cannot_do_is_said_with_the_remedy_and_what_is_kept_stays() {
    let Some(coolify) = Coolify::new() else { return };
    let Some(sshd) = Sshd::start(&coolify) else { return };
    let home = &coolify.home;
    let ca = coolify.regenerate("ssl/ca.crt", 3650);
    let path = home.path().join("ssl/ca.crt").display().to_string();
    home.pgtrust(&["fetch", "coolify", "--ssh", "db1", "--ca-file", &path]).expect(0);
    let kept = home.path().join(".local/share/pgtrust/coolify/db1.pem");
    let refused = |words: &[&str], arguments: &[&str], status: i32| {
        let run = home.pgtrust(&[&["fetch", "coolify/db1"], arguments].concat()).expect(status);
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{words:?}: {run}");
        assert_eq!(in_order(home, kept.to_str().unwrap()), [ca.as_str()]);
    };
    coolify.sudo("echo 'sudo: a password is required' >&2; exit 1");
    refused(&["sudo: a password is required", "NOPASSWD: /usr/bin/cat", &path], &[], 2);
    coolify.sudo("echo '<html>'");
    refused(&["an HTML page"], &[], 2);
    coolify.sudo("head -c 2000000 /dev/zero");
    refused(&["prints more than 1048576 bytes"], &[], 2);
    coolify.sudo("exec cat /dev/zero");
    refused(&["prints more than 1048576 bytes"], &[], 2);
    coolify.sudo("exec tail -f /dev/null");
    refused(&["what is kept stays"], &["--timeout", "1"], 0);
    coolify.sudo("exec \"$@\"");
    refused(&["No such file", "--ca-file FILE"], &["--ca-file", "/nowhere/ca.crt"], 2);

    let known = home.path().join("client/known_hosts");
    let known_hosts = fs::read(&known).unwrap();
    fs::write(&known, "").unwrap();
    refused(&["Host key verification failed", "connect once by hand"], &["--ca-file", &path], 2);
    fs::write(&known, known_hosts).unwrap();
    let key = home.path().join("client/key.pub");
    let public = fs::read_to_string(&key).unwrap();
    fs::write(&key, "").unwrap();
    refused(&["Permission denied", "ssh-copy-id db1"], &[], 2);
    fs::write(&key, public).unwrap();
    // A server that is down is no reason to wake anybody, as long as something is kept.
    drop(sshd);
    refused(&["refused", "what is kept stays"], &[], 0);
    refused(&[], &["--offline"], 0);
}

#[test]
fn a_destination_or_a_path_is_never_an_option_or_a_command() {
    let Some(coolify) = Coolify::new() else { return };
    let home = &coolify.home;
    let log = home.path().join("ssh.log");
    coolify.program("bin", "ssh", &format!("echo \"$@\" >> {}", log.display()));
    for destination in
        ["-oProxyCommand=touch x", "db1;touch x", "$(touch x)", "a b", "root@-x", "root@db1 x", "", "../db1"]
    {
        let run = home.pgtrust(&["fetch", "coolify", &format!("--ssh={destination}")]).expect(2);
        assert!(run.stderr.contains("USER@HOST"), "{run}");
    }
    for path in ["x; touch x", "/x $(touch x)", "/x\ny", "relative", "/x/../y", "-rf"] {
        let run = home.pgtrust(&["fetch", "coolify", "--ssh", "db1", &format!("--ca-file={path}")]).expect(2);
        assert!(run.stderr.contains("not an absolute path"), "{run}");
    }
    assert!(!log.exists());
    fs::remove_file(home.path().join("bin/ssh")).unwrap();
    let run = home.pgtrust(&["fetch", "coolify", "--ssh", "db1"]).expect(2);
    assert!(run.stderr.contains("`ssh` is not installed"), "{run}");
}

/// A provider like Coolify whose file is in this home.
fn server_provider(home: &Home) {
    let path: PathBuf = home.path().join("ssl/ca.crt");
    let definition = format!(
        "title = \"Test\"\nchecked = 2026-11-20\nhosts = []\nports = []\nca = \"one per server\"\nobtain = [\"ask\"]\n\
         [[source]]\npath = {path:?}\nmount = \"/etc/ssl/certs/coolify-ca.crt\"\nencoding = \"pem\"\n"
    );
    home.write(".config/pgtrust/bundles/selfhost/provider.toml", definition);
}

const MANIFEST: &str = ".config/pgtrust/pgtrust.toml";
