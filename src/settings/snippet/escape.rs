//! Escapes a value for the strings of a language, so that it cannot end them.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::system::text::is_unsafe;

/// Writes a value between the quotes that the template has. The error names what cannot be written.
pub(super) type Escape = fn(&str) -> Result<String, &'static str>;

/// To the end of the line, where the language knows no quotes: libpq's service file, pgbouncer.ini.
pub(super) fn line(value: &str) -> Result<String, &'static str> {
    if value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace) {
        return Err("a blank at its start or end");
    }
    visible(value).map(str::to_owned)
}

/// `"` in Python, JavaScript, Java, C#, Go and Rust, which agree on `\"` and `\\`.
pub(super) fn double_quoted(value: &str) -> Result<String, &'static str> {
    Ok(prefixed(visible(value)?, '\\', &['\\', '"']))
}

/// Java's properties files: Latin-1, so that all beyond ASCII is `\uXXXX`. Spring and Kafka replace `${...}` in them.
pub(super) fn properties(value: &str) -> Result<String, &'static str> {
    if value.contains("${") {
        return Err("`${`");
    }
    let value = prefixed(&line(value)?, '\\', &['\\']);
    let units = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    Ok(value.chars().map(|c| if c.is_ascii() { c.to_string() } else { units(c) }).collect())
}

/// `'` in PHP.
pub(super) fn php(value: &str) -> Result<String, &'static str> {
    Ok(prefixed(visible(value)?, '\\', &['\\', '\'']))
}

/// `'` in SQL, with standard_conforming_strings as it is since PostgreSQL 9.1.
pub(super) fn sql(value: &str) -> Result<String, &'static str> {
    Ok(prefixed(visible(value)?, '\'', &['\'']))
}

/// `'` in a POSIX shell.
pub(super) fn shell(value: &str) -> Result<String, &'static str> {
    Ok(visible(value)?.replace('\'', r"'\''"))
}

/// `"` in YAML that Rails takes through ERB first, which acts on `<%`.
pub(super) fn rails_yaml(value: &str) -> Result<String, &'static str> {
    Ok(double_quoted(value)?.replace('<', "\\x3C"))
}

/// `"` in YAML of Grafana, which replaces `$NAME` in the values afterwards and takes `$$` for a `$`.
pub(super) fn grafana_yaml(value: &str) -> Result<String, &'static str> {
    Ok(double_quoted(value)?.replace('$', "$$"))
}

/// A language inside the language.
#[derive(Clone, Copy)]
pub(super) enum Layer {
    None,
    /// A value of a connection string of libpq.
    Conninfo,
    /// One of the settings that DBeaver splits at `|`.
    DBeaver,
    /// A value of a connection string of libpq, in a DSN of PDO, which makes a blank of every `;`, quoted or not.
    Dsn,
    /// A value of a database in pgbouncer.ini.
    PgBouncer,
    /// The query of a URL, where `/` may stand.
    Query,
    /// Any other part of a URL.
    Url,
}

impl Layer {
    /// `file|query`: the placeholder's name and its layer.
    pub(super) fn split(placeholder: &str) -> (&str, Self) {
        match placeholder.split_once('|') {
            Some((name, "conninfo")) => (name, Self::Conninfo),
            Some((name, "dbeaver")) => (name, Self::DBeaver),
            Some((name, "dsn")) => (name, Self::Dsn),
            Some((name, "pgbouncer")) => (name, Self::PgBouncer),
            Some((name, "query")) => (name, Self::Query),
            Some((name, "url")) => (name, Self::Url),
            _ => (placeholder, Self::None),
        }
    }

