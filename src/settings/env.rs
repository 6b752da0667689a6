//! Environment variables that point clients at the files that pgtrust keeps, in the words of a shell.
//!
//! `SSL_CERT_FILE` is not among them: it takes the place of a program's public roots, and libpq does not read it.

use std::path::Path;

use crate::settings::Error;
use crate::settings::snippet::visible;
use crate::store::java::JavaStore;
use crate::system::{self, layout};

/// A variable and who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// The clients that read it.
    pub read_by: &'static str,
}

/// Returns the variables for a PEM file, and for the Java trust store where there is one.
pub fn variables(pem: &Path, java_store: Option<&JavaStore>) -> Result<Vec<Variable>, Error> {
    let pem = layout::text_of(pem)?;
    let mut variables = vec![
        Variable {
            name: "PGSSLROOTCERT",
            value: pem.to_owned(),
            read_by: "libpq and all on it, asyncpg, pgx, lib/pq, Npgsql, sqlx; in place of root.crt",
        },
        Variable {
            name: "NODE_EXTRA_CA_CERTS",
            value: pem.to_owned(),
            read_by: "Node.js when it starts, for every TLS connection whose settings name no CA",
        },
    ];
    if let Some(store) = java_store {
        variables.push(Variable {
            name: "JAVA_TOOL_OPTIONS",
            value: store.options()?,
            read_by: "every JVM when it starts, in place of the JDK's own roots; pgjdbc with DefaultJavaSSLFactory",
        });
    }
    Ok(variables)
}

/// A syntax to write variables in.
pub struct Shell {
    /// The name on the command line.
    pub name: &'static str,
    /// Who reads it.
    pub summary: &'static str,
    line: fn(&str, &str) -> Result<String, &'static str>,
}

/// Every syntax, the default first.
pub static SHELLS: &[Shell] = &[
    Shell { name: "sh", summary: "sh, bash, zsh: eval \"$(pgtrust env)\"", line: sh },
    Shell { name: "fish", summary: "fish: pgtrust env --shell fish | source", line: fish },
    Shell {
        name: "powershell",
        summary: "PowerShell: pgtrust env --shell powershell | Out-String | iex",
        line: powershell,
    },
    Shell { name: "dotenv", summary: "a .env file", line: dotenv },
    Shell { name: "systemd", summary: "a file for EnvironmentFile=", line: systemd },
    Shell { name: "docker", summary: "a file for docker run --env-file", line: docker },
];

impl Shell {
    /// Returns the shell of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SHELLS.iter().find(|shell| shell.name == name)
    }

    /// Returns the line that sets a variable. Fails for a value that this syntax cannot hold.
    pub fn line(&self, variable: &Variable) -> Result<String, Error> {
        let line = visible(&variable.value).and_then(|value| (self.line)(variable.name, value));
        Ok(line.map_err(|what| system::Error::Unwritable {
            value: variable.value.clone(),
            place: format!("`--shell {}`", self.name),
            what,
        })?)
    }
}

/// POSIX: nothing is special between single quotes.
fn sh(name: &str, value: &str) -> Result<String, &'static str> {
    Ok(format!("export {name}='{}'", value.replace('\'', r"'\''")))
}

/// Between its single quotes, fish knows `\'` and `\\`.
fn fish(name: &str, value: &str) -> Result<String, &'static str> {
    Ok(format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")))
}

/// PowerShell takes typographic single quotes for plain ones; two of any stand for one of it.
fn powershell(name: &str, value: &str) -> Result<String, &'static str> {
    let mut text = String::new();
    for c in value.chars() {
        text.extend(matches!(c, '\'' | '\u{2018}'..='\u{201b}').then_some(c));
        text.push(c);
    }
    Ok(format!("$env:{name} = '{text}'"))
}

/// There is no common standard. What all readers agree on: single quotes hold everything but what follows.
fn dotenv(name: &str, value: &str) -> Result<String, &'static str> {
    match value {
        _ if value.contains('\'') => Err("`'`"),
        _ if value.contains('$') => Err("`$`"),
        _ if value.contains("\\\\") || value.ends_with('\\') => Err("two `\\` in a row, or one at its end"),
        _ => Ok(format!("{name}='{value}'")),
    }
}

/// systemd.exec(5), EnvironmentFile=: `\` before these four between double quotes. Specifiers (`%h`) are not expanded.
fn systemd(name: &str, value: &str) -> Result<String, &'static str> {
    let mut text = String::new();
    for c in value.chars() {
        text.extend(matches!(c, '"' | '\\' | '`' | '$').then_some('\\'));
        text.push(c);
    }
    Ok(format!("{name}=\"{text}\""))
}

/// Docker takes everything after `=` as it is; quotes would become part of the value.
fn docker(name: &str, value: &str) -> Result<String, &'static str> {
    Ok(format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shell: &str, value: &str) -> Result<String, Error> {
        let variable = Variable { name: "X", value: value.to_owned(), read_by: "" };
        Shell::named(shell).unwrap().line(&variable)
    }

    #[test]
    fn powershell_doubles_every_kind_of_single_quote() {
        assert_eq!(line("powershell", "a'b\u{2019}c$d`e\"").unwrap(), "$env:X = 'a''b\u{2019}\u{2019}c$d`e\"'");
    }

    #[test]
    fn what_a_syntax_cannot_hold_is_refused() {
        for shell in SHELLS {
            assert!(line(shell.name, "/a\nb").is_err(), "{}", shell.name);
            assert!(line(shell.name, "/a\u{202e}b").is_err(), "{}", shell.name);
            assert!(line(shell.name, "/a b%/ü").is_ok(), "{}", shell.name);
        }
        for value in ["a'b", "a$b", "a\\\\b", "a\\"] {
            assert!(line("dotenv", value).is_err(), "{value}");
        }
        assert_eq!(line("dotenv", r"C:\a b").unwrap(), r"X='C:\a b'");
    }
}
