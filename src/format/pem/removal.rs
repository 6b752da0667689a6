//! Taking out what pgtrust put in.

use std::collections::HashSet;
use std::io;
use std::ops::Range;

use super::write_comment;
use crate::format::armour::{Block, Scanner, member, utf8};
use crate::format::{Error, Goes, Member, Position, Removable, pkcs7};
use crate::x509::{Certificate, Fingerprint};

/// A block goes with the comment that pgtrust wrote over it and the blank line between entries. Where a certificate
/// stands there twice, only the copy under that comment is pgtrust's; where none has it, all are.
pub(super) fn remove(existing: &[u8], _: Option<&str>, goes: Goes<'_>) -> Result<Vec<u8>, Error> {
    let text = utf8(existing);
    let mut found: Vec<Found> = Vec::new();
    let mut scanner = Scanner::new(&text[..])?;
    let mut done = 0;
    while let Some(block) = scanner.next_block()? {
        let (start, end) = (block.position.bytes.start as usize, block.position.bytes.end as usize);
        let position = block.position.clone();
        found.extend(html(&text, done..start));
        let is_pkcs7 = pkcs7::is_in(&block);
        let (content, comment) = match if is_pkcs7 { unreadable(block) } else { Some(member(block)?) } {
            Some(Member::Certificate { certificate, .. }) => {
                let comment = comment_over(&text[done..start], &certificate)?;
                (Ok(certificate), comment)
            }
            Some(Member::Rejected { reason, .. }) => (Err(reason), 0),
            _ => {
                done = end;
                continue;
            }
        };
        found.push(Found { content, bytes: start - comment..line_end(&text, end), marked: comment > 0, position });
        done = end;
    }
    found.extend(html(&text, done..text.len()));
    let certificates =
        || found.iter().filter_map(|found| found.content.as_ref().ok().map(|certificate| (certificate, found.marked)));
    let marked: HashSet<Fingerprint> =
        certificates().filter(|(_, marked)| *marked).map(|(certificate, _)| certificate.fingerprint()).collect();
    let mut known = HashSet::new();
    found.retain(|Found { content, position, marked: is_marked, .. }| {
        goes(&match content {
            Ok(certificate) => {
                let fingerprint = certificate.fingerprint();
                let own = *is_marked || !marked.contains(&fingerprint);
                Removable::Certificate { certificate, position, own, again: !known.insert(fingerprint) }
            }
            Err(reason) => Removable::Unreadable { position, reason },
        })
    });
    if found.is_empty() {
        return Ok(existing.to_vec());
    }

    let (mut left, mut done) = (Vec::with_capacity(text.len()), 0);
    for Found { bytes, marked, .. } in found {
        left.extend_from_slice(text.get(done..bytes.start).unwrap_or_default());
        done = bytes.end;
        if marked && (left.ends_with(b"\n\n") || left == b"\n") {
            left.pop();
        } else if marked && left.is_empty() && text.get(done) == Some(&b'\n') {
            done += 1;
        }
    }
    left.extend_from_slice(text.get(done..).unwrap_or_default());
    Ok(left)
}

/// A block that can go.
struct Found {
    /// A certificate, or why it is none.
    content: Result<Certificate, String>,
    /// With the comment over it, and the rest of the line.
    bytes: Range<usize>,
    marked: bool,
    position: Position,
}

/// A page that was saved among blocks, from the line of its first tag to that of its last.
fn html(text: &[u8], part: Range<usize>) -> Option<Found> {
    let start = part.start;
    let part = text.get(part)?;
    let lower = part.to_ascii_lowercase();
    let first =
        ["<!doctype html", "<html"].iter().filter_map(|tag| memchr::memmem::find(&lower, tag.as_bytes())).min()?;
    let last = memchr::memrchr(b'>', part).filter(|last| *last > first)?;
    let bytes = start + first..line_end(text, start + last + 1);
    let line = 1 + memchr::memchr_iter(b'\n', text.get(..bytes.start)?).count() as u64;
    let position = Position { line: Some(line), bytes: bytes.start as u64..bytes.end as u64 };
    Some(Found { content: Err("an HTML page".to_owned()), bytes, marked: false, position })
}

