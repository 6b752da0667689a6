//! `scripts/catalogue`, with a local server in the place of all the providers'.

use std::path::Path;

use pgtrust::{Catalog, Provider};

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;

const IDS: [&str; 2] = ["supabase", "yandex"];

#[test]
fn the_script_prints_what_differs_from_the_catalogue() {
    let [supabase, yandex] = IDS.map(|id| Catalog::built_in().provider(id).unwrap());
    let (server, mut home) = (ProviderServer::start(), Home::new());
    home.trust_for_https(server.ca_pem());
    // It answers for every host.
    home.set("HTTPS_PROXY", server.plain(""));
    home.set("PGTRUST", env!("CARGO_BIN_EXE_pgtrust"));
    for provider in [&supabase, &yandex] {
        served_as_pinned(&server, provider);
        let pages = provider.rotations.iter().map(|rotation| &rotation.source).chain([&provider.docs]);
        pages.for_each(|page| server.serve(path(page), Reply::html()));
    }
    let same = run(&home).expect(0);
    assert_eq!(same.stdout, "", "{same}");
    assert!(same.stderr.contains("2 providers with roots"), "{same}");

    // The bundle has grown, one root is another, and one page is gone.
    let new = Authority::root("pgtrust test new").certificate;
    let bundle = [bytes(&yandex), new.pem.clone().into_bytes()].concat();
    server.serve(path(&yandex.sources[0].url), Reply::bytes(bundle));
    let replaced = supabase.pins.iter().find_map(|root| root.url.as_ref()).unwrap();
    server.serve(path(replaced), Reply::bytes(new.pem.as_str()));
    server.serve(path(&supabase.docs), Reply::status(404));
    let run = run(&home).expect(1);
    for line in [
        format!("-supabase {} ", supabase.pins[0].sha256),
        format!("+yandex {} {}", new.fingerprint(), "CN=pgtrust test new"),
        format!("!supabase {}: HTTP Error 404", supabase.docs),
    ] {
        assert!(run.stdout.lines().any(|printed| printed.starts_with(&line)), "{line}\n{run}");
    }
    assert_eq!(run.stdout.lines().count(), 3, "{run}");
}

#[test]
fn the_script_fails_where_nothing_can_be_asked() {
    let (server, mut home) = (ProviderServer::start(), Home::new());
    home.set("HTTPS_PROXY", server.plain(""));
    home.set("PGTRUST", env!("CARGO_BIN_EXE_pgtrust"));
    let run = run(&home).expect(1);
    assert!(run.stdout.lines().filter(|line| line.starts_with("-supabase")).count() == 1, "{run}");
    home.set("PGTRUST", "/bin/false");
    self::run(&home).expect(1);
}

fn run(home: &Home) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/catalogue");
    Run::of(home.command(script).args(IDS))
}

/// What a path of every host answers: the pinned root, or all of them.
fn served_as_pinned(server: &ProviderServer, provider: &Provider) {
    for (root, certificate) in provider.roots().unwrap() {
        if let Some(url) = &root.url {
            server.serve(path(url), Reply::bytes(certificate.der()));
        }
    }
    for source in &provider.sources {
        server.serve(path(&source.url), Reply::bytes(bytes(provider)));
    }
}

fn bytes(provider: &Provider) -> Vec<u8> {
    let roots = provider.roots().unwrap();
    roots
        .iter()
        .flat_map(|(_, certificate)| pem::encode(&pem::Pem::new("CERTIFICATE", certificate.der())).into_bytes())
        .collect()
}

fn path(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap();
    &rest[rest.find('/').unwrap()..]
}
