//! Errors of bundles.

use super::Rejected;

/// No bundle could be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written in its format.
    #[error(transparent)]
    Decode(#[from] crate::format::DecodeError),
    /// No certificate passed the policy.
    #[error("no root is left to put into a bundle{}", reasons(.rejected))]
    EmptyBundle {
        /// What did not pass.
        rejected: Vec<Rejected>,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}

/// The reasons in one line, as far as a reader takes them in.
fn reasons(rejected: &[Rejected]) -> String {
    let shown = rejected
        .iter()
        .take(SHOWN)
        .map(|Rejected { certificate, reason, .. }| format!("`{}` {reason}", certificate.subject()));
    let more = rejected.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    let words: Vec<String> = shown.chain(more).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) }
}

/// A leaf, two intermediates and their root.
const SHOWN: usize = 4;
