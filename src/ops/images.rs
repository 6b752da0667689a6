//! What an image keeps of the machine that builds it.

use std::path::Path;

use super::Error;
use super::machine::Machine;
use crate::bundle::CertificateSet;
use crate::format::{DecodeError, Entry, Format, Passwords};
use crate::journal::Change;
use crate::source::{self, Source};
use crate::system::file;
use crate::x509::Fingerprint;

/// Returns the name by which the manifest finds a source again; None where it cannot. A file of the machine that builds an
/// image is not in the image: its certificates are to be put there.
pub(super) fn name_of(
    machine: &Machine<'_>,
    source: &Source,
    others: &[Change],
) -> Result<Option<(String, Option<Change>)>, Error> {
    match source {
        // What can be read once only.
        source if source.name()?.is_none() => Ok(None),
        Source::Path(path) if machine.is_image() => {
            let in_image = file::absolute(path).starts_with(machine.root());
            let copied = if in_image { None } else { Some(copy(machine, path, others)?) };
            let path = copied.as_ref().map_or(path, |copied| &copied.path);
            Ok(Some((machine.seen(path).to_string_lossy().into_owned(), copied)))
        }
        source => Ok(source.name()?.map(|name| (name, None))),
    }
}

fn copy(machine: &Machine<'_>, path: &Path, others: &[Change]) -> Result<Change, Error> {
    let mut set = CertificateSet::new();
    source::load_path(&mut set, path, Passwords::usual())?;
    let mut entries = set.certificates().map(|certificate| Entry { certificate, origin: "copied" });
    let mut bytes = Vec::new();
    (Format::pem().encode)(&mut entries, None, &mut bytes).map_err(DecodeError::of(path))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = &machine.layout()?.sources;
    let mut copy = folder.join(format!("{name}.pem"));
    let mut before = file::read(&copy)?;
    let is_taken = |other: &Change| other.path == copy && other.after.as_ref() != Some(&bytes);
    if before.as_ref().is_some_and(|before| *before != bytes) || others.iter().any(is_taken) {
        // Another file of that name, which a store may be kept for.
        copy = folder.join(format!("{name}-{}.pem", &Fingerprint::of(&bytes).to_string()[..16]));
        before = file::read(&copy)?;
    }
    Ok(Change { path: copy, before, after: Some(bytes) })
}
