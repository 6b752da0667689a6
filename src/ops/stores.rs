//! The stores that a request names, or that the manifest keeps.

use std::path::{Path, PathBuf};

use super::machine::Machine;
use super::note::{Note, OrNote as _};
use super::{Error, RequestError, password};
use crate::format::Format;
use crate::manifest::{KeptTarget, Manifest, Opening};
use crate::store::jvm::Jvm;
use crate::store::known::{self, StoreKind, Target, TargetRequest};
use crate::store::plan::StoreAccess;
use crate::system::file::absolute;

/// The stores that a request names. If it names none, the use case takes its usual ones.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    /// Names of [targets](crate::store::known::TARGETS).
    pub targets: Vec<String>,
    /// Files, hashed folders and NSS databases.
    pub files: Vec<PathBuf>,
    /// Java installations, for their `cacerts`.
    pub java_homes: Vec<PathBuf>,
    /// The `cacerts` of every Java installation of this machine.
    pub all_jdks: bool,
}

impl Stores {
    pub(super) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.files.is_empty() && self.java_homes.is_empty() && !self.all_jdks
    }
}

/// A store, and how the manifest names it.
pub(super) struct NamedStore {
    pub(super) store: known::StoreSpec,
    /// `name` or `path`, and the text.
    pub(super) key: (&'static str, String),
    pub(super) opening: Opening,
    password: Option<String>,
}

impl NamedStore {
    pub(super) fn is(&self, kept: &KeptTarget) -> bool {
        is(&self.key, kept)
    }

    /// Returns the name of its target, where it has one.
    pub(super) fn target(&self) -> Option<String> {
        (self.key.0 == "name").then(|| self.key.1.clone())
    }

    pub(super) fn access<'a>(&'a self, machine: &'a Machine<'_>) -> StoreAccess<'a> {
        StoreAccess {
            password: self.password.as_deref(),
            password_file: self.opening.password_file.as_deref(),
            no_password: self.opening.no_password,
            programs: Some(machine.programs()),
        }
    }
}

/// Finds stores as they are asked for.
pub(super) struct Finder<'a> {
    pub(super) machine: &'a Machine<'a>,
    pub(super) manifest: &'a Manifest,
    pub(super) given: Opening,
    pub(super) with_public_roots: bool,
}

impl<'a> Finder<'a> {
    /// Finds stores as the manifest keeps them.
    pub(super) fn new(machine: &'a Machine<'a>, manifest: &'a Manifest) -> Self {
        Self { machine, manifest, given: Opening::default(), with_public_roots: false }
    }

    /// Returns what is named. One target that cannot be found must not keep the others from their roots.
    pub(super) fn named(&self, named: &Stores, notes: &mut Vec<Note>) -> Result<Vec<NamedStore>, Error> {
        let (homes, mut targets) = (&named.java_homes, named.targets.clone());
        if named.all_jdks && !targets.iter().any(|name| name == CACERTS) {
            targets.push(CACERTS.to_owned());
        }
        let targets = targets.iter().filter(|name| homes.is_empty() || *name != CACERTS).map(|name| self.target(name));
        let homes = homes.iter().map(|home| Ok(vec![self.opened(known::StoreSpec::cacerts(self.jvm(home)?))?]));
        let files = named.files.iter().map(|path| Ok(vec![self.path(path)?]));
        gather(targets.chain(homes).chain(files), notes)
    }

    /// Finds all stores of the manifest, in the same way.
    pub(super) fn kept(&self, notes: &mut Vec<Note>) -> Result<Vec<NamedStore>, Error> {
        gather(self.manifest.targets().iter().map(|target| self.of(target)), notes)
    }

    /// Returns the stores of a target of the manifest.
    pub(super) fn of(&self, target: &KeptTarget) -> Result<Vec<NamedStore>, Error> {
        match (&target.name, &target.path) {
            (Some(name), _) => self.target(name),
            (None, Some(path)) => Ok(vec![self.path(path)?]),
            (None, None) => Ok(vec![]),
        }
    }

    /// Returns the stores of a target.
    pub(super) fn target(&self, name: &str) -> Result<Vec<NamedStore>, Error> {
        let Some(target) = Target::named(name) else { return Ok(Vec::new()) };
        let key = ("name", target.name.to_owned());
        let opening = self.opening(&key);
        let format = opening.format.as_deref();
        if let Some(format) = format.filter(|format| !target.formats.contains(format)) {
            let format = format.to_owned();
            return Err(RequestError::FormatOfTarget { target: target.name, format, formats: target.formats }.into());
        }
        let stores = (target.stores)(&TargetRequest {
            environment: &self.machine.environment,
            root: self.machine.root(),
            layout: self.machine.layout()?,
            programs: self.machine.programs(),
            format: format.and_then(Format::named),
            all_jdks: opening.all_jdks,
            own_password: opening.password_file.is_some(),
            with_public_roots: self.with_public_roots,
        })?;
        let password = password::read_kept(opening.password_file.as_deref())?;
        let named =
            |store| NamedStore { store, key: key.clone(), opening: opening.clone(), password: password.clone() };
        Ok(stores.into_iter().map(named).collect())
    }

    /// The Java installation in this folder.
    pub(super) fn jvm(&self, home: &Path) -> Result<Jvm, Error> {
        Ok(Jvm::at(&self.machine.place(home))?)
    }

    /// The store at a path.
    fn path(&self, path: &Path) -> Result<NamedStore, Error> {
        let (path, format) = (self.machine.place(path), self.opening(&self.path_key(path)).format);
        self.opened(known::StoreSpec::at(&path, format.as_deref()))
    }

    fn opened(&self, store: known::StoreSpec) -> Result<NamedStore, Error> {
        let key = self.path_key(&store.path);
        let opening = self.opening(&key);
        if let Some(format) = &self.given.format
            && matches!(store.kind, StoreKind::Database)
        {
            return Err(RequestError::FormatOfDatabase { path: store.path, format: format.clone() }.into());
        }
        let password = password::read_kept(opening.password_file.as_deref())?;
        Ok(NamedStore { store, key, opening, password })
    }

    /// Returns how a store is opened: by the request, else by the manifest.
    fn opening(&self, key: &(&'static str, String)) -> Opening {
        let mut opening = self.given.clone();
        opening.password_file = opening.password_file.as_deref().map(absolute);
        match self.manifest.targets().iter().find(|target| is(key, target)) {
            Some(kept) => {
                let kept = kept.opening();
                let password_file = kept.password_file.map(|file| self.machine.place(&file));
                opening.or(Opening { password_file, ..kept })
            }
            None => opening,
        }
    }

    /// The name of a store in the manifest.
    fn path_key(&self, path: &Path) -> (&'static str, String) {
        let path = path.to_str().and_then(|text| text.strip_prefix("sql:")).map_or(path, Path::new);
        ("path", self.machine.seen(&self.machine.place(path)).to_string_lossy().into_owned())
    }
}

fn gather(
    found: impl Iterator<Item = Result<Vec<NamedStore>, Error>>,
    notes: &mut Vec<Note>,
) -> Result<Vec<NamedStore>, Error> {
    let mut stores = Vec::new();
    for found in found {
        stores.extend(found.or_note(notes)?.unwrap_or_default());
    }
    Ok(stores)
}

fn is((key, text): &(&'static str, String), kept: &KeptTarget) -> bool {
    match *key {
        "name" => kept.name.as_ref() == Some(text),
        _ => kept.path.as_deref() == Some(Path::new(text)),
    }
}

const CACERTS: &str = "java-cacerts";
