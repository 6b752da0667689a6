//! Text from elsewhere, made safe to show, and times.

use std::borrow::Cow;
use std::io;

use super::limits;
use time::{OffsetDateTime, UtcOffset};

/// Tells whether a character could act on a terminal, or make a line read as something else: control characters,
/// bidirectional overrides and isolates, zero-width and other invisible ones, line separators, noncharacters.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns the text with every character that could act on a terminal or hide from a reader written as `\u{…}`. For
/// names of files, URLs, answers of servers: whatever is shown and was written by others. Certificate names come
/// escaped already.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        let escape = |c: char| if is_unsafe(c) { c.escape_unicode().to_string() } else { c.to_string() };
        Cow::Owned(text.chars().map(escape).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns the text with no more than [`limits::TEXT`] characters; what is longer ends in `…`. For texts of others in
/// messages: a subject may have megabytes.
pub fn shortened(text: &str) -> Cow<'_, str> {
    cut(text, limits::TEXT)
}

/// Returns the text with no more than so many characters; what is longer ends in `…`.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some(_) => {
            let kept = text.char_indices().nth(limit - 1).map_or(0, |(end, _)| end);
            Cow::Owned(format!("{}…", &text[..kept]))
        }
        None => Cow::Borrowed(text),
    }
}

/// Returns the first line of a file without its end, and without the byte order mark that Windows puts before it.
pub(crate) fn first_line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// `2026-11-21T00:00:00Z`: RFC 3339, for years beyond its four digits too.
pub fn timestamp(time: OffsetDateTime) -> String {
    let time = time.to_offset(UtcOffset::UTC);
    let ((year, month, day), (hour, minute, second)) = (time.to_calendar_date(), time.to_hms());
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// Returns the system's words without Rust's `(os error 13)`.
pub(crate) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::sanitise;

    #[test]
    fn terminal_sequences_and_reversed_text_are_written_out() {
        assert_eq!(sanitise("\u{1b}[2Jok"), "\\u{1b}[2Jok");
        assert_eq!(sanitise("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(sanitise("Zürich 東京"), "Zürich 東京");
    }
}
