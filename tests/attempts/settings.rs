//! Attempts on what says which roots are trusted.

use std::fs;

use super::{Table, WAYS, copy_of, is_root};
use crate::support::pgtrust::{Home, Provider};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{install_files, roots, snapshot};

const STATE: &str = ".local/state/pgtrust";

/// A home that keeps something of every kind, with everything for a root of another's to come in.
fn template() -> Home {
    let home = Home::new();
    let [own, corp, kept, tenant, evil] = roots(["own", "corp", "kept", "tenant", "evil"]);
    install_files(&home, &[&kept]);
    home.add_provider(&Provider::new("own").root(&own));
    let of_corp = Provider::new("corp").root(&corp);
    home.write("catalogue/corp/provider.toml", of_corp.toml());
    home.write("catalogue/corp/roots.pem", of_corp.roots_pem());
    home.write(
        ".config/pgtrust/pgtrust.toml",
        "[[catalogue]]\npath = \"catalogue\"\n"
            .replace("\"catalogue\"", &format!("{:?}", home.path().join("catalogue"))),
    );
    home.write("sources/kept.pem", &kept.pem);
    home.pgtrust(&["install", "own", "corp", "sources/kept.pem", "--offline", "--output", "store.pem"]).expect(0);
    home.write(".local/share/pgtrust/digitalocean/mine.pem", &tenant.pem);
    home.write(&format!("{STATE}/held/own.pem"), &evil.pem);
    home.write(&format!("{STATE}/downloads/{}", "0".repeat(64)), "pgtrust download 1\n");
    home.write(&format!("{STATE}/refresh.json"), "{\"findings\":[]}\n");
    home.write(&format!("{STATE}/hooks.json"), "[]\n");
    home
}

const COMMANDS: [&str; 7] = [
    "install own --offline --output store.pem",
    "refresh --offline",
    "fetch own --offline",
    "accept --provider own",
    "undo store.pem",
    "uninstall",
    "env own",
];

#[test]
fn settings_that_others_can_write_decide_nothing() {
    if !is_root() {
        return;
    }
    let template = template();
    let state = |name: &str| format!("{STATE}/{name}");
    let settings = [
        ".config/pgtrust/pgtrust.toml".to_owned(),
        ".config/pgtrust/bundles/own/provider.toml".to_owned(),
        ".config/pgtrust/bundles/own/roots.pem".to_owned(),
        "catalogue/corp/provider.toml".to_owned(),
        "catalogue/corp/roots.pem".to_owned(),
        ".local/share/pgtrust/digitalocean/mine.pem".to_owned(),
        state("journal.jsonl"),
        state("refresh.json"),
        state("hooks.json"),
        state("held/own.pem"),
        state(&format!("downloads/{}", "0".repeat(64))),
    ];
    let mut table = Table::default();
    for setting in &settings {
        for way in WAYS {
            let home = copy_of(&template);
            // The path of the catalogue's folder is another in the copy.
            let manifest = home.path().join(".config/pgtrust/pgtrust.toml");
            let text = fs::read_to_string(&manifest).unwrap();
            fs::write(&manifest, text.replace(template.path().to_str().unwrap(), home.path().to_str().unwrap()))
                .unwrap();
            way.open(&home.path().join(setting));
            let before = snapshot(home.path());
            for command in COMMANDS {
                let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>());
                let kept_out = run.status == 2 && run.stdout.is_empty() && snapshot(home.path()) == before;
                table.tried(format!("{way:?} on {setting}: {run}"), kept_out);
            }
        }
    }
    table.close("settings");
}

