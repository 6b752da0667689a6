//! The arguments of the command line. Parsing does no work and touches no file.

mod check;
mod custom;
mod enforcement;
mod history;
mod parse;
mod refresh;
mod repair;
mod schedule;
mod settings;
mod shared;
mod tenant;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;
use pgtrust::{Fingerprint, Pattern};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

pub(crate) use check::Check;
pub(crate) use custom::{AddProvider, ProvidersCommand, RemoveProvider};
pub(crate) use enforcement::{Enforcement, EnforcementAction, EnforcementProvider};
pub(crate) use history::{History, Undo};
pub(crate) use parse::{ask_for_json, parse};
pub(crate) use refresh::{Refresh, Status};
pub(crate) use repair::Repair;
pub(crate) use schedule::{Schedule, ScheduleAction, ScheduleEnable};
pub(crate) use settings::{Env, Snippet};
use shared::format;
pub(crate) use shared::{Download, Network, Password, Removing, Stores};

/// Keeps every PostgreSQL client on this machine trusting the right roots.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Examples:
  pgtrust install azure                            roots of Azure into ~/.postgresql/root.crt
  export PGSSLROOTCERT=$(pgtrust fetch supabase)   one file for one provider
  pgtrust bundle azure corp.der -o all.pem         one file from anything
  pgtrust inspect ~/.postgresql/root.crt           what is in it
  pgtrust schedule enable                          follow the providers from now on
  pgtrust undo                                     put the last change back

Exit status: 0 yes or done, 1 no (something was found), 2 could not"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Judge validity by this time instead of now: a day (2026-11-21) or a time (2026-11-21T08:00:00Z)
    #[arg(long, alias = "as-of", global = true, value_name = "TIME", value_parser = time, help_heading = "Global options")]
    pub(crate) at: Option<OffsetDateTime>,

    /// How long to wait for another run that works on the same store
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, help_heading = "Global options")]
    pub(crate) wait: u64,

    /// Go on where other users can write what decides trust, without hooks and token commands; as PGTRUST_ALLOW_WRITABLE=1
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) allow_writable: bool,

    /// Do not run the hooks that the manifest has for changed stores
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_hooks: bool,

    /// Keep things for the whole machine, in /etc/pgtrust and /var/lib/pgtrust
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) system: bool,

    /// Work on the system in this folder as if it were `/`, as when building an image; implies `--system`
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Accept(Accept),
    Bundle(Bundle),
    Check(Check),
    Completions(Completions),
    Enforcement(Enforcement),
    Env(Env),
    Fetch(Fetch),
    History(History),
    Inspect(Inspect),
    Install(Install),
    Man(Man),
    Providers(Providers),
    Prune(Prune),
    Refresh(Refresh),
    Repair(Repair),
    Schedule(Schedule),
    Snippet(Snippet),
    Status(Status),
    Undo(Undo),
    Uninstall(Uninstall),
}

/// Trust a root that a provider serves and no pin knows
///
/// `pgtrust fetch` and `refresh` hold such roots and show them. This shows who serves one, since when, and whether a
/// pinned root vouches for its key. Compare the fingerprint with what the provider publishes.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust accept 3f1c...                           one root, by its SHA-256 fingerprint
  pgtrust accept --provider aws-rds --dry-run      show what all of one provider's held roots have to say for themselves")]
pub(crate) struct Accept {
    /// SHA-256 fingerprint of the held root
    #[arg(required_unless_present = "provider", conflicts_with = "provider")]
    pub(crate) fingerprint: Option<Fingerprint>,

    /// All held roots of this provider
    #[arg(long)]
    pub(crate) provider: Option<String>,

    /// Show the evidence and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Build or convert a bundle from anything
///
/// Deduplicates by fingerprint, leaves out what has expired or is not a root, and puts the roots that servers use now
/// first.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust bundle azure supabase -o roots.pem
  pgtrust bundle corp.der -o corp.pem              DER to PEM
  pgtrust bundle old.jks corp.p7b -o all.p12       anything to anything
  pgtrust bundle ./certs system --exclude '*test*' -o all.pem
  pgtrust bundle aws-rds --only '*eu-west-1*'      to standard output")]
pub(crate) struct Bundle {
    /// Providers, files, folders, `system` for this machine's roots, `jdk` for those of the JDK in use, `-` for standard
    /// input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,

    /// Write this file, in the format of its extension; without it, PEM goes to standard output
    #[arg(short, long, value_name = "FILE", value_parser = shared::output())]
    pub(crate) output: Option<PathBuf>,

    /// Write in this format instead
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub(crate) format: Option<String>,

    #[command(flatten)]
    pub(crate) password: Password,

    /// Take only what matches: a fingerprint or its first 8 digits, or a subject with `*`
    #[arg(long, value_name = "PATTERN", value_parser = Pattern::from_str)]
    pub(crate) only: Vec<Pattern>,

    /// Leave out what matches
    #[arg(long, value_name = "PATTERN", value_parser = Pattern::from_str)]
    pub(crate) exclude: Vec<Pattern>,

