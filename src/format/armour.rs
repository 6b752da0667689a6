//! Blocks of base64 between lines of dashes (RFC 7468), which PEM files and PKCS#7 in text have in common.

mod body;
mod dashes;
mod scanner;
mod trusted;
mod utf16;

use base64::Engine as _;

use super::{Error, Identified, Member, MemberKind, Position, PrivateKey, what_is};
use crate::system::text::sanitise;
use crate::x509::Certificate;
use crate::x509::asn1::Reader;
pub(super) use body::BASE64;
pub(super) use scanner::{BEGIN, Block, Scanner, has_block};
pub(crate) use trusted::for_servers;
pub(super) use utf16::utf8;

/// Returns a block of anything but PKCS#7. Fails on a private key.
pub(super) fn member(block: Block) -> Result<Member, Error> {
    match member_or_key(block) {
        Member::PrivateKey(key) => Err(Error::PrivateKey { position: key.position }),
        member => Ok(member),
    }
}

/// Returns a block of anything but PKCS#7.
pub(super) fn member_or_key(block: Block) -> Member {
    let Block { label, position, der, flaw, bare } = block;
    if bare {
        return bare_member(der, position, flaw);
    }
    let kind = match label.as_str() {
        CERTIFICATE | "X509 CERTIFICATE" | TRUSTED => None,
        label if label.contains("PRIVATE KEY") => {
            return Member::PrivateKey(PrivateKey::bare(position, &der.unwrap_or_default()));
        }
        "X509 CRL" => Some(MemberKind::RevocationList),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Some(MemberKind::CertificateRequest),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Some(MemberKind::PublicKey),
        _ => Some(MemberKind::Unknown),
    };
    if let Some(kind) = kind {
        return other(&label, kind, der, position);
    }
    let certificate = der.and_then(|mut der| {
        let length = Reader::new(&der).element().map_or(der.len(), |first| first.whole.len());
        let settings = if label == TRUSTED { der.split_off(length) } else { Vec::new() };
        let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
        match for_servers(&settings) {
            Ok(for_servers) => Ok((certificate, for_servers)),
            Err(_) => Err(format!("the trust settings of `{}` cannot be read", certificate.subject())),
        }
    });
    match certificate {
        Ok((certificate, true)) => Member::Certificate { alias: None, certificate, position, flaw },
        Ok((certificate, false)) => {
            Member::Distrusted { certificate, position, reason: "its trust settings exclude TLS servers" }
        }
        Err(reason) => Member::Rejected { position, reason },
    }
}

/// Returns a block that holds no certificate. OpenSSL decodes it all the same, and reads nothing of a file where it cannot.
fn other(label: &str, kind: MemberKind, der: Result<Vec<u8>, String>, position: Position) -> Member {
    let reason = match der {
        Ok(der) if kind != MemberKind::RevocationList || what_is(&der) == Identified::RevocationList => {
            return Member::Other { alias: None, kind, position };
        }
        Ok(_) => "it holds no revocation list".to_owned(),
        Err(reason) => reason,
    };
    Member::Rejected { position, reason: format!("{}: {reason}", sanitise(label)) }
}

/// Returns what stands among text in DER.
fn bare_member(der: Result<Vec<u8>, String>, position: Position, flaw: Option<&'static str>) -> Member {
    let der = match der {
        Ok(der) => der,
        Err(reason) => return Member::Rejected { position, reason },
    };
    let kind = match what_is(&der) {
        Identified::PrivateKey | Identified::EncryptedKey => {
            return Member::PrivateKey(PrivateKey::bare(position, &der));
        }
        Identified::CertificateRequest => MemberKind::CertificateRequest,
        Identified::PublicKey => MemberKind::PublicKey,
        Identified::RevocationList => MemberKind::RevocationList,
        Identified::Binary => {
            return match Certificate::from_der(der) {
                Ok(certificate) => Member::Certificate { alias: None, certificate, position, flaw },
                Err(error) => Member::Rejected { position, reason: error.to_string() },
            };
        }
        what => return Member::Rejected { position, reason: format!("{what} is not read where it stands") },
    };
    Member::Other { alias: None, kind, position }
}

pub(super) fn write_block(text: &mut Vec<u8>, label: &str, der: &[u8]) {
    write_line(text, &["-----BEGIN ", label, "-----"]);
    for line in BASE64.encode(der).as_bytes().chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    write_line(text, &["-----END ", label, "-----"]);
}

fn write_line(text: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    text.push(b'\n');
}

pub(super) const CERTIFICATE: &str = "CERTIFICATE";
pub(super) const TRUSTED: &str = "TRUSTED CERTIFICATE";
/// Labels of blocks that hold PKCS#7: RFC 7468 section 8 and 9, and OpenSSL's other name.
pub(super) const PKCS7_LABELS: [&str; 3] = ["PKCS7", "CMS", "PKCS #7 SIGNED DATA"];
