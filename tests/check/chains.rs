//! Recorded chains, with no network: today, at another time, and after a rotation.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{check, outcomes, verdict};
use crate::support::pgtrust::Home;
use crate::support::pki::{Authority, Chain};
use crate::support::tools;

fn written(home: &Home, chain: &Chain) -> [String; 2] {
    home.write("chain.pem", chain.server_pem());
    home.write("root.pem", &chain.root.pem);
    ["chain.pem", "root.pem"].map(|name| home.path().join(name).display().to_string())
}

#[test]
fn a_recorded_chain_is_judged_for_every_client() {
    let home = Home::new();
    let [chain, root] = written(&home, &Chain::new());
    let asked = ["--chain", &chain, "--host", "localhost", "--sslmode", "verify-full", "--all", "--store"];
    let run = check(&home, &[&asked[..], &[&root]].concat()).expect(0);
    let object = run.json();
    let clients = object["clients"].as_array().unwrap();
    assert!(clients.len() >= 24 && clients.iter().all(|client| client["outcome"] == "verified"), "{run}");
    assert_eq!(object["server"]["chain"].as_array().unwrap().len(), 2, "{run}");
    for key in ["client", "version", "sslmode", "store", "outcome", "reason", "remedy", "survives_until", "then"] {
        assert!(clients[0].get(key).is_some(), "{key}: {run}");
    }

    home.write("other.pem", &Authority::root("pgtrust test other").certificate.pem);
    let run = check(&home, &[&asked[..], &["other.pem"]].concat()).expect(1);
    let object = run.json();
    assert!(object["clients"].as_array().unwrap().iter().all(|client| client["outcome"] == "refused"), "{run}");
    let remedy = verdict(&object, "libpq")["remedy"].as_str().unwrap();
    assert!(remedy.contains("; pgtrust install ca.pem --output ") && remedy.ends_with("other.pem"), "{run}");
    // As if the right root were there already; and as if it were gone.
    check(&home, &[&asked[..], &["other.pem", "--with", &root]].concat()).expect(0);
    check(&home, &[&asked[..], &[&root, "--without", "CN=pgtrust test root*"]].concat()).expect(1);
    let wrong_name =
        check(&home, &["--chain", &chain, "--host", "db.example", "--store", &root, "--sslmode", "verify-full"]);
    let reason = wrong_name.expect(1).json()["clients"][0]["reason"].clone();
    assert!(reason.as_str().unwrap().contains("localhost"), "{reason}");
}

/// libpq goes on without TLS when its root.crt does not fit: nobody sees it.
#[test]
fn the_default_mode_falls_back_to_plaintext_for_libpq_alone() {
    let home = Home::new();
    let [chain, _] = written(&home, &Chain::new());
    home.write(".postgresql/root.crt", &Authority::root("pgtrust test stale").certificate.pem);
    let run = check(&home, &["--chain", &chain, "--host", "localhost", "--all"]).expect(1);
    let object = run.json();
    let store = home.root_crt().display().to_string();
    assert_eq!(outcomes(&object, "libpq"), ["plaintext"; 3], "{run}");
    assert_eq!(verdict(&object, "libpq")["store"], store.as_str(), "{run}");
    let remedy = verdict(&object, "libpq")["remedy"].as_str().unwrap();
    assert!(remedy.ends_with("; pgtrust install ca.pem"), "{run}");
    assert_eq!(outcomes(&object, "asyncpg"), ["unverified"], "{run}");
    assert_eq!(outcomes(&object, "node-postgres"), ["plaintext"; 2], "it speaks no TLS by itself: {run}");
    assert_eq!(verdict(&object, "pgjdbc")["outcome"], "unverified", "{run}");
    let shown = home.pgtrust(&["check", "--chain", &chain, "--host", "localhost", "--all"]).expect(1).stdout;
    assert!(
        shown.contains("plaintext    libpq (") && shown.contains("fix: get the certificate of `pgtrust test root`"),
        "{shown}"
    );
    let why = home.pgtrust(&["check", "--chain", &chain, "--client", "libpq", "--explain"]).expect(1).stdout;
    assert!(why.contains(&format!("- it reads the roots in {store}")), "{why}");
}