    /// Take intermediates and leaves too: some clients trust them until the next rotation, others never
    #[arg(long)]
    pub(crate) allow_non_roots: bool,
}

/// Print a completion script for a shell
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:
  pgtrust completions bash > ~/.local/share/bash-completion/completions/pgtrust")]
pub(crate) struct Completions {
    pub(crate) shell: Shell,
}

/// Download a provider's roots, check them against the pins, keep them as one PEM file
///
/// Prints the file's path. Without a network it uses the built-in copies, which the same pins prove, and warns. Where every
/// customer has a CA of its own, the provider's API is asked with your token; what it serves first is pinned.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  export PGSSLROOTCERT=$(pgtrust fetch azure)
  pgtrust fetch aws-rds --region eu-west-1
  pgtrust fetch digitalocean --cluster my-cluster  the CA of one customer, with a token in DIGITALOCEAN_TOKEN
  pgtrust fetch                                    all that the manifest keeps
  pgtrust fetch azure --mirror https://mirror.example/pki --json

Exit status: 0 done (built-in copies included), 1 a URL serves something else or roots are held,
2 could not (an API refused; with --require-network also when a download failed)")]
pub(crate) struct Fetch {
    /// Providers, or customers of theirs such as `digitalocean/my-cluster`; all that the manifest keeps when none is named
    #[arg(value_name = "PROVIDER")]
    pub(crate) providers: Vec<String>,

    #[command(flatten)]
    pub(crate) download: Download,

    /// Fail if a root could not be downloaded from where it is published
    #[arg(long, conflicts_with = "offline")]
    pub(crate) require_network: bool,

    /// Do not end with status 1 because roots are held, as in a pipeline that waits for nobody
    #[arg(long)]
    pub(crate) held_ok: bool,

    /// Print the result for each root as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what is in a file: formats, certificates, providers
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust inspect ~/.postgresql/root.crt
  pgtrust inspect --json *.pem | jq '.stores[].certificates[].not_after'

Exit status: 0 all good, 1 a member cannot be read, 2 a file is not a certificate store or its password is wrong")]
pub(crate) struct Inspect {
    /// Files or folders; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,

    /// A file whose first line is the password of key stores; without it the usual passwords are tried
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Merge roots into a store that clients read, losing nothing that is there
///
/// Downloads what is not kept yet, shows what changes, replaces the file as a whole and keeps the old bytes for `undo`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust install azure supabase                   into ~/.postgresql/root.crt
  pgtrust install corp-root.der --output /srv/app/ca.pem
  pgtrust install azure --target java --include-jdk-roots
  pgtrust install azure --target java-cacerts --all-jdks
  pgtrust install azure --dry-run                  show what would change
  pgtrust install                                  all that the manifest keeps")]
pub(crate) struct Install {
    /// Providers, files, folders, `system`, `jdk`; all that the manifest keeps when none is named
    #[arg(value_name = "PROVIDER|FILE")]
    pub(crate) sources: Vec<String>,

    #[command(flatten)]
    pub(crate) stores: Stores,

    /// Write new stores in this format; `hashed` is a folder for OpenSSL's `-CApath`
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub(crate) format: Option<String>,

    #[command(flatten)]
    pub(crate) password: Password,

    /// Add this machine's own roots, so that servers with web certificates stay reachable
    #[arg(long)]
    pub(crate) include_system: bool,

    /// Add the roots of the JDK in use, so that a JVM with this store still reaches the web
    #[arg(long)]
    pub(crate) include_jdk_roots: bool,

    /// Take intermediates and leaves too: some clients trust them until the next rotation, others never
    #[arg(long)]
    pub(crate) allow_non_roots: bool,

    #[command(flatten)]
    pub(crate) download: Download,

    /// Show what would change and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Print the plan and the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print the manual page of pgtrust or of one of its commands
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:
  pgtrust man install | man -l -")]
pub(crate) struct Man {
    /// A command
    pub(crate) command: Option<String>,
}

/// List the providers, or show one: roots, roles, validity, hosts, rotations, where the CA comes from
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust providers
  pgtrust providers azure
  pgtrust providers mydb.postgres.database.azure.com
  pgtrust providers add lab --file lab-ca.pem

In the list, `-` stands for a provider without roots that are the same for all its users")]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Providers {
    #[command(subcommand)]
    pub(crate) command: Option<ProvidersCommand>,

    /// A provider, or the name of one of its servers
    #[arg(value_name = "PROVIDER|HOST")]
    pub(crate) name: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Take out of the stores the roots that pgtrust added and that have expired or that their provider no longer uses
///
/// Shows why each root goes and what still names it. What others put into a store stays. `undo` brings the roots back.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust prune --dry-run                          show what would go, from all stores that the manifest keeps
  pgtrust prune --target postgres")]
pub(crate) struct Prune {
    #[command(flatten)]
    pub(crate) removing: Removing,
}

/// Take out of a store what pgtrust added to it, and nothing else
///
/// The journal says what that is. What others put there, before or after, stays; a file that pgtrust created goes with
/// its last root. The store is no longer kept, and `undo` brings it all back.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust uninstall --dry-run                      show what would go, from all stores that the manifest keeps
  pgtrust uninstall --target postgres
  pgtrust uninstall --output /srv/app/trust.p12")]
pub(crate) struct Uninstall {
    #[command(flatten)]
    pub(crate) removing: Removing,
}

/// A day begins at midnight, UTC.
fn time(text: &str) -> Result<OffsetDateTime, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).map(|day| day.midnight().assume_utc());
    day.or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .map_err(|_| "not a day like 2026-11-21 or a time like 2026-11-21T08:00:00Z".to_owned())
}
