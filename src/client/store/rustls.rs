//! rustls-pki-types and webpki, called as sqlx calls them.

use pki_types::CertificateDer;
use pki_types::pem::{Error, PemObject as _};

use super::{Loaded, Unusable};
use crate::x509::Certificate;

/// What one of both refuses costs the file. An empty one adds nothing, which is no error.
pub(super) fn read(bytes: &[u8]) -> Result<Loaded, Unusable> {
    let mut loaded = Loaded::default();
    for item in CertificateDer::pem_slice_iter(bytes) {
        let der = item.map_err(|error| Unusable::damaged(None, reason(&error)))?;
        let number = loaded.certificates.len() + loaded.passed_over.len() + 1;
        if let Err(error) = webpki::anchor_from_trusted_cert(&der) {
            return Err(Unusable::damaged(None, format!("certificate {number}: {error:?}")));
        }
        match Certificate::from_der(der.to_vec()) {
            Ok(certificate) => loaded.push(certificate),
            Err(error) => {
                loaded.pass_over(None, format!("certificate {number} is nothing that pgtrust reads: {error}"))
            }
        }
    }
    let begun = memchr::memmem::find_iter(bytes, b"-----BEGIN CERTIFICATE-----").count();
    let missing = begun.saturating_sub(loaded.certificates.len() + loaded.passed_over.len());
    for _ in 0..missing {
        loaded.pass_over(None, "a certificate whose BEGIN does not stand at the start of a line");
    }
    Ok(loaded)
}

fn reason(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { .. } => "a block has no END line".to_owned(),
        Error::IllegalSectionStart { line } => {
            let line = String::from_utf8_lossy(line);
            let line = crate::system::text::sanitise(&line).into_owned();
            format!("`{}` does not end in five hyphens", crate::system::text::shortened(&line))
        }
        Error::Base64Decode(_) => "its base64 is broken".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}
