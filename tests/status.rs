//! `status` and the metrics: what this machine keeps and how it stands.

use std::fs;

use serde_json::json;

use crate::support::pgtrust::{Home, Provider, Run};
use crate::support::pki::Authority;
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::store::{differences, install, roots, snapshot};
use crate::support::tools;

#[test]
fn a_store_that_would_not_survive_a_rotation_is_named_with_what_it_lacks() {
    let home = Home::new();
    home.pgtrust(&["install", "azure", "--offline", "--output", "whole.pem"]).expect(0);
    let run = home.pgtrust(&["status"]).expect(0);
    assert!(run.stdout.starts_with("last run  never"), "{run}");
    assert!(run.stdout.contains("rotation  azure-2029-cross-sign-ends: 2029-06-19\n"), "{run}");
    // Somebody replaced the store by one root, as guides tell people to.
    let one = home.pgtrust(&["bundle", "azure", "--only", "CN=Microsoft RSA Root*"]).expect(0).stdout;
    home.write("whole.pem", one);
    let report = home.pgtrust(&["--as-of", "2029-06-09", "status", "--json"]).expect(1).json();
    home.pgtrust(&["--at", "2029-06-09T12:00:00+02:00", "status"]).expect(1);
    let store = &report["stores"][0];
    assert_eq!((&store["roots"], &store["format"]), (&json!(1), &json!("pem")), "{report}");
    let unready = store["unready"].as_array().unwrap();
    let ahead = unready.iter().find(|unready| unready["rotation"] == "azure-2029-cross-sign-ends").unwrap();
    assert_eq!((&ahead["days"], &ahead["provider"]), (&json!(10), &json!("azure")), "{report}");
    assert_eq!(ahead["missing"].as_array().unwrap().len(), 1, "{report}");
    let past = unready.iter().find(|unready| unready["rotation"] == "azure-2026-intermediates").unwrap();
    assert!(past["days"].as_i64().unwrap() < 0, "{report}");
    // `install` mends it.
    home.pgtrust(&["install", "--offline", "--output", "whole.pem"]).expect(0);
    home.pgtrust(&["status"]).expect(0);
}

#[test]
fn pins_have_an_age() {
    let Some(faketime) = tools::program("faketime") else { return };
    let home = Home::new();
    home.pgtrust(&["install", "azure", "--offline", "--output", "store.pem"]).expect(0);
    let run = home.pgtrust(&["status"]).expect(0);
    assert!(
        run.stdout.contains("\npins      last checked on 2026-") && run.stdout.contains(", those of azure\n"),
        "{run}"
    );
    assert!(run.stderr.is_empty(), "{run}");
    let on = |day: &str, arguments: &[&str]| {
        let mut command = home.command(&faketime);
        command.args([day, env!("CARGO_BIN_EXE_pgtrust")]).args(arguments);
        Run::of(&mut command).expect(0)
    };
    on("2027-11-01", &["refresh", "--offline"]);
    for (day, said) in [("2027-12-20", true), ("2027-12-20", false), ("2027-12-22", true)] {
        let run = on(day, &["refresh", "--offline"]);
        assert_eq!(run.stderr.contains("the pins of `azure` were last checked on 2026-"), said, "{day}: {run}");
    }
    let report = on("2027-12-22", &["refresh", "--offline", "--json"]).json();
    assert_eq!(report["pins"]["old"], json!(true), "{report}");
    let run = on("2027-12-22", &["status"]);
    assert!(run.stderr.contains("more than a year ago"), "{run}");
}

#[test]
fn it_looks_and_touches_nothing() {
    let [a] = roots(["A"]);
    let home = Home::new();
    home.pgtrust(&["status"]).expect(0);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    install(&home, &[&a], "one.pem").expect(0);
    home.write("one.pem", "damaged -----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n");
    let before = snapshot(home.path());
    let run = home.pgtrust(&["status"]).expect(1);
    assert!(run.stdout.contains("store     ") && run.stdout.contains("one.pem: `"), "{run}");
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);
    fs::remove_file(home.path().join("one.pem")).unwrap();
    // A client that reads it checks nothing, or nothing works.
    let report = home.pgtrust(&["status", "--json"]).expect(1).json();
    assert_eq!(report["stores"][0]["roots"], 0, "{report}");
}

#[test]
fn metrics_say_what_status_says() {
    let server = ProviderServer::start();
    let mut home = Home::new();
    home.trust_for_https(server.ca_pem());
    let [a, b] = ["A", "B"].map(|name| Authority::root(name).certificate);
    let url = server.url("/bundle.pem");
    home.add_provider(&Provider::new("prov").root(&a).source(&url));
    server.serve("/bundle.pem", Reply::bytes([a.pem.as_str(), b.pem.as_str()].concat()));
    home.pgtrust(&["install", "prov", "--offline", "--output", "odd \"name\\.pem"]).expect(0);
    home.pgtrust(&["refresh", "--metrics", "out.prom"]).expect(1);
    let metrics = fs::read_to_string(home.path().join("out.prom")).unwrap();
    let store = format!("store=\"{}/odd \\\"name\\\\.pem\",target=\"\"", home.path().display());
    for line in [
        "pgtrust_refresh_status 1",
        "pgtrust_findings{kind=\"held\"} 1",
        "pgtrust_held_roots{source=\"prov\"} 1",
        "pgtrust_source_roots{source=\"prov\"} 1",
        &format!("pgtrust_store_roots{{{store}}} 1"),
        &format!("pgtrust_store_readable{{{store}}} 1"),
        &format!("pgtrust_store_earliest_expiry_timestamp_seconds{{{store}}} 2840140800"),
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    let value = |name: &str| metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<i64>().ok());
    let last_run = value("pgtrust_refresh_last_run_timestamp_seconds ").unwrap();
    // What was found is no failure.
    assert_eq!(value("pgtrust_refresh_last_success_timestamp_seconds "), Some(last_run));
    server.serve("/bundle.pem", Reply::status(404));
    home.pgtrust(&["refresh", "--metrics", "out.prom"]).expect(1);
    fs::remove_dir_all(home.user_bundles().join("prov")).unwrap();
    home.pgtrust(&["refresh", "--metrics", "out.prom"]).expect(2);
    let metrics = fs::read_to_string(home.path().join("out.prom")).unwrap();
    assert!(metrics.contains("\npgtrust_refresh_status 2\n"), "{metrics}");
    assert!(metrics.contains("\npgtrust_refresh_last_success_timestamp_seconds "), "{metrics}");
}
