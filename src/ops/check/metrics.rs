//! What `check` tells a monitoring system.

use std::path::Path;

use super::{Answered, Checked};
use crate::client::survival::Ends;
use crate::client::verdict::{Outcome, Verdict};
use crate::ops::metrics::{self, Labels, Sample};
use crate::ops::{Error, Machine};
use crate::x509::Certificate;

/// Every metric with what it says. All are gauges.
pub const METRICS: &[(&str, &str)] = &[
    (REACHED, "Whether the server could be asked."),
    (
        EXPIRY,
        "Seconds until the server's certificate (leaf), the first other one that it sends (chain) or the root ends.",
    ),
    (VERIFIED, "Whether a client verifies the server."),
    (SURVIVES, "Seconds until what a client makes of the server changes, as far as is known."),
];

const REACHED: &str = "pgtrust_server_reached";
const EXPIRY: &str = "pgtrust_server_expiry_seconds";
const VERIFIED: &str = "pgtrust_server_verified";
const SURVIVES: &str = "pgtrust_server_survives_seconds";

/// Writes the metrics of all servers to a file, whole or not at all.
pub fn write_metrics(machine: &Machine<'_>, checked: &[Checked], path: &Path) -> Result<(), Error> {
    let now = machine.as_of.unix_timestamp();
    let path = machine.place(path);
    metrics::write(
        &path,
        &metrics::text(METRICS, &|name| checked.iter().flat_map(|server| samples(server, name, now)).collect()),
    )
}

fn samples(server: &Checked, name: &str, now: i64) -> Vec<Sample> {
    let labels = || vec![("host", server.host.clone()), ("port", server.port.to_string())];
    let Ok(answered) = &server.result else {
        return if name == REACHED { vec![(labels(), 0)] } else { Vec::new() };
    };
    match name {
        REACHED => vec![(labels(), 1)],
        EXPIRY => ends(answered)
            .into_iter()
            .map(|(of, end)| ([labels(), vec![("certificate", of.to_owned())]].concat(), end - now))
            .collect(),
        VERIFIED => of_clients(answered, &labels(), |verdict, _| Some((verdict.outcome == Outcome::Verified).into())),
        SURVIVES => of_clients(answered, &labels(), |_, ends| Some(ends.first.as_ref()?.until.unix_timestamp() - now)),
        _ => Vec::new(),
    }
}

/// The root is the one that the first client which verifies the server ends at.
fn ends(answered: &Answered) -> Vec<(&'static str, i64)> {
    let end = |certificate: &Certificate| certificate.not_after().unix_timestamp();
    let sent = &answered.seen.certificates;
    let leaf = sent.first().map(|leaf| ("leaf", end(leaf)));
    let chain = sent.iter().skip(1).map(end).min().map(|end| ("chain", end));
    let root = answered.verdicts.iter().find_map(|(verdict, _)| verdict.path.last()).map(|root| ("root", end(root)));
    [leaf, chain, root].into_iter().flatten().collect()
}

fn of_clients(answered: &Answered, labels: &Labels, value: impl Fn(&Verdict, &Ends) -> Option<i64>) -> Vec<Sample> {
    let sample = |(verdict, ends): &(_, _)| {
        let client: &Verdict = verdict;
        let own = vec![("client", client.client.name.to_owned()), ("version", client.client.version.to_owned())];
        Some(([labels.clone(), own].concat(), value(client, ends)?))
    };
    answered.verdicts.iter().filter_map(sample).collect()
}
