//! PEM as Java reads it from release 25 on: `sun.security.util.Pem.readPEM`. The end of the file in a block is taken for the
//! end before it.

use super::{Input, check};
use crate::client::store::Unusable;

/// Why there is no block.
enum Stop {
    /// The file ends.
    End,
    /// Java gives up.
    Damaged(&'static str),
}

/// The base64 of the next block, without blanks, and where the block begins.
pub(super) fn body(input: &mut Input<'_>) -> Result<Option<(usize, Vec<u8>)>, Unusable> {
    let Ok(begin) = begin(input) else { return Ok(None) };
    match block(input) {
        Ok(text) => Ok(Some((begin, text))),
        Err(Stop::End) => Ok(None),
        Err(Stop::Damaged(reason)) => Err(input.damaged(begin, reason)),
    }
}

fn block(input: &mut Input<'_>) -> Result<Vec<u8>, Stop> {
    let header = line_of_hyphens(input)?;
    if !header.starts_with(b"-----BEGIN ") {
        return Err(Stop::Damaged("a line of five hyphens is no BEGIN line"));
    }
    let mut text = Vec::new();
    let mut end = None;
    match next(input)? {
        b' ' => {}
        b'\n' => end = Some(b'\n'),
        b'\r' => match next(input)? {
            b'\n' => end = Some(b'\n'),
            first => {
                end = Some(b'\r');
                text.push(first);
            }
        },
        _ => return Err(Stop::Damaged("its BEGIN line goes on")),
    }
    loop {
        match next(input)? {
            b'-' => break,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            byte => text.push(byte),
        }
    }
    hyphens(input, "a hyphen stands in its base64")?;
    let footer = line_of_hyphens(input)?;
    if let Some(end) = end
        && !input.read().is_none_or(|byte| byte == end || matches!(byte, b'\r' | b' '))
    {
        return Err(Stop::Damaged("its END line goes on"));
    }
    check(&header, &footer).map_err(Stop::Damaged)?;
    Ok(text)
}

fn next(input: &mut Input<'_>) -> Result<u8, Stop> {
    input.read().ok_or(Stop::End)
}

/// Goes on behind five hyphens anywhere, and returns where they stand.
fn begin(input: &mut Input<'_>) -> Result<usize, Stop> {
    let mut hyphens = 0;
    while hyphens < DASHES.len() {
        hyphens = if next(input)? == b'-' { hyphens + 1 } else { 0 };
    }
    Ok(input.at - DASHES.len())
}

/// What stands between five hyphens, which have been read, and the next five on the line, with both.
fn line_of_hyphens(input: &mut Input<'_>) -> Result<Vec<u8>, Stop> {
    const CUT: &str = "a line of hyphens does not end in five of them";
    let mut line = DASHES.to_vec();
    loop {
        match next(input)? {
            b'-' => break,
            b'\n' | b'\r' => return Err(Stop::Damaged(CUT)),
            byte => line.push(byte),
        }
    }
    hyphens(input, CUT)?;
    line.extend_from_slice(DASHES);
    Ok(line)
}

/// Fails unless four hyphens follow on one that has been read.
fn hyphens(input: &mut Input<'_>, otherwise: &'static str) -> Result<(), Stop> {
    for _ in 1..DASHES.len() {
        if next(input)? != b'-' {
            return Err(Stop::Damaged(otherwise));
        }
    }
    Ok(())
}

const DASHES: &[u8] = b"-----";
