//! URLs of libpq, `postgresql://user@host:port/database?sslmode=verify-full` (`conninfo_uri_parse_options` in
//! fe-connect.c), and what others write in front of them.

use super::error::{Fault, Reason};
use super::given::Given;

/// The schemes of libpq, and of those who pass its URLs on under another name: Django, dj-database-url, Ecto, PHP. A
/// driver may follow, as in SQLAlchemy's `postgresql+psycopg`.
pub(super) const SCHEMES: &[&str] =
    &["postgresql", "postgres", "postgis", "pgsql", "ecto", "timescale", "timescalegis"];

/// Reads a URL whose scheme ends at this byte.
pub(super) fn parse(text: &str, after_scheme: usize) -> Result<Given, Fault> {
    let mut url = Url { text, at: after_scheme, given: Given::default() };
    url.user()?;
    url.hosts()?;
    if url.next_is('/') {
        url.at += 1;
        let start = url.at;
        let name = url.until(&['?']);
        if name.contains('@') {
            return Err(url.fault(start, Reason::At));
        }
        if !name.is_empty() {
            url.set("dbname", &url.decoded(name, start)?, start);
        }
    }
    if url.next_is('?') {
        url.at += 1;
        url.query()?;
    }
    Ok(url.given)
}

struct Url<'a> {
    text: &'a str,
    at: usize,
    given: Given,
}

impl<'a> Url<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next_is(&self, c: char) -> bool {
        self.rest().starts_with(c)
    }

    /// Takes what stands before one of these, or all.
    fn until(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let part = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += part.len();
        part
    }

    fn column(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn fault(&self, at: usize, reason: Reason) -> Fault {
        Fault::at(self.column(at), reason)
    }

    fn decoded(&self, part: &str, at: usize) -> Result<String, Fault> {
        decoded(part).ok_or_else(|| self.fault(at, Reason::Escape))
    }

    fn set(&mut self, name: &str, value: &str, at: usize) {
        let column = self.column(at);
        self.given.set(name, value, column);
    }

    /// `user:password@`, where an `@` stands before the first `/`.
    fn user(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let part = self.until(&['@', '/']);
        if !self.next_is('@') {
            self.at = start;
            return Ok(());
        }
        self.at += 1;
        let (user, password) = part.split_once(':').unwrap_or((part, ""));
        if !user.is_empty() {
            self.set("user", &self.decoded(user, start)?, start);
        }
        self.decoded(password, start + user.len() + 1).map(drop)
    }

    /// `host:port,[::1]:port`. Hosts and ports are lists apart from each other; where there is none, `?host=` may follow.
    fn hosts(&mut self) -> Result<(), Fault> {
        let (mut hosts, mut ports, start) = (String::new(), String::new(), self.at);
        loop {
            if self.next_is('[') {
                self.at += 1;
                let opened = self.at;
                let host = self.until(&[']']);
                if host.is_empty() || !self.next_is(']') {
                    return Err(self.fault(opened, Reason::Host));
                }
                self.at += 1;
                hosts += host;
                if !self.rest().is_empty() && !self.rest().starts_with([':', '/', '?', ',']) {
                    return Err(self.fault(self.at, Reason::Host));
                }
            } else {
                hosts += self.until(&[':', '/', '?', ',']);
            }
            if self.next_is(':') {
                self.at += 1;
                ports += self.until(&['/', '?', ',']);
            }
            if !self.next_is(',') {
                break;
            }
            self.at += 1;
            hosts.push(',');
            ports.push(',');
        }
        for (name, list) in [("host", hosts), ("port", ports)] {
            if !list.is_empty() {
                self.set(name, &self.decoded(&list, start)?, start);
            }
        }
        Ok(())
    }

    fn query(&mut self) -> Result<(), Fault> {
        while !self.rest().is_empty() {
            let start = self.at;
            let part = self.until(&['&']);
            self.at = (self.at + 1).min(self.text.len());
            let (name, value) = part.split_once('=').ok_or_else(|| self.fault(start, Reason::NoEquals))?;
            let at = start + name.len() + 1;
            let (name, decoded) = (self.decoded(name, start)?, self.decoded(value, at)?);
            // Other clients read on: only libpq makes it an error.
            if value.contains('=') {
                self.given.refuse(&name);
            }
            self.pair(&name, &decoded, at);
        }
        Ok(())
    }

    /// libpq knows `ssl=true`, as older JDBC drivers wrote it. Other values are asyncpg's and node-postgres'.
    fn pair(&mut self, name: &str, value: &str, at: usize) {
        let mode = match (name, value) {
            ("ssl", "true") => {
                self.set("sslmode", "require", at);
                self.given.fill("ssl", value);
                return;
            }
            ("ssl", "1") => Some("require"),
            ("ssl", "0" | "false") => Some("disable"),
            ("ssl", mode) if mode.parse::<crate::client::parameters::Mode>().is_ok() => Some(mode),
            _ => None,
        };
        self.set(name, value, at);
        if let Some(mode) = mode {
            self.given.fill("sslmode", mode);
        }
    }
}

/// Decodes `%xy` (`conninfo_uri_decode`): a zero, and what is not hexadecimal, is an error; `+` is no space.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (pair, after) = rest.split_at_checked(2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        if byte == 0 {
            return None;
        }
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}
