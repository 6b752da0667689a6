//! Arguments of several commands.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args as ClapArgs;
use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use pgtrust::known::{self, TARGETS};
use pgtrust::{Mirror, Stores as Request, fetch};

use super::tenant::Tenant;

#[derive(Debug, ClapArgs)]
pub(crate) struct Download {
    #[command(flatten)]
    pub(crate) network: Network,

    /// Take only the roots of this region; `all` takes those of all regions again
    #[arg(long)]
    pub(crate) region: Option<String>,

    /// Take also the roots that are being phased out; otherwise they stay where they are but are not added
    #[arg(long)]
    pub(crate) retiring: bool,

    #[command(flatten)]
    pub(crate) tenant: Tenant,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Network {
    /// Use the built-in copies without asking the network
    #[arg(long, conflicts_with = "mirror")]
    pub(crate) offline: bool,

    /// Download the same paths from this server; pins still decide. `{host}` stands for the original host
    #[arg(long, value_name = "URL", value_parser = Mirror::from_str)]
    pub(crate) mirror: Option<Mirror>,

    /// Seconds that one download may take
    #[arg(long, value_name = "SECONDS", default_value_t = pgtrust::limits::DOWNLOAD_TIME.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

impl Download {
    pub(crate) fn request(&self) -> fetch::Download {
        fetch::Download {
            network: self.network.request(),
            region: self.region.clone(),
            retiring: self.retiring,
            values: self.tenant.values.0.clone(),
            ssh: self.tenant.ssh.clone(),
            token: self.tenant.token(),
            ca_file: self.tenant.ca_file(),
        }
    }
}

impl Network {
    pub(crate) fn request(&self) -> fetch::Network {
        let timeout = Duration::from_secs(self.timeout);
        fetch::Network { offline: self.offline, mirror: self.mirror.clone(), timeout, ..fetch::Network::default() }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Stores {
    /// A known place
    #[arg(long, value_name = "TARGET",
        value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| PossibleValue::new(target.name).help(target.summary))))]
    pub(crate) target: Vec<String>,

    /// Any file, hashed folder or NSS database; it keeps its format, and a new one takes that of its extension
    #[arg(long, value_name = "FILE", value_parser = output())]
    pub(crate) output: Vec<PathBuf>,

    /// The cacerts of this Java installation
    #[arg(long, value_name = "DIR", conflicts_with = "all_jdks")]
    pub(crate) java_home: Vec<PathBuf>,

    /// The cacerts of every Java installation of this machine
    #[arg(long)]
    pub(crate) all_jdks: bool,
}

impl Stores {
    pub(crate) fn request(&self) -> Request {
        Request {
            targets: self.target.clone(),
            files: self.output.clone(),
            java_homes: self.java_home.clone(),
            all_jdks: self.all_jdks,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Password {
    /// A file whose first line is the password of the stores, new ones too; stores without a password ignore it
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    pub(crate) password_file: Option<PathBuf>,

    /// Write a new PKCS#12 store without a password, as JDK 18 and later do
    #[arg(long)]
    pub(crate) no_password: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Removing {
    #[command(flatten)]
    pub(crate) stores: Stores,

    /// A file whose first line is the store's password
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// Show what would go and touch nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A file to be written. A URL is a slip of the hand: it would become folders, and its password their names.
pub(super) fn output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path.to_string_lossy().contains("://") { Err("that is a URL, and a file is meant") } else { Ok(path) }
    })
}

pub(super) fn format() -> PossibleValuesParser {
    PossibleValuesParser::new(known::formats())
}
