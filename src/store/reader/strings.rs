//! How numbers, object identifiers, bits and texts may be written, where readers agree.

/// X.690 section 8.3.2: neither empty nor longer than it must be.
pub(super) fn is_shortest_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// X.690 section 8.19: not empty, not cut off, no arc with zeros in front.
pub(super) fn is_object_identifier(content: &[u8]) -> bool {
    let ended = content.last().is_some_and(|last| last & 0x80 == 0);
    let mut begins = true;
    ended
        && content.iter().all(|octet| {
            let padded = begins && *octet == 0x80;
            begins = octet & 0x80 == 0;
            !padded
        })
}

/// X.690 section 8.6.2: at most 7 bits unused, and none of no octet.
pub(super) fn is_bit_string(content: &[u8]) -> bool {
    match content {
        [] => false,
        [unused] => *unused == 0,
        [unused, ..] => *unused <= 7,
    }
}

/// Code units of two octets.
pub(super) fn units(content: &[u8]) -> impl Iterator<Item = u16> {
    content.as_chunks().0.iter().map(|unit| u16::from_be_bytes(*unit))
}

pub(super) fn is_surrogate(unit: u16) -> bool {
    (0xd800..0xe000).contains(&unit)
}
