//! Text in XML.

/// In an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // Whatever encoding a reader takes the file for, ASCII is the same in it.
    let character = |c: char| if c.is_ascii() { c.to_string() } else { format!("&#{};", u32::from(c)) };
    text.chars().map(character).collect()
}

/// Returns a comment with JSON, which may not have two `-` in a row there.
pub(super) fn comment(text: &str) -> String {
    let character = |c: char| {
        let mut units = [0; 2];
        match c {
            _ if c.is_ascii() => c.to_string(),
            _ => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        }
    };
    let text: String = text.replace("--", "-\\u002d").chars().map(character).collect();
    format!("<!-- {text} -->")
}
