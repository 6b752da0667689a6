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

const LISTED: &[Listed] = &[];

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
