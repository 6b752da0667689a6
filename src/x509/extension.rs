//! The parts of a certificate that only a check of a path asks for: its extensions and both signature algorithms.

use super::Certificate;
use super::asn1::{Element, Error, Reader, tag};

/// One extension (RFC 5280 section 4.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// Content octets of its object identifier.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// Content of its OCTET STRING.
    pub(crate) value: &'a [u8],
}

/// What [`Certificate::outline`] finds.
#[derive(Clone, Debug)]
pub(crate) struct Outline<'a> {
    /// In the order of the certificate.
    pub(crate) extensions: Vec<Extension<'a>>,
    /// The algorithm that the signature covers, and the one beside it. They should be the same bytes.
    pub(crate) algorithms: [&'a [u8]; 2],
}

impl Certificate {
    /// Reads the extensions and the signature algorithms.
    pub(crate) fn outline(&self) -> Result<Outline<'_>, Error> {
        let mut certificate = Reader::new(self.der()).expect(tag::SEQUENCE, "the outer SEQUENCE")?.reader();
        let mut contents = certificate.expect(tag::SEQUENCE, "the TBSCertificate")?.reader();
        contents.optional(tag::context_constructed(0))?;
        contents.expect(tag::INTEGER, "the serial number")?;
        let inner = contents.expect(tag::SEQUENCE, "the inner signature algorithm")?;
        let mut extensions = Vec::new();
        while !contents.is_empty() {
            let field = contents.element()?;
            if field.tag == tag::context_constructed(3) {
                let list = field.reader().expect(tag::SEQUENCE, "the extensions")?;
                for element in list.reader().all(tag::SEQUENCE, "an extension") {
                    extensions.push(extension(element?)?);
                }
            }
        }
        let outer = certificate.expect(tag::SEQUENCE, "the signature algorithm")?;
        Ok(Outline { extensions, algorithms: [inner.whole, outer.whole] })
    }

    /// Returns the content octets of the serial number.
    pub(crate) fn serial_octets(&self) -> &[u8] {
        self.part(&self.serial)
    }
}

fn extension(element: Element<'_>) -> Result<Extension<'_>, Error> {
    let mut fields = element.reader();
    let oid = fields.expect(tag::OID, "the type of an extension")?.content;
    let critical = fields.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
    let value = fields.expect(tag::OCTET_STRING, "the value of an extension")?.content;
    Ok(Extension { oid, critical, value })
}
