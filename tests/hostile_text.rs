//! Text that others wrote, beside names in certificates: harmless on a terminal, and never too long to read.

use std::fs;

use crate::hostile_stores::limited;
use crate::names::deceives;
use crate::support::keytool::run;
use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::Authority;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::tools;

/// Clears the screen, sets the window's title, in C0 and C1; turns the order of what follows; hides.
const TEXT: &str = "a\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}b\u{2066}c\u{200b}\u{feff}\u{e0041}\u{7f}";

#[test]
fn an_alias_cannot_act_on_a_terminal() {
    let Some(keytool) = tools::program("keytool") else { return };
    let home = Home::new();
    home.write("root.pem", Authority::root("pgtrust test root").certificate.pem);
    home.write("more.pem", Authority::root("pgtrust test more").certificate.pem);
    for (store, kind) in [("a.jks", "jks"), ("a.p12", "pkcs12")] {
        let import = ["-importcert", "-noprompt", "-file", "root.pem", "-storetype", kind, "-storepass", "changeit"];
        run(&home, &keytool, &[&import[..], &["-alias", TEXT, "-keystore", store]].concat()).expect(0);
        let key = ["-genkeypair", "-dname", "CN=a", "-keyalg", "EC", "-storetype", kind, "-storepass", "changeit"];
        let alias = format!("key{TEXT}");
        run(&home, &keytool, &[&key[..], &["-keypass", "changeit", "-alias", &alias, "-keystore", store]].concat())
            .expect(0);
        harmless(home.pgtrust(&["inspect", store]).expect(0));
        let json = harmless(home.pgtrust(&["inspect", "--json", store]).expect(0)).json();
        let alias = json["stores"][0]["certificates"][0]["alias"].as_str().unwrap();
        assert_eq!(alias.to_lowercase(), TEXT.to_lowercase(), "JSON loses nothing");
        harmless(home.pgtrust(&["install", "more.pem", "--output", store]).expect(0));
        harmless(home.pgtrust(&["undo"]).expect(0));
        // Wrong in it: a digest, or a MAC.
        let mut bytes = fs::read(home.path().join(store)).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        home.write(store, bytes);
        harmless(home.pgtrust(&["inspect", store]));
    }
}

#[test]
fn the_name_of_a_file_cannot_act_on_a_terminal() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate.pem;
    for (name, content) in [("good", root.as_str()), ("bad", "-----BEGIN CERTIFICATE-----\nAAAA\n"), ("text", TEXT)] {
        let name = format!("{name}{TEXT}/{name}{TEXT}.pem");
        home.write(&name, content);
        let (folder, output) = (name.split('/').next().unwrap(), format!("out{TEXT}.pem"));
        for arguments in [
            &["inspect", &name][..],
            &["inspect", "--json", &name],
            &["inspect", folder],
            &["bundle", folder, "-o", "out.pem"],
            &["install", &name, "--output", &output],
            &["install", &name, "--output", &output],
            &["install", &output, "--output", &name],
            &["history"],
            &["history", "--json"],
            &["status"],
            &["status", "--json"],
            &["refresh", "--offline"],
            &["uninstall", "--output", &output],
            &["undo"],
        ] {
            harmless(home.pgtrust(arguments));
        }
    }
}

#[test]
fn a_definition_or_a_manifest_cannot_act_on_a_terminal() {
    let home = Home::new();
    let text = toml_edit::Value::from(TEXT);
    let root = Authority::root("pgtrust test root").certificate;
    let definition = format!(
        "title = {text}\ndocs = {text}\nchecked = 2026-11-20\nhosts = [{text}]\nports = []\nca = {text}\nnotes = [{text}]\n\
         obtain = [{text}]\n[[root]]\nsha256 = \"{}\"\nsubject = {text}\nrole = \"current\"\nregions = [{text}]\n",
        root.fingerprint()
    );
    home.write(".config/pgtrust/bundles/own/roots.pem", &root.pem);
    for definition in [definition.clone(), definition.replace("current", TEXT), format!("{text} = 1"), TEXT.to_owned()]
    {
        home.write(".config/pgtrust/bundles/own/provider.toml", definition);
        for arguments in [
            &["providers"][..],
            &["providers", "--json"],
            &["providers", "own"],
            &["providers", "own", "--json"],
            &["fetch", "own", "--offline", "--region", "other"],
            &["install", "own", "--offline", "--output", "own.pem"],
            &["bundle", "own"],
        ] {
            harmless(home.pgtrust(arguments));
        }
    }
    for manifest in [
        format!("[[source]]\nname = {text}\nregion = {text}\n[[target]]\npath = {text}\nsources = [{text}]\n"),
        format!("[[target]]\nname = {text}\nsources = [{text}]\n"),
        format!("[[accepted]]\nprovider = 'own'\ncertificate = {text}\n"),
        format!("mirror = {text}\n"),
        format!("{text} = 1\n"),
        TEXT.to_owned(),
    ] {
        home.write(".config/pgtrust/pgtrust.toml", manifest);
        for arguments in [&["status"][..], &["status", "--json"], &["install", "--offline"], &["refresh", "--offline"]]
        {
            harmless(home.pgtrust(arguments));
        }
    }
}

