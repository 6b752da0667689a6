//! The catalogues that the manifest names by URL: only `fetch` and `refresh` ask for them.

use std::time::Duration;

use pgtrust::manifest::{Manifest, Place};
use pgtrust::source::{self, CatalogueResult, CatalogueState, Downloader, Settings};
use pgtrust::system::permissions;

use super::Status;
use super::args::Network;
use super::context::Context;
use super::fetch::Keep;
use super::ui::{self, Failure};

/// Fetches the archives and keeps those that the manifest expects.
pub(crate) fn fetch(
    context: &Context,
    manifest: &Manifest,
    network: &Network,
    keep: Keep,
) -> Result<Vec<CatalogueResult>, Failure> {
    let named = manifest.catalogues();
    let by_url = named.iter().any(|catalogue| matches!(catalogue.place, Place::Archive { .. }));
    if !by_url || network.offline {
        return Ok(Vec::new());
    }
    let layout = context.layout()?;
    if keep != Keep::Nothing {
        permissions::check_place(&layout.state)?;
    }
    let downloader = Downloader::new(Settings {
        timeout: Duration::from_secs(network.timeout),
        cache: Some(layout.state.join("downloads")),
        cache_is_fixed: keep == Keep::Nothing,
        ..Settings::default()
    });
    Ok(source::fetch_catalogues(named, &downloader, &layout.catalogues(), keep != Keep::Nothing))
}

/// Says what is not as it should be.
pub(crate) fn say(results: &[CatalogueResult], require_network: bool) -> Status {
    let mut status = Status::Done;
    for result in results {
        result.finding().iter().for_each(ui::finding);
        status = status.max(match result.result {
            CatalogueState::Mismatch => Status::Found,
            CatalogueState::Unreachable if result.kept && !require_network => Status::Done,
            CatalogueState::Unreachable | CatalogueState::Unusable => Status::Failed,
            _ => Status::Done,
        });
    }
    status
}
