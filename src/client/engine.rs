//! The engines that build and judge paths: what each does with the certificates that a server sends, a store and a time.
//!
//! An engine is modelled after what it does, not after what RFC 5280 wants: OpenSSL 3.x (`X509_verify_cert`), Java 17 and
//! later (`PKIXValidator`), Go 1.25 and later (`crypto/x509`). webpki is called itself. Host names are not compared; the
//! names of the server matter to name constraints only. Nothing is revoked here.

mod constraints;
mod facts;
mod go;
mod java;
mod openssl;
mod policies;
mod reason;
mod stand_in;
mod webpki;

use time::OffsetDateTime;

use crate::x509::{Certificate, Curve, Key};
use facts::Facts;
pub use openssl::Rules;
pub use reason::Reason;
use reason::Stop;
pub use webpki::Provider;

/// What builds and judges paths in a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Go's crypto/x509.
    Go,
    /// Java's PKIX with the settings of its TLS.
    Java,
    /// OpenSSL, and Node.js and Python with it.
    OpenSsl(Rules),
    /// rustls-webpki.
    Webpki(Provider),
}

/// What an engine is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// As the server sends them, its own first.
    pub chain: &'a [Certificate],
    /// The certificates of the store, in its order.
    pub anchors: &'a [Certificate],
    /// When.
    pub at: OffsetDateTime,
    /// What stands at the beginning of the chain.
    pub leaf: Leaf,
}

/// What stands at the beginning of a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaf {
    /// The server's own certificate.
    #[default]
    Sent,
    /// The server's own certificate, which it is taken to have renewed in time.
    Renewed,
    /// A CA: the record has no certificate of a server.
    Missing,
}

/// What an engine makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It refuses the server.
    Refused(Reason),
    /// It trusts the server.
    Trusted {
        /// From the server's certificate to the trusted one, both included.
        path: Vec<Certificate>,
    },
    /// pgtrust cannot tell, for this reason.
    Undetermined(Reason),
}

impl Engine {
    /// Tells what the engine makes of a server that authenticates with these certificates.
    ///
    /// The answer can change only where a validity of a certificate of the question begins or ends.
    pub fn builds(&self, question: Question<'_>) -> Answer {
        if question.chain.is_empty() {
            return Answer::Refused(Reason::NothingSent);
        }
        let Some(stand_in) = self.stand_in(question) else { return self.build(question, false) };
        let rest = if question.leaf == Leaf::Renewed { &question.chain[1..] } else { question.chain };
        let chain = [&[stand_in], rest].concat();
        match self.build(Question { chain: &chain, ..question }, true) {
            Answer::Trusted { mut path } => {
                path.remove(0);
                if question.leaf == Leaf::Renewed {
                    path.insert(0, question.chain[0].clone());
                }
                Answer::Trusted { path }
            }
            answer => answer,
        }
    }

    fn build(&self, question: Question<'_>, with_stand_in: bool) -> Answer {
        if let Self::Webpki(provider) = self {
            return webpki::build(*provider, question, with_stand_in);
        }
        let mut chain: Vec<Facts<'_>> = question.chain.iter().map(Facts::of).collect();
        chain[0].stands_in = with_stand_in;
        let anchors: Vec<Facts<'_>> = question.anchors.iter().map(Facts::of).collect();
        let scene = Scene { chain: &chain, anchors: &anchors, at: question.at };
        let found = match self {
            Self::Go => go::build(scene),
            Self::Java => java::build(scene),
            Self::OpenSsl(rules) => openssl::build(scene, *rules),
            Self::Webpki(provider) => return webpki::build(*provider, question, with_stand_in),
        };
        match found {
            Ok(path) => Answer::Trusted { path: path.iter().map(|facts| facts.certificate.clone()).collect() },
            Err(Stop::Refused(reason)) => Answer::Refused(reason),
            Err(Stop::Unknown(reason)) => Answer::Undetermined(reason),
        }
    }

    /// Returns why there is no handshake with a server of this certificate, whether its chain is verified or not.
    pub fn handshake(&self, question: Question<'_>) -> Option<Reason> {
        match (self, question.chain, question.leaf) {
            (_, [], _) | (_, _, Leaf::Renewed | Leaf::Missing) => None,
            (Self::Webpki(provider), [leaf, ..], _) => webpki::handshake(*provider, leaf),
            (engine, [leaf, ..], _) => engine.key_of_none(leaf),
        }
    }

    /// A key with which the engine's TLS makes no handshake.
    fn key_of_none(&self, leaf: &Certificate) -> Option<Reason> {
        let key = leaf.key();
        let usual = matches!(key, Key::Ec(Curve::P256 | Curve::P384 | Curve::P521) | Key::Ed25519 | Key::Rsa(_));
        let is_pss = leaf.spki().windows(RSA_PSS.len()).any(|bytes| bytes == RSA_PSS);
        let engine = match self {
            Self::OpenSsl(_) if !usual && key != Key::Ed448 && !is_pss => "OpenSSL's TLS",
            Self::Go if !usual || is_pss => "Go's TLS",
            _ => return None,
        };
        let what = if is_pss { "an RSA-PSS key".to_owned() } else { format!("the key {key}") };
        Some(Reason::Algorithm { certificate: leaf.title(), what, engine: engine.to_owned() })
    }

    /// What stands in for a server's certificate that is renewed or missing.
    fn stand_in(&self, question: Question<'_>) -> Option<Certificate> {
        let first = question.chain.first()?;
        let own = matches!(self, Self::Webpki(_)).then_some(stand_in::OWN);
        match question.leaf {
            Leaf::Sent => None,
            Leaf::Renewed => {
                let algorithm = own.or_else(|| Some(first.outline().ok()?.algorithms[0]))?;
                stand_in::below(first.issuer(), first.authority_key_id(), algorithm)
            }
            Leaf::Missing => {
                let algorithm = own.unwrap_or_else(|| stand_in::algorithm_by(&first.key()));
                stand_in::below(first.subject(), first.subject_key_id(), algorithm)
            }
        }
    }
}

/// A question whose certificates were read.
#[derive(Clone, Copy)]
struct Scene<'a> {
    chain: &'a [Facts<'a>],
    anchors: &'a [Facts<'a>],
    at: OffsetDateTime,
}

/// A path from the server's certificate to the trusted one, or why there is none.
type Path<'a> = Result<Vec<&'a Facts<'a>>, Stop>;

/// id-RSASSA-PSS (RFC 4055), as an element.
const RSA_PSS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
