//! Lists of revoked certificates, as OpenSSL asks for them with `X509_V_FLAG_CRL_CHECK_ALL`: one of every CA of the path.

use std::path::Path;

use time::OffsetDateTime;
use x509_parser::pem::Pem;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

use crate::system::{file, limits};
use crate::x509::asn1::{Reader, tag};
use crate::x509::{Certificate, serial};

/// Returns why a client that loads these lists refuses a path, from the server's certificate to the root; None if it does
/// not. A file that cannot be read as lists loads none, and the client then asks for none.
pub(super) fn refusal(lists: &Path, path: &[Certificate], at: OffsetDateTime) -> Option<String> {
    let bytes = file::read_with_metadata(lists, limits::WHOLE).ok()??.0;
    let blocks: Vec<Pem> = Pem::iter_from_buffer(&bytes).filter_map(Result::ok).collect();
    let lists: Vec<_> = blocks
        .iter()
        .filter(|block| block.label == "X509 CRL")
        .filter_map(|block| CertificateRevocationList::from_der(&block.contents).ok())
        .map(|(_, list)| list)
        .collect();
    // A certificate in their place is loaded as well, and then lists are demanded.
    if lists.is_empty() && !blocks.iter().any(|block| block.label.ends_with("CERTIFICATE")) {
        return None;
    }
    let issuers = path.iter().skip(1).chain(path.last());
    path.iter().zip(issuers).find_map(|(certificate, issuer)| {
        let of_issuer = lists.iter().find(|list| content(list.issuer().as_raw()) == Some(issuer.subject().as_bytes()));
        let Some(list) = of_issuer else {
            return Some(format!("root.crl has no list of {}, and one of every CA is demanded", issuer.title()));
        };
        let now = at.unix_timestamp();
        if list.next_update().is_some_and(|end| end.timestamp() < now) {
            return Some(format!("the list of {} in root.crl has ended", issuer.title()));
        }
        let is_revoked =
            list.iter_revoked_certificates().any(|revoked| serial(revoked.raw_serial()) == certificate.serial());
        is_revoked.then(|| format!("{} is revoked by root.crl", certificate.title()))
    })
}

/// Tells whether the lists are a folder's; one that is not there counts, for OpenSSL looks into it later.
pub(super) fn is_folder(lists: &Path) -> bool {
    !file::is_file(lists)
}

/// What is in the SEQUENCE of a name.
fn content(name: &[u8]) -> Option<&[u8]> {
    Some(Reader::new(name).expect(tag::SEQUENCE, "a name").ok()?.content)
}
