//! What commands say of inputs that they could not use.

use pgtrust::Bundle;
use pgtrust::bundle::Rejected;
use pgtrust::source::Problem;

use super::Status;
use super::ui;

/// Says which parts of the inputs cannot be read. That is a finding.
pub(crate) fn problems(problems: &[Problem]) -> Status {
    for problem in problems {
        let place = problem.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        ui::warning(&format!("`{}`: {place}{}", problem.origin, problem.reason));
    }
    if problems.iter().any(|problem| problem.lost) { Status::Found } else { Status::Done }
}

/// Says which certificates did not become roots and why.
pub(crate) fn rejected(rejected: &[Rejected]) {
    let rejected: Vec<&Rejected> = rejected.iter().filter(|rejected| rejected.is_of_user()).collect();
    for Rejected { certificate, sighting, reason, .. } in &rejected {
        let line = sighting.line.map_or_else(String::new, |line| format!("line {line}: "));
        ui::warning(&format!("`{}`: {line}left out `{}`: {reason}", sighting.origin, certificate.subject()));
    }
    if rejected.iter().any(|rejected| rejected.reason.is_no_root()) {
        ui::hint("a trust store holds self-signed CA certificates; `--allow-non-roots` takes others all the same");
    }
}

/// Says which roots some clients cannot tell apart.
pub(crate) fn ambiguous(bundle: &Bundle) {
    for (first, second) in bundle.ambiguous() {
        ui::warning(&format!(
            "`{}` is the subject of two roots with different keys and no key identifier ({}, {}): OpenSSL tries only the first",
            first.subject(),
            first.fingerprint(),
            second.fingerprint()
        ));
    }
}
