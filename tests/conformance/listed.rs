//! Where a client is known to do something else than its model tells, and why.

use super::observed::Observed;

/// A group of cells.
struct Listed {
    client: &'static str,
    /// None for any.
    mode: Option<&'static str>,
    store: Option<&'static str>,
    chain: Option<&'static str>,
    cause: &'static str,
}

const LISTED: &[Listed] = &[
    Listed { store: Some("right in home"), ..PGX_4 },
    Listed { store: Some("wrong in home"), ..PGX_4 },
    Listed { mode: Some("allow"), cause: "pgx 4 does not try TLS after the server has refused it without", ..PGX_4 },
    Listed { client: "tokio-postgres native-tls", ..READ_FIRST },
    Listed { client: "tokio-postgres rustls", ..READ_FIRST },
];

/// There is a model of pgx 5 only.
const PGX_4: Listed = Listed {
    client: "pgx-4",
    mode: None,
    store: None,
    chain: None,
    cause: "pgx 4 does not read ~/.postgresql/root.crt",
};

const READ_FIRST: Listed = Listed {
    client: "",
    mode: None,
    store: Some("unreadable"),
    chain: Some("plain"),
    cause: "the program of the test reads the file before it knows that the server has no TLS",
};

/// Why this one is not as told, where that is known.
pub(crate) fn cause(one: &Observed) -> Option<&'static str> {
    let cell = &one.cell;
    let fits = |listed: &&Listed| {
        listed.client == cell.client.name
            && listed.mode.is_none_or(|mode| mode == cell.mode)
            && listed.store.is_none_or(|store| store == cell.store.name)
            && listed.chain.is_none_or(|chain| chain == cell.chain.name)
    };
    LISTED.iter().find(fits).map(|listed| listed.cause)
}
