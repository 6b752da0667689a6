//! The work of key derivations.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;
use crate::system::limits;

/// Iterations of key derivations that are left for one run, however many stores it reads: [`limits::DERIVATIONS`] to begin
/// with. Otherwise small files could keep a machine busy for days.
#[derive(Debug)]
pub struct Derivations {
    limit: u64,
    left: AtomicU64,
}

impl Default for Derivations {
    fn default() -> Self {
        Self::of(limits::DERIVATIONS)
    }
}

impl Derivations {
    /// Leaves so many iterations.
    pub(crate) fn of(limit: u64) -> Self {
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// Takes a derivation of so many blocks from what is left. Fails where that is not enough.
    pub(super) fn spend(&self, iterations: NonZeroU32, blocks: usize) -> Result<(), Error> {
        let cost = u64::from(iterations.get()).saturating_mul(blocks as u64);
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        spent.map(drop).map_err(|left| Error::Limit {
            what: "iterations of key derivations, with those for the stores before it",
            limit: self.limit,
            found: (self.limit - left).saturating_add(cost),
        })
    }
}
