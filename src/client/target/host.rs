//! A host, with or without a port.

use std::net::Ipv6Addr;

use super::endpoint::{is_socket, port_of};
use super::error::{Fault, Reason};
use super::{Server, given::Given};

/// `host`, `host:port`, `[::1]:5432`, `::1`, and several with commas between them. No variable is asked: whoever names a
/// host means that one, at 5432 unless said otherwise.
pub(super) fn parse(text: &str) -> Result<Vec<Server>, Fault> {
    let (given, mut servers, mut column) = (Given::default(), Vec::new(), 1);
    for part in text.split(',') {
        let (host, port) = split(part).map_err(|reason| Fault::at(column, reason))?;
        let port = port.map(port_of).transpose().map_err(|reason| Fault::at(column, reason))?;
        if host.is_empty() {
            return Err(Fault::at(column, Reason::Empty));
        }
        if is_socket(host) {
            servers.push(Server::socket(host, port));
        } else {
            let parameters = given.parameters_of(host, port).map_err(|fault| Fault::at(column, fault.reason))?;
            servers.push(Server::Network(parameters));
        }
        column += part.chars().count() + 1;
    }
    Ok(servers)
}

/// Splits a port off. IPv6 may stand without brackets where there is no port.
fn split(text: &str) -> Result<(&str, Option<&str>), Reason> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(Reason::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(Reason::Host),
        };
    }
    if is_socket(text) || text.split('%').next().is_some_and(|text| text.parse::<Ipv6Addr>().is_ok()) {
        return Ok((text, None));
    }
    Ok(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Vec<(String, Option<u16>)>> {
        let servers = parse(text).ok()?;
        Some(
            servers
                .into_iter()
                .map(|server| match server {
                    Server::Network(parameters) => (parameters.host, parameters.port),
                    Server::Socket(path) => (path.display().to_string(), None),
                })
                .collect(),
        )
    }

    #[test]
    fn a_host_may_have_a_port() {
        for (text, host, port) in [
            ("db.example", "db.example", None),
            ("db.example:6543", "db.example", Some(6543)),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
            ("10.0.0.7:1", "10.0.0.7", Some(1)),
            ("[::1]:5432", "::1", Some(5432)),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("/var/run/postgresql", "/var/run/postgresql/.s.PGSQL.5432", None),
            ("db.example.", "db.example.", None),
        ] {
            assert_eq!(parsed(text), Some(vec![(host.to_owned(), port)]), "{text}");
        }
        assert_eq!(parsed("a:1,[::1]:2").map(|servers| servers.len()), Some(2));
        for text in [
            "db:",
            "db:0",
            "db:65536",
            "db:5432/app",
            "alice@db",
            "bücher.example",
            "[::1",
            "[::1]5432",
            "a b",
            ":5432",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
