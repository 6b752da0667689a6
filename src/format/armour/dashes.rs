//! BEGIN and END lines whose dashes a word processor, a web page or a hand has changed or lost.

use memchr::memrchr2;

use super::{CERTIFICATE, PKCS7_LABELS, TRUSTED};
use crate::system::limits;

/// Bytes of such a line before its first word, and behind its label.
pub(super) const MARGIN: usize = 64;

const CERTIFICATES: [&str; 3] = [CERTIFICATE, TRUSTED, "X509 CERTIFICATE"];

/// A BEGIN or an END line, from the first of its dashes to the last.
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) label: String,
}

/// Reads the line around the word that stands here, if it is nothing but that word, a label that holds certificates or
/// keys, and dashes of any kind. `text` must go on for two margins and a label behind the word, or to the end of the
/// file.
pub(super) fn line(text: &[u8], word: &[u8], at: usize, starts_line: bool) -> Option<Line> {
    let line_start = memrchr2(b'\n', b'\r', &text[..at]).map(|end| end + 1);
    let start = line_start.or_else(|| starts_line.then_some(0)).filter(|start| at - start <= MARGIN)?;
    if !String::from_utf8_lossy(&text[start..at]).chars().all(|character| is_dash(character) || is_blank(character)) {
        return None;
    }
    let behind = &text[at + word.len()..];
    let behind = &behind[..behind.len().min(2 * MARGIN + limits::PEM_LABEL)];
    let behind = &behind[..memchr::memchr2(b'\n', b'\r', behind).unwrap_or(behind.len())];
    let words = String::from_utf8_lossy(behind);
    let label = words.strip_prefix(is_blank)?;
    let label = label.trim_matches(|character| is_dash(character) || is_blank(character));
    let label = label.split(is_blank).collect::<Vec<_>>().join(" ");
    let is_words =
        label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" #".contains(&byte));
    let holds_certificates = CERTIFICATES.contains(&label.as_str()) || PKCS7_LABELS.contains(&label.as_str());
    let known = is_words && (holds_certificates || label.ends_with("PRIVATE KEY"));
    known.then(|| Line { start, end: at + word.len() + behind.trim_ascii_end().len(), label })
}

/// Tells whether the first line of text that follows is base64.
pub(super) fn base64_follows(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * MARGIN)]).into_owned();
    let line = text.trim_start_matches(is_blank);
    let length = line.find(is_blank).unwrap_or(line.len());
    length >= 16 && line[..length].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// What stands for a hyphen. U+FFFD is what the en dash of a Windows code page is read as.
fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{ad}' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{fffd}'
    )
}

/// White space, whether it breaks a line or not, and what takes no room at all.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}
