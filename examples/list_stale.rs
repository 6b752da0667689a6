//! Lists what in a store has expired or is out of use: `cargo run --example list_stale -- STORE`

#![expect(clippy::print_stdout, reason = "this is not a part of pgtrust")]

use std::path::Path;

use pgtrust::format::Passwords;
use pgtrust::{Catalog, CertificateSet, Role, load_path};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::args().nth(1).ok_or("name a store")?;
    let (catalog, now) = (Catalog::built_in(), OffsetDateTime::now_utc());
    let mut set = CertificateSet::new();
    load_path(&mut set, Path::new(&store), Passwords::usual())?;
    for certificate in set.certificates() {
        let providers = catalog.providers_of(&certificate.fingerprint())?;
        let legacy = !providers.is_empty() && providers.iter().all(|(_, role)| *role == Role::Legacy);
        if certificate.expired(now) || legacy {
            println!(
                "{} {} until {}",
                certificate.fingerprint(),
                certificate.subject(),
                certificate.not_after().date()
            );
        }
    }
    Ok(())
}
