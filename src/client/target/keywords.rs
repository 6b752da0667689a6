//! Keyword strings: `host=db.example port=5432`, as libpq reads them (`conninfo_parse` in fe-connect.c).

use std::iter::Peekable;
use std::str::Chars;

use super::error::{Fault, Reason};
use super::given::Given;

pub(super) fn parse(text: &str) -> Result<Given, Fault> {
    let mut given = Given::default();
    let mut cursor = Cursor { chars: text.chars().peekable(), column: 1 };
    loop {
        cursor.skip_spaces();
        if cursor.chars.peek().is_none() {
            return Ok(given);
        }
        let column = cursor.column;
        let mut name = String::new();
        while let Some(c) = cursor.next_if(|c| c != '=' && !is_space(c)) {
            name.push(c);
        }
        cursor.skip_spaces();
        if cursor.next_if(|c| c == '=').is_none() {
            return Err(Fault::at(column, Reason::NoEquals));
        }
        cursor.skip_spaces();
        let start = cursor.column;
        let value = cursor.value().ok_or_else(|| Fault::at(start, Reason::Quote))?;
        given.set(&name, &value, column);
    }
}

struct Cursor<'a> {
    chars: Peekable<Chars<'a>>,
    column: usize,
}

impl Cursor<'_> {
    fn next(&mut self) -> Option<char> {
        self.column += 1;
        self.chars.next()
    }

    fn next_if(&mut self, is_meant: impl Fn(char) -> bool) -> Option<char> {
        if self.chars.peek().is_some_and(|c| is_meant(*c)) { self.next() } else { None }
    }

    fn skip_spaces(&mut self) {
        while self.next_if(is_space).is_some() {}
    }

    /// A value, with or without quotation marks; None when they are never closed. A backslash keeps the next character.
    fn value(&mut self) -> Option<String> {
        let mut value = String::new();
        let is_quoted = self.next_if(|c| c == '\'').is_some();
        loop {
            match self.next() {
                None if is_quoted => return None,
                None => return Some(value),
                Some('\'') if is_quoted => return Some(value),
                Some(c) if is_space(c) && !is_quoted => return Some(value),
                Some('\\') => value.extend(self.next()),
                Some(c) => value.push(c),
            }
        }
    }
}

/// C's isspace().
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}
