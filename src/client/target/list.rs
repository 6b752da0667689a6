//! Lists of targets: one on each line.

use super::{Target, TargetError};
use crate::client::surroundings::Surroundings;

/// A line of a list is no target.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: TargetError,
}

/// Reads a list: one target a line, each with its line. Empty lines, and those that begin with `#`, count for nothing.
pub fn targets_of_file(text: &str, surroundings: &Surroundings<'_>) -> Vec<Result<(usize, Target), BadLine>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines().map(str::trim));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, text)| match Target::parse(text, surroundings) {
            Ok(target) => Ok((line, target)),
            Err(reason) => Err(BadLine { line, reason }),
        })
        .collect()
}
