//! Arguments of `check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use pgtrust::Pattern;
use pgtrust::client::CLIENTS;
use pgtrust::client::parameters::Mode;

use super::refresh::within_a_day;

/// Show what each client would really do with a server: verified, unverified, plaintext or refused, and until when
///
/// TARGET is a host or host:port, a URL or keyword string of libpq, a JDBC URL, a connection string of Npgsql, or a service.
/// Without one, PGHOST and its kind, the service file, DATABASE_URL and `.env` are asked. Of the server only the certificates
/// are asked, and nothing of it is trusted; passwords are never sent. Where a client would go on without TLS, the server is
/// asked whether it lets a user of that name in so.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust check db1.postgres.database.azure.com
  pgtrust check 'postgresql://app@db.example/shop?sslmode=require' --all
  pgtrust check db.example --client node-postgres --explain
  pgtrust check db.example --after azure-2029-cross-sign-ends
  pgtrust check --chain served.pem --host db.example --store roots.pem --at 2029-06-20

Exit status: 0 every client asked for verifies the server, 1 one does not, 2 a server could not be asked")]
pub(crate) struct Check {
    /// The server, as a client names it
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,

    /// Check the servers in this file too, one on each line
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts: Option<PathBuf>,

    /// Only this client, in all its variants; may be repeated
    #[arg(long = "client", value_name = "NAME", value_parser = clients())]
    pub(crate) clients: Vec<String>,

    /// Every client in all variants, not only those that are on this machine
    #[arg(long, conflicts_with = "clients")]
    pub(crate) all: bool,

    /// Show what decided, step by step
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,

    /// Ask as this user: the home of the account, and what its rights let it read
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// In place of the target's sslmode
    #[arg(long, value_name = "MODE", value_parser = modes())]
    pub(crate) sslmode: Option<Mode>,

    /// In place of the target's sslrootcert: a file, a Java trust store, or `system`
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,

    /// As if every store had the certificates of this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Vec<PathBuf>,

    /// As if no store had this root: a fingerprint or its first digits, or a pattern on the subject
    #[arg(long, value_name = "ROOT")]
    pub(crate) without: Vec<Pattern>,

    /// As it is once this rotation is over (`pgtrust providers NAME` lists them)
    #[arg(long, value_name = "ROTATION")]
    pub(crate) after: Option<String>,

    /// Judge these certificates, the server's own first, and ask no server
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Option<PathBuf>,

    /// The name that clients compare with the certificate, in place of the target's
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    /// Write the certificates that the server sends to this file, for `--chain`
    #[arg(long, value_name = "FILE", conflicts_with = "chain")]
    pub(crate) save_chain: Option<PathBuf>,

    /// How long a server may take to answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = within_a_day)]
    pub(crate) timeout: Duration,

    /// Write metrics for the textfile collector of Prometheus' node_exporter to this file, whose name ends in `.prom`
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,

    /// Print the result as JSON: an object for each server, each on a line of its own
    #[arg(long)]
    pub(crate) json: bool,
}

fn clients() -> PossibleValuesParser {
    let mut clients = CLIENTS.to_vec();
    clients.dedup_by_key(|client| client.name);
    PossibleValuesParser::new(
        clients.into_iter().map(|client| PossibleValue::new(client.name).aliases(client.aliases.iter().copied())),
    )
}

fn modes() -> impl clap::builder::TypedValueParser<Value = Mode> {
    let names = PossibleValuesParser::new(Mode::ALL.iter().map(|mode| mode.as_str()));
    names.try_map(|name| name.parse::<Mode>())
}