/// Returns a block of PKCS#7 of which nothing can be read. What others hold stays together.
fn unreadable(block: Block) -> Option<Member> {
    let mut members = pkcs7::members(block);
    if members.iter().all(|member| matches!(member, Member::Rejected { .. })) { members.pop() } else { None }
}

/// Counts the bytes at the end of this text that are the comment of this certificate: its lines, and one with the
/// origin.
fn comment_over(text: &[u8], certificate: &Certificate) -> io::Result<usize> {
    let mut comment = Vec::new();
    write_comment(&mut comment, certificate)?;
    let own: Vec<&[u8]> = comment.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let origin = usize::from(lines.last().is_some_and(|line| line.starts_with(b"# ")));
    for after in [0, origin] {
        let Some(start) = lines.len().checked_sub(own.len() + after) else { continue };
        if lines[start..].iter().zip(&own).all(|(line, own)| line.trim_ascii_end() == *own) {
            return Ok(lines[start..].iter().map(|line| line.len()).sum());
        }
    }
    Ok(0)
}

/// Behind the line break that follows, if nothing else does.
fn line_end(text: &[u8], end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    match memchr::memchr(b'\n', rest) {
        Some(line) if rest[..line].trim_ascii().is_empty() => end + line + 1,
        None if rest.trim_ascii().is_empty() => text.len(),
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::format::armour::{CERTIFICATE, write_block};
    use crate::format::{Entry, Format};

    fn roots() -> Vec<Certificate> {
        let rds = Catalog::built_in().provider("aws-rds").unwrap();
        rds.roots().unwrap().into_iter().take(3).map(|(_, certificate)| certificate).collect()
    }

    fn without(text: &[u8], gone: &[Fingerprint]) -> Vec<u8> {
        remove(text, None, &mut |found| found.is_own(gone)).unwrap()
    }

    fn entry<'a>(certificate: &'a Certificate, origin: &'a str) -> Entry<'a> {
        Entry { certificate, origin }
    }

    #[test]
    fn what_was_added_goes_and_all_else_stays() {
        let roots = roots();
        let mut own = Vec::new();
        write_block(&mut own, CERTIFICATE, roots[0].der());
        let own = String::from_utf8(own).unwrap();
        let pem = Format::pem();
        for before in ["".to_owned(), own.clone(), format!("# ours\n{own}# the end\n"), format!("{own}\n\n")] {
            for origin in ["", "aws-rds current"] {
                let add = [entry(&roots[1], origin), entry(&roots[2], origin)];
                let both = (pem.merge)(before.as_bytes(), None, &add).unwrap();
                let one = without(&both, &[roots[1].fingerprint()]);
                assert_eq!(one, (pem.merge)(before.as_bytes(), None, &add[1..]).unwrap(), "{before}");
                let none = without(&both, &[roots[1].fingerprint(), roots[2].fingerprint()]);
                assert_eq!(String::from_utf8(none).unwrap(), before);
            }
        }
    }

    #[test]
    fn of_two_copies_the_one_under_our_comment_goes() {
        let root = &roots()[0];
        let mut ours = Vec::new();
        (Format::pem().encode)(&mut [entry(root, "aws-rds")].into_iter(), None, &mut ours).unwrap();
        let mut theirs = b"# put here by hand\r\n".to_vec();
        write_block(&mut theirs, CERTIFICATE, root.der());
        let both = [theirs.clone(), b"\n".to_vec(), ours].concat();
        assert_eq!(without(&both, &[root.fingerprint()]), theirs);
        assert_eq!(without(&theirs, &[root.fingerprint()]), b"# put here by hand\r\n");
    }
}
