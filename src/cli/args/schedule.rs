//! `pgtrust schedule`

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args as ClapArgs, Subcommand};
use pgtrust::schedule::{Every, SCHEDULERS, UnitName};

/// Let the machine run `pgtrust refresh` by itself
///
/// The job is a systemd timer, a line of the crontab, a launchd agent or a Windows task, for this user or, with
/// `--system`, for the whole machine.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust schedule enable --dry-run                show the files and commands
  pgtrust schedule enable                          once a night
  sudo pgtrust schedule enable --system --every 04:30
  pgtrust schedule enable --via cron --every '30 5 * * 1-5'
  pgtrust schedule status
  pgtrust schedule disable")]
pub(crate) struct Schedule {
    #[command(subcommand)]
    pub(crate) action: ScheduleAction,

    /// Schedule it for this user, which is the default
    #[arg(long, global = true)]
    pub(crate) user: bool,

    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleAction {
    Enable(Box<ScheduleEnable>),
    Disable(ScheduleDisable),
    /// Show whether it is scheduled, and whether the job still fits this machine
    #[command(after_help = "Exit status: 0 yes, 1 no, or it no longer fits, or does not run")]
    Status,
}

/// Schedule it, or bring what is scheduled up to date
///
/// Options that are left out keep what they were. Run it again when pgtrust has moved or serves other stores: `schedule
/// status` shows that.
#[derive(Debug, ClapArgs)]
pub(crate) struct ScheduleEnable {
    /// `daily` (the default: at night, each machine at a minute of its own), `hourly`, `weekly`, a time of day such as
    /// `04:30`, or for cron alone the five fields of a crontab
    #[arg(long, value_name = "TIMES", value_parser = Every::from_str)]
    pub(crate) every: Option<Every>,

    /// The scheduler to use, instead of the one that is found on this machine
    #[arg(long, value_name = "SCHEDULER",
        value_parser = PossibleValuesParser::new(SCHEDULERS.iter().map(|scheduler| PossibleValue::new(scheduler.name).help(scheduler.summary))))]
    pub(crate) via: Option<String>,

    /// Let each run write its metrics to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,

    /// Let systemd start this unit of yours when a run fails or needs a person, such as one that mails: `mail-me@%n.service`
    #[arg(long, value_name = "UNIT", value_parser = UnitName::from_str)]
    pub(crate) on_failure: Option<UnitName>,

    /// Show the files and the commands, and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Remove what `enable` scheduled
#[derive(Debug, ClapArgs)]
pub(crate) struct ScheduleDisable {
    /// Show the files and the commands, and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}
