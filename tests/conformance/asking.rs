//! Runs the clients: those that answer cell after cell go on running, the others are started for each.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::cells::Cell;
use super::clients::{Program, UNSET};
use super::stores::{Store, open_to_all};
use crate::support::pgbouncer::Pooler;
use crate::support::pgtrust::Home;
use crate::support::tools;

/// What a client said of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) seen: Seen,
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Tls,
    Plain,
    Refused,
}

impl Seen {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::Plain => "plaintext",
            Self::Refused => "refused",
        }
    }
}

/// The machine as the clients see it: names of hosts of the tests, and files that nobody may read are closed to root too.
pub(crate) struct Surroundings {
    hosts: PathBuf,
    home: Home,
}

impl Surroundings {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let names = format!("127.0.0.1 localhost zone.test {}\n", super::chains::IN_ZONE);
        Self { hosts: home.write("hosts", names), home }
    }

    /// Runs a program there.
    pub(crate) fn command(&self, program: &[PathBuf], home: &Path) -> Command {
        const DROPPED: &str = "-dac_override,-dac_read_search";
        let mut command = self.home.command("unshare");
        command.args(["--map-root-user", "--mount"]);
        command.args(["sh", "-c", "mount --bind \"$0\" /etc/hosts && exec setpriv \"$@\""]).arg(&self.hosts);
        command.args(["--bounding-set", DROPPED, "--inh-caps", DROPPED, "--"]).args(program);
        command.env("HOME", home).env("LC_ALL", "C.UTF-8").current_dir(home);
        command
    }
}

/// Asks the clients of one program.
pub(crate) struct Asker<'a> {
    surroundings: &'a Surroundings,
    program: Program,
    command: Vec<PathBuf>,
    /// By home, and client: libraries of two in one process would meet.
    running: HashMap<(PathBuf, &'static str), Process>,
}

