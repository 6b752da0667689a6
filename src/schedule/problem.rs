//! What keeps a job from being scheduled.

use std::path::PathBuf;

/// Why nothing is scheduled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The times cannot be understood.
    #[error("`{text}` is not a schedule: {reason}")]
    BadTimes {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Root would put a user's job among its own.
    #[error("`{home}` belongs to another user than root")]
    ForeignHome {
        /// `HOME`.
        home: PathBuf,
    },
    /// The image that is worked on lacks pgtrust.
    #[error("there is no `pgtrust` in `{root}`")]
    NoProgram {
        /// The image's folder.
        root: PathBuf,
    },
    /// Nothing on this machine runs jobs.
    #[error("nothing is found here that runs jobs for {whom}: no {tried}")]
    NoScheduler {
        /// This user or the machine.
        whom: &'static str,
        /// The names of all schedulers.
        tried: String,
    },
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
        source: Box<crate::Error>,
        /// The commands that remain.
        remaining: Vec<String>,
    },
}

impl Problem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::BadTimes { .. } => {
                "`daily`, `hourly`, `weekly` or `04:30`; for cron also minute, hour, day, month and weekday: `17 4 * * 1-5`"
                    .to_owned()
            }
            Self::ForeignHome { .. } => {
                "run it as that user, without `sudo`; or `--system` schedules it for the whole machine".to_owned()
            }
            Self::NoProgram { .. } => "put it into its `usr/local/bin` or `usr/bin` first".to_owned(),
            Self::NoScheduler { .. } => {
                "`--via` names one to write for all the same; or let something else run `pgtrust refresh`".to_owned()
            }
            Self::OnlyCron { .. } => {
                "`--every daily`, `hourly`, `weekly` or a time such as `04:30`; or `--via cron`".to_owned()
            }
            Self::NotTaken { remaining, .. } => {
                format!("where it can be reached, as after a login, run `{}`", remaining.join("`, `"))
            }
        }
    }
}
