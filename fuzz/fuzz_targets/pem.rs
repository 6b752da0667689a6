#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pgtrust_fuzz::hold_against_pem(bytes);
    pgtrust_fuzz::store("pem", bytes);
});
