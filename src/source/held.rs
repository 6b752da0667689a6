//! What sources serve and no pin knows, kept aside in files that nothing trusts, one for each provider.
//!
//! It only remembers: what cannot be read counts as absent.

use std::io;
use std::path::Path;

use super::{Error, load};
use crate::bundle::{CertificateSet, Origin};
use crate::format::{DecodeError, Entry, Format, Passwords};
use crate::system::{self, file, limits, remembered};
use crate::x509::Certificate;

/// The room for the held roots of one provider.
pub(crate) struct HeldRoom {
    certificates: usize,
    bytes: usize,
}

impl HeldRoom {
    pub(crate) fn of_provider() -> Self {
        Self { certificates: limits::HELD_ROOTS, bytes: limits::HELD_BYTES }
    }

    /// Tells whether there is room for one more.
    pub(crate) fn takes(&mut self, certificate: &Certificate) -> bool {
        let bytes = certificate.der().len();
        let takes = self.certificates > 0 && self.bytes >= bytes;
        if takes {
            self.certificates -= 1;
            self.bytes -= bytes;
        }
        takes
    }
}

/// Keeps certificates aside, as far as there is room; no file when there are none.
pub(crate) fn hold<'a>(path: &Path, held: impl Iterator<Item = &'a Certificate>) -> Result<(), Error> {
    let mut room = HeldRoom::of_provider();
    let held = held.filter(|certificate| room.takes(certificate));
    let entries: Vec<Entry<'_>> = held.map(|certificate| Entry { certificate, origin: "held" }).collect();
    if entries.is_empty() {
        return if file::exists(path) { Ok(remembered::remove(path)?) } else { Ok(()) };
    }
    let mut bytes = Vec::new();
    let written = (Format::pem().encode)(&mut entries.into_iter(), None, &mut bytes);
    written.map_err(DecodeError::of(path))?;
    if file::read_with_metadata(path, limits::REMEMBERED).is_ok_and(|read| read.is_some_and(|(read, _)| read == bytes))
    {
        return Ok(());
    }
    remembered::make_way(path)?;
    Ok(file::replace_private(path, &bytes)?)
}

/// Returns what is held in a file, and beside it why that cannot be read.
pub(crate) fn held_of(path: &Path) -> (Vec<Certificate>, Option<Error>) {
    match read(path) {
        Ok(held) => (held, None),
        Err(error) => (Vec::new(), Some(error)),
    }
}

fn read(path: &Path) -> Result<Vec<Certificate>, Error> {
    let mut set = CertificateSet::new();
    if let Some((bytes, _)) = file::read_with_metadata(path, limits::REMEMBERED)? {
        let problems = load(&mut set, &mut &bytes[..], Origin::File(path.to_owned()), Passwords::usual())?;
        if problems.iter().any(|problem| problem.lost) {
            let damaged = io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
            return Err(system::Error::unread("read", path)(damaged).into());
        }
    }
    Ok(set.certificates().cloned().collect())
}

/// Returns what is held below this folder, with the provider of each, and beside it what cannot be read.
pub(crate) fn held(folder: &Path) -> (Vec<(String, Certificate)>, Vec<Error>) {
    let (mut held, mut lost) = (Vec::new(), Vec::new());
    let paths = file::entries(folder).unwrap_or_else(|error| {
        lost.push(error.into());
        Vec::new()
    });
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "pem")) {
        let provider = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (certificates, error) = held_of(path);
        held.extend(certificates.into_iter().map(|certificate| (provider.clone(), certificate)));
        lost.extend(error);
    }
    (held, lost)
}
