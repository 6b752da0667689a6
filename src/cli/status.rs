//! `pgtrust status`

use pgtrust::status::{self, Overview, Roots};
use pgtrust::{FindingKind, Machine, limits, timestamp};
use time::OffsetDateTime;

use super::ui::{self, Failure};
use super::{Status, args};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Status) -> Result<Status, Failure> {
    let overview = status::status(machine)?;
    if args.json {
        ui::json(&overview)?;
    } else {
        show(machine, &overview)?;
    }
    Ok(if overview.is_healthy() { Status::Done } else { Status::Found })
}

fn line(label: &str, text: &str) -> Result<(), Failure> {
    ui::data(&format!("{label:<9} {text}"))
}

fn show(machine: &Machine<'_>, overview: &Overview) -> Result<(), Failure> {
    match overview.last_run {
        None => line("last run", "never: `pgtrust refresh` follows what is kept")?,
        Some(time) => line("last run", &ago(machine, time))?,
    }
    if overview.last_success != overview.last_run {
        line("success", &overview.last_success.map_or_else(|| "never".to_owned(), |time| ago(machine, time)))?;
    }
    if let Some(pins) = &overview.pins {
        line("pins", &format!("last checked on {}, those of {}", pins.checked, pins.provider))?;
        if pins.old {
            ui::warning("that is more than a year ago: what providers have announced since is unknown here");
            ui::hint("a newer pgtrust has newer pins");
        }
    }
    for source in &overview.sources {
        let region = source.region.as_ref().map_or_else(String::new, |region| format!(" ({region})"));
        let file = source.path.as_ref().map(|path| format!(": {path}: {}", described(&source.roots)));
        line("source", &format!("{}{region}{}", source.name, file.unwrap_or_default()))?;
        for rotation in &source.rotations {
            let ends = rotation.ends.as_ref().map_or_else(String::new, |ends| format!(" to {ends}"));
            line("rotation", &format!("{}: {}{ends}", rotation.id, rotation.starts))?;
        }
    }
    for store in &overview.stores {
        let name = store.target.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        match (&store.error, store.format) {
            (Some(error), _) => line("store", &format!("{}{name}: {error}", store.path))?,
            (None, format) => {
                let format = format.unwrap_or_default();
                line("store", &format!("{}{name}: {format}, {}", store.path, described(&store.roots)))?;
            }
        }
        if let Some(shared) = &store.shared {
            line("  shared", shared)?;
        }
        for unready in &store.unready {
            let missing: Vec<String> = unready.missing.iter().map(ToString::to_string).collect();
            let lacks = format!("{} of {}: lacks {}", unready.rotation, unready.starts, missing.join(", "));
            line("  unready", &lacks)?;
        }
    }
    let held = overview.held.iter().map(|held| format!("{}: {} {}", held.source, held.sha256, held.subject));
    lines("held", held, 0)?;
    show_findings(overview)
}

/// As many as a person reads, and how many more there are.
fn lines(label: &str, mut texts: impl Iterator<Item = String>, more: usize) -> Result<(), Failure> {
    texts.by_ref().take(limits::PROBLEMS).try_for_each(|text| line(label, &text))?;
    match texts.count() + more {
        0 => Ok(()),
        more => line(label, &format!("and {more} more")),
    }
}

/// What a person should look at.
fn show_findings(overview: &Overview) -> Result<(), Failure> {
    for lost in &overview.lost {
        ui::warning(&format!("{lost}; it counts as absent"));
    }
    // What is held stands there already.
    let others = overview.findings.iter().filter(|finding| finding.kind != FindingKind::Held);
    let others = others.map(|finding| format!("{} (since {})", finding.message, finding.since));
    lines("finding", others, overview.more_findings)?;
    if let Some(error) = &overview.journal {
        line("journal", error)?;
    }
    for wrong in &overview.wrong_modes {
        let path = wrong.path.display();
        line("mode", &format!("{path}: {}, should be {}: `pgtrust refresh` mends it", wrong.mode, wrong.should_be))?;
    }
    for path in &overview.readable_by_all {
        line("secret", &format!("{path}: everyone can read it: `chmod go-r {path}`"))?;
    }
    Ok(())
}

fn described(roots: &Roots) -> String {
    let expired = if roots.expired > 0 { format!(", {} expired", roots.expired) } else { String::new() };
    let next = roots.next_expiry.map_or_else(String::new, |next| format!(", the next expires {}", next.date()));
    format!("{}{expired}{next}", ui::count(roots.roots, "root"))
}

fn ago(machine: &Machine<'_>, time: OffsetDateTime) -> String {
    let minutes = (machine.now - time).whole_minutes().max(0);
    let ago = match minutes {
        0..120 => ui::count(minutes as usize, "minute"),
        120..2880 => ui::count(minutes as usize / 60, "hour"),
        _ => ui::count(minutes as usize / 1440, "day"),
    };
    format!("{}, {ago} ago", timestamp(time))
}
