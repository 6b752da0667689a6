//! A real PostgreSQL server with TLS, on a free port of this machine, in a folder of its own.
//!
//! The tests that need one share it: the first starts it, and it stops with the last that holds it.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread::JoinHandle;

use super::pki::Chain;
use super::tools;

pub(crate) struct Postgres {
    pub(crate) port: u16,
    pub(crate) chain: Chain,
    process_id: u32,
    keeper: Option<JoinHandle<String>>,
    directory: tempfile::TempDir,
}

impl Postgres {
    /// The shared server, or nothing when this machine has no PostgreSQL.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let programs = Programs::find()?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let server = shared.upgrade().unwrap_or_else(|| Arc::new(Self::start(&programs, &[], ACCESS, None)));
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// A server that no other test uses, or nothing when this machine has no PostgreSQL.
    pub(crate) fn start_own() -> Option<Self> {
        Self::start_with(&[], ACCESS)
    }

    /// The same, with settings of its own, such as `ssl=off`, and its own `pg_hba.conf`.
    pub(crate) fn start_with(settings: &[&str], access: &str) -> Option<Self> {
        Some(Self::start(&Programs::find()?, settings, access, None))
    }

    /// The same, with a configuration of OpenSSL.
    pub(crate) fn start_with_openssl(settings: &[&str], access: &str, openssl: &str) -> Option<Self> {
        Some(Self::start(&Programs::find()?, settings, access, Some(openssl)))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Ends it. Returns what it wrote to its log.
    pub(crate) fn stop(mut self) -> String {
        self.end().unwrap()
    }

    fn end(&mut self) -> Option<String> {
        // SIGINT: disconnect the clients, then stop.
        let signalled = Command::new("kill").args(["-INT", &self.process_id.to_string()]).status();
        self.keeper.take().filter(|_| signalled.is_ok_and(|status| status.success()))?.join().ok()
    }

    /// Goes over to another chain, as on a reload after a rotation. Returns once it presents it.
    pub(crate) fn present(&self, chain: &Chain) {
        self.present_pem(&chain.server_pem(), &chain.key_pem());
    }

    /// The same with the content of `server.crt` and `server.key`.
    pub(crate) fn present_pem(&self, server_pem: &str, key_pem: &str) {
        let account = Account::of_server();
        for (name, content) in [("server.crt", server_pem), ("server.key", key_pem)] {
            write(&account, &self.data().join(name), content);
        }
        let status = Command::new("kill").args(["-HUP", &self.process_id.to_string()]).status().unwrap();
        assert!(status.success(), "kill -HUP: {status}");
        let leaf = server_pem.split_inclusive("-----END").next().unwrap();
        let handshake = || {
            let address = format!("localhost:{}", self.port);
            let mut command = Command::new("openssl");
            command.args(["s_client", "-starttls", "postgres", "-showcerts", "-connect", &address]);
            // Odd chains are shown too.
            command.args(["-cipher", "DEFAULT:@SECLEVEL=0"]);
            command.stdin(Stdio::null()).output().unwrap().stdout
        };
        let presented = (0..1000).any(|_| String::from_utf8_lossy(&handshake()).contains(leaf));
        assert!(presented, "PostgreSQL does not go over to the new certificate");
    }

    fn start(programs: &Programs, settings: &[&str], access: &str, openssl: Option<&str>) -> Self {
        let directory = tempfile::Builder::new().prefix("pgtrust-postgres-").tempdir().unwrap();
        let account = Account::of_server();
        let chain = Chain::new();
        account.take(directory.path());
        let data = directory.path().join("data");
        initialise(programs, &account, &data, &chain, access);
        let configuration = data.join("openssl.cnf");
        write(&account, &configuration, openssl.unwrap_or_default());
        // Between asking for a free port and the server's bind, another process can take it.
        let mut log = String::new();
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = account.command(programs, &programs.postgres);
            if openssl.is_some() {
                command.env("OPENSSL_CONF", &configuration);
            }
            match run(command, &data, port, settings) {
                Ok((process_id, keeper)) => {
                    return Self { port, chain, process_id, keeper: Some(keeper), directory };
                }
                Err(said) => log = said,
            }
        }
        panic!("PostgreSQL does not start:\n{log}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.keeper.is_some() {
            self.end();
        }
    }
}

/// Any program as the account that servers run as. It ends with the thread that starts it.
pub(crate) fn command_of_server(program: &Path) -> Option<Command> {
    Some(Account::of_server().command(&Programs::find()?, program))
}

struct Programs {
    initdb: PathBuf,
    postgres: PathBuf,
    setpriv: PathBuf,
}

impl Programs {
    fn find() -> Option<Self> {
        Some(Self {
            initdb: tools::postgres_program("initdb")?,
            postgres: tools::postgres_program("postgres")?,
            setpriv: tools::program("setpriv")?,
        })
    }
}

/// Who the server runs as: PostgreSQL refuses to run as root, so root hands over to the user `postgres`.
enum Account {
    Own,
    Postgres { uid: u32, gid: u32 },
}

impl Account {
    fn of_server() -> Self {
        if id(&["-u"]) == 0 {
            Self::Postgres { uid: id(&["-u", "postgres"]), gid: id(&["-g", "postgres"]) }
        } else {
            Self::Own
        }
    }

    fn take(&self, path: &Path) {
        if let Self::Postgres { uid, gid } = self {
            chown(path, Some(*uid), Some(*gid)).unwrap();
        }
    }

    fn command(&self, programs: &Programs, program: &Path) -> Command {
        let mut command = Command::new(&programs.setpriv);
        if let Self::Postgres { uid, gid } = self {
            command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--init-groups".to_owned()]);
        }
        // The server must not outlive a test run that is killed.
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        command
    }
}

fn initialise(programs: &Programs, account: &Account, data: &Path, chain: &Chain, access: &str) {
    let output = account
        .command(programs, &programs.initdb)
        .args(["--username=postgres", "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync", "-D"])
        .arg(data)
        .output()
        .unwrap();
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    let files = [
        ("pg_hba.conf", access),
        ("root.crt", &chain.root.pem),
        ("server.crt", &chain.server_pem()),
        ("server.key", &chain.key_pem()),
    ];
    for (name, content) in files {
        write(account, &data.join(name), content);
    }
}

fn write(account: &Account, file: &Path, content: &str) {
    fs::write(file, content).unwrap();
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    account.take(file);
}

/// Starts the server and waits until it says that it is ready; otherwise returns what it said.
fn run(mut command: Command, data: &Path, port: u16, settings: &[&str]) -> Result<(u32, JoinHandle<String>), String> {
    command.arg("-D").arg(data).args(["-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::piped());
    let usual = ["ssl=on", "listen_addresses=localhost", "unix_socket_directories=", "fsync=off"];
    for setting in usual.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    let (ready, readiness) = mpsc::channel();
    // The parent-death signal follows the thread that starts the process, so that thread stays with it to the end.
    let keeper = std::thread::spawn(move || keep(command.spawn().unwrap(), &ready));
    let process_id = readiness.recv().unwrap()?;
    Ok((process_id, keeper))
}

fn keep(mut server: Child, ready: &mpsc::Sender<Result<u32, String>>) -> String {
    let mut log = String::new();
    for line in BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.contains("database system is ready to accept connections") {
            let _ = ready.send(Ok(server.id()));
        }
        log += &line;
        log.push('\n');
    }
    let _ = server.wait();
    let _ = ready.send(Err(log.clone()));
    log
}

/// `pg_hba.conf`: TLS, and no password.
const ACCESS: &str = "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";

fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    assert!(output.status.success(), "id {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}
