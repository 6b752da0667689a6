//! Java's `CertificateFactory.generateCertificates`: `X509Factory.parseX509orPKCS7Cert` of the JDK. What it cannot read
//! costs the whole file, whatever a block is labelled.

mod newer;
mod older;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Loaded, Unusable, certificate, line_of};
use crate::format::{Format, Member};
use crate::x509::asn1::{Reader, tag};

/// The first release that reads PEM in the newer way, in which also other programs get it.
const NEWER: u16 = 25;

pub(super) fn read(bytes: &[u8], release: u16) -> Result<Loaded, Unusable> {
    let mut input = Input { bytes, at: 0 };
    let mut loaded = Loaded::default();
    let (mut is_first, mut end) = (true, 0);
    while let Some((begin, der)) = block(&mut input, release)? {
        let line = (der.is_pem).then(|| line_of(bytes, begin));
        if is_first && let Some(found) = pkcs7(&der.bytes) {
            return found.map_err(|reason| Unusable::damaged(line, reason));
        }
        (is_first, end) = (false, input.at);
        loaded.push(certificate(der.bytes, "java").map_err(|reason| Unusable::damaged(line, reason))?);
    }
    let rest = &bytes[end..];
    for begin in memchr::memmem::find_iter(rest, b"-----BEGIN ") {
        loaded.pass_over(line_of(bytes, end + begin), "to Java it is text behind the last block");
    }
    if loaded.certificates.is_empty() { Err(Unusable::Empty) } else { Ok(loaded) }
}

struct Content {
    bytes: Vec<u8>,
    is_pem: bool,
}

/// `readOneBlock`: the next block and where it begins. None at the end, of which text behind the last block is a part.
fn block(input: &mut Input<'_>, release: u16) -> Result<Option<(usize, Content)>, Unusable> {
    let begin = input.at;
    match input.bytes.get(begin) {
        None => Ok(None),
        Some(&tag::SEQUENCE) => {
            let element = Reader::new(&input.bytes[begin..]).element();
            let element = element.map_err(|_| Unusable::damaged(None, "a certificate in DER is cut off"))?;
            input.at += element.whole.len();
            Ok(Some((begin, Content { bytes: element.whole.to_vec(), is_pem: false })))
        }
        Some(_) => {
            let text = if release < NEWER { older::body(input, release)? } else { newer::body(input)? };
            let Some((begin, text)) = text else { return Ok(None) };
            let bytes = decoded(&text).ok_or_else(|| input.damaged(begin, "its base64 is broken"))?;
            Ok(Some((begin, Content { bytes, is_pem: true })))
        }
    }
}

/// The certificates of a PKCS#7 structure, if it is one.
fn pkcs7(der: &[u8]) -> Option<Result<Loaded, String>> {
    let format = Format::of(der).filter(|format| format.name == "pkcs7")?;
    let mut loaded = Loaded::default();
    let mut refused = None;
    let decoded = format.decode(&mut &der[..], None, &mut |member| match member {
        Member::Certificate { certificate: found, .. } => match certificate(found.der().to_vec(), "java") {
            Ok(found) => loaded.push(found),
            Err(reason) => refused = refused.take().or(Some(reason)),
        },
        Member::Rejected { reason, .. } => refused = refused.take().or(Some(reason)),
        _ => {}
    });
    match (decoded, refused) {
        (Err(error), _) => Some(Err(error.to_string())),
        (Ok(()), Some(reason)) => Some(Err(reason)),
        (Ok(()), None) => Some(Ok(loaded)),
    }
}

/// Bytes, read one by one.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn read(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    /// Gives up on the block that begins here.
    fn damaged(&self, begin: usize, reason: &str) -> Unusable {
        Unusable::damaged(line_of(self.bytes, begin), reason)
    }
}

/// Header and footer, each from its five hyphens to the last five.
fn check(header: &[u8], footer: &[u8]) -> Result<(), &'static str> {
    let label = header.strip_prefix(b"-----BEGIN ").and_then(|header| header.strip_suffix(b"-----"));
    let end = footer.strip_prefix(b"-----END ").and_then(|footer| footer.strip_suffix(b"-----"));
    match (label, end) {
        (None, _) => Err("a line of five hyphens is no BEGIN line"),
        (_, None) => Err("it has no END line"),
        (Some(label), Some(end)) if label != end => Err("its END line names something else"),
        _ => Ok(()),
    }
}

/// `Base64.getDecoder()`: padding is whole or not there at all, and its last bits do not matter.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let padded = text.ends_with(b"=");
    let engine = if padded { &PADDED } else { &UNPADDED };
    engine.decode(text).ok()
}

const fn engine(padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding).with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config)
}

static PADDED: GeneralPurpose = engine(DecodePaddingMode::RequireCanonical);
static UNPADDED: GeneralPurpose = engine(DecodePaddingMode::RequireNone);
