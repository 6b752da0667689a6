//! The stores that `install` and `uninstall` work on.

use std::path::{Path, PathBuf};

use pgtrust::format::Format;
use pgtrust::jvm::Jvm;
use pgtrust::manifest::{KeptTarget, Manifest, Opening};
use pgtrust::plan::Access;
use pgtrust::target::{self, Kind, Request, Target};

use super::context::Context;
use super::password;
use super::ui::{self, Failure};
use super::{Status, args};

/// A store, and how the manifest names it.
pub(crate) struct Place {
    pub(crate) store: target::Place,
    /// `name` or `path`, and the text.
    pub(crate) key: (&'static str, String),
    pub(crate) opening: Opening,
    password: Option<String>,
}

impl Place {
    pub(crate) fn is(&self, kept: &KeptTarget) -> bool {
        is(&self.key, kept)
    }

    /// The name of its target, where it has one.
    pub(crate) fn target(&self) -> Option<String> {
        (self.key.0 == "name").then(|| self.key.1.clone())
    }

    pub(crate) fn access<'a>(&'a self, context: &'a Context) -> Access<'a> {
        Access {
            password: self.password.as_deref(),
            password_file: self.opening.password_file.as_deref(),
            no_password: self.opening.no_password,
            programs: Some(context.programs()),
        }
    }
}

/// Finds stores as they are asked for.
pub(crate) struct Finder<'a> {
    pub(crate) context: &'a Context,
    pub(crate) manifest: &'a Manifest,
    pub(crate) given: Opening,
    pub(crate) with_public_roots: bool,
}

impl Finder<'_> {
    /// What is named on the command line, with the worst that became of it: one target that cannot be found must not
    /// keep the others from their roots.
    pub(crate) fn named(&self, named: &args::Stores) -> Result<(Vec<Place>, Status), Failure> {
        let (homes, mut targets) = (&named.java_home, named.target.clone());
        if named.all_jdks && !targets.iter().any(|name| name == CACERTS) {
            targets.push(CACERTS.to_owned());
        }
        let targets = targets.iter().filter(|name| homes.is_empty() || *name != CACERTS).map(|name| self.target(name));
        let homes = homes.iter().map(|home| Ok(vec![self.place(target::Place::cacerts(Jvm::at(home)?))?]));
        let files = named.output.iter().map(|path| Ok(vec![self.path(path)?]));
        gather(targets.chain(homes).chain(files))
    }

    /// All stores of the manifest, in the same way.
    pub(crate) fn kept(&self) -> Result<(Vec<Place>, Status), Failure> {
        gather(self.manifest.targets().iter().map(|target| self.of(target)))
    }

    /// The stores of a target of the manifest.
    pub(crate) fn of(&self, target: &KeptTarget) -> Result<Vec<Place>, Failure> {
        match (&target.name, &target.path) {
            (Some(name), _) => self.target(name),
            (None, Some(path)) => Ok(vec![self.path(path)?]),
            (None, None) => Ok(vec![]),
        }
    }

    /// The stores of a target.
    pub(crate) fn target(&self, name: &str) -> Result<Vec<Place>, Failure> {
        let Some(target) = Target::named(name) else { return Ok(Vec::new()) };
        let key = ("name", target.name.to_owned());
        let opening = self.opening(&key);
        let format = opening.format.as_deref();
        if let Some(format) = format.filter(|format| !target.formats.contains(format)) {
            let message = format!("the target `{name}` has no format `{format}`");
            let hint = match target.formats {
                [] => "it keeps the one that it has: leave `--format` out".to_owned(),
                formats => format!("it has `{}`; `--output FILE` takes any", formats.join("`, `")),
            };
            return Err(Failure::Usage { message, hint });
        }
        let stores = (target.places)(&Request {
            environment: &self.context.environment,
            root: &self.context.root,
            layout: self.context.layout()?,
            programs: self.context.programs(),
            format: format.and_then(Format::named),
            all_jdks: opening.all_jdks,
            own_password: opening.password_file.is_some(),
            with_public_roots: self.with_public_roots,
        })?;
        let password = password::kept(opening.password_file.as_deref())?;
        let place = |store| Place { store, key: key.clone(), opening: opening.clone(), password: password.clone() };
        Ok(stores.into_iter().map(place).collect())
    }

    /// The store at a path.
    pub(crate) fn path(&self, path: &Path) -> Result<Place, Failure> {
        let format = self.opening(&path_key(path)).format;
        self.place(target::Place::at(path, format.as_deref()))
    }

    fn place(&self, store: target::Place) -> Result<Place, Failure> {
        let key = path_key(&store.path);
        let opening = self.opening(&key);
        if let Some(format) = &self.given.format
            && matches!(store.kind, Kind::Database)
        {
            let message = format!("`{}` is an NSS database and not `{format}`", store.path.display());
            return Err(Failure::Usage { message, hint: "leave `--format` out".to_owned() });
        }
        let password = password::kept(opening.password_file.as_deref())?;
        Ok(Place { store, key, opening, password })
    }

    /// How a store is opened: by the command line, else by the manifest.
    fn opening(&self, key: &(&'static str, String)) -> Opening {
        let mut opening = self.given.clone();
        opening.password_file = opening.password_file.as_deref().map(absolute);
        match self.manifest.targets().iter().find(|target| is(key, target)) {
            Some(kept) => opening.or(kept.opening()),
            None => opening,
        }
    }
}

fn gather(found: impl Iterator<Item = Result<Vec<Place>, Failure>>) -> Result<(Vec<Place>, Status), Failure> {
    let (mut places, mut status) = (Vec::new(), Status::Done);
    for found in found {
        match found {
            Ok(found) => places.extend(found),
            Err(Failure::Library(error)) => {
                ui::problem(&error);
                status = Status::Failed;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((places, status))
}

fn is((key, text): &(&'static str, String), kept: &KeptTarget) -> bool {
    match *key {
        "name" => kept.name.as_ref() == Some(text),
        _ => kept.path.as_deref() == Some(Path::new(text)),
    }
}

fn path_key(path: &Path) -> (&'static str, String) {
    let path = path.to_str().and_then(|text| text.strip_prefix("sql:")).map_or(path, Path::new);
    ("path", absolute(path).to_string_lossy().into_owned())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

const CACERTS: &str = "java-cacerts";