#[test]
fn what_a_server_says_cannot_act_on_a_terminal() {
    let server = ProviderServer::start();
    let root = Authority::root("pgtrust test root").certificate;
    let named = Authority::root(TEXT).certificate;
    let odd = format!("https://evil.example/{TEXT}");
    let percent = "https://evil.example/%1b%5b2J%e2%80%ae".to_owned();
    let host = "https://evil\u{202e}.example/".to_owned();
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    home.add_provider(&Provider::new("own").root_at(&root, &server.url("/root.pem")).source(&server.url("/all.pem")));
    for (what, reply) in [
        ("text", Reply::bytes(TEXT)),
        ("a page", Reply::bytes(format!("<html><title>{TEXT}</title>{TEXT}</html>"))),
        ("a label", Reply::bytes(format!("-----BEGIN {TEXT}-----\nAAAA\n-----END {TEXT}-----\n"))),
        ("base64", Reply::bytes(format!("-----BEGIN CERTIFICATE-----\n{TEXT}\n-----END CERTIFICATE-----\n"))),
        ("JSON", Reply::bytes(format!("{{\"{TEXT}\": \"{TEXT}\"}}"))),
        ("a subject", Reply::bytes(format!("{}{}", root.pem, named.pem))),
        ("a place", Reply::redirect(&odd)),
        ("a place in percents", Reply::redirect(&percent)),
        ("a host", Reply::redirect(&host)),
        ("a relative place", Reply::redirect(TEXT)),
        ("a time", Reply::status(503).header("retry-after", TEXT)),
        ("a validator", Reply::bytes(root.pem.as_str()).header("etag", TEXT)),
        ("an encoding", Reply::bytes(root.pem.as_str()).header("content-encoding", TEXT)),
    ] {
        server.serve("/root.pem", reply.clone());
        server.serve("/all.pem", reply);
        for arguments in [
            &["fetch", "own"][..],
            &["fetch", "own", "--json"],
            &["fetch", "own", "--require-network"],
            &["refresh"],
            &["refresh", "-v"],
            &["status"],
            &["status", "--json"],
            &["providers", "own", "--json"],
        ] {
            harmless(home.pgtrust(arguments));
        }
        assert!(!server.requests("/root.pem").is_empty(), "{what}");
    }
    let held = harmless(home.pgtrust(&["status", "--json"]));
    assert!(held.stdout.contains(&named.fingerprint()), "shown, and held: {held}");
    harmless(home.pgtrust(&["accept", &named.fingerprint()]).expect(0));
}

#[test]
fn a_journal_that_others_wrote_cannot_act_on_a_terminal() {
    let home = Home::new();
    home.write("root.pem", Authority::root("pgtrust test root").certificate.pem);
    home.pgtrust(&["install", "root.pem", "--output", "store.pem"]).expect(0);
    let path = home.path().join(".local/state/pgtrust/journal.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    let text = serde_json::to_string(TEXT).unwrap();
    for word in ["pgtrust test root", "install root.pem --output store.pem", "store.pem"] {
        let changed = good.replace(word, text.trim_matches('"'));
        assert_ne!(changed, good, "{good}");
        home.write(".local/state/pgtrust/journal.jsonl", changed + TEXT + "\n");
        for arguments in [&["history"][..], &["history", "--json"], &["undo", "--dry-run"], &["undo"]] {
            harmless(home.pgtrust(arguments));
        }
    }
}

#[test]
fn toml_that_is_too_deep_or_too_long_is_an_error_of_one_line() {
    let home = Home::new();
    let many = |text: &str, times: usize| text.repeat(times);
    for (what, text) in [
        ("arrays", format!("a = {}", many("[", 500_000))),
        ("inline tables", format!("a = {}", many("{a=", 300_000))),
        ("dotted keys", format!("a{} = 1", many(".a", 500_000))),
        ("headers", format!("[a{}]", many(".a", 500_000))),
        ("lists of tables", format!("[[a{}]]", many(".a", 100))),
        ("strings that do not end", format!("a = {}", many("\"\"\"", 300_001))),
        ("a key", format!("{} = 1", many("a", 1_000_000))),
        ("a quoted key", format!("\"{}\" = 1", many("\\u202e", 150_000))),
        ("more than is read", format!("title = \"{}\"", many("a", 1 << 20))),
    ] {
        for (file, arguments) in [
            (".config/pgtrust/pgtrust.toml", &["install", "supabase", "--offline", "--output", "out.pem"][..]),
            (".config/pgtrust/pgtrust.toml", &["status"]),
            (".config/pgtrust/pgtrust.toml", &["refresh", "--offline"]),
            (".config/pgtrust/bundles/own/provider.toml", &["fetch", "own", "--offline"]),
            (".config/pgtrust/bundles/own/provider.toml", &["providers"]),
        ] {
            let path = home.write(file, &text);
            let refused = harmless(limited(&home, arguments).expect(2));
            let file = path.file_name().unwrap().to_str().unwrap();
            assert!(refused.stderr.contains(file) && refused.stdout.is_empty(), "{what}: {refused}");
            assert!(refused.stderr.len() < 4000 && refused.stderr.lines().count() <= 2, "{what}: {refused}");
            fs::remove_file(path).unwrap();
        }
    }
    assert!(!home.path().join("out.pem").exists());
}

#[test]
fn a_manifest_does_not_grow_beyond_what_is_read() {
    let home = Home::new();
    let manifest = format!("# {}\n", "a".repeat((1 << 20) - 10));
    let path = home.write(".config/pgtrust/pgtrust.toml", &manifest);
    let refused = home.pgtrust(&["fetch", "supabase", "--offline"]).expect(2);
    assert!(refused.stderr.contains("would have more than 1048576 bytes"), "{refused}");
    assert!(fs::read_to_string(path).unwrap() == manifest);
}

/// The same run, in which nothing acts on a terminal.
#[track_caller]
pub(crate) fn harmless(run: Run) -> Run {
    let found =
        run.stdout.chars().chain(run.stderr.chars()).find(|c| *c != '\n' && (deceives(*c) || *c == '\u{e0041}'));
    assert!(found.is_none(), "{found:?} in {:?}", run.to_string());
    run
}
