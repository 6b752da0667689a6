//! The servers of settings in libpq's words (`connectOptions2` in fe-connect.c).

use std::net::IpAddr;
use std::path::Path;

use super::Server;
use super::endpoint::{is_socket, port_of};
use super::error::{Fault, Reason};
use super::given::Given;
use crate::client::surroundings::Surroundings;
use crate::system::{file, limits};

/// Takes what the text does not give from the service, and then where to connect to from the variables. What decides
/// about TLS is not taken from variables: each client has its own.
pub(super) fn servers(mut given: Given, surroundings: &Surroundings<'_>) -> Result<Vec<Server>, Fault> {
    if !given.has("service")
        && let Some(name) = surroundings.variable("PGSERVICE")
    {
        given.fill("service", &name);
    }
    fill_from_service(&mut given, surroundings)?;
    for (name, variable) in VARIABLES {
        if let Some(value) = surroundings.variable(variable) {
            given.fill(name, &value);
        }
    }
    of_lists(&given)
}

/// Takes what is not given from the service that is named; the service must be there.
pub(super) fn fill_from_service(given: &mut Given, surroundings: &Surroundings<'_>) -> Result<(), Fault> {
    let Some(name) = given.get("service").map(str::to_owned) else { return Ok(()) };
    let found = surroundings.service(&name);
    let found = found.map_err(|error| given.fault("service", Reason::Service(Box::new(error))))?;
    let Some(service) = found else {
        let name = given.shown(&name).unwrap_or_else(|| "…".to_owned());
        return Err(given.fault("service", Reason::NoService { name }));
    };
    for (name, value) in service.settings() {
        given.fill(name, value);
    }
    Ok(())
}

/// One server for each host, or for each address where there are addresses.
fn of_lists(given: &Given) -> Result<Vec<Server>, Fault> {
    let list = |name: &str| given.get(name).map(|text| text.split(',').collect::<Vec<_>>());
    let (hosts, addresses) = (list("host"), list("hostaddr"));
    let count = addresses.as_ref().or(hosts.as_ref()).map_or(1, Vec::len);
    if count > limits::HOSTS {
        return Err(given.fault("host", Reason::Hosts));
    }
    if let (Some(hosts), Some(addresses)) = (&hosts, &addresses)
        && hosts.len() != addresses.len()
    {
        let reason = Reason::Counts { what: "addresses", count, hosts: hosts.len() };
        return Err(given.fault("hostaddr", reason));
    }
    let ports = list("port").unwrap_or_else(|| vec![""]);
    if ports.len() != 1 && ports.len() != count {
        return Err(given.fault("port", Reason::Counts { what: "ports", count: ports.len(), hosts: count }));
    }
    let element = |list: &Option<Vec<&str>>, index: usize| {
        list.as_ref().and_then(|list| list.get(index).copied()).unwrap_or_default().to_owned()
    };
    (0..count)
        .map(|index| {
            let port = if ports.len() == 1 { ports[0] } else { ports[index] };
            let port = if port.is_empty() { None } else { Some(port_of(port)) };
            let port = port.transpose().map_err(|reason| given.fault("port", reason))?;
            server(given, &element(&hosts, index), &element(&addresses, index), port)
        })
        .collect()
}

fn server(given: &Given, host: &str, address: &str, port: Option<u16>) -> Result<Server, Fault> {
    if !address.is_empty() {
        let address = address.parse::<IpAddr>().map_err(|_| given.fault("hostaddr", Reason::Address))?;
        let mut parameters = given.parameters_of(if is_socket(host) { "" } else { host }, port)?;
        parameters.address = Some(address);
        return Ok(Server::Network(parameters));
    }
    match host {
        "" if cfg!(windows) => Ok(Server::Network(given.parameters_of("localhost", port)?)),
        "" => Ok(Server::socket(socket_folder(), port)),
        folder if is_socket(folder) => Ok(Server::socket(folder, port)),
        host => Ok(Server::Network(given.parameters_of(host, port)?)),
    }
}

/// The folder of sockets: where distributions put it, else where PostgreSQL itself does.
fn socket_folder() -> &'static str {
    let of_distributions = "/var/run/postgresql";
    if file::is_folder(Path::new(of_distributions)) { of_distributions } else { "/tmp" }
}

/// What a variable is in a connection string.
const VARIABLES: [(&str, &str); 5] =
    [("host", "PGHOST"), ("hostaddr", "PGHOSTADDR"), ("port", "PGPORT"), ("user", "PGUSER"), ("dbname", "PGDATABASE")];
