//! PEM as Java reads it up to release 24.

use super::{Input, check};
use crate::client::store::Unusable;

/// The base64 of the next block, without blanks, and where the block begins.
pub(super) fn body(input: &mut Input<'_>, release: u16) -> Result<Option<(usize, Vec<u8>)>, Unusable> {
    let Some(begin) = begin(input) else { return Ok(None) };
    let cut_off = |input: &Input<'_>| input.damaged(begin, "it is cut off");
    let mut text = Vec::new();
    let mut header = DASHES.to_vec();
    let end = loop {
        match input.read().ok_or_else(|| cut_off(input))? {
            b'\n' => break b'\n',
            b'\r' => match input.read().ok_or_else(|| cut_off(input))? {
                b'\n' => break b'\n',
                next => {
                    text.extend(Some(next).filter(|next| !is_blank(*next)));
                    break b'\r';
                }
            },
            next => header.push(next),
        }
    };
    loop {
        match input.read().ok_or_else(|| cut_off(input))? {
            b'-' => break,
            next => text.extend(Some(next).filter(|next| !is_blank(*next))),
        }
    }
    let mut footer = b"-".to_vec();
    while let Some(next) = input.read().filter(|next| *next != end && *next != b'\n') {
        footer.extend(Some(next).filter(|next| *next != b'\r'));
    }
    check(trimmed(&header, release), trimmed(&footer, release)).map_err(|reason| input.damaged(begin, reason))?;
    Ok(Some((begin, text)))
}

/// `String.stripTrailing`, in releases that call it.
fn trimmed(line: &[u8], release: u16) -> &[u8] {
    let stays = |byte: &u8| release < FORGIVING || !matches!(byte, 9..=13 | 28..=32);
    &line[..line.iter().rposition(stays).map_or(0, |last| last + 1)]
}

/// Goes on behind five hyphens at the start of a line, and returns where they stand.
fn begin(input: &mut Input<'_>) -> Option<usize> {
    let (mut hyphens, mut before) = (0, None);
    loop {
        let next = input.read()?;
        if next == b'-' {
            hyphens += 1;
        } else {
            (hyphens, before) = (0, Some(next));
        }
        if hyphens == DASHES.len() && before.is_none_or(|before| matches!(before, b'\r' | b'\n')) {
            return Some(input.at - DASHES.len());
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A release that takes blanks at the end of BEGIN and END lines; 11 does not.
const FORGIVING: u16 = 17;
const DASHES: &[u8] = b"-----";
