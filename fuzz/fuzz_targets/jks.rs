//! JKS and JCEKS: as they come, and with the digest that makes them whole under the usual password, without which no
//! change would be tried on them.
#![no_main]

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pgtrust_fuzz::store("jks", bytes);
    pgtrust_fuzz::store("jks", &sealed(bytes));
    pgtrust_fuzz::store("jceks", &sealed(bytes));
});

fn sealed(bytes: &[u8]) -> Vec<u8> {
    let content = &bytes[..bytes.len().saturating_sub(20)];
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    "changeit".encode_utf16().for_each(|unit| digest.update(&unit.to_be_bytes()));
    digest.update(b"Mighty Aphrodite");
    digest.update(content);
    [content, digest.finish().as_ref()].concat()
}
