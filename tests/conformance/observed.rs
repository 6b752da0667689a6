//! Makes the connections and tells what came of them.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use super::asking::{Answer, Asker, Seen, Surroundings};
use super::cells::{Cell, Server};
use super::chains;
use super::clients::Program;
use super::model::{Model, Verdict};
use super::stores::{self, Store};
use crate::support::postgres::Postgres;

/// A connection, and what came of it.
pub(crate) struct Observed {
    pub(crate) cell: Cell,
    pub(crate) answer: Answer,
    /// What the client does with a stranger's server of the same name, where it speaks TLS with the right one.
    pub(crate) impostor: Option<Answer>,
    /// What `pgtrust check` tells of it.
    pub(crate) verdict: Verdict,
}

/// What came of a connection, in the words of `pgtrust check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Verified,
    Unverified,
    Plaintext,
    Refused,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Plaintext => "plaintext",
            Self::Refused => "refused",
        }
    }
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
        let start = |more: &[&str]| {
            let settings = [&["listen_addresses=127.0.0.1,::1", "shared_buffers=8MB"], more].concat();
            Postgres::start_with_openssl(&settings, ACCESS, WEAK)
        };
        let (presenting, impostor, without_tls) = (start(&[])?, start(&[])?, start(&["ssl=off"])?);
        let (sent, key) = chains::impostor();
        impostor.present_pem(&sent, &key);
        Some(Self { presenting, impostor, without_tls })
    }

    fn port(&self, server: Server) -> u16 {
        if server == Server::NoTls { self.without_tls.port } else { self.presenting.port }
    }
}

/// A server may present what the clients of today refuse.
const WEAK: &str = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = weak\n[weak]\nCipherString = DEFAULT:@SECLEVEL=0\n";

const ACCESS: &str = "hostssl template1 all 127.0.0.1/32 trust\nhostssl template1 all ::1/128 trust\n\
                      host postgres all 127.0.0.1/32 trust\nhost postgres all ::1/128 trust\n";

/// Makes these connections, the clients beside each other, one chain after the other. None where this machine lacks what
/// it takes.
pub(crate) fn observe(cells: &[Cell]) -> Option<Vec<Observed>> {
    let surroundings = Surroundings::new();
    let servers = Servers::start()?;
    let mut programs: Vec<Program> = Vec::new();
    for cell in cells {
        if !programs.contains(&cell.client.program) {
            programs.push(cell.client.program);
        }
    }
    let askers = programs.into_iter().filter_map(|program| Asker::new(&surroundings, program));
    let askers: Vec<_> = askers.map(Mutex::new).collect();
    let folder = tempfile::Builder::new().prefix("pgtrust-conformance-").tempdir().unwrap();
    stores::open_to_all(folder.path());
    let stranger = chains::stranger();
    let mut observed = Vec::new();
    for chain in chains::KINDS {
        let cells: Vec<_> = cells.iter().filter(|cell| cell.chain.name == chain.name).collect();
        if cells.is_empty() {
            continue;
        }
        let made = chain.chain();
        servers.presenting.present_pem(&made.sent, &made.key);
        let write = |kind: &stores::Kind| (kind.name, kind.write(folder.path(), &made, &stranger));
        let scene = Scene { cells, stores: stores::KINDS.iter().map(write).collect(), servers: &servers };
        let answers = std::thread::scope(|scope| {
            let ask = |asker: &Mutex<Asker<'_>>| scene.ask(&mut asker.lock().unwrap());
            let asked: Vec<_> = askers.iter().map(|asker| scope.spawn(move || ask(asker))).collect();
            asked.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        // Afterwards: Java has then written its own stores.
        let verdicts = scene.verdicts(&surroundings);
        let together = |(index, answer, impostor): (usize, Answer, Option<Answer>)| Observed {
            cell: *scene.cells[index],
            answer,
            impostor,
            verdict: verdicts[index].clone(),
        };
        observed.extend(answers.into_iter().map(together));
    }
    Some(observed)
}

/// The cells of one chain that is being presented.
struct Scene<'a> {
    cells: Vec<&'a Cell>,
    stores: HashMap<&'static str, Store>,
    servers: &'a Servers,
}

impl<'a> Scene<'a> {
    /// What the clients of a program say, each with the number of its cell.
    fn ask(&self, asker: &mut Asker<'_>) -> Vec<(usize, Answer, Option<Answer>)> {
        let program = asker.program();
        let own = self.cells.iter().enumerate().filter(|(_, cell)| cell.client.program == program);
        let ask = |(index, cell): (usize, &&Cell)| {
            let store = &self.stores[cell.store.name];
            let answer = asker.ask(cell, store, self.servers.port(cell.server));
            let impostor = (answer.seen == Seen::Tls).then(|| asker.ask(cell, store, self.servers.impostor.port));
            asker.next();
            (index, answer, impostor)
        };
        own.map(ask).collect()
    }

    fn verdicts(&self, surroundings: &Surroundings) -> Vec<Verdict> {
        let connection = |cell: &&'a Cell| (*cell, &self.stores[cell.store.name], self.servers.port(cell.server));
        let connections: Vec<_> = self.cells.iter().map(connection).collect();
        let model = Model::new(surroundings, &connections);
        connections.into_iter().map(|(cell, store, port)| model.verdict(cell, store, port)).collect()
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { client, chain, store, mode, server } = self.cell;
        let (told, why) = (&self.verdict.outcome, &self.verdict.reason);
        let (seen, said) = (self.outcome().name(), &self.answer.detail);
        write!(
            f,
            "{}, sslmode {mode}, store `{}`, chain `{}`, server {}: ",
            client.name,
            store.name,
            chain.name,
            server.name()
        )?;
        write!(f, "{seen} ({said}); told: {told} ({why})")
    }
}

/// Writes a table of all that was seen.
pub(crate) fn write(observed: &[Observed]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("conformance");
    std::fs::create_dir_all(&folder).unwrap();
    let mut text = String::from("client\tmode\tstore\tchain\thost\tserver\tseen\timpostor\ttold\tsaid\twhy\n");
    for one in observed {
        let Cell { client, chain, store, mode, server } = one.cell;
        let impostor = one.impostor.as_ref().map_or("", |answer| answer.seen.name());
        let (seen, told) = (one.outcome().name(), one.verdict.outcome.as_str());
        let conditions = [client.name, mode, store.name, chain.name, chain.host, server.name()];
        text +=
            &[&conditions[..], &[seen, impostor, told, &one.answer.detail, &one.verdict.reason]].concat().join("\t");
        text.push('\n');
    }
    std::fs::write(folder.join("observed.tsv"), text).unwrap();
}