struct Process {
    child: Child,
    cells: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<'a> Asker<'a> {
    /// Nothing where this machine lacks the program.
    pub(crate) fn new(surroundings: &'a Surroundings, program: Program) -> Option<Self> {
        Some(Self { surroundings, program, command: program.command()?, running: HashMap::new() })
    }

    pub(crate) fn program(&self) -> Program {
        self.program
    }

    pub(crate) fn ask(&mut self, cell: &Cell, store: &Store, port: u16) -> Answer {
        match self.program {
            Program::Psql => self.psql(cell, store, port),
            Program::OpenSsl => self.openssl(cell, store, port),
            Program::PgBouncer => self.pgbouncer(cell, store, port),
            _ => self.long_running(cell, store, port),
        }
    }

    /// What follows is not to find what was read for the last cell.
    pub(crate) fn next(&mut self) {
        if self.program == Program::NewJava {
            self.running.clear();
        }
    }

    fn long_running(&mut self, cell: &Cell, store: &Store, port: u16) -> Answer {
        let (surroundings, program, command) = (self.surroundings, self.program, &self.command);
        let key = (store.home.clone(), cell.client.variant);
        let process = self.running.entry(key).or_insert_with(|| start(surroundings, program, command, &store.home));
        let file = store.file.as_ref().map_or_else(|| UNSET.to_owned(), |file| file.display().to_string());
        let Cell { client, chain, mode, server, .. } = cell;
        let line = [client.variant, chain.host, &port.to_string(), server.database(), mode, &file].join("\t");
        let asked = writeln!(process.cells, "{line}").and_then(|()| process.cells.flush());
        let answer = process.answers.recv_timeout(Duration::from_secs(40));
        match (asked, answer) {
            (Ok(()), Ok(answer)) => read(&answer),
            (asked, answer) => panic!("{} does not answer `{line}`: {asked:?}, {answer:?}", client.name),
        }
    }

    fn psql(&self, cell: &Cell, store: &Store, port: u16) -> Answer {
        let mut text = format!("host={} port={port} user=postgres dbname={}", cell.chain.host, cell.server.database());
        if cell.mode != UNSET {
            text += &format!(" sslmode={}", cell.mode);
        }
        if let Some(file) = &store.file {
            text += &format!(" sslrootcert={}", file.display());
        }
        self.psql_with(&text, &store.home)
    }

    fn psql_with(&self, text: &str, home: &Path) -> Answer {
        let psql = Program::Psql.command().unwrap();
        let mut command = self.surroundings.command(&psql, home);
        command.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", QUERY, text]);
        command.env("PGCONNECT_TIMEOUT", "20");
        let output = command.output().unwrap();
        if output.status.success() {
            read(String::from_utf8_lossy(&output.stdout).trim())
        } else {
            refused(&output.stderr)
        }
    }

    fn openssl(&self, cell: &Cell, store: &Store, port: u16) -> Answer {
        let host = cell.chain.host;
        let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut command = self.surroundings.command(&self.command, &store.home);
        command.args(["s_client", "-starttls", "postgres", "-connect", &address]);
        if let Some(file) = &store.file {
            command.args([OsStr::new("-CAfile"), file.as_os_str()]);
        }
        if cell.mode != "require" {
            command.arg("-verify_return_error");
        }
        if cell.mode == "verify-full" {
            let is_address = host.parse::<std::net::IpAddr>().is_ok();
            command.args([if is_address { "-verify_ip" } else { "-verify_hostname" }, host]);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        if output.status.success() { read("tls") } else { refused(&output.stderr) }
    }

    /// In front of the server, asked with psql.
    fn pgbouncer(&self, cell: &Cell, store: &Store, port: u16) -> Answer {
        let home = Home::new();
        // It runs as another user.
        open_to_all(home.path());
        let mut text = format!("[databases]\n* = host={} port={port}\n[pgbouncer]\n", cell.chain.host);
        text += "query_wait_timeout = 5\nserver_login_retry = 1\n";
        if cell.mode != UNSET {
            text += &format!("server_tls_sslmode = {}\n", cell.mode);
        }
        if let Some(file) = &store.file {
            text += &format!("server_tls_ca_file = {}\n", file.display());
        }
        let Some(pooler) = Pooler::try_start(&home, &self.command[0], &text) else {
            return Answer { seen: Seen::Refused, detail: "it does not start".to_owned() };
        };
        let text = format!(
            "host=127.0.0.1 port={} user=postgres dbname={} sslmode=disable",
            pooler.port,
            cell.server.database()
        );
        let answer = self.psql_with(&text, &store.home);
        let log = pooler.stop();
        if answer.seen == Seen::Refused { refused(log.as_bytes()) } else { answer }
    }
}

const QUERY: &str = "select case when ssl then 'tls' else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()";

fn start(surroundings: &Surroundings, program: Program, command: &[PathBuf], home: &Path) -> Process {
    let mut command = surroundings.command(command, home);
    match program {
        Program::Node => {
            command.env("NODE_PATH", tools::node_modules().unwrap());
        }
        Program::StrictPython => {
            command.env("PYTHONPATH", tools::python_packages().unwrap());
        }
        // Java takes the home of the account, not of the environment.
        Program::Java | Program::NewJava => {
            command.env("JAVA_TOOL_OPTIONS", format!("-Duser.home={}", home.display()));
        }
        _ => {}
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (said, answers) = mpsc::channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).all(|line| said.send(line).is_ok()));
    Process { cells: child.stdin.take().unwrap(), child, answers }
}

fn read(line: &str) -> Answer {
    let (seen, detail) = line.split_once('\t').unwrap_or((line, ""));
    let seen = match seen {
        "tls" => Seen::Tls,
        "plain" => Seen::Plain,
        "refused" => Seen::Refused,
        _ => panic!("no answer: `{line}`"),
    };
    Answer { seen, detail: detail.to_owned() }
}

fn refused(said: &[u8]) -> Answer {
    Answer { seen: Seen::Refused, detail: String::from_utf8_lossy(said).trim().replace(['\n', '\t'], " ") }
}
