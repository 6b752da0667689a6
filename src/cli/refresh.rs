//! `pgtrust refresh`

use std::collections::HashMap;

use pgtrust::install::Installed;
use pgtrust::refresh::{self, Report, Request};
use pgtrust::{CatalogueResult, CatalogueState, Listed, Machine, Note, PinsChecked, Reported, limits};
use serde::Serialize;

use super::install::{show_details, summary};
use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Refresh) -> Result<Status, Failure> {
    ui::cap_lines();
    let mut report = refresh::refresh(
        machine,
        &Request {
            network: args.network.request(),
            check: args.check,
            splay: args.splay,
            deadline: args.deadline,
            metrics: args.metrics.clone(),
        },
    )?;
    let is_plan = |note: &Note| matches!(note, Note::HookPlanned { .. } | Note::HooksOfImage { .. });
    report.notes.retain(|note| args.verbose || !args.check || !is_plan(note));
    notes::show(&report.notes);
    say(&report, args.verbose);
    let sources: Vec<Source<'_>> = sources(&report).collect();
    if args.json {
        ui::json(&Shown {
            check: args.check,
            changed: report.is_change(),
            catalogues: &report.catalogues,
            sources: &sources,
            stores: &report.stores,
            findings: &report.findings,
            more_findings: report.more_findings,
            pins: report.pins.as_ref(),
        })?;
    } else {
        show(args, &report, &sources)?;
    }
    Ok(if report.has_failures() {
        Status::Failed
    } else if report.needs_a_person() || args.check && report.is_change() {
        Status::Found
    } else {
        Status::Done
    })
}

/// Says what a person should look at: once, on a terminal each time. Of one source, store or hook that has many, some.
fn say(report: &Report, verbose: bool) {
    let again = |found: &Reported| ui::is_terminal() && !found.finding.kind.is_note();
    let said = report.findings.iter().filter(|found| found.said || verbose || again(found));
    let mut of_one: HashMap<&str, usize> = HashMap::new();
    let mut more = if report.more_said || verbose { report.more_findings } else { 0 };
    for found in said {
        let finding = &found.finding;
        let count = of_one.entry(&finding.about).or_default();
        *count += 1;
        if *count <= limits::FINDINGS_SAID {
            ui::finding(finding);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        ui::warning(&format!("and {} more", ui::count(more, "finding")));
        ui::hint("`pgtrust status` lists those that are kept");
    }
}

/// One line for each file that changed.
fn show(args: &args::Refresh, report: &Report, sources: &[Source<'_>]) -> Result<(), Failure> {
    for catalogue in &report.catalogues {
        // Whether the archive that the manifest expects was not here before.
        let is_new = catalogue.result == CatalogueState::Downloaded;
        let verb = match (is_new, args.check) {
            (false, _) if catalogue.kept => "kept",
            (false, _) => "not kept",
            (true, true) => "would be kept",
            (true, false) => "kept anew",
        };
        if is_new || args.verbose {
            ui::data(&format!("{}: {verb}: sha256 {}", catalogue.url, catalogue.sha256))?;
        }
    }
    for source in sources.iter().filter(|source| source.changed || args.verbose) {
        ui::data(&source.summary(args.check))?;
        if args.verbose {
            for (sign, roots) in [('+', source.added), ('-', source.removed)] {
                roots.iter().try_for_each(|root| ui::data(&format!("  {sign} {} {}", root.sha256, root.subject)))?;
            }
        }
    }
    for store in report.stores.iter().filter(|store| store.is_change() || args.verbose) {
        ui::data(&summary(store, args.check))?;
        if args.verbose {
            show_details(store)?;
        }
    }
    if let Some(pins) = report.pins.as_ref().filter(|_| args.verbose) {
        ui::data(&format!("pins: last checked on {}, those of {}", pins.checked, pins.provider))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'a> {
    check: bool,
    changed: bool,
    catalogues: &'a [CatalogueResult],
    sources: &'a [Source<'a>],
    stores: &'a [Installed],
    findings: &'a [Reported],
    more_findings: usize,
    pins: Option<&'a PinsChecked>,
}

/// The combined PEM of a provider or a tenant.
#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    path: String,
    changed: bool,
    added: &'a [Listed],
    removed: &'a [Listed],
}

fn sources(report: &Report) -> impl Iterator<Item = Source<'_>> {
    let providers = report.providers.iter();
    let providers =
        providers.map(|kept| (&kept.fetched.provider.id[..], &kept.path, kept.changed, &kept.added, &kept.removed));
    let tenants = report.tenants.iter();
    let tenants = tenants.map(|kept| (kept.name(), &kept.path, kept.changed, &kept.added, &kept.removed));
    providers.chain(tenants).map(|(name, path, changed, added, removed)| {
        let path = path.display().to_string();
        Source { name, path, changed, added, removed }
    })
}

impl Source<'_> {
    /// One line.
    fn summary(&self, dry_run: bool) -> String {
        let verb = match (self.changed, dry_run) {
            (false, _) => "unchanged",
            (true, true) => "would be updated",
            (true, false) => "updated",
        };
        let (added, removed) = (ui::count(self.added.len(), "root"), self.removed.len());
        format!("{}: {verb}: {added} added, {removed} removed", self.path)
    }
}
