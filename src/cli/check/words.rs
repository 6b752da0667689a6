//! A server for a person: what it sends, and a table of clients, the worst first.

use anstyle::{AnsiColor, Style};
use pgtrust::Machine;
use pgtrust::check::{Answered, Checked};
use pgtrust::client::CLIENTS;
use pgtrust::client::survival::{Ends, Survival};
use pgtrust::client::verdict::{Outcome, Verdict};

use super::remedy;
use crate::args;
use crate::ui::{self, Failure};

pub(super) fn show(machine: &Machine<'_>, server: &Checked, args: &args::Check) -> Result<(), Failure> {
    let answered = match &server.result {
        Ok(answered) => answered,
        Err(error) => {
            ui::problem(error);
            return Ok(());
        }
    };
    head(server, answered)?;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (verdict, ends) in &answered.verdicts {
        // The end of the server's own certificate stands above.
        let text = text(verdict, ends.renewed.as_ref());
        let remedy = remedy::words(machine, server, verdict);
        // Clients that do the same stand in one row, unless a person asks why.
        let same = |row: &&mut Row<'_>| !args.explain && (&row.text, &row.remedy) == (&text, &remedy);
        match rows.iter_mut().find(same) {
            Some(row) => row.verdicts.push(verdict),
            None => rows.push(Row { verdicts: vec![verdict], text, remedy }),
        }
    }
    rows.sort_by_key(|row| row.verdicts[0].outcome);
    rows.iter().try_for_each(|row| row.show(args.explain))?;
    let verified = |(verdict, _): &&(Verdict, Ends)| verdict.outcome == Outcome::Verified;
    let (count, all) = (answered.verdicts.iter().filter(verified).count(), answered.verdicts.len());
    let more = if all < CLIENTS.len() && args.clients.is_empty() { "; `--all` asks every client" } else { "" };
    ui::data("")?;
    ui::data(&format!("{count} of {all} verify the server{more}"))
}

/// Clients with one outcome for one reason.
struct Row<'a> {
    verdicts: Vec<&'a Verdict>,
    text: String,
    remedy: Option<String>,
}

impl Row<'_> {
    fn show(&self, explain: bool) -> Result<(), Failure> {
        let outcome = self.verdicts[0].outcome;
        let colour = match outcome {
            Outcome::Plaintext | Outcome::Refused => AnsiColor::Red,
            Outcome::Unverified | Outcome::Undetermined => AnsiColor::Yellow,
            Outcome::Verified => AnsiColor::Green,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        ui::styled(style, &format!("{:<12}", outcome.name()), &format!(" {}", names(&self.verdicts)))?;
        ui::data(&format!("{:<13}{}", "", self.text))?;
        if let Some(remedy) = &self.remedy {
            ui::data(&format!("{:<13}fix: {remedy}", ""))?;
        }
        if explain {
            let verdict = self.verdicts[0];
            verdict.steps.iter().try_for_each(|step| ui::data(&format!("{:<13}- {step}", "")))?;
            ui::data(&format!("{:<13}- this stands on: {}", "", verdict.client.evidence))?;
        }
        Ok(())
    }
}

/// `libpq (<=15, 16), asyncpg (0.32)`.
fn names(verdicts: &[&Verdict]) -> String {
    let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
    for verdict in verdicts {
        let client = verdict.client;
        match names.iter_mut().find(|(name, _)| *name == client.name) {
            Some((_, versions)) => versions.push(client.version),
            None => names.push((client.name, vec![client.version])),
        }
    }
    let names: Vec<String> =
        names.into_iter().map(|(name, versions)| format!("{name} ({})", versions.join(", "))).collect();
    names.join(", ")
}

fn text(verdict: &Verdict, survival: Option<&Survival>) -> String {
    let store = verdict.store.as_ref().map_or_else(String::new, |store| format!(" by {store}"));
    let until = survival
        .map_or_else(String::new, |survival| format!("; until {}, then {}", survival.until.date(), survival.then));
    format!("{}{store}: {}{until}", verdict.mode, verdict.reason)
}

fn head(server: &Checked, answered: &Answered) -> Result<(), Failure> {
    let tls = match answered.seen.observed.as_ref().and_then(|observed| observed.tls) {
        Some(version) => format!("TLS {version}"),
        None if answered.seen.has_tls => "recorded chain".to_owned(),
        None => "no TLS".to_owned(),
    };
    let provider = server.provider.as_deref().unwrap_or("no known provider");
    let host = if server.host.is_empty() { "the chain".to_owned() } else { format!("{}:{}", server.host, server.port) };
    ui::data(&format!("{host}  {provider}, {tls}"))?;
    for certificate in &answered.seen.certificates {
        ui::data(&format!("  sends  {} (until {})", certificate.title(), certificate.not_after().date()))?;
    }
    if let Some(last) = answered.seen.certificates.last().filter(|last| !last.is_self_issued()) {
        ui::data(&format!("  signed by {}, which it does not send", last.issuer()))?;
    }
    answered.remarks.iter().try_for_each(|remark| ui::data(&format!("  note   {remark}")))?;
    ui::data("")
}
