//! Room for large answers: one of them is in memory at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room of one download, taken once its answer turns out to be large, and left when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    large: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new(large: &Arc<Semaphore>) -> Self {
        Self { large: Arc::clone(large), taken: None }
    }

    /// Waits for the room.
    pub(super) async fn take(&mut self) {
        if self.taken.is_none() {
            // Nobody closes it.
            self.taken = Arc::clone(&self.large).acquire_owned().await.ok();
        }
    }

    /// Leaves it to others.
    pub(super) fn leave(&mut self) {
        self.taken = None;
    }
}
