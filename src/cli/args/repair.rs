//! Arguments of `repair`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Take out of a store what its readers cannot read: damaged and half blocks, HTML, second copies, odd certificates
///
/// All else stays as it is. `undo` brings the file back.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust repair ~/.postgresql/root.crt
  pgtrust repair old.jks --drop-dead -n            also what has expired or is not a root; only show

Exit status: 0 done or nothing to do, 2 a store could not be repaired; the others were")]
pub(crate) struct Repair {
    /// Files: PEM, PKCS#7, PKCS#12, JKS
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Also take out what has expired and what is not a root
    #[arg(long)]
    pub(crate) drop_dead: bool,

    /// Show what would go and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// File with the password on its first line
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
