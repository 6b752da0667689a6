//! `pgtrust accept`

use pgtrust::Machine;
use pgtrust::accept::{self, HeldSelection};

use super::args::Accept;
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &Accept) -> Result<Status, Failure> {
    let which = match args.fingerprint {
        Some(fingerprint) => HeldSelection::One(fingerprint),
        None => HeldSelection::OfProvider(args.provider.clone().unwrap_or_default()),
    };
    let report = accept::accept(machine, &which, args.dry_run)?;
    let id = &report.provider;
    for (root, evidence) in &report.roots {
        ui::note(&format!("{id}: {} {}", root.sha256, root.subject));
        evidence.iter().for_each(|line| ui::note(&format!("  {line}")));
    }
    let status = notes::show(&report.notes);
    if args.dry_run {
        return Ok(status);
    }
    for (root, _) in &report.roots {
        ui::data(&format!("{id}: accepted {} {}", root.sha256, root.subject))?;
    }
    for other in &report.others {
        ui::warning(&format!("`{other}` is not a self-signed CA certificate and stays held"));
    }
    ui::hint("`pgtrust install` puts it into the stores that the manifest keeps");
    Ok(status)
}
