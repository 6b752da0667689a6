//! Pins the roots of a file as a provider of one's own: `cargo run --example own_provider -- NAME FILE`
//! Set PGTRUST_HOME to a folder for it.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "this is not a part of pgtrust")]

use pgtrust::{Environment, Machine, custom};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (name, file) = words.next().zip(words.next()).ok_or("name the provider and a file of its roots")?;
    let pgtrust_home = std::env::var_os("PGTRUST_HOME").map(Into::into);
    let machine = Machine::new(Environment { pgtrust_home, ..Environment::default() }, &OffsetDateTime::now_utc);
    let hosts = vec![format!("*.{name}.example")];
    let report = custom::add(&machine, &custom::Request::new(&name, hosts, custom::Offer::File(file.into())))?;
    for offered in report.certificates.iter().filter(|offered| offered.pinned) {
        println!("{name}: pinned {}", offered.certificate.subject());
    }
    Ok(())
}
