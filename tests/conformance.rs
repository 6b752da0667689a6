//! What real clients do with real servers: which file of roots, which `sslmode` and which chain make them verify a server,
//! trust anybody, go on without TLS or refuse. `scripts/conformance` asks all of them.

mod asking;
mod cells;
mod chains;
mod clients;
mod observed;
mod stores;

#[test]
#[ignore = "takes minutes: scripts/conformance"]
fn observe() {
    let cells = cells::all();
    let seen = observed::observe(&cells);
    observed::write(&seen);
}
