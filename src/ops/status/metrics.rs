//! What `refresh` tells a monitoring system.

use std::path::Path;

use serde::Serialize as _;

use super::{Overview, StoreState};
use crate::ops::Error;
use crate::ops::metrics::{self, Labels, Sample};

/// Every metric with what it says. All are gauges.
pub const METRICS: &[(&str, &str)] = &[
    (BUILD_INFO, "Always 1; the version is a label."),
    (LAST_RUN, "When refresh last ended."),
    (LAST_SUCCESS, "When refresh last ended without a failure."),
    (STATUS, "The exit status that the last refresh had: 0 done, 1 something was found, 2 something failed."),
    (FINDINGS, "What the last refresh found, by kind."),
    (HELD_ROOTS, "Roots that a source serves and nobody accepted yet."),
    (SOURCE_ROOTS, "Roots in the combined PEM of a source."),
    (STORE_ROOTS, "Certificates in a store."),
    (STORE_READABLE, "Whether a store can be read."),
    (STORE_EXPIRY, "When the next root of a store expires."),
    (UNREADY, "Days until a rotation that a store would not survive begins; negative since then."),
];

const BUILD_INFO: &str = "pgtrust_build_info";
const LAST_RUN: &str = "pgtrust_refresh_last_run_timestamp_seconds";
const LAST_SUCCESS: &str = "pgtrust_refresh_last_success_timestamp_seconds";
const STATUS: &str = "pgtrust_refresh_status";
const FINDINGS: &str = "pgtrust_findings";
const HELD_ROOTS: &str = "pgtrust_held_roots";
const SOURCE_ROOTS: &str = "pgtrust_source_roots";
const STORE_ROOTS: &str = "pgtrust_store_roots";
const STORE_READABLE: &str = "pgtrust_store_readable";
const STORE_EXPIRY: &str = "pgtrust_store_earliest_expiry_timestamp_seconds";
const UNREADY: &str = "pgtrust_rotation_unready_days";

impl Overview {
    /// Writes all metrics, as a refresh that ended with this status writes them.
    pub fn metrics(&self, status: u8) -> String {
        metrics::text(METRICS, &|name| self.samples(name, status))
    }

    /// Writes them to a file, whole or not at all: a collector may read it at any time, as another user.
    pub(crate) fn write_metrics(&self, path: &Path, status: u8) -> Result<(), Error> {
        metrics::write(path, &self.metrics(status))
    }

    fn samples(&self, name: &str, status: u8) -> Vec<Sample> {
        let one = |value: i64| vec![(vec![], value)];
        match name {
            BUILD_INFO => vec![(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1)],
            LAST_RUN => self.last_run.map(|time| one(time.unix_timestamp())).unwrap_or_default(),
            LAST_SUCCESS => self.last_success.map(|time| one(time.unix_timestamp())).unwrap_or_default(),
            STATUS => one(status.into()),
            FINDINGS => {
                let kinds = self.findings.iter().map(|finding| name_of(finding.kind));
                counted(kinds).map(|(kind, count)| (vec![("kind", kind)], count)).collect()
            }
            HELD_ROOTS => {
                let sources = self.sources.iter().filter(|source| source.path.is_some());
                let held = |source: &str| self.held.iter().filter(|held| held.source == source).count() as i64;
                sources.map(|source| (vec![("source", source.name.clone())], held(&source.name))).collect()
            }
            SOURCE_ROOTS => {
                let sources = self.sources.iter().filter(|source| source.path.is_some());
                sources.map(|source| (vec![("source", source.name.clone())], source.roots.roots as i64)).collect()
            }
            STORE_ROOTS => self.of_stores(|store| store.error.is_none().then_some(store.roots.roots as i64)),
            STORE_READABLE => self.of_stores(|store| Some(store.error.is_none().into())),
            STORE_EXPIRY => self.of_stores(|store| Some(store.roots.next_expiry?.unix_timestamp())),
            UNREADY => {
                let unready = self.stores.iter().flat_map(|store| {
                    store.unready.iter().map(|unready| {
                        let mut labels = labels(store);
                        labels.push(("rotation", unready.rotation.clone()));
                        (labels, unready.days)
                    })
                });
                unready.collect()
            }
            _ => vec![],
        }
    }

    fn of_stores(&self, value: impl Fn(&StoreState) -> Option<i64>) -> Vec<Sample> {
        self.stores.iter().filter_map(|store| Some((labels(store), value(store)?))).collect()
    }
}

fn labels(store: &StoreState) -> Labels {
    vec![("store", store.path.clone()), ("target", store.target.clone().unwrap_or_default())]
}

fn counted(names: impl Iterator<Item = String>) -> impl Iterator<Item = (String, i64)> {
    let mut counts = std::collections::BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts.into_iter()
}

/// The word in JSON.
fn name_of(kind: crate::ops::finding::FindingKind) -> String {
    match kind.serialize(serde_json::value::Serializer) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
