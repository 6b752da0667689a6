//! A machine with a CA in a file, and an sshd that leads to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

/// CAs as Coolify makes them: one name, a P-521 key each, a leaf that does not say which of them signed it.
pub(super) struct Coolify {
    pub(super) home: Home,
}

impl Coolify {
    pub(super) fn new() -> Option<Self> {
        tools::program("openssl")?;
        let mut home = Home::new();
        // Docker is not to be asked but where a test says so.
        fs::create_dir(home.path().join("bin")).unwrap();
        for name in ["sh", "cat", "env"] {
            std::os::unix::fs::symlink(tools::program(name)?, home.path().join("bin").join(name)).unwrap();
        }
        home.set("PATH", home.path().join("bin"));
        Some(Self { home })
    }

    /// What "Regenerate" does to a file: it is removed and made anew. Returns the fingerprint.
    pub(super) fn regenerate(&self, file: &str, days: u32) -> String {
        let path = self.home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        let subject = "/C=XX/ST=Default/O=Coolify/CN=Coolify CA Certificate";
        let make = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -sha512 -days {days} -keyout ca.key -out {file} \
             -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign"
        );
        // Without a configuration file, which would add extensions of its own.
        self.home.write("openssl.cnf", "[req]\ndistinguished_name = dn\n[dn]\n");
        self.openssl(&make, &["-config", "openssl.cnf", "-subj", subject]);
        let shown = self.openssl(&format!("x509 -noout -fingerprint -sha256 -in {file}"), &[]);
        shown.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
    }

    /// A server's certificate under the CA that was made last.
    pub(super) fn leaf(&self, ca: &str, file: &str) {
        self.openssl(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -keyout leaf.key -out leaf.csr",
            &["-config", "openssl.cnf", "-subj", "/CN=db"],
        );
        self.home.write("leaf.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:db\nauthorityKeyIdentifier=none\n");
        self.openssl(
            &format!("x509 -req -in leaf.csr -CA {ca} -CAkey ca.key -sha512 -days 365 -extfile leaf.ext -out {file}"),
            &[],
        );
    }

    /// Whether OpenSSL verifies a leaf with a store.
    pub(super) fn verifies(&self, store: &Path, leaf: &str) -> bool {
        let mut command = self.home.command(tools::program("openssl").unwrap());
        command.args(["verify", "-no-CApath", "-no-CAstore", "-CAfile"]).arg(store).arg(leaf);
        command.output().unwrap().status.success()
    }

    fn openssl(&self, words: &str, more: &[&str]) -> String {
        let mut command = self.home.command(tools::program("openssl").unwrap());
        Run::of(command.args(words.split_ascii_whitespace()).args(more)).expect(0).stdout
    }

    /// Puts a program onto PATH that is this shell script.
    pub(super) fn program(&self, folder: &str, name: &str, script: &str) -> PathBuf {
        let path = self.home.path().join(folder).join(name);
        // The name may stand for another program.
        let _ = fs::remove_file(&path);
        let path = self.home.write(&format!("{folder}/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

/// The real sshd, as a plain process. Whoever logs in finds a `sudo` that is a script of the test.
pub(super) struct Sshd {
    child: Child,
}

impl Sshd {
    /// Starts it, and leads the `ssh` of the home to it, whatever host is asked for.
    pub(super) fn start(coolify: &Coolify) -> Option<Self> {
        let (sshd, ssh, keygen) = (tools::sshd()?, tools::program("ssh")?, tools::program("ssh-keygen")?);
        let home = &coolify.home;
        for key in ["host", "client"] {
            home.write(&format!("{key}/README"), "");
            Run::of(home.command(&keygen).args(["-q", "-t", "ed25519", "-N", "", "-f", &format!("{key}/key")]))
                .expect(0);
        }
        let host_key = fs::read_to_string(home.path().join("host/key.pub")).unwrap();
        home.write("client/known_hosts", format!("server {host_key}"));
        // Of root it wants this folder, which the system makes when it starts.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = home.path().display();
        let config = home.write(
            "host/config",
            format!(
                "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host/key\nAuthorizedKeysFile {folder}/client/key.pub\n\
                 PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
                 KbdInteractiveAuthentication no\nLogLevel INFO\nSetEnv PATH={folder}/there:/usr/bin:/bin\n"
            ),
        );
        home.write(
            "client/config",
            format!(
                "Host *\nHostName 127.0.0.1\nPort {port}\nHostKeyAlias server\nIdentityFile {folder}/client/key\n\
                 IdentitiesOnly yes\nUserKnownHostsFile {folder}/client/known_hosts\nGlobalKnownHostsFile /dev/null\n\
                 StrictHostKeyChecking yes\n"
            ),
        );
        coolify.program(
            "bin",
            "ssh",
            &format!(
                "printf '%s\\n' \"$*\" >> {folder}/ssh.log\nexec {} -F {folder}/client/config \"$@\"",
                ssh.display()
            ),
        );
        coolify.sudo("exec \"$@\"");
        let mut command = home.command(sshd);
        let mut child = command.arg("-D").arg("-e").arg("-f").arg(&config).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("Server listening") {
            let read = log.read_line(&mut said).unwrap();
            assert_ne!(read, 0, "sshd ended: {said}");
        }
        // A full pipe would hold it up.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Some(Self { child })
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Coolify {
    /// The `sudo` of the other machine: it writes down what it is asked, then does what the script says.
    pub(super) fn sudo(&self, script: &str) {
        let log = self.home.path().join("sudo.log");
        let script = format!("printf '%s\\n' \"$*\" >> {}\n[ \"$1\" = -n ] || exit 9\nshift\n{script}", log.display());
        self.program("there", "sudo", &script);
    }

    /// What a program of this home or its `sudo` was asked so far.
    pub(super) fn log(&self, program: &str) -> Vec<String> {
        let log = fs::read_to_string(self.home.path().join(format!("{program}.log"))).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}
