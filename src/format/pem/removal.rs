//! Taking out what pgtrust put in.

use std::collections::HashSet;
use std::io;
use std::ops::Range;

use super::write_comment;
use crate::format::armour::{Scanner, member, utf8};
use crate::format::{Error, Member};
use crate::x509::{Certificate, Fingerprint};

/// A block goes with the comment that pgtrust wrote over it and the blank line between entries. Where a certificate
/// stands there twice, only the copy under that comment goes.
pub(super) fn remove(existing: &[u8], _: Option<&str>, remove: &[Fingerprint]) -> Result<Vec<u8>, Error> {
    let text = utf8(existing);
    let mut found: Vec<(Fingerprint, Range<usize>, bool)> = Vec::new();
    let mut scanner = Scanner::new(&text[..])?;
    let mut done = 0;
    while let Some(block) = scanner.next_block()? {
        let (start, end) = (block.position.bytes.start as usize, block.position.bytes.end as usize);
        if let Member::Certificate { certificate, .. } = member(block)?
            && remove.contains(&certificate.fingerprint())
        {
            let length = comment_over(&text[done..start], &certificate)?;
            found.push((certificate.fingerprint(), start - length..line_end(&text, end), length > 0));
        }
        done = end;
    }
    if found.is_empty() {
        return Ok(existing.to_vec());
    }
    let marked: HashSet<Fingerprint> =
        found.iter().filter(|(.., marked)| *marked).map(|(fingerprint, ..)| *fingerprint).collect();
    found.retain(|(fingerprint, _, is_marked)| *is_marked || !marked.contains(fingerprint));

    let (mut left, mut done) = (Vec::with_capacity(text.len()), 0);
    for (_, position, marked) in found {
        left.extend_from_slice(text.get(done..position.start).unwrap_or_default());
        done = position.end;
        if marked && (left.ends_with(b"\n\n") || left == b"\n") {
            left.pop();
        } else if marked && left.is_empty() && text.get(done) == Some(&b'\n') {
            done += 1;
        }
    }
    left.extend_from_slice(text.get(done..).unwrap_or_default());
    Ok(left)
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
                let one = remove(&both, None, &[roots[1].fingerprint()]).unwrap();
                assert_eq!(one, (pem.merge)(before.as_bytes(), None, &add[1..]).unwrap(), "{before}");
                let none = remove(&both, None, &[roots[1].fingerprint(), roots[2].fingerprint()]).unwrap();
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
        assert_eq!(remove(&both, None, &[root.fingerprint()]).unwrap(), theirs);
        assert_eq!(remove(&theirs, None, &[root.fingerprint()]).unwrap(), b"# put here by hand\r\n");
    }
}
