//! `provider.toml` and its `roots.pem`, which a line of dashes divides.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "nobody's files")]

use std::fs;

use pgtrust::{Catalog, Selection};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let at = bytes.windows(DIVIDER.len()).position(|window| window == DIVIDER);
    let (definition, roots) = bytes.split_at(at.unwrap_or(bytes.len()));
    let folder = pgtrust_fuzz::folder().join("own");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("provider.toml"), definition).expect("a file");
    fs::write(folder.join("roots.pem"), roots).expect("a file");
    let catalog = Catalog::with_folder(pgtrust_fuzz::folder());
    let Ok(provider) = catalog.provider("own") else { return };
    let _ = provider.roots();
    let _ = provider.installed(&Selection { region: None, retiring: true });
    let _ = (provider.regions(true), provider.claim_on("db.postgres.database.azure.com"));
});

const DIVIDER: &[u8] = b"\n-----\n";
