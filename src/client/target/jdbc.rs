//! URLs of pgjdbc: `jdbc:postgresql://host:port/database?sslmode=verify-full` (`Driver.parseURL`).

use super::Server;
use super::endpoint::port_of;
use super::error::{Fault, Reason};
use super::given::Given;
use super::libpq::fill_from_service;
use super::url::decoded;
use crate::client::surroundings::Surroundings;
use crate::system::limits;

/// What every such URL begins with, in this case.
pub(super) const PREFIX: &str = "jdbc:postgresql:";

pub(super) fn parse(text: &str, surroundings: &Surroundings<'_>) -> Result<Vec<Server>, Fault> {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let mut given = Given::default();
    authority(&mut given, before)?;
    let mut column = before.chars().count() + 2;
    for part in query.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = form_decoded(value).ok_or_else(|| Fault::at(column, Reason::Escape))?;
        let name = NAMES.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, libpq)| libpq);
        // Modes are in any case here.
        let value = if LOWER.contains(&name) { value.to_lowercase() } else { value };
        given.set(name, &value, column);
        column += part.chars().count() + 1;
    }
    fill_from_service(&mut given, surroundings)?;
    // `SslMode.of`: alone, `ssl` verifies everything.
    if given.has("ssl") && given.get("ssl").is_none_or(|ssl| ssl.eq_ignore_ascii_case("true")) {
        given.fill("sslmode", "verify-full");
    }
    servers(&given.without_unknown())
}

/// `//host:port,host/database`, or `database`.
fn authority(given: &mut Given, before: &str) -> Result<(), Fault> {
    let start = PREFIX.len() + 1;
    let (hosts, database) = match before[PREFIX.len()..].strip_prefix("//") {
        None => ("", &before[PREFIX.len()..]),
        Some("" | "/") => ("", ""),
        Some(rest) if rest.contains('@') => return Err(Fault::at(start, Reason::User)),
        Some(rest) if rest.matches('/').count() > 1 => return Err(Fault::at(start, Reason::Slash)),
        Some(rest) => rest.split_once('/').ok_or_else(|| Fault::at(start, Reason::Slash))?,
    };
    let database = form_decoded(database).ok_or_else(|| Fault::at(start, Reason::Escape))?;
    if !database.is_empty() {
        given.set("dbname", &database, start);
    }
    if !hosts.is_empty() {
        let hosts = hosts.trim_end_matches(',').split(',').map(split);
        let (hosts, ports): (Vec<_>, Vec<_>) = hosts.unzip();
        given.set("host", &hosts.join(","), start + 2);
        given.set("port", &ports.join(","), start + 2);
    }
    Ok(())
}

/// A port stands behind the last colon, where no `]` follows.
fn split(address: &str) -> (&str, &str) {
    match address.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (address, "5432"),
    }
}

fn servers(given: &Given) -> Result<Vec<Server>, Fault> {
    let hosts: Vec<&str> = given.get("host").unwrap_or("localhost").split(',').collect();
    let ports: Vec<&str> = given.get("port").unwrap_or("5432").split(',').collect();
    if hosts.len() > limits::HOSTS {
        return Err(given.fault("host", Reason::Hosts));
    }
    if ports.len() != hosts.len() && ports.len() != 1 {
        let reason = Reason::Counts { what: "ports", count: ports.len(), hosts: hosts.len() };
        return Err(given.fault("port", reason));
    }
    if given.has("port") && given.get("port").is_none() {
        return Err(given.fault("port", Reason::Port));
    }
    let server = |(index, host): (usize, &&str)| {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let host = if host.is_empty() { "localhost" } else { host };
        let port = ports.get(index).unwrap_or(&ports[0]);
        let port = port_of(port).map_err(|reason| given.fault("port", reason))?;
        Ok(Server::Network(given.parameters_of(host, Some(port))?))
    };
    hosts.iter().enumerate().map(server).collect()
}

/// `URLDecoder.decode`: `+` is a space.
fn form_decoded(text: &str) -> Option<String> {
    decoded(&text.replace('+', " "))
}

/// What pgjdbc calls otherwise.
const NAMES: &[(&str, &str)] =
    &[("PGHOST", "host"), ("PGPORT", "port"), ("PGDBNAME", "dbname"), ("sslNegotiation", "sslnegotiation")];
const LOWER: &[&str] = &["sslmode", "sslnegotiation"];
