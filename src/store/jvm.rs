//! Java installations, and the stores of certificates that they read by default.
//!
//! Java reads `lib/security/cacerts` below its home, up to version 8 below `jre` in a JDK. Where there is a
//! `jssecacerts` beside it, it reads that instead.

mod folders;
mod found_by;

use std::collections::BTreeMap;
use std::env::{self, consts::EXE_SUFFIX};
use std::io;
use std::path::{Path, PathBuf};

pub use folders::{JVM_FOLDERS, JvmFolder};
pub use found_by::FoundBy;

use crate::store::Error;
use crate::system::layout::Environment;
use crate::system::process::{End, Programs};
use crate::system::{self, file, limits};

/// The formats that Java reads as its `cacerts`.
pub(super) const READS: &[&str] = &["jks", "pkcs12"];

/// One Java installation, a JDK or a JRE.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Jvm {
    /// Its folder, without symbolic links.
    pub home: PathBuf,
    /// The store of certificates in it, which may be a symbolic link.
    pub cacerts: PathBuf,
    /// The file behind [`cacerts`](Self::cacerts). Installations may share it.
    pub store: PathBuf,
    /// A `jssecacerts`, which this Java reads instead of [`cacerts`](Self::cacerts).
    pub shadowed_by: Option<PathBuf>,
    /// Its version as it says itself, as in `21.0.4` or `1.8.0_392`.
    pub version: Option<String>,
    /// What led to it.
    pub found: FoundBy,
}

/// A store and the Java installations that have it as their `cacerts`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cacerts {
    /// The file, without symbolic links.
    pub store: PathBuf,
    /// Sorted by home; never empty.
    pub jvms: Vec<Jvm>,
}

impl Jvm {
    /// Returns the Java installation in this folder. A bundle of macOS (`….jdk`) and the path of a `java` do as well.
    pub fn at(home: &Path) -> Result<Self, Error> {
        Self::within(home, FoundBy::Name)
    }

    fn within(path: &Path, found: FoundBy) -> Result<Self, Error> {
        let none = |reason: &str| Error::NoJvm { path: path.to_owned(), found, reason: reason.to_owned() };
        let mut folder = match file::real(path) {
            Err(error) if is_absent(&error) => return Err(none("it does not exist")),
            other => other.map_err(system::Error::unread("open", path))?,
        };
        if file::is_file(&folder) {
            folder = above_bin(&folder).ok_or_else(|| none("it is a file, and not `bin/java` of one"))?.to_owned();
        }
        for below in BELOW {
            let home = folder.join(below);
            match home.join(CACERTS).symlink_metadata() {
                Ok(_) => return Self::with(&home, found),
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(system::Error::unread("open", &home.join(CACERTS))(error).into()),
            }
        }
        Err(none(&format!("it has neither `{CACERTS}` nor `jre/{CACERTS}`")))
    }

    fn with(home: &Path, found: FoundBy) -> Result<Self, Error> {
        let mut home = file::real(home).map_err(system::Error::unread("open", home))?;
        let cacerts = home.join(CACERTS);
        let store = file::real(&cacerts).map_err(system::Error::unread("follow", &cacerts))?;
        let instead = cacerts.with_file_name("jssecacerts");
        let shadowed_by = file::exists(&instead).then_some(instead);
        // A JDK 8 has a JRE in it, and a `java` beside that one; a program that brings a JRE has no such.
        if home.ends_with("jre")
            && let Some(jdk) = home.parent()
            && file::is_file(&java_of(&jdk.join("bin")))
        {
            home = jdk.to_owned();
        }
        let version = version(&home);
        Ok(Self { home, cacerts, store, shadowed_by, version, found })
    }
}

/// Returns the Java that a program started now would run on: that of `JAVA_HOME`, else the first `java` on `PATH`.
///
/// Where that `java` is not a link to an installation but a script or a launcher (jenv, asdf, mise, macOS), it is run and
/// asked, because which Java it starts may depend on files, on variables and on the folder that the user is in.
pub fn in_use(environment: &Environment, programs: &Programs) -> Result<Jvm, Error> {
    if let Some(home) = &environment.java_home {
        return Jvm::within(home, FoundBy::JavaHome);
    }
    let java = on_path(environment).ok_or(Error::JavaUnknown)?;
    linked(&java).or_else(|_| Jvm::within(&ask(&java, environment, programs)?, FoundBy::Path))
}

