//! When a whole run is to end.

use std::time::{Duration, Instant};

/// A moment that caps every wait before it; none caps none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The moment after this time from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// Returns this time, or what is left until then where that is less.
    pub(crate) fn left(self, most: Duration) -> Duration {
        self.0.map_or(most, |end| end.saturating_duration_since(Instant::now()).min(most))
    }

    /// Tells whether it has passed.
    pub(crate) fn is_over(self) -> bool {
        self.left(Duration::MAX).is_zero()
    }
}
