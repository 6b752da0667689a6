//! Arguments of `env` and `snippet`.

use clap::Args as ClapArgs;
use clap::builder::{PossibleValue, PossibleValuesParser};
use pgtrust::env::SHELLS;

/// Print the environment variables that point clients at the files that pgtrust keeps
///
/// Without PROVIDER: `~/.postgresql/root.crt` if it exists, else the file of the only provider that is kept.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  eval \"$(pgtrust env azure)\"                     sh, bash, zsh
  pgtrust env --shell fish azure | source
  pgtrust env --shell systemd > pgtrust.env        for EnvironmentFile=

They say which roots are trusted, not that anything is checked: ask for `sslmode=verify-full` in each connection")]
pub(crate) struct Env {
    /// The provider whose file to use
    pub(crate) provider: Option<String>,

    /// The syntax to write
    #[arg(long, default_value = SHELLS[0].name,
        value_parser = PossibleValuesParser::new(SHELLS.iter().map(|shell| PossibleValue::new(shell.name).help(shell.summary))))]
    pub(crate) shell: String,

    /// Print JSON
    #[arg(long, conflicts_with = "shell")]
    pub(crate) json: bool,
}

/// Print the connection settings of a client that check the server against the files that pgtrust keeps
///
/// Without CLIENT: lists all. The file is chosen as `pgtrust env` does.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  pgtrust snippet
  pgtrust snippet django azure --host mydb.postgres.database.azure.com --user me --dbname app
  psql \"$(pgtrust snippet libpq-url azure --host mydb.postgres.database.azure.com --user me --dbname app)\"")]
pub(crate) struct Snippet {
    /// A client
    pub(crate) client: Option<String>,

    /// The provider whose file to use
    pub(crate) provider: Option<String>,

    /// The server: a name or an IP address
    #[arg(long, default_value = "HOST", requires = "client")]
    pub(crate) host: String,

    /// Its port
    #[arg(long, default_value_t = 5432, requires = "client")]
    pub(crate) port: u16,

    /// The account there
    #[arg(long, default_value = "USER", requires = "client")]
    pub(crate) user: String,

    /// The database
    #[arg(long, default_value = "DBNAME", requires = "client")]
    pub(crate) dbname: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
