//! `.env`, as dotenv of Node.js and python-dotenv read it where they agree.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::BadLine;
use super::{Surroundings, SurroundingsError};
use crate::system::{file, limits};

/// A variable of `.env`.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::client) struct Entry {
    pub name: String,
    pub value: String,
    pub line: usize,
}

/// Reads the `.env` of the working folder; nothing when there is none. Of two lines with one name the last counts.
pub(in crate::client) fn read(surroundings: &Surroundings<'_>) -> Result<Vec<Entry>, SurroundingsError> {
    let path = surroundings.folder.join(NAME);
    if !file::exists(&path) {
        return Ok(Vec::new());
    }
    parse(&super::read(&path)?, &path, &|name| surroundings.variable(name))
}

fn parse(text: &str, path: &Path, outer: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Entry>, SurroundingsError> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let (mut rest, mut number) = (text.strip_prefix('\u{feff}').unwrap_or(text), 1);
    let mut room = limits::CONNECTIONS as usize;
    while !rest.is_empty() {
        let bad = |reason| SurroundingsError::Line { path: path.to_owned(), line: number, reason };
        let end = line_end(rest, 0);
        let Some((name, value)) = assignment(&rest[..end]) else {
            (rest, number) = (&rest[end..], number + 1);
            continue;
        };
        let start = end - value.trim_start().len();
        let quote = rest[start..].chars().next().filter(|c| QUOTES.contains(c));
        let (value, length) = match quote.and_then(|quote| Some((quote, closing(&rest[start + 1..], quote)?))) {
            // It may go over lines.
            Some((quote, close)) => {
                let inner = &rest[start + 1..start + 1 + close];
                (unescaped(inner, quote), line_end(rest, start + close + 2))
            }
            None => (unquoted(value).to_owned(), end),
        };
        let known = |name: &str| outer(name).or_else(|| entries.get(name).map(|entry| entry.value.clone()));
        let value = expanded(&value, room, &known).ok_or_else(|| bad(BadLine::Large))?;
        room -= value.len();
        entries.insert(name.to_owned(), Entry { name: name.to_owned(), value, line: number });
        number += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    let mut entries: Vec<Entry> = entries.into_values().collect();
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

/// Where the line ends that this place is in.
fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end + 1)
}

/// `NAME=value`, with or without `export`; the value with what follows it.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, value))
}

/// Where a quotation mark closes. A backslash keeps the next character.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// In double quotation marks `\n` and its kind are characters.
fn unescaped(text: &str, quote: char) -> String {
    let (mut value, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.clone().next() } else { None }) {
            ('\\', Some(next)) if next == quote || (next == '\\' && quote != '`') => {
                value.push(next);
                chars.next();
            }
            ('\\', Some('n')) if quote == '"' => {
                value.push('\n');
                chars.next();
            }
            _ => value.push(c),
        }
    }
    value
}

/// A value ends where a comment begins: a `#` behind a space.
fn unquoted(value: &str) -> &str {
    let comment = value.match_indices('#').find(|(at, _)| *at == 0 || value[..*at].ends_with([' ', '\t']));
    value[..comment.map_or(value.len(), |(at, _)| at)].trim()
}

/// `${NAME}` and `${NAME:-default}`; None when that makes more bytes than there is room for.
fn expanded(value: &str, room: usize, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (mut whole, mut rest) = (String::new(), value);
    while let Some(start) = rest.find("${") {
        let Some((inner, after)) = rest[start + 2..].split_once('}') else { break };
        let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
        whole += &rest[..start];
        whole += &variable(name).unwrap_or_else(|| default.to_owned());
        rest = after;
        if whole.len() > room {
            return None;
        }
    }
    whole += rest;
    (whole.len() <= room).then_some(whole)
}

/// What a value may stand between.
pub(in crate::client) const QUOTES: [char; 3] = ['\'', '"', '`'];

/// The file's name.
pub(in crate::client) const NAME: &str = ".env";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_and_exports_are_read_as_others_read_them() {
        let text = "\u{feff}# a\nA=1\nexport B = two words # c\nC='a # b\\n'\nD=\"x\\ny\" # c\nE=p#q\nnot a line\n\
                    F=\"over\nlines\"\r\nG=${A}/${NO:-none}\nA=3\nH=\n";
        let entries = parse(text, Path::new(".env"), &|_| None).unwrap();
        let shown: Vec<_> =
            entries.iter().map(|entry| (entry.line, entry.name.as_str(), entry.value.as_str())).collect();
        assert_eq!(
            shown,
            [
                (3, "B", "two words"),
                (4, "C", "a # b\\n"),
                (5, "D", "x\ny"),
                (6, "E", "p#q"),
                (8, "F", "over\nlines"),
                (10, "G", "1/none"),
                (11, "A", "3"),
                (12, "H", "")
            ]
        );
        let open = parse("A='x\nB=1\n", Path::new(".env"), &|_| None).unwrap();
        assert_eq!((open[0].value.as_str(), open.len()), ("'x", 2));
        let many = format!("A={}\nB={}\n", "x".repeat(1_000), "${A}".repeat(2_000));
        assert!(parse(&many, Path::new(".env"), &|_| None).is_err());
    }
}
