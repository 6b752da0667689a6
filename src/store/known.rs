//! The known places that clients read roots from.
//!
//! To add one: a file below `target/` and its entry in [`TARGETS`].

mod advice;
mod java;
mod java_cacerts;
pub mod postgres;
pub mod system;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::format::{FORMATS, Format};
use crate::store::folder::{self, HASHED, Naming};
use crate::store::{Error, nss};
use crate::system::layout::{Environment, Layout};
use crate::system::process::Programs;
pub use advice::{Advice, Usage};

/// Every target.
pub static TARGETS: &[&Target] = &[&java::JAVA, &java_cacerts::JAVA_CACERTS, &postgres::POSTGRES, &system::SYSTEM];

/// One known place, or several of a kind.
pub struct Target {
    /// The name after `--target` and in the manifest.
    pub name: &'static str,
    /// What reads it, in a few words.
    pub summary: &'static str,
    /// The formats that its clients read and that can be asked for, the usual one first; none where the store keeps
    /// what it has.
    pub formats: &'static [&'static str],
    /// Where its stores are.
    pub stores: fn(&TargetRequest<'_>) -> Result<Vec<StoreSpec>, Error>,
}

/// What is asked of a target.
#[derive(Clone, Debug)]
pub struct TargetRequest<'a> {
    /// Where the user's folders are.
    pub environment: &'a Environment,
    /// The folder that stands for `/`.
    pub root: &'a Path,
    /// Where pgtrust keeps what it keeps.
    pub layout: &'a Layout,
    /// Programs of others, of which one may have to be asked.
    pub programs: &'a Programs,
    /// The format of a new store.
    pub format: Option<&'static Format>,
    /// Every Java installation, not only the one in use.
    pub all_jdks: bool,
    /// Whether a password of the user's own protects a new store.
    pub own_password: bool,
    /// Whether the roots of this machine or of the JDK go in too.
    pub with_public_roots: bool,
}

/// Where one store stands.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// The file or folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: StoreKind,
    /// What a user must know before it changes.
    pub advice: Vec<Advice>,
    /// How clients come to read it, where they do not by themselves.
    pub usage: Vec<Usage>,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub enum StoreKind {
    /// One file. Without a format it keeps the one that it has, or takes the one that its name asks for.
    File(Option<&'static Format>),
    /// The key store of a Java installation. It keeps the format that it has, and what Java cannot read there is left to
    /// whoever put it there: what it should hold is not known.
    Cacerts,
    /// A folder of certificate files.
    Folder(Naming),
    /// An NSS database.
    Database,
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().copied().find(|target| target.name == name)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl StoreSpec {
    /// A file of a target.
    fn file(path: PathBuf, format: Option<&'static Format>) -> Self {
        Self { path, kind: StoreKind::File(format), advice: Vec::new(), usage: Vec::new() }
    }

    /// The store at any path: what stands there tells what it is, and the name of a format what is to be there.
    pub fn at(path: &Path, format: Option<&str>) -> Self {
        let (mut path, mut advice) = (path.to_owned(), Vec::new());
        let nss = path.to_str().and_then(|text| text.strip_prefix("sql:")).map(PathBuf::from);
        let kind = if nss.is_some() || nss::Database::is_at(&path) {
            path = nss.unwrap_or(path);
            advice.push(Advice::OpenDatabase { path: path.clone() });
            StoreKind::Database
        } else if format == Some(HASHED) || folder::is_hashed(&path) {
            StoreKind::Folder(Naming::Hashed)
        } else {
            StoreKind::File(format.and_then(Format::named))
        };
        Self { path, kind, advice, usage: Vec::new() }
    }
}

/// The names of all formats that a new store can have.
pub fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().filter(|format| format.writable).map(|format| format.name).chain([HASHED])
}
