//! The stores that `install` and `uninstall` work on.

use std::path::{Path, PathBuf};

use pgtrust::Error;
use pgtrust::format::Format;
use pgtrust::manifest::{KeptTarget, Manifest, Opening};
use pgtrust::plan::Access;
use pgtrust::target::Target;

use super::context::Context;
use super::password;
use super::ui::Failure;

/// A store, known or named by its path.
pub(crate) struct Place {
    pub(crate) target: Option<&'static Target>,
    pub(crate) path: PathBuf,
}

impl Place {
    /// The key and the text that name it in a manifest.
    pub(crate) fn in_manifest(&self) -> (&'static str, String) {
        match self.target {
            Some(target) => ("name", target.name.to_owned()),
            None => ("path", absolute(&self.path).to_string_lossy().into_owned()),
        }
    }

    pub(crate) fn is(&self, kept: &KeptTarget) -> bool {
        match self.in_manifest() {
            ("name", name) => kept.name.as_ref() == Some(&name),
            (_, path) => kept.path.as_deref() == Some(Path::new(&path)),
        }
    }

    /// The target of this name; None when there is none.
    pub(crate) fn named(context: &Context, name: &str) -> Result<Option<Self>, Error> {
        let Some(target) = Target::named(name) else { return Ok(None) };
        Ok(Some(Self { target: Some(target), path: (target.locate)(&context.environment)? }))
    }

    pub(crate) fn at(path: &Path) -> Self {
        Self { target: None, path: path.to_owned() }
    }
}

/// What is named on the command line.
pub(crate) fn named(context: &Context, targets: &[String], outputs: &[PathBuf]) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    for name in targets {
        places.extend(Place::named(context, name)?);
    }
    places.extend(outputs.iter().map(|path| Place::at(path)));
    Ok(places)
}

/// How a store is opened: by the command line, else by the manifest.
pub(crate) struct Opened {
    pub(crate) opening: Opening,
    format: Option<&'static Format>,
    password: Option<String>,
}

impl Opened {
    pub(crate) fn new(place: &Place, given: &Opening, manifest: &Manifest) -> Result<Self, Failure> {
        let mut opening = given.clone();
        opening.password_file = given.password_file.as_deref().map(absolute);
        if let Some(kept) = manifest.targets().iter().find(|target| place.is(target)) {
            opening = opening.or(kept.opening());
        }
        let password = password::read(opening.password_file.as_deref())?;
        let format = match place.target {
            Some(target) => Some((target.format)()),
            None => opening.format.as_deref().and_then(Format::named),
        };
        Ok(Self { opening, format, password })
    }

    pub(crate) fn access(&self) -> Access<'_> {
        Access { format: self.format, password: self.password.as_deref(), no_password: self.opening.no_password }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
