//! A clock that cannot be right: a battery that is empty, a time server that lies.

use time::{Duration, OffsetDateTime};

use super::last_run::LastRun;
use super::machine::Machine;
use super::note::Note;
use crate::system::limits;

impl Machine<'_> {
    /// Returns the time by which roots expire. By a clock that is years off what the last run saw, none expires that had not
    /// before; a second run that sees the same agrees with it.
    pub(super) fn expires_by(&self) -> OffsetDateTime {
        self.last_clock().map_or(self.as_of, |last| last.min(self.as_of))
    }

    /// Notes that the clock is doubted.
    pub(super) fn doubted_clock(&self) -> Option<Note> {
        self.last_clock().map(|last| Note::Clock { last, now: self.now })
    }

    /// Returns when the last run ended, where the clock is doubted for it. A day that the user names is not doubted.
    fn last_clock(&self) -> Option<OffsetDateTime> {
        let last = LastRun::time_of(&self.layout().ok()?.state)?;
        let off = (self.now - last).abs() > Duration::days(limits::CLOCK_DAYS);
        Some(last).filter(|_| off && self.as_of == self.now)
    }
}
