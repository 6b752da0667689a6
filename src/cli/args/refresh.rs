//! Arguments of `refresh` and `status`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::Network;

/// [`REFRESH_TIME`](pgtrust::limits::REFRESH_TIME)
const DEADLINE: &str = "10m";

/// Fetch again all that the manifest keeps and bring its stores up to date: what cron runs ahead of a rotation
///
/// Prints nothing when nothing changed, else one line for each file. What a person should look at is reported once, on a
/// terminal each time; what still fails again after a day, three days and a week, then weekly. The exit status shows it as
/// long as it stands.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust refresh
  pgtrust refresh --check                          exit status 1 if something would change
  pgtrust refresh --splay 1h                       at a random time within the next hour

Exit status: 0 done, 1 something needs a person (a root is held, a URL serves something else) or, with --check, would
change, 2 something could not be fetched or written; the rest was")]
pub(crate) struct Refresh {
    /// First wait a random time of at most this (`90s`, `15m`, `1h`), so that many machines do not ask at once
    #[arg(long, value_name = "DURATION", value_parser = within_a_day)]
    pub(crate) splay: Option<Duration>,

    /// How long downloads, APIs, ssh and hooks may take in all, after `--splay`. What did not get its turn is reported, and
    /// stores are brought up to date with what is there
    #[arg(long, value_name = "DURATION", default_value = DEADLINE, value_parser = within_a_day)]
    pub(crate) deadline: Duration,

    /// Only report whether something would change, and write nothing
    #[arg(long)]
    pub(crate) check: bool,

    /// Report also what did not change, and again all that still needs a person
    #[arg(short, long)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) network: Network,

    /// Write metrics for the textfile collector of Prometheus' node_exporter to this file, whose name ends in `.prom`
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub(crate) metrics: Option<PathBuf>,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what this machine keeps and how it stands: sources, stores, rotations ahead, held roots, the last refresh
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit status: 0 all is well, 1 something needs a person: a root is held, a store cannot be read or would not
survive a rotation, the last refresh found something"
)]
pub(crate) struct Status {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What waits longer is forgotten before it ends.
pub(super) fn within_a_day(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration <= Duration::from_secs(24 * 60 * 60) { Ok(duration) } else { Err("more than a day".to_owned()) }
}
