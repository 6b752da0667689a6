//! A real PgBouncer on a free port of this machine.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::pgtrust::Home;
use super::postgres::command_of_server;

/// It ends when it cannot agree with its server on TLS, or with [`stop`](Self::stop).
pub(crate) struct Pooler {
    pub(crate) port: u16,
    process_id: u32,
    log: JoinHandle<String>,
}

impl Pooler {
    /// Starts it with this configuration, to which it adds where it listens and who may connect: all.
    pub(crate) fn start(home: &Home, program: &Path, text: &str) -> Self {
        Self::try_start(home, program, text).expect("PgBouncer does not start")
    }

    /// The same, or nothing where it does not accept this configuration.
    pub(crate) fn try_start(home: &Home, program: &Path, text: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = home.write("users.txt", "\"postgres\" \"\"\n");
        let listen = format!(
            "listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n",
            users.display()
        );
        let file = home.write("pgbouncer.ini", format!("{text}{listen}"));
        let mut command = command_of_server(program).unwrap();
        command.arg(file).stdout(Stdio::null()).stderr(Stdio::piped());
        let (ready, readiness) = mpsc::channel();
        let log = std::thread::spawn(move || {
            let mut process = command.spawn().unwrap();
            let mut log = String::new();
            for line in BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok) {
                if line.contains("process up") {
                    ready.send(process.id()).unwrap();
                }
                if line.contains("TLS handshake") {
                    // Its clients would wait for a minute while it tries again.
                    process.kill().unwrap();
                }
                log += &line;
                log.push('\n');
            }
            process.wait().unwrap();
            log
        });
        let process_id = readiness.recv().ok()?;
        Some(Self { port, process_id, log })
    }

    /// What it said.
    pub(crate) fn stop(self) -> String {
        // It may have ended.
        let _ = Command::new("kill").arg(self.process_id.to_string()).stderr(Stdio::null()).status();
        self.log.join().unwrap()
    }
}