/// Returns every Java on this machine: what [`in_use`] finds without running anything, and what [`JVM_FOLDERS`] have.
/// Each store and each home is listed once, both sorted. Left out is what cannot be read, and a home whose store does
/// not exist.
///
/// `root` is the folder that is `/` to the machine's own paths; those that the environment tells are taken as they are.
pub fn all(environment: &Environment, root: &Path) -> Vec<Cacerts> {
    // What is linked in an image stays in it.
    let Ok(root) = &file::bound(root) else { return Vec::new() };
    let named = environment.java_home.iter().map(|home| Jvm::within(home, FoundBy::JavaHome));
    let first = on_path(environment).map(|java| linked(&java));
    let placed = JVM_FOLDERS.iter().flat_map(|known| {
        let folders = folders::folders(known, environment, root).into_iter();
        folders.map(|folder| Jvm::within(&folder, FoundBy::Folder(known.name)))
    });
    let mut homes = BTreeMap::new();
    for jvm in named.chain(first).chain(placed).flatten() {
        homes.entry(jvm.home.clone()).or_insert(jvm);
    }
    let mut stores: BTreeMap<PathBuf, Vec<Jvm>> = BTreeMap::new();
    for jvm in homes.into_values() {
        stores.entry(jvm.store.clone()).or_default().push(jvm);
    }
    stores.into_iter().map(|(store, jvms)| Cacerts { store, jvms }).collect()
}

fn on_path(environment: &Environment) -> Option<PathBuf> {
    let folders = env::split_paths(environment.path.as_ref()?);
    folders.map(|folder| java_of(&folder)).find(|java| file::is_file(java))
}

fn linked(java: &Path) -> Result<Jvm, Error> {
    Jvm::within(java, FoundBy::Path)
}

fn ask(java: &Path, environment: &Environment, programs: &Programs) -> Result<PathBuf, Error> {
    // Apple's `java` opens a window where there is no Java; this program says so instead.
    let apple = cfg!(target_os = "macos") && java == Path::new("/usr/bin/java");
    let (program, arguments): (&Path, &[&str]) = if apple {
        (Path::new("/usr/libexec/java_home"), &[])
    } else {
        (java, &["-XshowSettings:properties", "-version"])
    };
    let mut program = programs.program(program, limits::JAVA_TIME).arguments(arguments);
    if let Some(path) = &environment.path {
        program = program.variable("PATH", Some(path));
    }
    let ended = program.end().map_err(system::Error::from)?;
    let (answer, complaint) = (String::from_utf8_lossy(&ended.output), String::from_utf8_lossy(&ended.complaints));
    let home = if apple {
        answer.lines().next()
    } else {
        let mut lines = complaint.lines().chain(answer.lines());
        lines.find_map(|line| line.trim().strip_prefix("java.home = "))
    };
    let failure = ended.failure();
    home.filter(|_| failure.is_none()).map(PathBuf::from).ok_or_else(|| {
        let printed = || complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
        let killed = failure.filter(|_| !matches!(ended.end, End::Exited(_)));
        Error::JavaSilent { java: java.to_owned(), reason: killed.map_or_else(printed, |error| error.reason()) }
    })
}

fn java_of(bin: &Path) -> PathBuf {
    bin.join(format!("java{EXE_SUFFIX}"))
}

fn above_bin(java: &Path) -> Option<&Path> {
    java.parent().filter(|folder| folder.ends_with("bin"))?.parent()
}

fn version(home: &Path) -> Option<String> {
    let release = file::read_text(&home.join("release"), limits::SETTINGS).ok()?;
    release.lines().find_map(|line| Some(line.strip_prefix("JAVA_VERSION=")?.trim().trim_matches('"').to_owned()))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

const CACERTS: &str = "lib/security/cacerts";
/// Where the folder that has [`CACERTS`] is below one that is named: a JDK 8 or a program that brings a JRE, macOS,
/// both.
const BELOW: [&str; 4] = ["", "jre", "Contents/Home", "Contents/Home/jre"];
