//! Arguments of `pgtrust providers add` and `remove`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use pgtrust::Fingerprint;

#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersCommand {
    Add(AddProvider),
    Remove(RemoveProvider),
}

/// Describe a provider of your own, with its roots pinned by fingerprint
///
/// Writes `bundles/NAME/` in the configuration folder. From then on NAME is a provider like those that are built in.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust providers add corp --url https://pki.corp.example/roots.pem      show what is served there
  pgtrust providers add corp --url https://pki.corp.example/roots.pem --pin SHA256 --host '*.db.corp.example'
  pgtrust providers add lab --file lab-ca.pem

Exit status: 0 done, 1 nothing is pinned or a pin is not served, 2 could not")]
pub(crate) struct AddProvider {
    /// Its name from now on: lower-case letters, digits, hyphens
    pub(crate) name: String,

    /// Where its certificates are published; only those that `--pin` names are taken
    #[arg(long, value_name = "URL", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) url: Option<String>,

    /// A file with its certificates; all roots in it are taken unless `--pin` names some
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// SHA-256 fingerprint of a root
    #[arg(long, value_name = "SHA256")]
    pub(crate) pin: Vec<Fingerprint>,

    /// Names of its servers, `*` for one or more characters
    #[arg(long, value_name = "PATTERN")]
    pub(crate) host: Vec<String>,

    /// Its title, for people
    #[arg(long)]
    pub(crate) title: Option<String>,

    /// The web page that describes its certificates
    #[arg(long, value_name = "URL")]
    pub(crate) docs: Option<String>,

    /// Replace a provider of this name in the same folder
    #[arg(long)]
    pub(crate) replace: bool,

    /// Show what would be written and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Remove a provider of your own
#[derive(Debug, ClapArgs)]
pub(crate) struct RemoveProvider {
    /// Its name
    pub(crate) name: String,

    /// Show what would go and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}
