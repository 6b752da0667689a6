//! ZIP: as it comes, and as the first file of an archive whose checksum is right.
#![no_main]

use flate2::Crc;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pgtrust_fuzz::store("zip", bytes);
    pgtrust_fuzz::store("zip", &archive(bytes));
});

/// An archive of one file that is stored as it is (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16).
fn archive(content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let length = (content.len() as u32).to_le_bytes();
    let name = b"a.p12";
    // Version, flags, method, time, date, checksum, sizes, lengths of the name and of what follows it.
    let common =
        [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &crc.sum().to_le_bytes(), &length, &length, &[5, 0, 0, 0]].concat();
    let file = [b"PK\x03\x04", &common[..], name, content].concat();
    let record = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name].concat();
    let (size, start) = ((record.len() as u32).to_le_bytes(), (file.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &size[..], &start, &[0, 0]].concat();
    [file, record, end].concat()
}