#[test]
fn a_verdict_says_until_when_it_stands() {
    let home = Home::new();
    let root = Authority::expired_root("pgtrust test short");
    home.write("root.pem", &root.certificate.pem);
    home.write("leaf.pem", root.server(&["db.example"]).0.pem);
    let asked =
        ["--chain", "leaf.pem", "--host", "db.example", "--sslmode", "verify-full", "--store", "root.pem", "--all"];
    let run = check(&home, &[&asked[..], &["--at", "2020-01-01T12:00:00Z"]].concat());
    let object = run.json();
    let libpq = verdict(&object, "libpq");
    assert_eq!((&libpq["outcome"], &libpq["survives_until"]), (&"verified".into(), &"2020-01-02".into()), "{run}");
    assert!(libpq["then"].as_str().unwrap().starts_with("refused: CN=pgtrust test short,"), "{run}");
    // Java does not look at the dates of a root.
    assert_eq!(verdict(&object, "pgjdbc")["outcome"], "verified");
    assert_ne!(verdict(&object, "pgjdbc")["survives_until"], "2020-01-02", "{run}");
    let later = check(&home, &[&asked[..], &["--at", "2020-01-03"]].concat()).expect(1).json();
    assert_eq!(
        (&verdict(&later, "libpq")["outcome"], &verdict(&later, "pgjdbc")["outcome"]),
        (&"refused".into(), &"verified".into())
    );
}

/// The files in `../shared/roots`, one after the other.
fn real(home: &Home, name: &str, files: &[&str]) -> Option<String> {
    let roots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/roots");
    let read = |file: &&str| std::fs::read_to_string(roots.join(file)).ok();
    let text: Option<Vec<String>> = files.iter().map(read).collect();
    let Some(text) = text else {
        tools::report(&format!("check: without the certificates of {}", roots.display()));
        return None;
    };
    let path: PathBuf = home.write(name, text.join("\n"));
    Some(path.display().to_string())
}

struct Era {
    chain: &'static [&'static str],
    store: &'static [&'static str],
    host: &'static str,
    at: &'static str,
    outcome: &'static str,
}

/// The chains of providers around their rotations, without the certificates of servers, which nobody can have of the
/// future: libpq, Java, Go and both kinds of rustls agree on each.
#[test]
fn the_chains_of_providers_stand_as_long_as_they_do() {
    const G2: &str = "azure/digicert-global-root-g2.pem";
    const RSA_2017: &str = "azure/microsoft-rsa-root-ca-2017.pem";
    const OLD: &str = "azure/microsoft-azure-rsa-tls-issuing-ca-03.pem";
    const OLD_BY_G2: &str = "azure/microsoft-azure-rsa-tls-issuing-ca-03-xsign.pem";
    const NEW: &str = "azure/microsoft-tls-g2-rsa-ca-ocsp-02.pem";
    const BRIDGE: &str = "azure/microsoft-tls-rsa-root-g2-xsign-by-digicert-g2.pem";
    const TLS_G2: &str = "azure/microsoft-tls-rsa-root-g2.pem";
    const AZURE: &str = "db.postgres.database.azure.com";
    let eras = [
        Era { chain: &[OLD_BY_G2], store: &[G2], host: AZURE, at: "2026-08-24", outcome: "verified" },
        Era { chain: &[OLD_BY_G2], store: &[G2, RSA_2017], host: AZURE, at: "2026-08-26", outcome: "refused" },
        Era { chain: &[OLD], store: &[RSA_2017], host: AZURE, at: "2026-08-26", outcome: "verified" },
        Era { chain: &[OLD], store: &[G2], host: AZURE, at: "2026-08-26", outcome: "refused" },
        Era { chain: &[NEW, BRIDGE], store: &[G2], host: AZURE, at: "2026-11-28", outcome: "verified" },
        // "Microsoft RSA 2017 alone does not verify Azure's new chain."
        Era { chain: &[NEW, BRIDGE], store: &[RSA_2017], host: AZURE, at: "2026-11-28", outcome: "refused" },
        // A server that leaves out the bridge.
        Era { chain: &[NEW], store: &[G2], host: AZURE, at: "2026-11-28", outcome: "refused" },
        Era { chain: &[NEW], store: &[G2, TLS_G2], host: AZURE, at: "2026-11-28", outcome: "verified" },
        Era { chain: &[BRIDGE], store: &[G2], host: AZURE, at: "2029-06-18", outcome: "verified" },
        Era { chain: &[BRIDGE], store: &[G2], host: AZURE, at: "2029-06-20", outcome: "refused" },
        Era {
            chain: &["supabase/supabase-intermediate-2021.pem", "supabase/supabase-root-2021.pem"],
            store: &["supabase/supabase-root-2021.pem"],
            host: "db.abc.supabase.co",
            at: "2031-04-26",
            outcome: "verified",
        },
        Era {
            chain: &["supabase/supabase-intermediate-2021.pem", "supabase/supabase-root-2021.pem"],
            store: &["supabase/supabase-root-2021-rekeyed-2025-snap.pem"],
            host: "db.abc.supabase.co",
            at: "2026-11-28",
            outcome: "refused",
        },
        Era {
            chain: &["yandex/yandex-clca-intermediate.pem"],
            store: &["yandex/yandex-internal-root-ca.pem"],
            host: "rc1a-abc.mdb.yandexcloud.net",
            at: "2027-06-19",
            outcome: "verified",
        },
        Era {
            chain: &["yandex/yandex-clca-intermediate.pem"],
            store: &["yandex/yandex-internal-root-ca.pem"],
            host: "rc1a-abc.mdb.yandexcloud.net",
            at: "2027-06-21",
            outcome: "refused",
        },
        Era {
            chain: &["letsencrypt/yr1.pem", "letsencrypt/root-yr-by-isrg-x1.pem"],
            store: &["letsencrypt/isrg-root-x1.pem"],
            host: "ep-cool-1.eu-central-1.aws.neon.tech",
            at: "2026-11-28",
            outcome: "verified",
        },
    ];
    let home = Home::new();
    for (index, era) in eras.iter().enumerate() {
        let Some(chain) = real(&home, &format!("chain-{index}.pem"), era.chain) else { return };
        let store = real(&home, &format!("store-{index}.pem"), era.store).unwrap();
        let asked = [
            "--chain",
            &chain,
            "--store",
            &store,
            "--host",
            era.host,
            "--at",
            era.at,
            "--sslmode",
            "verify-full",
            "--all",
        ];
        let run = check(&home, &asked);
        let object = run.json();
        for client in ["libpq", "psycopg", "node-postgres", "pgx", "pgjdbc"] {
            let found = outcomes(&object, client);
            assert!(found.iter().all(|outcome| outcome == era.outcome), "{index} {client} {found:?}\n{run}");
        }
    }
}

