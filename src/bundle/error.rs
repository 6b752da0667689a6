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
    #[error("no root is left to put into a bundle{}", first_reason(.rejected))]
    EmptyBundle {
        /// What did not pass.
        rejected: Vec<Rejected>,
    },
    /// Files, locks, permissions or programs.
    #[error(transparent)]
    System(#[from] crate::system::Error),
}

fn first_reason(rejected: &[Rejected]) -> String {
    match rejected {
        [] => String::new(),
        [first] => format!(": `{}` {}", first.certificate.subject(), first.reason),
        [first, rest @ ..] => {
            format!(": `{}` {}, and {} more", first.certificate.subject(), first.reason, rest.len())
        }
    }
}
