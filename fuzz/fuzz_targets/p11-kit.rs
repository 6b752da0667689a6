#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pgtrust_fuzz::store("p11-kit", bytes));
