//! Errors of bundles.

use std::collections::HashSet;
use std::mem::discriminant;

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

/// The first of each reason, and the first few of all.
fn reasons(rejected: &[Rejected]) -> String {
    let mut known = HashSet::new();
    let shown = rejected.iter().enumerate();
    let shown = shown.filter(|(index, rejected)| known.insert(discriminant(&rejected.reason)) || *index < FEW);
    let mut words: Vec<String> =
        shown.map(|(_, Rejected { certificate, reason, .. })| format!("`{}` {reason}", certificate.title())).collect();
    let more = rejected.len() - words.len();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    if words.is_empty() { ": no source holds a certificate".to_owned() } else { format!(": {}", words.join("; ")) }
}

/// A leaf, two intermediates and their root.
const FEW: usize = 4;
