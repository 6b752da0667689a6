//! The event loop and the TLS client on it.

use std::sync::Arc;

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{self, Runtime};
use tokio::sync::Semaphore;

use super::DownloadSettings;
use super::error::root_cause;

pub(super) struct Engine {
    /// Taken out only to be dropped.
    runtime: Option<Runtime>,
    pub(super) client: Client,
    /// The room for a large answer.
    pub(super) large: Arc<Semaphore>,
}

impl Engine {
    pub(super) fn start(settings: &DownloadSettings) -> Result<Self, String> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let client = Client::builder()
            .tls_backend_preconfigured(tls_config().map_err(|error| error.to_string())?)
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(settings.connect_timeout())
            .user_agent(concat!("pgtrust/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            runtime: Some(runtime.map_err(|error| error.to_string())?),
            client: client.map_err(|error| root_cause(&error).0.to_string())?,
            large: Arc::new(Semaphore::new(1)),
        })
    }

    pub(super) fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("taken only on drop")
    }
}

impl Drop for Engine {
    /// A plain drop would wait for name look-ups that were given up long ago.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Both kinds of roots: a stripped container has none of its own, a company's proxy is known only to the machine.
/// Roots that cannot be read are left out: what they would have signed then fails with its own error.
fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
