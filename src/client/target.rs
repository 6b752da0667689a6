//! Targets: what a person gives to say which server is meant, as a host, a URL, a connection string or a service.

mod endpoint;
mod error;
mod given;
mod host;
mod jdbc;
mod keywords;
mod libpq;
mod list;
mod npgsql;
mod shown;
mod url;

use std::fmt;
use std::path::PathBuf;

pub use error::{Reason, TargetError};
pub use list::{BadLine, targets_of_file};

use crate::client::keyword;
use crate::client::parameters::Parameters;
use crate::client::surroundings::{Surroundings, SurroundingsError};
use crate::system::limits;
use error::Fault;
use given::Given;

/// The servers that a text names, and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What the text was taken for.
    pub form: Form,
    /// The servers, in the order of the text; at least one.
    pub servers: Vec<Server>,
}

/// One server of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "sockets are rare")]
pub enum Server {
    /// It is asked over a network.
    Network(Parameters),
    /// It is asked through a Unix socket, which has no TLS.
    Socket(PathBuf),
}

impl Server {
    fn socket(folder: &str, port: Option<u16>) -> Self {
        Self::Socket(PathBuf::from(folder).join(format!(".s.PGSQL.{}", port.unwrap_or(PORT))))
    }
}

/// What a text is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// `host:port`.
    Host,
    /// `jdbc:postgresql:…`.
    Jdbc,
    /// `host=… port=…`.
    Keywords,
    /// `Host=…;Port=…`.
    Npgsql,
    /// The name of a service.
    Service,
    /// `postgresql://…`.
    Url,
    /// No text: variables.
    Variables,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Jdbc => "JDBC URL",
            Self::Keywords => "keyword string",
            Self::Npgsql => "Npgsql string",
            Self::Service => "service",
            Self::Url => "URL",
            Self::Variables => "variables",
        })
    }
}

impl Target {
    /// Reads a text as a target. What it does not say of the host, the port, the user and the database, a service and
    /// variables say as they do to libpq.
    ///
    /// A word without a dot, such as `prod`, is a service where a service file has one of that name, else a host.
    pub fn parse(text: &str, surroundings: &Surroundings<'_>) -> Result<Self, TargetError> {
        let text = text.trim();
        let form = form_of(text);
        match servers(text, form, surroundings) {
            Ok((form, servers)) => Ok(Self { form, servers }),
            Err(Fault { column, reason }) => Err(TargetError { shown: shown::shown(text, form), form, column, reason }),
        }
    }

    /// Returns what libpq connects to when nothing is named: what `PGHOST` and its kind say.
    pub fn of_variables(surroundings: &Surroundings<'_>) -> Result<Self, TargetError> {
        let form = Form::Variables;
        match libpq::servers(Given::default(), surroundings) {
            Ok(servers) => Ok(Self { form, servers }),
            Err(Fault { column, reason }) => {
                Err(TargetError { shown: "PGHOST, PGPORT, …".to_owned(), form, column, reason })
            }
        }
    }

    /// Returns what a service names, and what variables add to it.
    pub fn of_service(name: &str, surroundings: &Surroundings<'_>) -> Result<Self, TargetError> {
        let form = Form::Service;
        match of_service(name, surroundings) {
            Ok(servers) => Ok(Self { form, servers }),
            Err(Fault { column, reason }) => Err(TargetError { shown: name.to_owned(), form, column, reason }),
        }
    }
}

fn of_service(name: &str, surroundings: &Surroundings<'_>) -> Result<Vec<Server>, Fault> {
    let mut given = Given::default();
    given.fill("service", name);
    libpq::servers(given, surroundings)
}

