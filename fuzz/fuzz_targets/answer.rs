//! Answers of the providers' APIs, as each of them is read.
#![no_main]

use std::sync::LazyLock;

use pgtrust::{Catalog, Followed, certificates_in_answer};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for source in APIS.iter() {
        for certificate in certificates_in_answer(source, bytes).unwrap_or_default() {
            pgtrust_fuzz::certificate(certificate.der());
        }
    }
});

static APIS: LazyLock<Vec<Followed>> = LazyLock::new(|| {
    let catalog = Catalog::built_in();
    let ids = catalog.ids().expect("no folder");
    let providers = ids.iter().map(|id| catalog.provider(id).expect("a good provider"));
    providers.flat_map(|provider| provider.sources).filter(|source| !source.is_public()).collect()
});
