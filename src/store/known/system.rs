//! The store that the whole machine trusts.
//!
//! To add a system: its entry in [`SYSTEMS`].

use std::path::{Path, PathBuf};

use data_encoding::HEXUPPER;

use super::{Advice, StoreKind, StoreSpec, Target, TargetRequest};
use crate::format::{Format, Member};
use crate::journal::Change;
use crate::store::Error;
use crate::store::folder::Naming;
use crate::system::layout::Layout;
use crate::system::process::{self, Programs};
use crate::system::{self, file, limits};
use crate::x509::{Certificate, sha1};

pub(super) static SYSTEM: Target =
    Target { name: "system", summary: "what every program of this machine trusts", formats: &[], stores };

fn stores(request: &TargetRequest<'_>) -> Result<Vec<StoreSpec>, Error> {
    let system = System::detect(request.root)?;
    system.check_command(request.root)?;
    let path = system.folder(request.root, request.layout);
    Ok(vec![StoreSpec {
        path,
        kind: StoreKind::Folder(Naming::Anchors),
        advice: vec![Advice::WholeMachine],
        usage: vec![],
    }])
}

/// Refuses a file that a system makes of its roots, named by itself or by a link: to change it is to change what every program
/// of the machine trusts, until the next update.
pub(crate) fn refuse_generated(path: &Path) -> Result<(), Error> {
    let is_generated = |path: PathBuf| GENERATED.iter().any(|bundle| path.ends_with(bundle));
    let behind_links = file::real(path).unwrap_or_default();
    if is_generated(file::absolute(path)) || is_generated(behind_links) {
        return Err(Error::GeneratedBundle { path: path.to_owned() });
    }
    Ok(())
}

/// Bundles that systems make of their roots, and their usual names.
pub(crate) const GENERATED: [&str; 8] = [
    "etc/ca-certificates/extracted/tls-ca-bundle.pem",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/pki/tls/cert.pem",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/ssl/cert.pem",
    "etc/ssl/certs/ca-certificates.crt",
    "var/lib/ca-certificates/ca-bundle.pem",
];

/// Every system, first those that one folder tells for certain.
pub static SYSTEMS: &[&System] = &[
    &System {
        name: "macos",
        mark: "System/Library/Keychains",
        ids: &[],
        anchors: None,
        add: &["security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", KEYCHAIN, FILE],
        remove: &["security", "delete-certificate", "-Z", SHA1, KEYCHAIN],
        written: &[],
        packages: "it is part of macOS",
    },
    &System {
        name: "windows",
        mark: "Windows/System32/certutil.exe",
        ids: &[],
        anchors: None,
        add: &["certutil", "-addstore", "-f", "Root", FILE],
        remove: &["certutil", "-delstore", "Root", SHA1],
        written: &[],
        packages: "it is part of Windows",
    },
    &System {
        name: "suse",
        mark: "etc/pki/trust/anchors",
        ids: &["suse", "opensuse", "sles"],
        anchors: Some("etc/pki/trust/anchors"),
        add: &["update-ca-certificates"],
        remove: &["update-ca-certificates"],
        written: &["etc/ssl", "var/lib/ca-certificates"],
        packages: "package `ca-certificates`",
    },
    &System {
        name: "redhat",
        mark: "etc/pki/ca-trust/source/anchors",
        ids: &["fedora", "rhel", "centos", "amzn"],
        anchors: Some("etc/pki/ca-trust/source/anchors"),
        add: &["update-ca-trust", "extract"],
        remove: &["update-ca-trust", "extract"],
        written: &["etc/pki/ca-trust/extracted"],
        packages: "package `ca-certificates`",
    },
    &System {
        name: "arch",
        mark: "etc/ca-certificates/trust-source/anchors",
        ids: &["arch"],
        anchors: Some("etc/ca-certificates/trust-source/anchors"),
        add: &["trust", "extract-compat"],
        remove: &["trust", "extract-compat"],
        written: &["etc/ca-certificates/extracted", "etc/ssl/certs"],
        packages: "package `p11-kit`",
    },
    // Alpine's command takes no options and ignores the one here; Debian's leaves the links to a file that is gone
    // unless it starts afresh.
    &System {
        name: "debian",
        mark: "usr/local/share/ca-certificates",
        ids: &["debian", "ubuntu", "alpine"],
        anchors: Some("usr/local/share/ca-certificates"),
        add: &["update-ca-certificates"],
        remove: &["update-ca-certificates", "--fresh"],
        written: &["etc/ssl/certs"],
        packages: "package `ca-certificates`",
    },
];

/// How one family of systems keeps the roots that all programs trust.
#[derive(Debug)]
pub struct System {
    /// The name of the family.
    pub name: &'static str,
    /// What is there on such a system, below its root folder.
    mark: &'static str,
    /// `ID` and `ID_LIKE` in os-release.
    ids: &'static [&'static str],
    /// The folder of anchors, below the root folder. None where commands take single files.
    anchors: Option<&'static str>,
    /// The command that brings added anchors into use.
    add: &'static [&'static str],
    /// The command that takes removed ones out of use.
    remove: &'static [&'static str],
    /// The folders that these commands write to, below the root folder.
    written: &'static [&'static str],
    /// What brings the command.
    packages: &'static str,
}