fn form_of(text: &str) -> Form {
    let Some(equals) = text.find('=') else {
        return match text {
            _ if text.starts_with("jdbc:") => Form::Jdbc,
            _ if text.contains("://") => Form::Url,
            _ => Form::Host,
        };
    };
    let first = &text[..equals];
    // A name that both have is libpq's, unless its value ends as Npgsql's do.
    let is_npgsql = if keyword::is_known(first.trim()) {
        npgsql::is_name(first) && ends_with_semicolon(&text[equals + 1..])
    } else {
        text.split(';').any(|pair| npgsql::is_name(name_of(pair)))
    };
    match first {
        _ if text.starts_with("jdbc:") => Form::Jdbc,
        _ if first.contains("://") => Form::Url,
        _ if is_npgsql => Form::Npgsql,
        _ => Form::Keywords,
    }
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

/// Tells whether the first value ends where a semicolon stands: not when another keyword of libpq comes before it.
fn ends_with_semicolon(value: &str) -> bool {
    let quote = value.chars().next().filter(|c| ['\'', '"'].contains(c));
    let behind = match quote {
        Some(quote) => value[1..].split_once(quote).map_or("", |(_, behind)| behind).trim_start(),
        None => value.find(';').map_or("", |end| &value[end..]),
    };
    let before = &value[..value.len() - behind.len()];
    let words = before.split_whitespace().skip(1);
    behind.starts_with(';') && !words.filter_map(|word| word.split_once('=')).any(|(name, _)| keyword::is_known(name))
}

fn servers(text: &str, form: Form, surroundings: &Surroundings<'_>) -> Result<(Form, Vec<Server>), Fault> {
    if text.is_empty() {
        return Err(Reason::Empty.into());
    }
    if text.len() > limits::TARGET {
        return Err(Reason::Long.into());
    }
    if let Some(at) = text.find('\0') {
        return Err(Fault::at(text[..at].chars().count() + 1, Reason::Zero));
    }
    let servers = match form {
        Form::Jdbc if !text.starts_with(jdbc::PREFIX) => return Err(wrapper(text)),
        Form::Jdbc => jdbc::parse(text, surroundings)?,
        Form::Npgsql => npgsql::parse(text)?,
        Form::Url => libpq::servers(url::parse(text, after_scheme(text)?)?, surroundings)?,
        Form::Keywords => {
            let given = keywords::parse(text)?;
            let names_one = ["host", "hostaddr", "service", "dbname", "port"].iter().any(|name| given.has(name));
            if let Some(name) = given.first_unknown().filter(|_| !names_one) {
                let name = Some(name.clone()).filter(|name| name != "…");
                return Err(Reason::Unknown { name }.into());
            }
            libpq::servers(given, surroundings)?
        }
        _ if is_service(text, surroundings)? => return Ok((Form::Service, of_service(text, surroundings)?)),
        _ => host::parse(text)?,
    };
    Ok((form, servers))
}

/// A service file that cannot be read is no reason to refuse a host.
fn is_service(text: &str, surroundings: &Surroundings<'_>) -> Result<bool, Fault> {
    if text.contains(['.', ':', ',', '/', '[', '@']) {
        return Ok(false);
    }
    match surroundings.service(text) {
        Ok(found) => Ok(found.is_some()),
        Err(SurroundingsError::System(_)) => Ok(false),
        Err(error) => Err(Reason::Service(Box::new(error)).into()),
    }
}

/// Where the scheme of a URL ends, which must be one of PostgreSQL.
fn after_scheme(text: &str) -> Result<usize, Fault> {
    let end = text.find("://").unwrap_or_default();
    let scheme = text[..end].to_lowercase();
    let (base, driver) = scheme.split_once('+').unwrap_or((&scheme, ""));
    if url::SCHEMES.contains(&base) {
        return Ok(end + "://".len());
    }
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if scheme.is_empty() || scheme.len() > LONGEST || !scheme.chars().all(is_scheme) {
        return Err(Fault::at(1, Reason::Foreign { name: "…".to_owned() }));
    }
    let is_prisma = base == "prisma" || driver == "prisma" || base == "prisma+postgres" || driver == "postgres";
    if is_prisma {
        return Err(Fault::at(1, Reason::Wrapper { name: scheme.clone(), inside: "the URL of the database itself" }));
    }
    Err(Fault::at(1, Reason::Foreign { name: scheme.clone() }))
}

/// `jdbc:aws-wrapper:postgresql:…` and its kind.
fn wrapper(text: &str) -> Fault {
    let name = text.split(':').nth(1).unwrap_or_default();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_+.".contains(c);
    let name = if name.len() <= LONGEST && name.chars().all(is_word) { name } else { "…" };
    let name = format!("jdbc:{name}:");
    if text.contains(":postgresql:") {
        return Fault::at(1, Reason::Wrapper { name, inside: "as `jdbc:postgresql://host:port/database`" });
    }
    Fault::at(1, Reason::Foreign { name })
}

/// Characters of a scheme.
const LONGEST: usize = 32;

/// The port of PostgreSQL.
pub const PORT: u16 = 5432;

#[cfg(test)]
mod tests;
