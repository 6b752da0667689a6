//! Attempts of an image on the machine that builds it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Table;
use crate::support::pgtrust::{Home, Provider};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
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

/// A provider that only the image describes, with the server's address and where its token comes from.
fn provider_of_image(home: &Home, url: &str, manifest: &str) {
    let definition = format!(
        "title = \"Evil\"\ndocs = \"https://example.com/\"\nchecked = 2026-11-20\nhosts = [\"*.evil.test\"]\nports = [5432]\nca = \"private\"\n\n\
         [[source]]\nurl = \"{url}/v2/{{cluster}}/ca\"\nencoding = \"pem\"\n\
         token = {{ env = \"EVIL_TOKEN\", header = \"Authorization\", scheme = \"Bearer\" }}\n"
    );
    home.write("image/etc/pgtrust/bundles/evil/provider.toml", definition);
    home.write("image/etc/pgtrust/pgtrust.toml", manifest);
}

#[test]
fn no_image_gets_a_secret_of_the_builder() {
    let server = ProviderServer::start();
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.set("EVIL_TOKEN", "secret-of-the-environment");
    let secret = home.write("secret", "secret-of-a-file\n");
    let [root] = roots(["tenant"]);
    server.serve("/v2/abc/ca", Reply::bytes(root.pem.as_str()));
    for token in [format!("token-file = {secret:?}\n"), String::new()] {
        let target = "[[target]]\npath = \"/srv/t.pem\"\nsources = [\"evil/abc\"]\n";
        let manifest = format!("[[source]]\nname = \"evil/abc\"\n{token}\n{target}");
        provider_of_image(&home, server.url("").trim_end_matches('/'), &manifest);
        let run = home.pgtrust(&["--root", "image", "refresh"]).expect(2);
        assert!(server.requests("/v2/abc/ca").is_empty(), "{run}");
    }
    // The same path inside is what the image means.
    home.write(&format!("image{}", secret.display()), "token-of-the-image\n");
    let manifest = format!("[[source]]\nname = \"evil/abc\"\ntoken-file = {secret:?}\n");
    provider_of_image(&home, server.url("").trim_end_matches('/'), &manifest);
    home.pgtrust(&["--root", "image", "refresh"]).expect(0);
    let asked = server.requests("/v2/abc/ca");
    assert!(format!("{asked:?}").contains("token-of-the-image"), "{asked:?}");
}

#[test]
fn what_is_written_and_removed_below_links_of_an_image_is_in_it() {
    let server = ProviderServer::start();
    let [pinned, x] = roots(["pinned", "X"]);
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    install_files(&home, &[&x]);
    server.serve("/bundle.pem", Reply::bytes(pinned.pem.as_str()).header("ETag", "\"1\""));
    let own = Provider::new("own").root(&pinned).source(&server.url("/bundle.pem"));
    home.write("image/etc/pgtrust/bundles/own/provider.toml", own.toml());
    home.write("image/etc/pgtrust/bundles/own/roots.pem", own.roots_pem());
    let outside = home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let state = home.path().join("image/var/lib/pgtrust/state");
    fs::create_dir_all(&state).unwrap();
    for folder in ["downloads", "backups", "held", "catalogues"] {
        symlink(&outside, state.join(folder)).unwrap();
    }
    // Two files of the machine, named as backups are; one that a link of the image calls its store.
    let victims = [pinned.fingerprint(), x.fingerprint()].map(|name| home.write(&format!("outside/{name}"), "host"));
    xattr::set(&victims[0], "user.secret", b"hunter2").unwrap();
    fs::create_dir_all(home.path().join("image/srv")).unwrap();
    symlink(&victims[0], home.path().join("image/srv/x.pem")).unwrap();
    let before = snapshot(&outside);
    let root = |arguments: &[&str]| home.pgtrust(&[&["--root", "image"], arguments].concat());
    root(&["fetch", "own"]).expect(0);
    for change in 0..3 {
        let source = if change == 1 { "own" } else { "X.pem" };
        root(&["install", source, "--output", "/srv/x.pem"]).expect(0);
    }
    let journal = state.join("journal.jsonl");
    let mut records = fs::read_to_string(&journal).unwrap();
    for id in 10..30 {
        let name = &victims[id % 2].file_name().unwrap().to_str().unwrap().to_owned();
        records += &format!(
            "{{\"id\":{id},\"time\":\"2020-01-01T00:00:00Z\",\"command\":\"install\",\"store\":\"/srv/y.pem\",\"files\":\
             [{{\"path\":\"/srv/y.pem\",\"before\":\"{name}\",\"after\":\"{name}\"}}],\"added\":[]}}\n"
        );
    }
    fs::write(&journal, records).unwrap();
    root(&["install", "azure", "--offline", "--output", "/srv/z.pem"]).expect(0);
    root(&["undo"]).expect(0);
    assert_eq!(differences(&before, &snapshot(&outside)), [""; 0]);
    assert!(!fs::read_to_string(&journal).unwrap().contains("user.secret"));
}

#[test]
fn the_catalogue_and_the_servers_file_of_an_image_are_in_it() {
    let [corp, ca] = roots(["corp", "ca"]);
    let home = Home::new();
    let of_corp = Provider::new("corp").root(&corp);
    let folder = home.write("catalogue/corp/provider.toml", of_corp.toml());
    home.write("catalogue/corp/roots.pem", of_corp.roots_pem());
    let folder = folder.parent().unwrap().parent().unwrap();
    home.write("image/etc/pgtrust/pgtrust.toml", format!("[[catalogue]]\npath = {folder:?}\n"));
    let run = home.pgtrust(&["--root", "image", "fetch", "corp", "--offline"]).expect(2);
    assert!(run.stderr.contains("`corp` is not a provider") || run.stderr.contains("catalogue"), "{run}");
    let file = home.write("coolify-ca.crt", &ca.pem);
    let source = format!("[[source]]\nname = \"coolify\"\nca-file = {file:?}\n");
    home.write("image/etc/pgtrust/pgtrust.toml", &source);
    let run = home.pgtrust(&["--root", "image", "refresh", "--offline"]).expect(2);
    assert!(!home.path().join("image/var/lib/pgtrust/coolify.pem").exists(), "{run}");
    home.write(&format!("image{}", file.display()), &ca.pem);
    home.pgtrust(&["--root", "image", "refresh", "--offline"]).expect(0);
    assert!(home.path().join("image/var/lib/pgtrust/coolify.pem").exists());
}

#[test]
fn two_files_of_one_name_are_two_sources_of_an_image() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("s1/corp.pem", &a.pem);
    home.write("s2/corp.pem", &b.pem);
    fs::create_dir(home.path().join("image")).unwrap();
    let run =
        home.pgtrust(&["--root", "image", "install", "s1/corp.pem", "s2/corp.pem", "--output", "/x.pem"]).expect(0);
    assert!(run.stdout.contains("created: 2 roots added"), "{run}");
    assert_eq!(fs::read_dir(home.path().join("image/etc/pgtrust/sources")).unwrap().count(), 2);
    home.pgtrust(&["--root", "image", "undo"]).expect(0);
    assert!(!home.path().join("image/x.pem").exists());
}
