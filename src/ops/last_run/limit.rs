//! How many findings are kept.

use std::collections::HashMap;

use crate::ops::finding::Reported;
use crate::system::limits;

/// Returns as many findings as are kept, of each source, store or hook and in all, and how many are left out. Failures
/// give way last.
pub(super) fn limit(mut found: Vec<Reported>) -> (Vec<Reported>, usize) {
    let all = found.len();
    // Stable, so that the same ones are kept each time.
    found.sort_by_key(|found| found.finding.kind.rank());
    let mut of_one: HashMap<String, usize> = HashMap::new();
    found.retain(|found| {
        let count = of_one.entry(found.finding.about.clone()).or_default();
        *count += 1;
        *count <= limits::FINDINGS_OF_ONE
    });
    found.truncate(limits::FINDINGS);
    let more = all - found.len();
    (found, more)
}
