//! Builds one PEM file with the roots of two providers, from the built-in copies: `cargo run --example fetch_bundle -- FILE`

#![expect(clippy::print_stdout, reason = "this is not a part of pgtrust")]

use std::path::Path;

use pgtrust::format::Format;
use pgtrust::{Bundle, Catalog, CertificateSet, Policy, Selection};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a file to write")?;
    let catalog = Catalog::built_in();
    let mut set = CertificateSet::new();
    for id in ["azure", "aws-rds"] {
        let provider = catalog.provider(id)?;
        for (root, certificate) in provider.installed(&Selection::default())? {
            let origin = set.origin(provider.origin(root.role));
            set.insert(certificate, origin, None);
        }
    }
    let (bundle, rejected) = Bundle::build(set, &Policy::roots(time::OffsetDateTime::now_utc()))?;
    bundle.save(Path::new(&path), Format::pem(), None)?;
    println!("{path}: {} roots, {} left out", bundle.len(), rejected.len());
    Ok(())
}