impl System {
    /// The system whose file system begins at this folder: by its os-release where that names one, else by what is
    /// there.
    pub fn detect(root: &Path) -> Result<&'static Self, Error> {
        let release =
            ["etc/os-release", "usr/lib/os-release"].map(|name| file::read_text(&root.join(name), limits::SETTINGS));
        let release = release.into_iter().flatten().next().unwrap_or_default();
        // A folder of another family may be there, made by someone who followed the wrong instructions.
        let named = ids(&release).find_map(|id| SYSTEMS.iter().find(|system| system.ids.contains(&id.as_str())));
        let marked = || SYSTEMS.iter().find(|system| file::exists(&root.join(system.mark)));
        let found = named.or_else(marked).copied();
        found.ok_or_else(|| Error::NoSystemStore { root: root.to_owned() })
    }

    /// The folder that takes one file per root, named as [`Naming::Anchors`]. None where
    /// [`commands`](Self::commands) take the files.
    pub fn anchors(&self, root: &Path) -> Option<PathBuf> {
        self.anchors.map(|folder| root.join(folder))
    }

    /// The folder that takes the files, one that pgtrust keeps where the system has none.
    fn folder(&self, root: &Path, layout: &Layout) -> PathBuf {
        self.anchors(root).unwrap_or_else(|| layout.anchors())
    }

    /// The command lines that bring the change into use, after the files of added roots are written and those of removed
    /// ones are gone. For a system in another folder than `/` they run inside it.
    pub fn commands(&self, root: &Path, added: &[PathBuf], removed: &[Certificate]) -> Vec<Vec<String>> {
        let inside = if root == Path::new("/") { vec![] } else { vec![CHROOT.to_owned(), root.display().to_string()] };
        let command = |words: &[&str], file: &str, sha1: &str| {
            let word = |word: &&str| match *word {
                FILE => file.to_owned(),
                SHA1 => sha1.to_owned(),
                word => word.to_owned(),
            };
            inside.iter().cloned().chain(words.iter().map(word)).collect::<Vec<String>>()
        };
        match (self.anchors, added, removed) {
            (Some(_), [], []) => vec![],
            (Some(_), _, []) => vec![command(self.add, "", "")],
            (Some(_), ..) => vec![command(self.remove, "", "")],
            (None, ..) => {
                let add = added.iter().map(|file| command(self.add, &file.display().to_string(), ""));
                let remove = removed
                    .iter()
                    .map(|certificate| command(self.remove, "", &HEXUPPER.encode(&sha1(certificate.der()))));
                add.chain(remove).collect()
            }
        }
    }

    /// The folders that these commands write to, below the root folder.
    pub fn written(&self) -> &'static [&'static str] {
        self.written
    }

    /// Fails when the command of this system is not installed below this folder.
    pub fn check_command(&self, root: &Path) -> Result<(), Error> {
        let (name, packages) = (self.add[0], self.packages);
        let folders = PROGRAMS.iter().map(|folder| root.join(folder));
        let missing = || system::Error::from(process::Error::Missing { name, packages });
        Ok(process::find(name, folders).map(drop).ok_or_else(missing)?)
    }
}

/// The command lines that bring these changes into use once they are made, where they are in the folder of the system's
/// anchors; none for changes elsewhere. Fails when there are some and the command is not installed.
pub(crate) fn commands_after(root: &Path, layout: &Layout, changes: &[Change]) -> Result<Vec<Vec<String>>, Error> {
    let Ok(system) = System::detect(root) else { return Ok(vec![]) };
    let folder = system.folder(root, layout);
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(|change| change.path.parent() == Some(&folder)) {
        if change.after.is_some() {
            added.push(change.path.clone());
        } else {
            let before = change.before.as_deref().unwrap_or_default();
            // What pgtrust wrote there can be read.
            let _ = Format::pem().decode(&mut &before[..], None, &mut |member| {
                if let Member::Certificate { certificate, .. } = member {
                    removed.push(certificate);
                }
            });
        }
    }
    let commands = system.commands(root, &added, &removed);
    if !commands.is_empty() {
        system.check_command(root)?;
    }
    Ok(commands)
}

/// Runs command lines one after the other, up to the first that fails.
pub fn run(commands: &[Vec<String>], programs: &Programs) -> Result<(), Error> {
    for command in commands {
        if let [program, arguments @ ..] = &command[..] {
            let mut program = programs.program(program, limits::UPDATE_TIME).arguments(arguments);
            // One of an image has no business with ours: tokens may stand there.
            if command[0] == CHROOT {
                program = program.without_environment();
            }
            // Those of cron and of `su` lack the folders of the system's commands.
            if cfg!(unix) {
                program = program.variable("PATH", Some(SEARCH_PATH));
            }
            program.run().map_err(system::Error::from)?;
        }
    }
    Ok(())
}

/// `ID`, then those of `ID_LIKE`, nearest first (os-release, freedesktop.org).
fn ids(release: &str) -> impl Iterator<Item = String> {
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().replace(['"', '\''], "").to_ascii_lowercase()
    };
    let ids = format!("{} {}", value("ID"), value("ID_LIKE"));
    ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

const CHROOT: &str = "chroot";
const KEYCHAIN: &str = "/Library/Keychains/System.keychain";
const FILE: &str = "{file}";
const SHA1: &str = "{sha1}";
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where systems have their commands.
const PROGRAMS: &[&str] =
    &["usr/sbin", "usr/bin", "sbin", "bin", "usr/local/sbin", "usr/local/bin", "Windows/System32"];
