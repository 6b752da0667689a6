//! The catalogues that a manifest names by URL, from where they are published.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::download::{DownloadError, DownloadRequest, Downloaded, Downloader};
use crate::catalog::{Location, NamedCatalogue, archive_is_kept, check_archive, keep_archive};
use crate::x509::Fingerprint;

/// The result for one catalogue.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CatalogueResult {
    /// Where it is published.
    pub url: String,
    /// The archive that the manifest expects.
    pub sha256: Fingerprint,
    /// What was found there.
    pub result: CatalogueState,
    /// Whether the expected archive is here now.
    pub kept: bool,
    /// Why it is not what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The state of a catalogue's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CatalogueState {
    /// The expected archive, which was not here.
    Downloaded,
    /// Another archive, which is not used.
    Mismatch,
    /// It could not be downloaded.
    Unreachable,
    /// The expected archive, which was here.
    Unchanged,
    /// The expected archive, which is not a catalogue or cannot be kept.
    Unusable,
}

/// Asks for every archive and keeps the expected ones in a folder, or only says what it would keep. Fails for none of them:
/// each has its result.
///
/// The servers are the company's own: no mirror should stand between.
pub(crate) fn fetch_catalogues(
    named: &[NamedCatalogue],
    downloader: &Downloader,
    archives: &Path,
    keep: bool,
) -> Vec<CatalogueResult> {
    let expected = named.iter().filter_map(|named| match &named.location {
        Location::Archive { url, sha256 } => {
            let expected = Expected { url: url.clone(), sha256: *sha256, archives: archives.to_owned(), keep };
            Some((DownloadRequest::file(url.clone(), Vec::new()), expected))
        }
        Location::Folder(_) => None,
    });
    downloader.get_each(expected.collect(), Expected::result, &|| ())
}

/// An archive that is asked for.
struct Expected {
    url: String,
    sha256: Fingerprint,
    archives: PathBuf,
    keep: bool,
}

impl Expected {
    fn result(self, answer: Result<Downloaded, DownloadError>) -> CatalogueResult {
        let Self { url, sha256, archives, keep } = self;
        let take = if keep { keep_archive } else { check_archive };
        let (result, reason) = match answer {
            Err(error) => (CatalogueState::Unreachable, Some(error.to_string())),
            Ok(download) => match Fingerprint::of(&download.body) {
                served if served == sha256 => match take(&archives, &url, &download.body) {
                    Ok(true) => (CatalogueState::Downloaded, None),
                    Ok(false) => (CatalogueState::Unchanged, None),
                    Err(error) => (CatalogueState::Unusable, Some(error.to_string())),
                },
                served => {
                    let reason = format!("`{}` serves {served} where {sha256} is expected", download.from);
                    (CatalogueState::Mismatch, Some(reason))
                }
            },
        };
        let kept = archive_is_kept(&archives, &sha256);
        CatalogueResult { url, sha256, result, kept, reason }
    }
}
