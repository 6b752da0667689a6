//! Which connections are made: every store with every chain, each with a fifth of the clients, and with a mode and a server
//! that vary so that each pair of conditions occurs.

use std::collections::BTreeSet;

use super::chains;
use super::clients::{CLIENTS, Client, Program};
use super::stores;

/// One connection.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) client: &'static Client,
    pub(crate) chain: &'static chains::Kind,
    pub(crate) store: &'static stores::Kind,
    pub(crate) mode: &'static str,
    pub(crate) server: Server,
}

/// What the server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Server {
    /// TLS, and whoever wants none comes in too.
    Both,
    /// `hostssl` alone.
    TlsOnly,
    NoTls,
}

impl Server {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::TlsOnly => "TLS only",
            Self::NoTls => "no TLS",
        }
    }

    /// The database that it lets in so.
    pub(crate) fn database(self) -> &'static str {
        if self == Self::TlsOnly { "template1" } else { "postgres" }
    }
}

/// All of them, those of one chain together.
pub(crate) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, chain) in chains::KINDS.iter().enumerate() {
        for (number, client) in CLIENTS.iter().enumerate().filter(|(_, client)| client.sees(chain)) {
            let stores = stores::KINDS.iter().enumerate();
            for (column, store) in stores.filter(|(column, _)| (row + column + number).is_multiple_of(SHARE)) {
                if !client.reads(store) {
                    continue;
                }
                let mode = client.modes[(row + column / SHARE + number * 2) % client.modes.len()];
                let server = if (row + column * 2 + number).is_multiple_of(3) { Server::TlsOnly } else { Server::Both };
                cells.push(Cell { client, chain, store, mode, server });
            }
        }
    }
    cells.extend(without_tls());
    cells
}

const JAVA_STORES: &[&str] = &[
    "none",
    "missing",
    "right",
    "wrong",
    "right, wrong",
    "intermediate",
    "leaf",
    "expired",
    "cross-sign",
    "old",
    "twin, right",
];

/// Of how many combinations of a chain and a store a client is asked for one.
const SHARE: usize = 5;

/// The chain does not matter there.
fn without_tls() -> impl Iterator<Item = Cell> {
    let chain = &chains::KINDS[0];
    let stores = || stores::KINDS.iter().filter(|store| ["none", "right", "unreadable"].contains(&store.name));
    CLIENTS.iter().flat_map(move |client| {
        let stores = move || stores().filter(|store| client.reads(store));
        let modes = client.distinct_modes();
        let cell = move |mode| move |store| Cell { client, chain, store, mode, server: Server::NoTls };
        modes.into_iter().flat_map(move |mode| stores().map(cell(mode)))
    })
}

impl Client {
    fn distinct_modes(&self) -> Vec<&'static str> {
        let mut modes = self.modes.to_vec();
        modes.sort_unstable();
        modes.dedup();
        modes
    }

    /// Java's own stores have no damaged text, and nothing in a home counts.
    fn reads(&self, store: &stores::Kind) -> bool {
        self.program != Program::NewJava || JAVA_STORES.contains(&store.name)
    }

    /// PgBouncer runs as another user and does not see the file of hosts of the tests.
    fn sees(&self, chain: &chains::Kind) -> bool {
        self.program != Program::PgBouncer || !chain.host.ends_with("zone.test")
    }
}

/// What a cell says of each condition.
fn conditions(cell: &Cell) -> [(&'static str, &'static str); 5] {
    [
        ("client", cell.client.name),
        ("chain", cell.chain.name),
        ("store", cell.store.name),
        ("mode", cell.mode),
        ("server", cell.server.name()),
    ]
}

#[test]
fn each_pair_of_conditions_occurs() {
    let cells = all();
    let mut seen = BTreeSet::new();
    let mut single = BTreeSet::new();
    for cell in &cells {
        let conditions = conditions(cell);
        for (index, first) in conditions.iter().enumerate() {
            single.insert(*first);
            seen.extend(conditions[index + 1..].iter().map(|second| (*first, *second)));
        }
    }
    let mut missing = Vec::new();
    for first in &single {
        // `conditions` has them in this order.
        for second in single.iter().filter(|second| seen.iter().any(|(a, b)| (a.0, b.0) == (first.0, second.0))) {
            if !seen.contains(&(*first, *second)) && is_possible(*first, *second) {
                missing.push((*first, *second));
            }
        }
    }
    assert!(missing.is_empty(), "{} of {} cells: {missing:?}", missing.len(), cells.len());
    assert!(cells.len() >= 1500, "{}", cells.len());
}

fn is_possible(first: (&str, &str), second: (&str, &str)) -> bool {
    let client = CLIENTS.iter().find(|client| first == ("client", client.name));
    match (client, second) {
        (Some(client), ("mode", mode)) => client.modes.contains(&mode),
        (Some(client), ("chain", name)) => client.sees(chains::KINDS.iter().find(|chain| chain.name == name).unwrap()),
        // Without TLS there is no chain, and no store matters.
        (Some(client), ("store", name)) => client.reads(stores::KINDS.iter().find(|store| store.name == name).unwrap()),
        (None, ("server", name)) => name != Server::NoTls.name(),
        (None, ("mode", "no-verify")) => false,
        _ => true,
    }
}
