//! Archives of tar: as they come, and with the sums of their headers put right; gzip around them.
#![no_main]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pgtrust_fuzz::store("gzip", bytes);
    let mut archive = bytes.to_vec();
    for block in archive.chunks_exact_mut(512) {
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|octet| u64::from(*octet)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        // Contents keep what they have.
        if block.starts_with(b"-----BEGIN") || block.starts_with(b"0\x82") {
            break;
        }
    }
    pgtrust_fuzz::store("tar", bytes);
    pgtrust_fuzz::store("tar", &archive);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory");
    pgtrust_fuzz::store("gzip", &packed.finish().expect("memory"));
});
