//! The catalogues that the manifest names by URL: only `fetch` and `refresh` ask for them.

use super::{Keep, Network};
use crate::catalog::Location;
use crate::manifest::Manifest;
use crate::ops::Error;
use crate::ops::machine::Machine;
use crate::source::{self, CatalogueResult, DownloadSettings, Downloader};
use crate::system::permissions::check_place;

/// Fetches the archives and keeps those that the manifest expects.
pub(in crate::ops) fn fetch(
    machine: &Machine<'_>,
    manifest: &Manifest,
    network: &Network,
    keep: Keep,
) -> Result<Vec<CatalogueResult>, Error> {
    let named = manifest.catalogues();
    let by_url = named.iter().any(|catalogue| matches!(catalogue.location, Location::Archive { .. }));
    if !by_url || network.offline {
        return Ok(Vec::new());
    }
    let layout = machine.layout()?;
    if keep != Keep::Nothing {
        check_place(&layout.state)?;
    }
    let downloader = Downloader::new(DownloadSettings {
        timeout: network.timeout,
        deadline: network.deadline,
        cache: Some(layout.state.join("downloads")),
        cache_is_fixed: keep == Keep::Nothing,
        ..DownloadSettings::default()
    });
    Ok(source::fetch_catalogues(named, &downloader, &layout.catalogues(), keep != Keep::Nothing))
}
