//! ZIP archives of certificate files, which providers hand out. They are only read.
//!
//! The directory at the end of the archive (PKWARE's APPNOTE, section 4.3) says what is there and where. Names are
//! shown and never used as paths. Zip64, for archives beyond 4 GiB or 65,535 files, is refused: it is not an archive of
//! certificates.

use std::io::{Read, Write};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::archive::{Contained, damaged, only_read};
use super::{Derivations, Entry, Error, Format, Member, Position, read_whole};
use crate::system::limits;
use crate::system::text::sanitise;

pub(super) static ZIP: Format = Format {
    name: "zip",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| head.starts_with(&FILE) || head.starts_with(&DIRECTORY_END),
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("a ZIP archive")),
    merge: |_, _, _| Err(only_read("a ZIP archive")),
    remove: |_, _, _| Err(only_read("a ZIP archive")),
};

fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    unpack(&read_whole(input)?, limits::ARCHIVE_UNPACKED, password, derivations, visit)
}

/// Reads every file, as long as all of them have no more than `limit` bytes.
fn unpack(
    archive: &[u8],
    limit: u64,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let mut left = limit;
    for file in files(archive)? {
        if file.name.ends_with('/') {
            continue;
        }
        match file.unpack(archive, left) {
            Ok(content) => {
                left -= content.len() as u64;
                file.contained().members(&content, password, derivations, visit);
            }
            Err(Refused::TooLarge) => return Err(Error::TooLarge { limit }),
            Err(Refused::Unreadable(reason)) => visit(file.contained().rejected(&reason)),
        }
    }
    Ok(())
}

/// Returns every file of an archive, by its name and all or none, whatever is in it. Together they have no more than
/// `limit` bytes.
pub(crate) fn contents(archive: &[u8], limit: u64) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut left = limit;
    let mut contents = Vec::new();
    for file in files(archive)?.into_iter().filter(|file| !file.name.ends_with('/')) {
        let content = file.unpack(archive, left).map_err(|refused| match refused {
            Refused::TooLarge => Error::TooLarge { limit },
            Refused::Unreadable(reason) => damaged(file.header, &format!("`{}`: {reason}", sanitise(&file.name))),
        })?;
        left -= content.len() as u64;
        contents.push((file.name, content));
    }
    Ok(contents)
}

/// A file as the directory describes it.
struct File {
    name: String,
    /// Of what stands before its content.
    header: usize,
    packed: usize,
    unpacked: usize,
    method: u16,
    flags: u16,
    crc: u32,
}

/// The reason why a file's content cannot be read.
enum Refused {
    TooLarge,
    Unreadable(String),
}

impl File {
    /// The content, whole and proved by its checksum, or the reason why not.
    fn unpack(&self, archive: &[u8], limit: u64) -> Result<Vec<u8>, Refused> {
        let unreadable = |reason: &str| Refused::Unreadable(reason.to_owned());
        if self.flags & ENCRYPTED != 0 {
            return Err(unreadable("it is encrypted"));
        }
        let header = archive.get(self.header..).unwrap_or_default();
        let start = header
            .starts_with(&FILE)
            .then(|| Some(30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?)));
        let packed = start.flatten().and_then(|start| header.get(start..)?.get(..self.packed));
        let mut packed = packed.ok_or_else(|| unreadable("it is not where the directory of the archive says"))?;
        let mut content = Vec::new();
        let result = match self.method {
            STORED => (&mut packed).take(limit + 1).read_to_end(&mut content),
            DEFLATED => DeflateDecoder::new(packed).take(limit + 1).read_to_end(&mut content),
            method => return Err(Refused::Unreadable(format!("it is packed by method {method}, not by deflate"))),
        };
        if content.len() as u64 > limit {
            return Err(Refused::TooLarge);
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if result.is_err() || content.len() != self.unpacked || crc.sum() != self.crc {
            return Err(unreadable("its content is damaged"));
        }
        Ok(content)
    }

    fn contained(&self) -> Contained<'_> {
        Contained { name: &self.name, position: self.position() }
    }

    fn position(&self) -> Position {
        let start = self.header as u64;
        Position { line: None, bytes: start..start + self.packed as u64 }
    }
}

/// The directory, all of it or none.
fn files(archive: &[u8]) -> Result<Vec<File>, Error> {
    let end = directory_end(archive).ok_or_else(|| damaged(archive.len(), "its directory at the end is missing"))?;
    let cut_off = || damaged(end, "its directory is cut off");
    let record = archive.get(end..).unwrap_or_default();
    let count = u16_at(record, 10).ok_or_else(cut_off)?;
    let start = u32_at(record, 16).ok_or_else(cut_off)? as usize;
    if count == u16::MAX || start == u32::MAX as usize {
        return Err(Error::Unsupported { what: "a ZIP archive of the Zip64 kind".to_owned() });
    }
    if count > limits::ARCHIVE_FILES {
        return Err(Error::Limit { what: "files", limit: limits::ARCHIVE_FILES.into(), found: count.into() });
    }
    let mut files = Vec::new();
    let mut at = start;
    for _ in 0..count {
        let rest = archive.get(at..end).unwrap_or_default();
        let (file, length) = file(rest).ok_or_else(|| damaged(at, "its directory is damaged"))?;
        files.push(file);
        at += length;
    }
    Ok(files)
}

/// Searched from the end: a comment of up to 65,535 bytes may follow it.
fn directory_end(archive: &[u8]) -> Option<usize> {
    let first = archive.len().saturating_sub(22 + usize::from(u16::MAX));
    let found = memchr::memmem::rfind(&archive[first..], &DIRECTORY_END)?;
    Some(first + found)
}

/// The first file of this part of the directory, and the length of its record.
fn file(record: &[u8]) -> Option<(File, usize)> {
    if !record.starts_with(&RECORD) {
        return None;
    }
    let (short, long) = (|at| u16_at(record, at), |at| u32_at(record, at).map(|value| value as usize));
    let name_end = 46 + usize::from(short(28)?);
    let end = name_end + usize::from(short(30)?) + usize::from(short(32)?);
    let file = File {
        name: String::from_utf8_lossy(record.get(46..name_end)?).into_owned(),
        header: long(42)?,
        packed: long(20)?,
        unpacked: long(24)?,
        method: short(10)?,
        flags: short(8)?,
        crc: u32_at(record, 16)?,
    };
    Some((file, end))
}

/// Numbers are little-endian.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

const FILE: [u8; 4] = *b"PK\x03\x04";
const RECORD: [u8; 4] = *b"PK\x01\x02";
const DIRECTORY_END: [u8; 4] = *b"PK\x05\x06";
/// First bit of the flags.
const ENCRYPTED: u16 = 1;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

#[cfg(test)]
mod tests;
