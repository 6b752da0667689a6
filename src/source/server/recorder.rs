//! The TLS client that records what a server presents, and judges nothing of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::key_exchange::P521;

/// The name of PostgreSQL's protocol within TLS (ALPN), as IANA has it. Clients of PostgreSQL 17 and later send it however
/// TLS is begun.
pub(super) const ALPN: &[u8] = b"postgresql";

/// What one server showed.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    chain: OnceLock<Vec<Vec<u8>>>,
    wants_certificate: AtomicBool,
}

impl Recorder {
    /// Returns the DER of each certificate, once the server has sent them.
    pub(super) fn chain(&self) -> Option<&[Vec<u8>]> {
        self.chain.get().map(Vec::as_slice)
    }

    /// Tells whether the server asked for a certificate of the client.
    pub(super) fn wants_certificate(&self) -> bool {
        self.wants_certificate.load(Ordering::Relaxed)
    }

    /// A client that accepts each server, for it has nothing to tell it.
    pub(super) fn config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.push(&P521);
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as _)
            .with_client_cert_resolver(Arc::clone(self) as _);
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(config)
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        // A server that shows two chains in one handshake has misbehaved before.
        let _ = self.chain.set(chain.map(|certificate| certificate.to_vec()).collect());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All that there are, so that a server of any key shows its certificate.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.iter().copied().map(SignatureScheme::from).collect()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, _acceptable: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.wants_certificate.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// IANA's registry "TLS SignatureScheme", in the order of OpenSSL's clients, which put SHA-1 last: ECDSA with the curves of
/// NIST, Ed25519 and Ed448, ECDSA with Brainpool's curves, RSA-PSS with keys for it alone and with others, RSA PKCS#1, ML-DSA.
pub(super) const SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081a, 0x081b, 0x081c, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806,
    0x0401, 0x0501, 0x0601, 0x0904, 0x0905, 0x0906, 0x0203, 0x0201,
];
