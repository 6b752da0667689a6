//! Texts for the notes of a report.

use pgtrust::{FindingKind, Note, Problem, Rejected};

use super::Status;
use super::hint;
use super::ui;

/// Says it all, in order. Returns the worst that it means.
pub(crate) fn show(notes: &[Note]) -> Status {
    notes.iter().map(show_one).max().unwrap_or(Status::Done)
}

fn show_one(note: &Note) -> Status {
    match note {
        Note::Accepted { provider, root } => {
            ui::warning(&format!("`{provider}`: accepted as the manifest says: {root}"));
        }
        Note::Advice(advice) => {
            ui::warning(&advice.warning);
            ui::hint(&advice.hint);
        }
        Note::Ambiguous { subject, first, second } => ui::warning(&format!(
            "`{subject}` is the subject of two roots with different keys and no key identifier ({first}, {second}): OpenSSL tries only the first"
        )),
        Note::Blocked(error) => {
            ui::warning(&error.to_string());
            hint::hint(error).iter().for_each(|hint| ui::hint(hint));
        }
        Note::Failure(error) => {
            ui::problem(error);
            return Status::Failed;
        }
        Note::Finding(finding) => {
            ui::finding(finding);
            if matches!(finding.kind, FindingKind::Mismatch | FindingKind::Held) {
                return Status::Found;
            }
        }
        Note::HookOutput { hook, line } => ui::note(&format!("`{hook}`: {line}")),
        Note::HookPlanned { hook } => ui::note(&format!("hook `{hook}` would run")),
        Note::HooksOfImage { root } => {
            let root = root.display();
            ui::hint(&format!("hooks are not run: they are commands of the system in `{root}`, not of this one"));
        }
        Note::NotAllRoots => return Status::Found,
        Note::NotLooked(error) => ui::warning(&error.to_string()),
        Note::Pinned { tenant, root } => ui::note(&format!("{tenant}: pinned {root}")),
        Note::Problem(problem) => return show_problem(problem),
        Note::Rejected(rejected) => show_rejected(rejected),
        Note::Stale(error) => ui::warning(&format!("{error}; what is kept stays")),
        Note::Trace(text) => ui::warning(text),
        Note::Unchecked { origin, reason } => ui::warning(&format!("`{origin}`: {reason}")),
        Note::Usage(text) => ui::hint(text),
        _ => {}
    }
    Status::Done
}

/// Says which part of an input cannot be read. That is a finding.
fn show_problem(problem: &Problem) -> Status {
    let position = problem.position.as_ref().map_or_else(String::new, |position| format!("{position}: "));
    ui::warning(&format!("`{}`: {position}{}", problem.origin, problem.reason));
    if problem.lost { Status::Found } else { Status::Done }
}

/// Says which certificates did not become roots and why.
fn show_rejected(rejected: &[Rejected]) {
    let rejected: Vec<&Rejected> = rejected.iter().filter(|rejected| rejected.is_of_user()).collect();
    for Rejected { certificate, sighting, reason, .. } in &rejected {
        let line = sighting.line.map_or_else(String::new, |line| format!("line {line}: "));
        ui::warning(&format!("`{}`: {line}left out `{}`: {reason}", sighting.origin, certificate.subject()));
    }
    if rejected.iter().any(|rejected| rejected.reason.is_not_a_root()) {
        ui::hint("a trust store holds self-signed CA certificates; `--allow-non-roots` takes others all the same");
    }
}
