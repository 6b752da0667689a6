//! What PostgreSQL's clients make of a server: models of them, none of which trusts anything for pgtrust itself.
//!
//! A client is a [`Plan`]: what it tries, the roots that it reads, the [`engine`] that builds its paths, and its
//! rule for [`host`] names. [`judge`] follows the plan. To add a client: a file below `client/` and its entries in [`CLIENTS`].

mod asyncpg;
mod crl;
pub mod engine;
pub mod found;
pub mod host;
pub mod judge;
mod keyword;
mod lib_pq;
mod libpq;
mod node_postgres;
mod npgsql;
mod openssl;
pub mod parameters;
mod pgbouncer;
mod pgjdbc;
mod pgx;
pub mod plan;
mod postgres_fdw;
mod postgres_js;
mod prisma;
mod psycopg;
mod python;
pub mod situation;
mod sqlx;
pub mod store;
pub mod stores;
pub mod surroundings;
pub mod survival;
pub mod target;
mod tokio_postgres;
pub mod verdict;

use std::fmt;
use std::path::Path;

use plan::{Plan, Refused};
use situation::Situation;

/// Every client, with its variants side by side.
pub static CLIENTS: &[&Client] = &[
    &libpq::SINCE_17,
    &LIBPQ_16,
    &libpq::UP_TO_15,
    &psycopg::BINARY,
    &asyncpg::ASYNCPG,
    &python::V3_13,
    &python::V3_12,
    &NODE_POSTGRES_8,
    &node_postgres::V9,
    &postgres_js::POSTGRES_JS,
    &prisma::SINCE_7,
    &prisma::UP_TO_6,
    &pgjdbc::LIBPQ_FACTORY,
    &pgjdbc::JAVA_FACTORY,
    &npgsql::NPGSQL,
    &pgx::PGX,
    &lib_pq::SINCE_1_13,
    &lib_pq::UP_TO_1_11,
    &sqlx::NATIVE_TLS,
    &sqlx::RUSTLS_RING,
    &sqlx::RUSTLS_AWS_LC,
    &tokio_postgres::NATIVE_TLS,
    &tokio_postgres::RUSTLS,
    &pgbouncer::SINCE_1_20,
    &pgbouncer::UP_TO_1_19,
    &postgres_fdw::POSTGRES_FDW,
    &openssl::S_CLIENT,
];

static LIBPQ_16: Client = libpq::V16;
static NODE_POSTGRES_8: Client = node_postgres::V8;

/// The model of a client, in one of its variants.
pub struct Client {
    /// The name in JSON and on the command line.
    pub name: &'static str,
    /// Other names that people give it.
    pub aliases: &'static [&'static str],
    /// What tells its variants apart: a range of versions, or a setting.
    pub version: &'static str,
    /// The name for people, with programs that are built on it.
    pub title: &'static str,
    /// What the model stands on.
    pub evidence: &'static str,
    /// Programs of which one tells that the client is on a machine.
    pub programs: &'static [&'static str],
    /// The account that it runs as, where that is not the user's.
    pub account: Option<&'static str>,
    /// What it does.
    plan: fn(&Situation<'_>) -> Result<Plan, Refused>,
    /// The setting that verifies a server in full, in its own words: by this file, or by the machine's roots.
    setting: fn(Option<&Path>) -> String,
}

impl Client {
    /// Tells whether it has this name, or people give it.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// Returns the setting with which it verifies a server in full, in its own words: by the roots in this file, or by the
    /// machine's.
    pub fn setting(&self, root: Option<&Path>) -> String {
        (self.setting)(root)
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.version) == (other.name, other.version)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Client {
    /// `sqlx (native-tls)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.version)
    }
}
