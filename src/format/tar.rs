//! Archives of tar (POSIX.1-2017 pax, with what GNU and Solaris do), with certificate files. They are only read.
//!
//! Only names, sizes and kinds of the files matter here, and one pass over the headers tells them.

mod header;

use std::collections::HashSet;
use std::io::{Read, Write};

use super::archive::{Contained, damaged, only_read};
use super::{Derivations, Entry, Error, Format, Member, Position, read_whole};
use crate::system::limits;
use crate::system::text::sanitise;
use header::{BLOCK, Header, Kind};

pub(super) static TAR: Format = Format {
    name: "tar",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| Header::read(head).is_some(),
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("a tar archive")),
    merge: |_, _, _| Err(only_read("a tar archive")),
    remove: |_, _, _| Err(only_read("a tar archive")),
};

fn decode(
    input: &mut dyn Read,
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    unpack(&read_whole(input)?, password, derivations, visit)
}

/// Reads every file, and names what is none.
pub(super) fn unpack(
    archive: &[u8],
    password: Option<&str>,
    derivations: &Derivations,
    visit: &mut dyn FnMut(Member),
) -> Result<(), Error> {
    let (mut left, mut count) = (limits::ARCHIVE_UNPACKED, 0_u64);
    let (mut names, mut links) = (HashSet::new(), Vec::new());
    let mut entries = Entries { archive, at: 0, ended: false };
    while let Some(entry) = entries.next()? {
        count += 1;
        if count > limits::ARCHIVE_FILES.into() {
            return Err(Error::Limit { what: "files", limit: limits::ARCHIVE_FILES.into(), found: count });
        }
        let contained = Contained { name: &entry.name, position: entry.position.clone() };
        match entry.kind {
            Kind::File => {
                let too_large = || Error::TooLarge { limit: limits::ARCHIVE_UNPACKED };
                left = left.checked_sub(entry.content.len() as u64).ok_or_else(too_large)?;
                contained.members(entry.content, password, derivations, visit);
                names.insert(path(&entry.name));
            }
            Kind::HardLink | Kind::SymbolicLink => links.push(entry),
            // A device or a pipe holds nothing.
            Kind::Folder | Kind::Empty => {}
            Kind::Other(kind) => {
                visit(contained.rejected(&format!("an entry of type `{}` is not read", char::from(kind))))
            }
        }
    }
    if !entries.ended {
        let position = Position { line: None, bytes: archive.len() as u64..archive.len() as u64 };
        visit(Member::Rejected { position, reason: "the archive has no end: more may have been in it".to_owned() });
    }
    name_lost(links, names, visit);
    Ok(())
}

/// Names the links that lead to nothing in the archive, directly or by another link.
fn name_lost(mut links: Vec<Packed<'_>>, mut names: HashSet<Vec<String>>, visit: &mut dyn FnMut(Member)) {
    loop {
        let found = links.extract_if(.., |link| {
            let target = match link.kind {
                Kind::SymbolicLink => path(&format!("{}/../{}", link.name, link.target)),
                _ => path(&link.target),
            };
            let leads_out = link.kind == Kind::SymbolicLink && link.target.starts_with('/');
            !leads_out && (names.contains(&target) || names.iter().any(|name| name.starts_with(&target)))
        });
        let found: Vec<Vec<String>> = found.map(|link| path(&link.name)).collect();
        if found.is_empty() {
            break;
        }
        names.extend(found);
    }
    for link in links {
        let contained = Contained { name: &link.name, position: link.position };
        let target = sanitise(&link.target);
        visit(contained.rejected(&format!("it is a link to `{target}`, which is not in the archive")));
    }
}

/// The parts of a path, without detours.
fn path(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for part in name.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part.to_owned()),
        }
    }
    parts
}

struct Entries<'a> {
    archive: &'a [u8],
    at: usize,
    /// Whether a block of zeros was seen.
    ended: bool,
}

/// A file, or what else an archive may hold.
struct Packed<'a> {
    name: String,
    kind: Kind,
    target: String,
    content: &'a [u8],
    position: Position,
}

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<Packed<'a>>, Error> {
        let (mut name, mut target, mut size) = (None, None, None);
        loop {
            let rest = self.archive.get(self.at..).unwrap_or_default();
            // Blocks of zeros end an archive; another may follow after `cat`.
            if rest.iter().take(BLOCK).all(|byte| *byte == 0) {
                self.ended |= !rest.is_empty();
                if rest.len() <= BLOCK {
                    return Ok(None);
                }
                self.at += BLOCK;
                continue;
            }
            let start = self.at;
            let header = Header::read(rest).ok_or_else(|| damaged(start, "a header of the archive is damaged"))?;
            let length = usize::try_from(size.unwrap_or(header.size)).unwrap_or(usize::MAX);
            let content = rest[BLOCK..].get(..length).ok_or_else(|| damaged(start, "the archive is cut off"))?;
            self.at += BLOCK + length.div_ceil(BLOCK) * BLOCK;
            match header.flag {
                b'L' => name = Some(text(content)),
                b'K' => target = Some(text(content)),
                b'x' | b'X' => {
                    for (key, value) in header::records(content) {
                        match key {
                            "path" => name = Some(value.to_owned()),
                            "linkpath" => target = Some(value.to_owned()),
                            "size" => size = value.parse().ok(),
                            key if key.starts_with("GNU.sparse") => {
                                return Err(Error::Unsupported { what: "a tar archive with a sparse file".to_owned() });
                            }
                            _ => {}
                        }
                    }
                }
                b'g' => {}
                _ => {
                    let name = name.unwrap_or(header.name);
                    let kind =
                        if name.ends_with('/') && header.kind == Kind::File { Kind::Folder } else { header.kind };
                    let target = target.unwrap_or(header.target);
                    let position = Position { line: None, bytes: start as u64..(start + BLOCK + length) as u64 };
                    return Ok(Some(Packed { name, kind, target, content, position }));
                }
            }
        }
    }
}

fn text(content: &[u8]) -> String {
    String::from_utf8_lossy(content.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests;
