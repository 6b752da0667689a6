//! Service files, as libpq reads them (`parseServiceFile` in fe-connect.c).

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::{BadLine, LONGEST_LINE};
use super::{SurroundingsError, read};
use crate::client::keyword;

/// One section of a service file.
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The file it stands in.
    pub path: PathBuf,
    /// The line of its name.
    pub line: usize,
    /// Its parameters in libpq's words, passwords too.
    settings: Vec<(String, String)>,
}

impl Service {
    /// Reads the section of this name; None when the file has none.
    pub(super) fn read(path: &Path, name: &str) -> Result<Option<Self>, SurroundingsError> {
        Self::parse(&read(path)?, path, name)
    }

    /// Reads the names of all sections, with their lines.
    pub(super) fn names(path: &Path) -> Result<Vec<(String, usize)>, SurroundingsError> {
        let text = read(path)?;
        let name = |line: &str| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.to_owned());
        let names = (1..).zip(text.lines()).filter_map(|(number, line)| Some((name(line)?, number)));
        Ok(names.filter(|(name, _)| !name.is_empty()).collect())
    }

    /// Of two sections with one name the first counts, of two lines with one parameter too.
    fn parse(text: &str, path: &Path, name: &str) -> Result<Option<Self>, SurroundingsError> {
        let mut found: Option<Self> = None;
        for (number, whole) in (1..).zip(text.lines()) {
            let bad = |reason| SurroundingsError::Line { path: path.to_owned(), line: number, reason };
            // libpq stops at one, wherever it stands.
            if whole.len() + 1 >= LONGEST_LINE {
                return Err(bad(BadLine::Long));
            }
            let line = whole.trim_matches(is_space);
            match (line.strip_prefix('['), &mut found) {
                _ if line.is_empty() || line.starts_with('#') => {}
                (Some(_), Some(_)) => break,
                (Some(title), None) if title.strip_prefix(name).is_some_and(|rest| rest.starts_with(']')) => {
                    let (name, path) = (name.to_owned(), path.to_owned());
                    found = Some(Self { name, path, line: number, settings: Vec::new() });
                }
                (_, None) => {}
                (None, Some(service)) => service.add(line).map_err(bad)?,
            }
        }
        Ok(found)
    }

    fn add(&mut self, line: &str) -> Result<(), BadLine> {
        if line.starts_with("ldap") {
            return Err(BadLine::Ldap);
        }
        let (key, value) = line.split_once('=').ok_or(BadLine::NoEquals)?;
        if key == "service" {
            return Err(BadLine::Nested);
        }
        if !keyword::is_known(key) {
            return Err(BadLine::Unknown);
        }
        if self.settings.iter().all(|(known, _)| known != key) {
            self.settings.push((key.to_owned(), value.to_owned()));
        }
        Ok(())
    }

    /// Returns the parameters in libpq's words, passwords too.
    pub(in crate::client) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }
}

/// Without the settings: passwords are among them.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] in {}, line {}", self.name, self.path.display(), self.line)
    }
}

/// C's isspace().
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# services\n[a]\nhost=ignored\n\n [ prod ]\n[prod] trailing\n  host=db.example \nport=6543\n\
                        host=second\nsslrootcert=~/ca.pem\npassword=s3cret\n[prod]\nhost=third\n[bad]\nhost = x\n[n]\nservice=a\n\
                        [l]\nldap://h/x\n[e]\nhost\n";

    fn parse(name: &str) -> Result<Option<Service>, String> {
        Service::parse(FILE, Path::new("f"), name).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_section_and_the_first_line_of_it_count() {
        let service = parse("prod").unwrap().unwrap();
        assert_eq!(service.line, 6);
        let shown: Vec<_> = service.settings().iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(shown, ["host=db.example", "port=6543", "sslrootcert=~/ca.pem", "password=s3cret"]);
        assert!(parse("pro").unwrap().is_none());
    }

    #[test]
    fn a_line_that_libpq_refuses_is_named() {
        for (name, expected) in [
            ("bad", "`f`, line 15: libpq has no"),
            ("n", "`f`, line 17: a service cannot"),
            ("l", "`f`, line 19: the service stands in LDAP"),
            ("e", "`f`, line 21: no `=`"),
        ] {
            assert!(parse(name).unwrap_err().starts_with(expected), "{name}");
        }
        let long = format!("[a]\nhost={}\n", "x".repeat(1_020));
        assert!(Service::parse(&long, Path::new("f"), "b").is_err());
    }
}
