//! The block of 512 bytes before each file, and the records that may come before that.

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;

/// A kind of entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    File,
    HardLink,
    SymbolicLink,
    Folder,
    /// What has no content.
    Empty,
    Other(u8),
}

/// What a header says.
pub(super) struct Header {
    pub(super) name: String,
    pub(super) flag: u8,
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) target: String,
}

impl Header {
    /// Reads a header. None when its sum is wrong, or it is none at all.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let block: &[u8; BLOCK] = bytes.first_chunk()?;
        let sum = number(&block[148..156])?;
        let octets =
            || block.iter().enumerate().map(|(at, octet)| if (148..156).contains(&at) { b' ' } else { *octet });
        let unsigned: u64 = octets().map(u64::from).sum();
        // Some old programs summed up signed octets.
        let signed: i64 = octets().map(|octet| i64::from(octet.cast_signed())).sum();
        if block[0] == 0 && block[345] == 0 || sum != unsigned && Some(sum) != u64::try_from(signed).ok() {
            return None;
        }
        let flag = block[156];
        let kind = match flag {
            0 | b'0' | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'3' | b'4' | b'6' | b'V' => Kind::Empty,
            b'5' | b'D' => Kind::Folder,
            other => Kind::Other(other),
        };
        let mut name = text(&block[..100]);
        // The prefix of POSIX; GNU has other things there, and another magic.
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            name = format!("{}/{name}", text(&block[345..500]));
        }
        let has_content =
            !matches!(kind, Kind::HardLink | Kind::SymbolicLink | Kind::Empty | Kind::Folder) || flag == b'D';
        let size = if has_content { number(&block[124..136])? } else { 0 };
        Some(Self { name, flag, kind, size, target: text(&block[157..257]) })
    }
}

/// The records of an extended header: `<length> <key>=<value>\n`.
pub(super) fn records(content: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', rest)?;
        let length: usize = str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = str::from_utf8(rest.get(space + 1..length)?).ok()?;
        rest = &rest[length..];
        record.strip_suffix('\n')?.split_once('=')
    })
}

/// Octal digits, or for large numbers a binary one with its first bit set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let value = field
            .iter()
            .skip(1)
            .try_fold(u64::from(field[0] & 0x7f), |value, octet| Some(value.checked_mul(256)? + u64::from(*octet)));
        return value;
    }
    let text = str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}
