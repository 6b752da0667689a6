//! Archives that no program would write.

use super::*;

fn header(name: &str, flag: u8, size: &str) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size.as_bytes());
    block[156] = flag;
    block[257..263].copy_from_slice(b"ustar\0");
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|octet| u64::from(*octet)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn read(archive: &[u8]) -> Result<Vec<String>, Error> {
    let mut members = Vec::new();
    TAR.decode(&mut &archive[..], None, &mut |member| members.push(format!("{member:?}")))?;
    Ok(members)
}

#[test]
fn sizes_and_names_that_lead_nowhere_are_refused() {
    assert!(read(&header("a", b'0', "00000001000")).is_err(), "no content");
    assert!(read(&header("a", b'0', "77777777777")).is_err(), "8 GiB");
    assert!(read(&header("a", b'0', "\u{7f}\u{7f}")).is_err());
    let endless = [header("a", b'L', "00000000000"), header("b", b'x', "00000000000")].concat();
    assert_eq!(read(&endless).unwrap().len(), 1, "it has no end");
    let many = header("a", b'5', "").repeat(usize::from(limits::ARCHIVE_FILES) + 1);
    assert!(matches!(read(&many), Err(Error::Limit { .. })));
    let up = path("a/../../../etc/./passwd");
    assert_eq!(up, ["etc", "passwd"]);
}

#[test]
fn damage_stops_nothing() {
    let root = include_bytes!("../../../tests/data/isrg-root-x1.der");
    let size = format!("{:011o}", root.len());
    let mut good = [header("a.der", b'0', &size), root.to_vec()].concat();
    good.resize(BLOCK * 8, 0);
    assert_eq!(read(&good).unwrap().len(), 1);
    crate::format::mutation::survive(&TAR, &good, None, 2_000);
}
