//! `pgtrust.toml`. What a command writes into it can be read again.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "nobody's files")]

use std::fs;

use pgtrust::{Manifest, Selection};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = pgtrust_fuzz::folder().join("pgtrust.toml");
    fs::write(&path, bytes).expect("a file");
    let Ok(mut manifest) = Manifest::load(&path) else { return };
    let _ = (manifest.mirror(), manifest.accepted("aws-rds"));
    for source in manifest.sources() {
        let _ = manifest.selection(&source.name);
    }
    let selection = Selection { region: Some("eu-west-1".to_owned()), retiring: true };
    if manifest.keep_source("azure", &selection).is_err() {
        return;
    }
    let _ = manifest.keep_target("name", "postgres", &["azure".to_owned()]);
    let Ok(Some(changed)) = manifest.changed() else { return };
    fs::write(&path, changed).expect("a file");
    let again = Manifest::load(&path).expect("what was written can be read");
    assert!(again.source("azure").is_some());
});
