//! Runs the real binary in a home of its own, with an environment that holds nothing else.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::pki::TestCertificate;

/// A fresh home directory and the environment of the programs that run in it.
pub(crate) struct Home {
    directory: tempfile::TempDir,
    variables: Vec<(String, OsString)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::Builder::new().prefix("pgtrust-home-").tempdir().unwrap(), variables: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The file that libpq reads when nothing else is said.
    pub(crate) fn root_crt(&self) -> PathBuf {
        self.path().join(".postgresql/root.crt")
    }

    /// Where the catalogue entries of the user stand.
    pub(crate) fn user_bundles(&self) -> PathBuf {
        self.variable("PGTRUST_HOME").map_or_else(|| self.path().join(".config/pgtrust"), PathBuf::from).join("bundles")
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// Makes this PEM the machine's only roots, as far as programs honour `SSL_CERT_FILE`.
    pub(crate) fn trust_for_https(&mut self, ca_pem: &str) {
        let file = self.write("https-ca.pem", ca_pem);
        self.set("SSL_CERT_FILE", file);
    }

    /// Writes a file below this home and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn add_provider(&self, provider: &Provider) {
        let folder = self.user_bundles().join(&provider.id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("provider.toml"), provider.toml()).unwrap();
        if !provider.roots.is_empty() {
            fs::write(folder.join("roots.pem"), provider.roots_pem()).unwrap();
        }
    }

    /// Runs `pgtrust` with these arguments.
    pub(crate) fn pgtrust(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_pgtrust"));
        command.args(arguments);
        Run::of(&mut command)
    }

    /// Any program, with this home's environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.path()).current_dir(self.path()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn variable(&self, name: &str) -> Option<&OsString> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// What a program said and how it ended.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command: String,
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        Self {
            status: output.status.code().unwrap_or_else(|| panic!("{command:?} ended with {}", output.status)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            command: format!("{:?} {:?}", command.get_program(), command.get_args().collect::<Vec<_>>()),
        }
    }

    /// What is known of a program that has ended.
    pub(crate) fn ended(command: &str, output: &Output) -> Self {
        Self {
            status: output.status.code().unwrap_or_else(|| panic!("{command} ended with {}", output.status)),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            command: command.to_owned(),
        }
    }

    /// Fails with everything the program said, unless it ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "status of {self}");
        self
    }

    /// The one line of standard output, as a path.
    #[track_caller]
    pub(crate) fn printed_path(&self) -> PathBuf {
        let line = self.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line on standard output of {self}"));
        assert!(!line.is_empty() && !line.contains('\n'), "not one line on standard output of {self}");
        PathBuf::from(line)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}) from {self}"))
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, stdout, stderr, command } = self;
        write!(f, "{command}\nstatus: {status}\nstdout:\n{stdout}\nstderr:\n{stderr}")
    }
}

/// A catalogue entry of a user: `provider.toml` and `roots.pem`.
pub(crate) struct Provider {
    id: String,
    roots: Vec<Root>,
    sources: Vec<Source>,
}

struct Root {
    certificate: TestCertificate,
    url: Option<String>,
    regions: Vec<String>,
}

struct Source {
    url: String,
    regional: Option<String>,
    subject: Option<String>,
}

impl Provider {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), roots: Vec::new(), sources: Vec::new() }
    }

    /// A pinned root without an address of its own.
    pub(crate) fn root(self, certificate: &TestCertificate) -> Self {
        self.with_root(certificate, None, &[])
    }

    /// A pinned root that is published at this address.
    pub(crate) fn root_at(self, certificate: &TestCertificate, url: &str) -> Self {
        self.with_root(certificate, Some(url), &[])
    }

    /// A pinned root that only servers of these regions need.
    pub(crate) fn regional_root(self, certificate: &TestCertificate, regions: &[&str]) -> Self {
        self.with_root(certificate, None, regions)
    }

    fn with_root(mut self, certificate: &TestCertificate, url: Option<&str>, regions: &[&str]) -> Self {
        self.roots.push(Root {
            certificate: certificate.clone(),
            url: url.map(str::to_owned),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        });
        self.roots.sort_by_key(|root| root.certificate.fingerprint());
        self
    }

    /// A bundle whose members may grow.
    pub(crate) fn source(mut self, url: &str) -> Self {
        self.sources.push(Source { url: url.to_owned(), regional: None, subject: None });
        self
    }

    /// The same, with a pattern that the subject of a new root must have.
    pub(crate) fn growing_source(mut self, url: &str, subject: &str) -> Self {
        self.sources.push(Source { url: url.to_owned(), regional: None, subject: Some(subject.to_owned()) });
        self
    }

    /// The same, with a narrower bundle per region.
    pub(crate) fn regional_source(mut self, url: &str, regional: &str) -> Self {
        self.sources.push(Source { url: url.to_owned(), regional: Some(regional.to_owned()), subject: None });
        self
    }

    pub(crate) fn toml(&self) -> String {
        let mut toml = String::from(concat!(
            "title = \"Test provider\"\n",
            "docs = \"https://docs.example/tls\"\n",
            "checked = 2026-11-20\n",
            "hosts = []\n",
            "ports = []\n",
            "ca = \"private CA of one test\"\n",
        ));
        for Root { certificate, url, regions } in &self.roots {
            toml += &format!(
                "\n[[root]]\nsha256 = \"{}\"\nsubject = \"{}\"\nrole = \"current\"\n",
                certificate.fingerprint(),
                certificate.common_name,
            );
            if let Some(url) = url {
                toml += &format!("url = \"{url}\"\nencoding = \"pem\"\n");
            }
            if !regions.is_empty() {
                toml += &format!("regions = {regions:?}\n");
            }
        }
        for Source { url, regional, subject } in &self.sources {
            toml += &format!("\n[[source]]\nurl = \"{url}\"\n");
            if let Some(regional) = regional {
                toml += &format!("regional = \"{regional}\"\n");
            }
            toml += "encoding = \"pem\"\n";
            if let Some(subject) = subject {
                toml += &format!("subject = \"{subject}\"\n");
            }
        }
        toml
    }

    pub(crate) fn roots_pem(&self) -> String {
        let entries = self.roots.iter().map(|root| {
            let TestCertificate { common_name, pem, .. } = &root.certificate;
            let fingerprint = root.certificate.fingerprint();
            format!(
                "# CN={common_name},O=pgtrust tests\n# sha256 {fingerprint}\n# valid 2024-01-01 to 2060-01-01\n# {} current\n{pem}",
                self.id
            )
        });
        entries.collect::<Vec<_>>().join("\n")
    }
}
