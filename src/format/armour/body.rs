//! What stands between the BEGIN and the END line of a block.

use std::borrow::Cow;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use memchr::memchr;

use super::dashes::is_blank;

/// The base64 of RFC 4648, padding and last bits not insisted on: the certificate inside tells whether it is whole.
pub(in crate::format) static BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The flaw of a block inside a string of a `.env` file, of JSON or YAML.
const ESCAPED: &str = "its line ends are written as `\\n`";

/// Decodes the base64 of a body, with `text` for scratch space.
pub(super) fn decode(body: &[u8], text: &mut Vec<u8>, flaw: &mut Option<&'static str>) -> Result<Vec<u8>, String> {
    let body = without_escapes(body, flaw);
    let body = without_odd_blanks(&body, flaw);
    text.clear();
    if !body.first().is_some_and(u8::is_ascii_whitespace) || !body.ends_with(b"\n") && !body.ends_with(b"\r") {
        flaw.get_or_insert("its first and last line do not stand alone");
    }
    gather(&body, text, flaw);
    if !text.len().is_multiple_of(4) {
        flaw.get_or_insert("its base64 is not padded");
    }
    BASE64.decode(&*text).map_err(|error| reason(&error))
}

/// A string of JSON, YAML or a shell has `\n` for a line end, and may have `\/`, `\u002b` and another backslash before
/// each.
fn without_escapes<'a>(body: &'a [u8], flaw: &mut Option<&'static str>) -> Cow<'a, [u8]> {
    if memchr(b'\\', body).is_none() {
        return Cow::Borrowed(body);
    }
    // Of all that may be odd about it, this is what nobody reads.
    *flaw = Some(ESCAPED);
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(escape) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..escape]);
        let after = &rest[escape..];
        let after = &after[after.iter().take_while(|byte| **byte == b'\\').count()..];
        let hexadecimal = || u8::from_str_radix(str::from_utf8(after.get(1..5)?).ok()?, 16).ok();
        let (character, length) = match (after.first(), hexadecimal()) {
            (Some(b'n' | b'r' | b't'), _) => (b'\n', 1),
            (Some(b'u'), Some(character)) => (character, 5),
            (Some(b'/' | b' ' | b'\n' | b'\r'), _) => (after[0], 1),
            // The backslash stays, and is told as what does not belong there.
            _ => (b'\\', 0),
        };
        plain.push(character);
        rest = &after[length..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Word processors and web pages put spaces into a text that nobody sees.
fn without_odd_blanks<'a>(body: &'a [u8], flaw: &mut Option<&'static str>) -> Cow<'a, [u8]> {
    if body.is_ascii() {
        return Cow::Borrowed(body);
    }
    let text = String::from_utf8_lossy(body);
    flaw.get_or_insert("it holds spaces of another kind");
    Cow::Owned(
        text.chars().filter(|character| character.is_ascii() || !is_blank(*character)).collect::<String>().into(),
    )
}

/// Base64 without white space and without the headers of RFC 1421, and what is unusual about its lines.
fn gather(body: &[u8], text: &mut Vec<u8>, flaw: &mut Option<&'static str>) {
    if memchr(b'\n', body).is_none() && memchr(b'\r', body).is_some() {
        flaw.get_or_insert("its lines end with a carriage return only");
    }
    let mut lines = body.split(|byte| *byte == b'\n').peekable();
    // What follows BEGIN on its own line.
    if lines.peek().is_some_and(|first| first.trim_ascii().is_empty()) {
        lines.next();
    }
    if lines.peek().is_some_and(|line| memchr(b':', line).is_some()) {
        flaw.get_or_insert("it has headers");
        lines.by_ref().take_while(|line| !line.trim_ascii().is_empty()).for_each(drop);
    }
    while let Some(line) = lines.next() {
        match line.trim_ascii() {
            [] if lines.peek().is_some() => {
                flaw.get_or_insert("it has an empty line inside");
            }
            _ if line.starts_with(b" ") || line.starts_with(b"\t") => {
                flaw.get_or_insert("its lines are indented");
            }
            _ => {}
        }
        text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    }
}

fn reason(error: &DecodeError) -> String {
    match error {
        DecodeError::InvalidByte(_, byte) => format!("its base64 holds `{}`", byte.escape_ascii()),
        _ => "its base64 is cut off".to_owned(),
    }
}
