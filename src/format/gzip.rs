//! What gzip makes (RFC 1952) of one file, or of an archive of tar. It is only read.

use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;

use super::archive::{Contained, damaged, only_read};
use super::tar::{self, TAR};
use super::{Derivations, Entry, Error, Format, Member, Position, read_whole};
use crate::system::limits;

pub(super) static GZIP: Format = Format {
    name: "gzip",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| head.starts_with(&MAGIC),
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("what gzip makes")),
    merge: |_, _, _| Err(only_read("what gzip makes")),
    remove: |_, _, _| Err(only_read("what gzip makes")),
};

fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let packed = read_whole(input)?;
    let mut content = Vec::new();
    let limit = limits::ARCHIVE_UNPACKED;
    let unpacked = MultiGzDecoder::new(&packed[..]).take(limit + 1).read_to_end(&mut content);
    if content.len() as u64 > limit {
        return Err(Error::TooLarge { limit });
    }
    unpacked.map_err(|_| damaged(0, "what gzip made is damaged"))?;
    if (TAR.recognise)(&content) {
        return tar::unpack(&content, password, derivations, visit);
    }
    let position = Position { line: None, bytes: 0..packed.len() as u64 };
    Contained { name: "what gzip packed", position }.members(&content, password, derivations, visit);
    Ok(())
}

/// With the one method that there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
