//! Merges Azure's roots into a store, and puts the store back: `cargo run --example merge_and_undo -- STORE`
//! Set PGTRUST_HOME to a folder for the journal.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "this is not a part of pgtrust")]

use pgtrust::{Environment, Machine, Stores, install, undo};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::args_os().nth(1).ok_or("name a store")?;
    let pgtrust_home = std::env::var_os("PGTRUST_HOME").map(Into::into);
    let machine = Machine::new(Environment { pgtrust_home, ..Environment::default() }, &OffsetDateTime::now_utc);
    let mut request = install::Request {
        sources: vec!["azure".to_owned()],
        stores: Stores { files: vec![store.into()], ..Stores::default() },
        ..install::Request::default()
    };
    request.download.network.offline = true;
    for installed in install::install(&machine, &request)?.stores {
        println!("{}: {} added, {} kept", installed.path, installed.added.len(), installed.kept);
    }
    let undone = undo::undo(&machine, &undo::Request::default())?;
    println!("put back: {} roots gone again", undone.record.added.len());
    Ok(())
}
