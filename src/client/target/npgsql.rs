//! Connection strings of Npgsql: `Host=db.example;Port=5432;SSL Mode=VerifyFull`. Quotation marks and semicolons are those
//! of .NET's DbConnectionStringBuilder, names those of NpgsqlConnectionStringBuilder.

use std::net::Ipv6Addr;

use super::Server;
use super::endpoint::{is_socket, port_of};
use super::error::{Fault, Reason};
use super::given::Given;
use crate::client::parameters::Mode;
use crate::system::limits;

pub(super) fn parse(text: &str) -> Result<Vec<Server>, Fault> {
    let mut given = Given::default();
    for pair in pairs(text)? {
        let (column, name) = (pair.column, pair.name.as_str());
        if let Some((_, inside)) = OTHERS.iter().find(|(other, _)| *other == name) {
            return Err(Fault::at(column, Reason::Wrapper { name: name.to_owned(), inside }));
        }
        let Some((_, libpq)) = NAMES.iter().find(|(own, _)| *own == name) else {
            given.set(name, "", column);
            continue;
        };
        // An empty value takes the setting back.
        if pair.value.is_empty() {
            given.remove(libpq);
            continue;
        }
        let value = match *libpq {
            "sslmode" => mode(&pair.value).map_err(|reason| Fault::at(column, reason))?,
            "sslnegotiation" => pair.value.to_lowercase(),
            _ => pair.value,
        };
        given.set(libpq, &value, column);
    }
    servers(&given.without_unknown())
}

/// Tells whether a name is one of Npgsql's, in whatever case, or of what wraps it.
pub(super) fn is_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    NAMES.iter().chain(OTHERS).any(|(own, _)| *own == name)
}

struct Pair {
    /// In lower case.
    name: String,
    value: String,
    column: usize,
}

/// `name=value;name="a;b"`. A quotation mark in a value is doubled, and so is a `=` in a name.
fn pairs(text: &str) -> Result<Vec<Pair>, Fault> {
    let (chars, mut found, mut at): (Vec<char>, _, _) = (text.chars().collect(), Vec::new(), 0);
    let is = |at: usize, c: char| chars.get(at) == Some(&c);
    let skip_spaces = |mut at: usize| {
        while chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        at
    };
    loop {
        while chars.get(at).is_some_and(|c| c.is_whitespace() || *c == ';') {
            at += 1;
        }
        if at >= chars.len() {
            return Ok(found);
        }
        let (column, mut name) = (at + 1, String::new());
        while !is(at, '=') || is(at + 1, '=') {
            let c = chars.get(at).filter(|c| **c != ';' || name.is_empty());
            name.push(*c.ok_or_else(|| Fault::at(column, Reason::NoEquals))?);
            at += if is(at, '=') { 2 } else { 1 };
        }
        at = skip_spaces(at + 1);
        let mut value = String::new();
        match chars.get(at).copied().filter(|c| ['\'', '"'].contains(c)) {
            Some(quote) => {
                let start = at + 1;
                at += 1;
                while !is(at, quote) || is(at + 1, quote) {
                    value.push(*chars.get(at).ok_or_else(|| Fault::at(start, Reason::Quote))?);
                    at += if is(at, quote) { 2 } else { 1 };
                }
                at = skip_spaces(at + 1);
                if at < chars.len() && !is(at, ';') {
                    return Err(Fault::at(at + 1, Reason::Quote));
                }
            }
            None => {
                let length = chars[at..].iter().take_while(|c| **c != ';').count();
                value.extend(&chars[at..at + length]);
                value.truncate(value.trim_end().len());
                if value.ends_with(['\'', '"']) {
                    return Err(Fault::at(at + 1, Reason::Quote));
                }
                at += length;
            }
        }
        found.push(Pair { name: name.trim().to_lowercase(), value, column });
    }
}

/// The names of Npgsql's `SslMode`, in any case.
fn mode(value: &str) -> Result<String, Reason> {
    let same = |mode: &Mode| mode.as_str().replace('-', "") == value.to_lowercase() && *mode != Mode::NoVerify;
    match Mode::ALL.into_iter().find(same) {
        Some(mode) => Ok(mode.to_string()),
        None => Err(Reason::NetMode { suggestion: value.parse::<Mode>().map_or_else(|error| error.suggestion, Some) }),
    }
}

fn servers(given: &Given) -> Result<Vec<Server>, Fault> {
    let port = given.get("port").map(port_of).transpose().map_err(|reason| given.fault("port", reason))?;
    let hosts: Vec<&str> = given.get("host").ok_or(Reason::NoHost)?.split(',').map(str::trim).collect();
    if hosts.len() > limits::HOSTS {
        return Err(given.fault("host", Reason::Hosts));
    }
    hosts.into_iter().map(|host| server(given, host, port)).collect()
}

/// A host may have a port of its own (`TrySplitHostPort`).
fn server(given: &Given, host: &str, port: Option<u16>) -> Result<Server, Fault> {
    if is_socket(host) {
        return Ok(Server::socket(host, port));
    }
    let own = host.rsplit_once(':').filter(|(before, _)| !before.contains(':') || before.ends_with(']'));
    let own = own.filter(|_| host.parse::<Ipv6Addr>().is_err());
    let (host, port) = match own {
        Some((host, own)) => (host, Some(port_of(own).map_err(|reason| given.fault("host", reason))?)),
        None => (host, port),
    };
    if host.is_empty() {
        return Err(given.fault("host", Reason::NoHost));
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(Server::Network(given.parameters_of(host, port)?))
}

/// Npgsql's names, in lower case, and what the same is in libpq.
const NAMES: &[(&str, &str)] = &[
    ("check certificate revocation", "CheckCertificateRevocation"),
    ("checkcertificaterevocation", "CheckCertificateRevocation"),
    ("database", "dbname"),
    ("db", "dbname"),
    ("gss encryption mode", "gssencmode"),
    ("gssencryptionmode", "gssencmode"),
    ("host", "host"),
    ("password", "password"),
    ("port", "port"),
    ("psw", "password"),
    ("pwd", "password"),
    ("root certificate", "sslrootcert"),
    ("rootcertificate", "sslrootcert"),
    ("server", "host"),
    ("ssl certificate", "sslcert"),
    ("ssl mode", "sslmode"),
    ("ssl negotiation", "sslnegotiation"),
    ("sslcertificate", "sslcert"),
    ("sslmode", "sslmode"),
    ("sslnegotiation", "sslnegotiation"),
    ("trust server certificate", "TrustServerCertificate"),
    ("trustservercertificate", "TrustServerCertificate"),
    ("uid", "user"),
    ("user id", "user"),
    ("user name", "user"),
    ("userid", "user"),
    ("username", "user"),
];

/// Names of strings that only look alike, and what to give instead.
const OTHERS: &[(&str, &str)] = &[
    ("data source", "as `Host=…;Port=…`: this is for SQL Server"),
    ("driver", "as `host:port`: this is for ODBC"),
    ("dsn", "as `host:port`: this is for ODBC"),
    ("initial catalog", "as `Host=…;Port=…`: this is for SQL Server"),
    ("metadata", "the string behind `provider connection string`"),
    ("provider", "the string for Npgsql alone, as `Host=…;Port=…`"),
];