/// What the intermediate outlives, its root does not.
#[test]
fn supabase_ends_with_its_root() {
    let home = Home::new();
    let files = ["supabase/supabase-intermediate-2021.pem", "supabase/supabase-root-2021.pem"];
    let Some(chain) = real(&home, "chain.pem", &files) else { return };
    let store = real(&home, "store.pem", &files[1..]).unwrap();
    let asked = ["--chain", &chain, "--store", &store, "--host", "db.abc.supabase.co", "--sslmode", "verify-full"];
    let object: Value = check(&home, &[&asked[..], &["--client", "libpq"]].concat()).expect(0).json();
    assert_eq!(object["server"]["provider"], "supabase");
    assert_eq!(object["clients"][0]["survives_until"], "2031-04-26", "{object:#}");
    check(&home, &[&asked[..], &["--client", "libpq", "--at", "2031-04-27"]].concat()).expect(1);
}

#[test]
fn a_store_that_lacks_what_a_rotation_needs_is_told_before_it() {
    let home = Home::new();
    let files =
        ["azure/microsoft-tls-g2-rsa-ca-ocsp-02.pem", "azure/microsoft-tls-rsa-root-g2-xsign-by-digicert-g2.pem"];
    let Some(chain) = real(&home, "chain.pem", &files) else { return };
    home.pgtrust(&["install", "azure", "--offline", "--output", "all.pem"]).expect(0);
    let store = real(&home, "g2.pem", &["azure/digicert-global-root-g2.pem"]).unwrap();
    let after = |store: &str| {
        let host = "db.postgres.database.azure.com";
        let asked =
            ["--chain", &chain, "--store", store, "--host", host, "--sslmode", "verify-full", "--client", "libpq"];
        check(&home, &[&asked[..], &["--after", "azure-2026-intermediates"]].concat())
    };
    after("all.pem").expect(0);
    let other = ["--chain", &chain, "--host", "db.abc.supabase.co", "--after", "azure-2026-intermediates"];
    assert_eq!(check(&home, &other).expect(2).json()["error"]["kind"], "no-such-rotation");
    let unused = ["--chain", &chain, "--host", "x.example", "--without", "no such root"];
    assert_eq!(check(&home, &unused).expect(2).json()["error"]["kind"], "no-such-root");
    let object = after(&store).expect(1).json();
    let reason = object["clients"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("azure-2026-intermediates") && reason.contains("Microsoft RSA Root"), "{object:#}");
    let remedy = object["clients"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("pgtrust install azure"), "{object:#}");
}

/// A file keeps a root that the lists drop; the roots of the machine do not.
#[test]
fn the_day_on_which_public_lists_drop_a_root_ends_what_the_machine_trusts() {
    let mut home = Home::new();
    let Some(chain) = real(&home, "chain.pem", &["azure/microsoft-tls-rsa-root-g2-xsign-by-digicert-g2.pem"]) else {
        return;
    };
    let store = real(&home, "g2.pem", &["azure/digicert-global-root-g2.pem"]).unwrap();
    home.set("SSL_CERT_FILE", store.as_str());
    home.set("SSL_CERT_DIR", "/nowhere");
    let asked =
        ["--chain", &chain, "--host", "db.postgres.database.azure.com", "--sslmode", "verify-full", "--client", "pgx"];
    let until = |store: &str| {
        let run = check(&home, &[&asked[..], &["--store", store]].concat()).expect(0);
        run.json()["clients"][0]["survives_until"].as_str().unwrap().to_owned()
    };
    assert_eq!([until("system"), until(&store)], ["2029-04-14", "2029-06-18"]);
}
