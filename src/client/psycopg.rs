//! psycopg's binary wheel: a libpq 18 with an OpenSSL of its own, whose default store is a folder that does not exist. From
//! a package of the system or built from source, psycopg is the system's libpq.

use super::store::SystemStore;
use super::{Client, libpq};

pub(super) static BINARY: Client = Client {
    name: "psycopg",
    aliases: &[],
    version: "binary",
    title: "psycopg and psycopg2 from binary wheels",
    evidence: "measured with psycopg-binary 3.3.9",
    programs: &["python3"],
    account: None,
    plan: |situation| libpq::of_library(situation, 18, SystemStore::OpenSslIn("/usr/lib/psycopg-openssl".into())),
    setting: libpq::setting,
};
