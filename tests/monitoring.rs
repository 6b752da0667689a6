//! `monitoring/`: the rules and the dashboard ask for what pgtrust writes, in words that Prometheus understands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

/// Every metric, with its labels.
const METRICS: &[(&str, &[&str])] = &[
    ("pgtrust_build_info", &["version"]),
    ("pgtrust_findings", &["kind"]),
    ("pgtrust_held_roots", &["source"]),
    ("pgtrust_refresh_last_run_timestamp_seconds", &[]),
    ("pgtrust_refresh_last_success_timestamp_seconds", &[]),
    ("pgtrust_refresh_status", &[]),
    ("pgtrust_rotation_unready_days", &["rotation", "store", "target"]),
    ("pgtrust_source_roots", &["source"]),
    ("pgtrust_store_earliest_expiry_timestamp_seconds", &["store", "target"]),
    ("pgtrust_store_readable", &["store", "target"]),
    ("pgtrust_store_roots", &["store", "target"]),
];
/// Those of `check`, of servers.
const OF_SERVERS: &[(&str, &[&str])] = &[
    ("pgtrust_server_expiry_seconds", &["certificate", "host", "port"]),
    ("pgtrust_server_reached", &["host", "port"]),
    ("pgtrust_server_survives_seconds", &["client", "host", "port", "version"]),
    ("pgtrust_server_verified", &["client", "host", "port", "version"]),
];
const KINDS: &[&str] = &["changed", "gone", "held", "hook", "left-out", "mismatch", "moved", "source", "store"];

#[test]
fn the_rules_are_rules_and_fire_when_they_should() {
    let Some(promtool) = tools::promtool() else { return };
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let run = Run::of(Command::new(&promtool).args(arguments).current_dir(monitoring(""))).expect(0);
        assert!(run.stdout.contains("SUCCESS"), "{run}");
    }
    // Each is seen to fire, and not to.
    let tests = text("alerts.test.yml");
    let alerts = text("alerts.yml");
    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let cases = tests.split("- alertname: ").filter(|case| case.starts_with(&format!("{name}\n")));
        let (firing, silent): (Vec<&str>, Vec<&str>) = cases.partition(|case| case.contains("exp_alerts:"));
        assert!(!firing.is_empty() && !silent.is_empty(), "{name}");
    }
}

#[test]
fn the_dashboard_asks_what_prometheus_understands() {
    let Some(promtool) = tools::promtool() else { return };
    let folder = tempfile::tempdir().unwrap();
    let expressions = expressions();
    assert!(expressions.len() > 5, "{expressions:?}");
    let rules: String = expressions
        .iter()
        .enumerate()
        .map(|(index, expression)| {
            format!("      - record: panel:{index}\n        expr: {}\n", Value::from(expression.as_str()))
        })
        .collect();
    fs::write(folder.path().join("rules.yml"), format!("groups:\n  - name: panels\n    rules:\n{rules}")).unwrap();
    let mut command = Command::new(promtool);
    let run = Run::of(command.args(["check", "rules", "rules.yml"]).current_dir(folder.path())).expect(0);
    assert!(run.stdout.contains(&format!("{} rules found", expressions.len())), "{run}");
}

#[test]
fn panels_have_their_places_and_numbers() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let numbers: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{}", panel["title"]);
        for cell in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{} overlaps", panel["title"]);
        }
    }
}

/// In the rules, in their tests, in the dashboard and in the manual.
#[test]
fn every_metric_that_is_asked_for_is_one_that_is_written() {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md")).unwrap();
    let known: BTreeSet<&str> = METRICS.iter().chain(OF_SERVERS).map(|(name, _)| *name).collect();
    let mut asked = BTreeSet::new();
    for text in [text("alerts.yml"), text("alerts.test.yml"), text("dashboard.json"), manual.clone()] {
        for name in names(&text) {
            assert!(known.contains(name), "`{name}`");
            asked.insert(name.to_owned());
        }
        for kind in text.split("kind=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(KINDS.contains(&kind), "`{kind}`");
        }
    }
    // The manual has them all, and the dashboard, which is of stores, shows theirs, but for the plain time of the last run.
    for (name, labels) in METRICS.iter().chain(OF_SERVERS) {
        assert!(manual.contains(&format!("`{name}`")), "the manual lacks `{name}`");
        let shown = text("dashboard.json").contains(name) || OF_SERVERS.iter().any(|(other, _)| other == name);
        assert!(shown || *name == "pgtrust_refresh_last_run_timestamp_seconds", "the dashboard lacks `{name}`");
        let row = manual.lines().find(|line| line.contains(&format!("| `{name}`"))).unwrap();
        for label in *labels {
            assert!(row.contains(&format!("`{label}`")), "the manual lacks `{label}` of `{name}`");
        }
    }
    assert_eq!(asked.len(), METRICS.len() + OF_SERVERS.len());
}

#[test]
fn prometheus_reads_what_is_written() {
    let written: BTreeSet<&str> = pgtrust::status::METRICS.iter().map(|(name, _)| *name).collect();
    assert_eq!(written, METRICS.iter().map(|(name, _)| *name).collect());
    let of_servers: BTreeSet<&str> = pgtrust::check::METRICS.iter().map(|(name, _)| *name).collect();
    assert_eq!(of_servers, OF_SERVERS.iter().map(|(name, _)| *name).collect());
    let Some(promtool) = tools::promtool() else { return };
    let home = Home::new();
    home.pgtrust(&["install", "azure", "--offline", "--output", "odd \"name\\.pem"]).expect(0);
    home.pgtrust(&["refresh", "--offline", "--metrics", "pgtrust.prom"]).expect(0);
    let file = fs::File::open(home.path().join("pgtrust.prom")).unwrap();
    let run = Run::of(Command::new(&promtool).args(["check", "metrics"]).stdin(file)).expect(0);
    assert!(run.stderr.is_empty(), "{run}");
    let text = fs::read_to_string(home.path().join("pgtrust.prom")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let (_, labels) = METRICS.iter().find(|(known, _)| *known == name).unwrap();
        assert!(labels.iter().all(|label| rest.contains(&format!("{label}=\""))), "{line}");
    }
}

/// Templates fill in labels that the metric has.
#[test]
fn every_label_that_is_shown_is_one_that_is_written() {
    let labels = |text: &str| -> BTreeSet<String> {
        let names = names(text).into_iter().flat_map(|name| {
            let known = METRICS.iter().chain(OF_SERVERS).find(|(known, _)| *known == name);
            known.unwrap().1
        });
        names.copied().chain(["instance"]).map(str::to_owned).collect()
    };
    let shown = |text: &str, open: &str| -> Vec<String> {
        text.split(open).skip(1).map(|rest| rest.chars().take_while(char::is_ascii_alphabetic).collect()).collect()
    };
    for alert in text("alerts.yml").split("- alert: ").skip(1) {
        let known = labels(alert);
        assert!(shown(alert, "$labels.").iter().all(|label| known.contains(label)), "{alert}");
    }
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let known = labels(target["expr"].as_str().unwrap());
            let legend = target["legendFormat"].as_str().unwrap();
            assert!(shown(legend, "{{").iter().all(|label| known.contains(label)), "{target}");
        }
    }
}

fn monitoring(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("monitoring").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(monitoring(name)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&text("dashboard.json")).unwrap()
}

/// What the panels ask.
fn expressions() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

fn names(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_part(c)).filter(|word| word.starts_with("pgtrust_")).collect()
}
