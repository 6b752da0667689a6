//! Connection strings, against the parsers that real clients have: libpq, asyncpg, pgjdbc and node-postgres; service files
//! against libpq, `.env` against python-dotenv. Npgsql cannot be had here: what `src/client/target/npgsql.rs` does stands
//! on its sources and on those of .NET, and its own tests alone hold it.

mod judges;
mod tables;

use std::path::Path;

use pgtrust::client::found;
use pgtrust::client::parameters::{Mode, Parameters, Root};
use pgtrust::client::surroundings::Surroundings;
use pgtrust::client::target::{Server, Target};
use serde_json::{Value, json};

use crate::support::pgtrust::Home;
use crate::support::tools;

/// What a table says of a string that its judge and pgtrust read otherwise, and why.
type Otherwise = &'static [(&'static str, &'static str)];

#[test]
fn libpq_reads_the_same() {
    let texts = tables::LIBPQ;
    let Some(judged) = judges::python(texts) else { return };
    let mut wrong = Vec::new();
    for (text, judged) in texts.iter().zip(&judged) {
        // A parameter that libpq has no name for makes it refuse the whole.
        let known = |server: &Server| network(server).is_none_or(|of| of.unknown.is_empty());
        let own = parse(text).filter(|servers| servers.iter().all(known)).map(|servers| in_libpqs_words(&servers));
        let other = libpqs_words(&judged["libpq"]);
        let otherwise = tables::LIBPQ_OTHERWISE.iter().find(|(other, _)| other == text);
        if (own == other) != otherwise.is_none() {
            wrong.push(format!("{text:?}\n  pgtrust {own:?}\n  libpq   {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report("libpq", texts, tables::LIBPQ_OTHERWISE);
}

#[test]
fn asyncpg_reads_the_same() {
    let texts = tables::ASYNCPG;
    let Some(judged) = judges::python(texts) else { return };
    let mut wrong = Vec::new();
    for (text, judged) in texts.iter().zip(&judged) {
        let own = parse(text).map(|servers| {
            let addresses: Vec<Value> = servers.iter().map(address).collect();
            let user = servers.iter().find_map(|server| network(server)?.user.clone());
            let mode = |server| network(server).map_or(Some(Mode::Disable), |of| of.mode);
            (addresses, user, servers.iter().find_map(mode))
        });
        let other = Some(&judged["asyncpg"]).filter(|other| !other.is_null()).map(|other| {
            let mode = other["sslmode"].as_str().unwrap().replace('_', "-");
            (other["servers"].as_array().unwrap().clone(), other["user"].as_str().map(str::to_owned), mode.parse().ok())
        });
        // It takes `prefer` where the string says nothing, and this user.
        let same = match (&own, &other) {
            (Some(own), Some(other)) => {
                own.0 == other.0
                    && own.2.unwrap_or(Mode::Prefer) == other.2.unwrap_or(Mode::Prefer)
                    && own.1.as_ref().is_none_or(|user| Some(user) == other.1.as_ref())
            }
            (own, other) => own.is_none() == other.is_none(),
        };
        if same == tables::ASYNCPG_OTHERWISE.iter().any(|(other, _)| other == text) {
            wrong.push(format!("{text:?}\n  pgtrust {own:?}\n  asyncpg {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report("asyncpg", texts, tables::ASYNCPG_OTHERWISE);
}

#[test]
fn pgjdbc_reads_the_same() {
    let texts = tables::JDBC;
    let Some(judged) = judges::java(texts) else { return };
    let mut wrong = Vec::new();
    for (text, other) in texts.iter().zip(&judged) {
        let own = parse(text).map_or_else(|| "refused".to_owned(), |servers| in_pgjdbcs_words(&servers));
        if (own == *other) == tables::JDBC_OTHERWISE.iter().any(|(other, _)| other == text) {
            wrong.push(format!("{text:?}\n  pgtrust {own:?}\n  pgjdbc  {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report("pgjdbc", texts, tables::JDBC_OTHERWISE);
}

#[test]
fn node_postgres_reads_the_same() {
    let texts = tables::NODE;
    let Some(judged) = judges::node(texts) else { return };
    let mut wrong = Vec::new();
    for (text, other) in texts.iter().zip(&judged) {
        let own = parse(text).map(|servers| {
            let of = network(&servers[0]).cloned().unwrap_or_default();
            let text = |text: Option<String>| text.unwrap_or_default();
            let has_tls = of.mode.is_some_and(|mode| mode != Mode::Disable);
            json!({"host": of.host, "port": text(of.port.map(|port| port.to_string())), "user": text(of.user),
                "database": of.database, "ssl": has_tls})
        });
        let own = own.unwrap_or_default();
        if (own == *other) == tables::NODE_OTHERWISE.iter().any(|(other, _)| other == text) {
            wrong.push(format!("{text:?}\n  pgtrust       {own}\n  node-postgres {other}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report("node-postgres", texts, tables::NODE_OTHERWISE);
}

#[test]
fn libpq_knows_the_same_parameters() {
    let Some(names) = judges::surroundings(&Home::new(), &["keywords"]) else { return };
    for name in names.as_array().unwrap().iter().filter_map(Value::as_str) {
        let value = match name {
            "service" => continue,
            "hostaddr" => "::1",
            "port" => "7",
            "sslmode" => "require",
            "sslnegotiation" => "direct",
            _ => "x",
        };
        let servers = parse(&format!("host=h {name}={value}")).expect(name);
        assert!(network(&servers[0]).unwrap().unknown.is_empty(), "{name}");
    }
}

#[test]
fn libpq_finds_the_same_in_service_files() {
    for (file, name) in tables::SERVICES {
        let mut home = Home::new();
        let file = home.write("services", file);
        let path = file.clone();
        home.set("PGSERVICEFILE", &file);
        home.set("PGSERVICE", *name);
        let Some(mut judged) = judges::surroundings(&home, &["service"]) else { return };
        let variable = |name: &str| (name == "PGSERVICEFILE").then(|| path.clone().into());
        let surroundings = Surroundings::of_this_user(&variable, home.path());
        let own = Target::of_service(name, &surroundings).ok().map(|target| {
            let Some(of) = network(&target.servers[0]).cloned() else { return Value::Null };
            let mode = of.mode.unwrap_or(Mode::Prefer).to_string();
            json!({"host": of.host, "port": of.port.unwrap_or(5432).to_string(), "user": of.user, "dbname": of.database,
                "sslmode": mode, "sslrootcert": of.root.as_ref().map(root)})
        });
        // Of a file that it cannot read, libpq keeps what stood before the fault, and would not connect.
        let Some(own) = own else { continue };
        for field in ["user", "dbname"] {
            if own[field].is_null() {
                judged[field] = Value::Null;
            }
        }
        assert_eq!(own, judged, "{name} in {}", file.display());
    }
}

#[test]
fn python_dotenv_finds_the_same() {
    for text in tables::DOTENV {
        let home = Home::new();
        let file = home.write(".env", text);
        let Some(judged) = judges::surroundings(&home, &["dotenv", file.to_str().unwrap()]) else { return };
        let mut surroundings = Surroundings::of_this_user(&|_| None, home.path());
        surroundings.home = Some(home.path().to_owned());
        let found = found::targets(&surroundings);
        let servers = &found.first().expect(text).target.as_ref().expect(text).servers;
        assert_eq!(Some(in_libpqs_words(servers)), libpqs_words(&judged), "{text}");
    }
}

/// Host, address, port, user, database, mode, root, negotiation and lists of revocations.
type Words = Vec<Option<String>>;

/// What pgtrust read, put together again as lists; None where libpq would refuse it for the name of a parameter.
fn in_libpqs_words(servers: &[Server]) -> Words {
    let list = |text: &dyn Fn(&Server) -> String| {
        let all: Vec<String> = servers.iter().map(text).collect();
        Some(all.join(",")).filter(|all| !all.trim_matches(',').is_empty())
    };
    let host = list(&|server| match server {
        Server::Network(of) => of.host.clone(),
        Server::Socket(path) => folder(path),
    });
    let port = list(&|server| match server {
        Server::Network(of) => of.port.map(|port| port.to_string()).unwrap_or_default(),
        Server::Socket(path) => socket_port(path),
    });
    let of = servers.iter().find_map(network).cloned().unwrap_or_default();
    let address = list(&|server| {
        network(server).and_then(|of| of.address).map(|address| address.to_string()).unwrap_or_default()
    });
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    vec![
        host,
        address,
        port,
        of.user.clone(),
        of.database.clone(),
        of.mode.map(|mode| mode.to_string()),
        of.root.as_ref().map(root),
        of.direct.map(|direct| if direct { "direct" } else { "postgres" }.to_owned()),
        path(&of.crl),
        path(&of.crl_folder),
    ]
}

/// The same of libpq: what it takes for the default counts as not given.
fn libpqs_words(judged: &Value) -> Option<Words> {
    let text = |name: &str| judged[name].as_str().map(str::to_owned).filter(|text| !text.is_empty());
    let count = text("hostaddr").or_else(|| text("host")).map_or(1, |hosts| hosts.split(',').count());
    let is_socket =
        text("host").is_none_or(|host| host.split(',').all(|host| host.is_empty() || host.starts_with(['/', '@'])));
    let host = match text("host") {
        None if text("hostaddr").is_none() => Some(default_folder()),
        host => host.map(|host| {
            let filled = host.split(',').map(|host| if host.is_empty() { default_folder() } else { host.to_owned() });
            filled.collect::<Vec<_>>().join(",")
        }),
    };
    let port = text("port").map(|port| {
        let ports: Vec<String> = port.split(',').map(|port| port.trim().to_owned()).collect();
        if ports.len() == 1 { vec![ports[0].clone(); count] } else { ports }.join(",")
    });
    let port = port.filter(|port| !port.trim_matches(',').is_empty());
    // Of a socket nothing but its path is told.
    let told = |name: &str| if is_socket && text("hostaddr").is_none() { None } else { text(name) };
    let rest = ["user", "dbname", "sslmode", "sslrootcert", "sslnegotiation", "sslcrl", "sslcrldir"].map(told);
    judged.is_object().then(|| [host, text("hostaddr"), port].into_iter().chain(rest).collect())
}

fn in_pgjdbcs_words(servers: &[Server]) -> String {
    let all: Vec<&Parameters> = servers.iter().filter_map(network).collect();
    let list = |text: &dyn Fn(&Parameters) -> String| all.iter().map(|of| text(of)).collect::<Vec<_>>().join(",");
    let of = all[0];
    let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    [
        list(&|of| bracketed(&of.host)),
        list(&|of| of.port.unwrap_or(5432).to_string()),
        of.database.clone().unwrap_or_default(),
        of.user.clone().unwrap_or_default(),
        of.mode.unwrap_or(Mode::Prefer).to_string(),
        of.root.as_ref().map(root).unwrap_or_default(),
        of.factory.clone().unwrap_or_else(|| "org.postgresql.ssl.LibPQFactory".to_owned()),
    ]
    .join("\t")
}

/// A host and a port, or the path of a socket.
fn address(server: &Server) -> Value {
    match server {
        Server::Network(of) => json!([of.host, of.port.unwrap_or(5432)]),
        Server::Socket(path) => json!(path),
    }
}

fn network(server: &Server) -> Option<&Parameters> {
    match server {
        Server::Network(parameters) => Some(parameters),
        Server::Socket(_) => None,
    }
}

fn root(root: &Root) -> String {
    match root {
        Root::System => "system".to_owned(),
        Root::File(path) => path.display().to_string(),
    }
}

fn folder(path: &Path) -> String {
    path.parent().unwrap().display().to_string()
}

/// The port of a socket, where it is not the usual one.
fn socket_port(path: &Path) -> String {
    let port = path.extension().unwrap().to_str().unwrap();
    if port == "5432" { String::new() } else { port.to_owned() }
}

fn default_folder() -> String {
    let folder = "/var/run/postgresql";
    if Path::new(folder).is_dir() { folder } else { "/tmp" }.to_owned()
}

/// The servers of a text for one who finds nothing else; None where it is refused.
fn parse(text: &str) -> Option<Vec<Server>> {
    let mut surroundings = Surroundings::of_this_user(&|_| None, Path::new("/nonexistent"));
    surroundings.home = None;
    Target::parse(text, &surroundings).ok().map(|target| target.servers)
}

fn report(judge: &str, texts: &[&str], otherwise: Otherwise) {
    tools::report(&format!(
        "{judge}: {} connection strings, {} read otherwise, with their causes",
        texts.len(),
        otherwise.len()
    ));
}
