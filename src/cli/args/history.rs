//! Arguments of `history` and `undo`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Show what pgtrust changed: when, by which command, in which store, and which roots came and went
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust history
  pgtrust history ~/.postgresql/root.crt
  pgtrust undo 7                                   put that change back")]
pub(crate) struct History {
    /// Only this store
    #[arg(value_name = "STORE")]
    pub(crate) store: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Put the last change of a store back, byte for byte
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust undo                                     the last change
  pgtrust undo ~/.postgresql/root.crt              the last change of this store
  pgtrust undo 7                                   the change of this number in `pgtrust history`")]
pub(crate) struct Undo {
    /// The number of a change, or a store; without it, the last change
    #[arg(value_name = "ID|STORE")]
    pub(crate) what: Option<String>,

    /// Put the old bytes back even if others changed the store since
    #[arg(long)]
    pub(crate) force: bool,

    /// Show what would be put back and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}
