//! Arguments of `pgtrust enforcement`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

/// Show or change whether a provider refuses connections without TLS
///
/// Supabase's Management API is asked with the access token in SUPABASE_ACCESS_TOKEN. Before `enable`, the stores of this
/// machine are searched for Supabase's root: clients that verify would not get through without it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust enforcement supabase --project-ref abcdefghijklmnopqrst
  pgtrust enforcement supabase --project-ref abcdefghijklmnopqrst enable --dry-run

Exit status: 0 done, or enforced; 1 not enforced, not applied yet, or refused without --yes; 2 could not")]
pub(crate) struct Enforcement {
    /// The provider
    #[arg(value_enum)]
    pub(crate) provider: EnforcementProvider,

    /// The project: the word in `db.REF.supabase.co`
    #[arg(long, value_name = "REF")]
    pub(crate) project_ref: String,

    /// What to do
    #[arg(value_enum, default_value = "get")]
    pub(crate) action: EnforcementAction,

    /// A file whose first line is the access token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Enable it although no store of this machine holds the provider's root
    #[arg(long)]
    pub(crate) yes: bool,

    /// Show what would change and change nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EnforcementProvider {
    /// A project at Supabase
    Supabase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnforcementAction {
    /// Show whether TLS is enforced
    Get,
    /// Refuse connections without TLS
    Enable,
    /// Allow connections without TLS again
    Disable,
}
