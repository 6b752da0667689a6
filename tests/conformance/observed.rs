//! Makes the connections and tells what came of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::asking::{Answer, Asker, Seen, Surroundings};
use super::cells::{Cell, Server};
use super::chains;
use super::clients::{CLIENTS, Program};
use super::stores::{self, Store};
use crate::support::postgres::{Postgres, Setup};

/// A connection, and what came of it.
pub(crate) struct Observed {
    pub(crate) cell: Cell,
    pub(crate) answer: Answer,
    /// What the client does with a stranger's server of the same name, where it speaks TLS with the right one.
    pub(crate) impostor: Option<Answer>,
}

/// What came of a connection, in the words of `pgtrust check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Verified,
    Unverified,
    Plaintext,
    Refused,
}

impl Observed {
    /// A client has verified a server if it would not have spoken TLS with a stranger's.
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.answer.seen, self.impostor.as_ref().map(|answer| answer.seen)) {
            (Seen::Refused, _) => Outcome::Refused,
            (Seen::Plain, _) => Outcome::Plaintext,
            (Seen::Tls, Some(Seen::Tls)) => Outcome::Unverified,
            (Seen::Tls, _) => Outcome::Verified,
        }
    }
}

/// The servers: one that goes over from chain to chain, a stranger's, and one without TLS.
struct Servers {
    presenting: Postgres,
    impostor: Postgres,
    without_tls: Postgres,
}

impl Servers {
    fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("pgtrust-openssl-").tempdir().unwrap();
        // A server may present what the clients of today refuse.
        let settings = folder.path().join("openssl.cnf");
        let text = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = weak\n[weak]\nCipherString = DEFAULT:@SECLEVEL=0\n";
        std::fs::write(&settings, text).unwrap();
        stores::open_to_all(folder.path());
        let (sent, key) = chains::impostor();
        let start = |more: &[&str]| {
            let settings_of_server = [&["listen_addresses=127.0.0.1,::1", "shared_buffers=8MB"], more].concat();
            Postgres::start_with(&Setup {
                server_pem: &sent,
                key_pem: &key,
                access: ACCESS,
                settings: &settings_of_server,
                variables: &[("OPENSSL_CONF", settings.to_str().unwrap())],
            })
        };
        Some(Self { presenting: start(&[])?, impostor: start(&[])?, without_tls: start(&["ssl=off"])? })
    }

    fn port(&self, server: Server) -> u16 {
        if server == Server::NoTls { self.without_tls.port } else { self.presenting.port }
    }
}

const ACCESS: &str = "hostssl template1 all 127.0.0.1/32 trust\nhostssl template1 all ::1/128 trust\n\
                      host postgres all 127.0.0.1/32 trust\nhost postgres all ::1/128 trust\n";

/// Makes these connections, the clients beside each other, one chain after the other.
pub(crate) fn observe(cells: &[Cell]) -> Vec<Observed> {
    let surroundings = Surroundings::new();
    let mut programs: Vec<Program> = Vec::new();
    for client in CLIENTS {
        if !programs.contains(&client.program) {
            programs.push(client.program);
        }
    }
    let askers: Vec<_> = programs.into_iter().filter_map(|program| Asker::new(&surroundings, program)).collect();
    let askers: Vec<_> = askers.into_iter().map(Mutex::new).collect();
    let Some(servers) = Servers::start() else { return Vec::new() };
    let folder = tempfile::Builder::new().prefix("pgtrust-conformance-").tempdir().unwrap();
    stores::open_to_all(folder.path());
    let stranger = chains::stranger();
    let mut observed = Vec::new();
    for chain in chains::KINDS.iter().take(std::env::var("CHAINS").map_or(99, |n| n.parse().unwrap())) {
        eprintln!("{}", chain.name);
        let made = chain.chain();
        servers.presenting.present_pem(&made.sent, &made.key);
        let written: HashMap<_, _> =
            stores::KINDS.iter().map(|kind| (kind.name, kind.write(folder.path(), &made, &stranger))).collect();
        let here: Vec<_> = cells.iter().filter(|cell| cell.chain.name == chain.name).collect();
        let answers = std::thread::scope(|scope| {
            let ask = |asker: &Mutex<Asker<'_>>| ask_all(&mut asker.lock().unwrap(), &here, &written, &servers);
            let asked: Vec<_> = askers.iter().map(|asker| scope.spawn(move || ask(asker))).collect();
            asked.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        observed.extend(answers);
    }
    observed
}

fn ask_all(asker: &mut Asker<'_>, cells: &[&Cell], stores: &HashMap<&str, Store>, servers: &Servers) -> Vec<Observed> {
    let program = asker.program();
    let own = cells.iter().filter(|cell| cell.client.program == program);
    let ask = |cell: &&&Cell| {
        let store = &stores[cell.store.name];
        let answer = asker.ask(cell, store, servers.port(cell.server));
        let impostor = (answer.seen == Seen::Tls).then(|| asker.ask(cell, store, servers.impostor.port));
        Observed { cell: ***cell, answer, impostor }
    };
    let started = std::time::Instant::now();
    let all: Vec<_> = own.collect::<Vec<_>>().iter().map(ask).collect();
    eprintln!("{program:?} {} cells {:?}", all.len(), started.elapsed());
    all
}

/// Writes a table of all that was seen.
pub(crate) fn write(observed: &[Observed]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("conformance");
    std::fs::create_dir_all(&folder).unwrap();
    let mut text = String::from("client\tmode\tstore\tchain\thost\tserver\toutcome\timpostor\tdetail\n");
    for one in observed {
        let Cell { client, chain, store, mode, server } = one.cell;
        let impostor = one.impostor.as_ref().map_or_else(String::new, |answer| format!("{:?}", answer.seen));
        let detail = &one.answer.detail;
        let outcome = format!("{:?}", one.outcome()).to_lowercase();
        let row = [client.name, mode, store.name, chain.name, chain.host, server.name(), &outcome, &impostor, detail];
        text += &row.join("\t");
        text.push('\n');
    }
    let file = folder.join("observed.tsv");
    std::fs::write(&file, text).unwrap();
    file
}
