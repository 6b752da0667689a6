//! What is told of webpki, held against the verifier of rustls itself.

use std::sync::Arc;
use std::time::Duration;

use pgtrust::Key;
use pgtrust::client::engine::{Engine, Provider};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};

use super::asked::graphs;
use super::{Case, Score};
use crate::support::tools::report;

#[test]
fn rustls_trusts_what_its_model_trusts() {
    let Some(graphs) = graphs() else { return };
    let mut score = Score::default();
    for case in graphs {
        // A key of 1024 bits fails in the handshake, which there is none of here.
        if case.chain[0].key() != Key::Rsa(1024) {
            score.count(&case.name, &case.answer(Engine::Webpki(Provider::AwsLc)), trusts(&case));
        }
    }
    report(&score.line("rustls"));
    score.judge("rustls", 0);
}

fn trusts(case: &Case) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(case.anchors.iter().map(|anchor| CertificateDer::from(anchor.der())));
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
    // A store of nothing is refused at once.
    let Ok(verifier) = builder.build() else { return false };
    let chain: Vec<CertificateDer<'_>> = case.chain.iter().map(|one| one.der().into()).collect();
    let name = ServerName::try_from("db.example.com").unwrap();
    let seconds = u64::try_from(case.at.unix_timestamp()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let verified = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], now);
    let other_name = |error: &Error| {
        matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            )
        )
    };
    verified.is_ok() || verified.is_err_and(|error| other_name(&error))
}