    pub(super) fn write(self, value: &str) -> Result<Cow<'_, str>, &'static str> {
        visible(value)?;
        Ok(match self {
            Self::DBeaver if value.contains('|') => return Err("`|`"),
            Self::None | Self::DBeaver => Cow::Borrowed(value),
            Self::Dsn if value.contains(';') => return Err("`;`"),
            Self::Conninfo | Self::Dsn => quoted_if_needed(value, '\\', &['\\', '\'']),
            Self::PgBouncer => quoted_if_needed(value, '\'', &['\'']),
            Self::Query => Cow::Owned(percent_encoded(value, b"-._~/")),
            Self::Url if value.parse::<Ipv6Addr>().is_ok() => Cow::Owned(format!("[{value}]")),
            Self::Url => Cow::Owned(percent_encoded(value, b"-._~")),
        })
    }
}

fn quoted_if_needed<'a>(value: &'a str, escape: char, special: &[char]) -> Cow<'a, str> {
    let plain = |c: char| !c.is_whitespace() && c != '\'' && c != '\\';
    if !value.is_empty() && value.chars().all(plain) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("'{}'", prefixed(value, escape, special)))
}

/// RFC 3986, section 2.1. `+` is encoded too: some drivers read it as a blank.
fn percent_encoded(value: &str, plain: &[u8]) -> String {
    let encode = |byte: u8| match byte {
        _ if byte.is_ascii_alphanumeric() || plain.contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}

fn prefixed(value: &str, escape: char, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        text.extend(special.contains(&c).then_some(escape));
        text.push(c);
    }
    text
}

/// Refuses line ends, which would end a comment, and what a reader cannot see and so cannot check.
pub(crate) fn visible(value: &str) -> Result<&str, &'static str> {
    if value.chars().any(is_unsafe) { Err("a line end, or another control or invisible character") } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = r#"/a b/'q"\x$HOME/50%<%+ü"#;

    #[test]
    fn every_language_has_its_own_way() {
        assert_eq!(double_quoted(NASTY).unwrap(), r#"/a b/'q\"\\x$HOME/50%<%+ü"#);
        assert_eq!(properties(NASTY).unwrap(), r#"/a b/'q"\\x$HOME/50%<%+\u00fc"#);
        assert_eq!(properties("\u{1F600}").unwrap(), r"\ud83d\ude00");
        assert_eq!(php(NASTY).unwrap(), r#"/a b/\'q"\\x$HOME/50%<%+ü"#);
        assert_eq!(sql(NASTY).unwrap(), r#"/a b/''q"\x$HOME/50%<%+ü"#);
        assert_eq!(shell(NASTY).unwrap(), r#"/a b/'\''q"\x$HOME/50%<%+ü"#);
        assert_eq!(rails_yaml(NASTY).unwrap(), r#"/a b/'q\"\\x$HOME/50%\x3C%+ü"#);
        assert_eq!(grafana_yaml(NASTY).unwrap(), r#"/a b/'q\"\\x$$HOME/50%<%+ü"#);
    }

    #[test]
    fn every_layer_has_its_own_way() {
        let write = |layer: &str, value| Layer::split(layer).1.write(value).map(Cow::into_owned);
        assert_eq!(write("file|query", NASTY).unwrap(), "/a%20b/%27q%22%5Cx%24HOME/50%25%3C%25%2B%C3%BC");
        assert_eq!(write("user|url", "a/b@c").unwrap(), "a%2Fb%40c");
        assert_eq!(write("host|url", "fe80::1").unwrap(), "[fe80::1]");
        assert_eq!(write("file|conninfo", "/plain").unwrap(), "/plain");
        assert_eq!(write("file|conninfo", r"/a 'b\c").unwrap(), r"'/a \'b\\c'");
        assert_eq!(write("file|conninfo", "").unwrap(), "''");
        assert_eq!(write("file|pgbouncer", r"/a 'b\c").unwrap(), r"'/a ''b\c'");
        assert_eq!(write("file|dsn", "/a;b"), Err("`;`"));
        assert_eq!(write("file|dbeaver", "/a|b"), Err("`|`"));
        assert_eq!(write("file", NASTY).unwrap(), NASTY);
    }
}
