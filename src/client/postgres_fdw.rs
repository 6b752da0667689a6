//! PostgreSQL itself as a client: postgres_fdw, dblink and subscriptions are libpq in the server, with the home and the
//! rights of the server's account.

use super::{Client, libpq};

pub(super) static POSTGRES_FDW: Client = Client {
    name: "postgres_fdw",
    aliases: &["fdw"],
    version: "16+",
    title: "postgres_fdw, dblink and subscriptions, in the server's account",
    evidence: "libpq, which it is",
    programs: &["pg_ctlcluster", "postgres"],
    account: Some("postgres"),
    ..libpq::V16
};
