//! rustls-webpki, which is called itself.

use pki_types::{CertificateDer, ServerName};

use super::Mismatch;
use crate::x509::Certificate;

pub(super) fn accepts(certificate: &Certificate, host: &str) -> Result<bool, Mismatch> {
    let refused = |_| Mismatch::Host { reason: "it is neither an address nor a name that the DNS could have" };
    let name = ServerName::try_from(host).map_err(refused)?;
    let der = CertificateDer::from(certificate.der());
    let server = webpki::EndEntityCert::try_from(&der).map_err(|_| Mismatch::Unreadable)?;
    Ok(server.verify_is_valid_for_subject_name(&name).is_ok())
}
