//! Modes of what pgtrust made: what every user of the machine must read, and what is for this one alone.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Error;
use super::machine::Machine;
use crate::manifest::Manifest;
use crate::system::file;

/// A file or a folder with another mode than it should have.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct WrongMode {
    /// The file or folder.
    pub path: PathBuf,
    /// Its mode, such as `0600`.
    pub mode: String,
    /// The mode that it should have.
    pub should_be: String,
    #[serde(skip)]
    bits: u32,
}

/// Finds what clients of other users cannot read of the whole machine's, and a manifest that says to others how a token is
/// printed.
pub(super) fn wrong(machine: &Machine<'_>, manifest: &Manifest) -> Result<Vec<WrongMode>, Error> {
    let layout = machine.layout()?;
    let mut wrong = Vec::new();
    if manifest.is_private() {
        wrong.extend(differs(manifest.path(), |mode| mode & !0o077));
    }
    if machine.system {
        // What others put beside it may be private.
        let files: Vec<PathBuf> = manifest.sources().iter().map(|source| layout.bundle_of(&source.name)).collect();
        let folders = files.iter().map(|file| file::folder_of(file));
        let mut folders: Vec<&Path> = folders.chain([file::folder_of(&layout.manifest), &layout.bundles]).collect();
        folders.sort_unstable();
        folders.dedup();
        wrong.extend(folders.into_iter().filter_map(|folder| differs(folder, |mode| mode | 0o555)));
        let manifest = (!manifest.is_private()).then_some(&layout.manifest);
        wrong.extend(files.iter().chain(manifest).filter_map(|path| differs(path, |mode| mode | 0o444)));
    }
    Ok(wrong)
}

/// Gives it the mode that it should have. Returns what had another.
pub(super) fn mend(machine: &Machine<'_>, manifest: &Manifest) -> Result<Vec<WrongMode>, Error> {
    let wrong = wrong(machine, manifest)?;
    for one in &wrong {
        file::set_mode(&one.path, one.bits)?;
    }
    Ok(wrong)
}

fn differs(path: &Path, should_be: impl Fn(u32) -> u32) -> Option<WrongMode> {
    let mode = file::mode(path)?;
    let bits = should_be(mode);
    let shown = |mode: u32| format!("{mode:04o}");
    (bits != mode).then(|| WrongMode { path: path.to_owned(), mode: shown(mode), should_be: shown(bits), bits })
}
