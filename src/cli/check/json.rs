//! A server as JSON: one object on one line.

use pgtrust::Machine;
use pgtrust::check::Checked;
use pgtrust::client::verdict::Outcome;
use pgtrust::inspect::Listing;
use serde::Serialize;
use time::OffsetDateTime;

use super::remedy;
use crate::ui::{self, Failure, ShownError};

#[derive(Serialize)]
struct Shown<'a> {
    server: ShownServer<'a>,
    clients: Vec<ShownClient<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ShownError>,
}

#[derive(Serialize)]
struct ShownServer<'a> {
    host: &'a str,
    port: u16,
    provider: Option<&'a str>,
    tls: Option<String>,
    /// Whether it lets clients in without TLS; null where it was not asked.
    plaintext: Option<bool>,
    chain: &'a [Listing],
    remarks: &'a [String],
}

#[derive(Serialize)]
struct ShownClient<'a> {
    client: &'a str,
    version: &'a str,
    sslmode: &'a str,
    store: Option<&'a str>,
    outcome: Outcome,
    reason: &'a str,
    remedy: Option<String>,
    survives_until: Option<String>,
    then: Option<&'a str>,
    /// If the server renews its own certificate in time.
    renewed_until: Option<String>,
    renewed_then: Option<&'a str>,
}

pub(super) fn show(machine: &Machine<'_>, server: &Checked) -> Result<(), Failure> {
    let answered = server.result.as_ref().ok();
    let shown = Shown {
        server: ShownServer {
            host: &server.host,
            port: server.port,
            provider: server.provider.as_deref(),
            tls: answered.and_then(|answered| Some(answered.seen.observed.as_ref()?.tls?.to_string())),
            plaintext: answered.and_then(|answered| answered.seen.plaintext),
            chain: answered.map(|answered| answered.chain.as_slice()).unwrap_or_default(),
            remarks: answered.map(|answered| answered.remarks.as_slice()).unwrap_or_default(),
        },
        clients: answered
            .into_iter()
            .flat_map(|answered| &answered.verdicts)
            .map(|(verdict, ends)| ShownClient {
                client: verdict.client.name,
                version: verdict.client.version,
                sslmode: &verdict.mode,
                store: verdict.store.as_deref(),
                outcome: verdict.outcome,
                reason: &verdict.reason,
                remedy: remedy::words(machine, server, verdict),
                survives_until: ends.first.as_ref().map(|survival| day(survival.until)),
                then: ends.first.as_ref().map(|survival| survival.then.as_str()),
                renewed_until: ends.renewed.as_ref().map(|survival| day(survival.until)),
                renewed_then: ends.renewed.as_ref().map(|survival| survival.then.as_str()),
            })
            .collect(),
        error: server.result.as_ref().err().map(ShownError::of),
    };
    ui::json_line(&shown)
}

fn day(time: OffsetDateTime) -> String {
    time.date().to_string()
}
