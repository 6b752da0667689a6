//! Errors of schedules.

use std::path::PathBuf;

use crate::system;

/// Why nothing is scheduled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The times cannot be understood.
    #[error("`{text}` is not a schedule: {reason}")]
    BadTimes {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The image that is worked on lacks pgtrust.
    #[error("there is no `pgtrust` in `{root}`")]
    NoProgram {
        /// The image's folder.
        root: PathBuf,
    },
    /// No scheduler is found on this machine.
    #[error("nothing is found here that runs jobs for {whom}: no {tried}")]
    NoScheduler {
        /// This user or the machine.
        whom: &'static str,
        /// The names of all schedulers.
        tried: String,
    },
    /// Files or programs.
    #[error(transparent)]
    System(#[from] system::Error),
    /// The scheduler is not cron, and the times are in its words.
    #[error("`{fields}` is for cron, and {scheduler} does not take it")]
    OnlyCron {
        /// The fields of a crontab.
        fields: String,
        /// The scheduler.
        scheduler: &'static str,
    },
    /// Files are written, but the scheduler does not take them.
    #[error("the job is written and does not run yet: {source}")]
    NotTaken {
        /// What the scheduler's command said.
        source: Box<Self>,
        /// The commands that remain.
        remaining: Vec<String>,
    },
}
