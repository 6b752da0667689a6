//! The catalogues that the manifest names by URL: only `fetch` and `refresh` ask for them.

use std::time::Duration;

use pgtrust::manifest::{Manifest, Place};
use pgtrust::source::{self, CatalogueResult, CatalogueState, Downloader, Settings};

use super::Status;
use super::args::Network;
use super::context::Context;
use super::ui::{self, Failure};

/// Fetches the archives and keeps those that the manifest expects.
pub(crate) fn fetch(
    context: &Context,
    manifest: &Manifest,
    network: &Network,
) -> Result<Vec<CatalogueResult>, Failure> {
    let named = manifest.catalogues();
    let by_url = named.iter().any(|catalogue| matches!(catalogue.place, Place::Archive { .. }));
    if !by_url || network.offline {
        return Ok(Vec::new());
    }
    let layout = context.layout()?;
    let settings = Settings {
        timeout: Duration::from_secs(network.timeout),
        cache: Some(layout.state.join("downloads")),
        ..Settings::default()
    };
    Ok(source::fetch_catalogues(named, &Downloader::new(settings), &layout.catalogues()))
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
