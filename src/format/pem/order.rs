//! The order of roots that share a subject.

use std::borrow::Cow;

use crate::format::armour::{Scanner, member};
use crate::format::{Error, Member, pkcs7};
use crate::x509::Fingerprint;

/// Returns the text with the roots of each list in its order, in the places that they have among all the others; with
/// each goes what stands over it.
pub(crate) fn in_order(text: &[u8], lists: &[Vec<Fingerprint>]) -> Result<Vec<u8>, Error> {
    let mut pieces: Vec<(Option<Fingerprint>, Cow<'_, [u8]>)> = Vec::new();
    let mut done = 0;
    let mut scanner = Scanner::new(text)?;
    while let Some(block) = scanner.next_block()? {
        let end = block.position.bytes.end as usize;
        let fingerprint = if pkcs7::is_in(&block) {
            None
        } else {
            match member(block)? {
                Member::Certificate { certificate, .. } | Member::Distrusted { certificate, .. } => {
                    Some(certificate.fingerprint())
                }
                _ => None,
            }
        };
        // With the end of the line.
        let end = text[end..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |line| end + line + 1);
        pieces.push((fingerprint, Cow::Borrowed(&text[done..end])));
        done = end;
    }
    for list in lists {
        let rank = |fingerprint: &Option<Fingerprint>| list.iter().position(|wanted| Some(*wanted) == *fingerprint);
        let places: Vec<usize> = (0..pieces.len()).filter(|position| rank(&pieces[*position].0).is_some()).collect();
        let mut moved: Vec<_> = places.iter().map(|position| pieces[*position].clone()).collect();
        if moved.is_sorted_by_key(|(fingerprint, _)| rank(fingerprint)) {
            continue;
        }
        moved.sort_by_key(|(fingerprint, _)| rank(fingerprint));
        for (position, (fingerprint, piece)) in places.into_iter().zip(moved) {
            // Pieces are parted by empty lines, of which the first of the file has none.
            let empty = piece.iter().take_while(|byte| **byte == b'\n').count();
            pieces[position] = (fingerprint, Cow::Owned(piece[empty..].to_vec()));
        }
    }
    let mut ordered = Vec::with_capacity(text.len() + 8);
    for (_, piece) in pieces {
        if matches!(piece, Cow::Owned(_)) && !ordered.is_empty() && piece.starts_with(b"#") {
            ordered.push(b'\n');
        }
        ordered.extend_from_slice(&piece);
    }
    ordered.extend_from_slice(&text[done..]);
    Ok(ordered)
}
