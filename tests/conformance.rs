//! What real clients do with real servers beside what `pgtrust check` tells: which file of roots, which `sslmode` and which
//! chain make them verify a server, trust anybody, go on without TLS or refuse. `scripts/conformance` asks all of them.

mod asking;
mod cells;
mod chains;
mod clients;
mod compared;
mod listed;
mod model;
mod observed;
mod stores;

use cells::Cell;

use crate::support::tools::report;

#[test]
#[ignore = "takes minutes: scripts/conformance"]
fn clients_do_what_check_tells() {
    conclude(&cells::all());
}

/// A few chains, and clients that `scripts/setup` brings.
#[test]
fn some_clients_do_what_check_tells() {
    const CHAINS: &[&str] = &["plain", "cross-signed", "without intermediate", "wrong name"];
    const CLIENTS: &[&str] = &["psql", "psycopg", "asyncpg", "node-postgres", "postgres.js", "pgjdbc", "openssl"];
    let is_asked = |cell: &Cell| CHAINS.contains(&cell.chain.name) && CLIENTS.contains(&cell.client.name);
    conclude(&cells::all().into_iter().filter(is_asked).collect::<Vec<_>>());
}

#[track_caller]
fn conclude(cells: &[Cell]) {
    let Some(observed) = observed::observe(cells) else { return };
    observed::write(&observed);
    compared::compare(&observed).conclude(report);
}