#[test]
fn a_kept_source_that_others_can_write_is_not_followed() {
    if !is_root() {
        return;
    }
    let [kept, evil] = roots(["kept", "evil"]);
    let mut table = Table::default();
    for source in ["sources/kept.pem", "sources"] {
        for way in WAYS {
            let home = Home::new();
            home.write("sources/kept.pem", &kept.pem);
            home.pgtrust(&["install", source, "--output", "store.pem"]).expect(0);
            home.write("sources/kept.pem", format!("{}{}", kept.pem, evil.pem));
            way.open(&home.path().join("sources/kept.pem"));
            for command in ["refresh --offline", "install --offline --output store.pem"] {
                let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>());
                let store = fs::read_to_string(home.path().join("store.pem")).unwrap();
                let kept_out = run.status == 2 && !store.contains(evil.pem.lines().nth(2).unwrap());
                table.tried(format!("{way:?} on {source}: {run}"), kept_out);
            }
        }
    }
    table.close("kept sources");
}

#[test]
fn what_is_named_is_read_and_said_where_the_manifest_keeps_it() {
    if !is_root() {
        return;
    }
    let [kept] = roots(["kept"]);
    for way in WAYS {
        let home = Home::new();
        home.write("sources/kept.pem", &kept.pem);
        way.open(&home.path().join("sources/kept.pem"));
        let run = home.pgtrust(&["install", "sources/kept.pem", "--output", "store.pem"]).expect(0);
        assert!(run.stderr.contains("; `refresh` does not read it like that\nhint: "), "{way:?}: {run}");
    }
}

/// The server says that nothing has changed, and somebody has written what it is said to have sent.
#[test]
fn a_download_that_others_wrote_is_not_the_servers_answer() {
    let server = ProviderServer::start();
    let (url, pattern) = (server.url("/bundle.pem"), "CN=pgtrust test *,O=pgtrust tests");
    let [pinned, evil] = roots(["pgtrust test pinned", "pgtrust test evil"]);
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.add_provider(&Provider::new("prov").root(&pinned).growing_source(&url, pattern));
    home.write(".config/pgtrust/pgtrust.toml", "[[source]]\nname = \"prov\"\nnew-roots = \"accept\"\n");
    server.serve("/bundle.pem", Reply::bytes(pinned.pem.as_str()).header("ETag", "\"1\""));
    home.pgtrust(&["install", "prov", "--output", "store.pem"]).expect(0);
    home.pgtrust(&["refresh"]).expect(0);
    let downloads = home.path().join(STATE).join("downloads");
    let kept = fs::read_dir(&downloads).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&kept).unwrap();
    let both = format!("{}{}", pinned.pem, evil.pem);
    let digest = |pem: &str| pgtrust::Fingerprint::of(pem.as_bytes()).to_string();
    let forged = text.replace(&pinned.pem, &both).replace(&digest(&pinned.pem), &digest(&both));
    assert_ne!(forged, text);
    fs::write(&kept, &forged).unwrap();
    fs::set_permissions(&downloads, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    for arguments in [&["refresh"][..], &["refresh", "--allow-writable"]] {
        let run = home.pgtrust(arguments);
        let store = fs::read_to_string(home.path().join("store.pem")).unwrap();
        assert!(!store.contains(evil.pem.lines().nth(2).unwrap()), "{run}");
        assert_eq!(run.status, if arguments.len() == 1 { 2 } else { 0 }, "{run}");
    }
}

#[test]
fn a_program_that_others_can_write_is_not_run() {
    if !is_root() {
        return;
    }
    let [a] = roots(["A"]);
    let mut table = Table::default();
    for way in WAYS {
        let home = Home::new();
        install_files(&home, &[&a]);
        let program = home.write("programs/told", "#!/bin/sh\necho > \"$HOME/ran\"\necho secret\n");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let hook = format!("[[hook]]\non = \"change\"\nrun = [{program:?}]\n\n");
        let source = format!("[[source]]\nname = \"digitalocean/mine\"\ntoken-command = [{program:?}]\n");
        home.write(".config/pgtrust/pgtrust.toml", hook + &source);
        way.open(&program);
        for command in ["install A.pem --output store.pem", "refresh", "fetch digitalocean/mine"] {
            let run = home.pgtrust(&command.split(' ').collect::<Vec<_>>());
            let kept_out = run.status == 2 && !home.path().join("ran").exists();
            table.tried(format!("{way:?}: {run}"), kept_out);
        }
    }
    table.close("programs");
}
