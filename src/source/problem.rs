//! What could not be used of an input.

use crate::bundle::Origin;
use crate::format::Position;
use crate::system::limits;
use crate::system::text::shortened;

/// A part of an input that could not be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// The input.
    pub origin: Origin,
    /// Where in it, unless it is all of it.
    pub position: Option<Position>,
    /// Why.
    pub reason: String,
    /// Whether something in it could not be read. Otherwise all of it was, and is to be taken with care.
    pub lost: bool,
}

/// The problems of one input: the first of them one by one, the rest as a number. What is wrong with an input may be longer
/// than the input.
#[derive(Default)]
pub(crate) struct Problems {
    told: Vec<Problem>,
    rest: Tally,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        if self.rest.admits(problem.lost) {
            self.told.push(Problem { reason: shortened(&problem.reason).into_owned(), ..problem });
        }
    }

    /// Returns them; what stands for the rest comes last.
    pub(crate) fn of(mut self, origin: &Origin) -> Vec<Problem> {
        self.told.extend(self.rest.problem(origin));
        self.told
    }
}

/// Counts what is told one by one, and what is beyond.
#[derive(Default)]
pub(crate) struct Tally {
    told: usize,
    more: usize,
    lost: bool,
}

impl Tally {
    /// Tells whether one more is told.
    pub(crate) fn admits(&mut self, lost: bool) -> bool {
        let admitted = self.told < limits::PROBLEMS;
        if admitted {
            self.told += 1;
        } else {
            self.more += 1;
            self.lost |= lost;
        }
        admitted
    }

    /// Returns what stands for all that was not admitted.
    pub(crate) fn problem(&self, origin: &Origin) -> Option<Problem> {
        let reason = format!("and {} more", self.more);
        (self.more > 0).then(|| Problem { origin: origin.clone(), position: None, reason, lost: self.lost })
    }
}
