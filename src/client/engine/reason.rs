//! Why an engine refuses a server, in one line.

use time::OffsetDateTime;
use time::macros::format_description;

use super::facts::Facts;
use crate::x509::Certificate;
use crate::x509::asn1::dotted;

/// Why an engine refuses a server, or why pgtrust cannot tell. Displayed as one line that names the certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The key or signature is of an algorithm that the engine has disabled or does not know.
    #[error("{certificate} has {what}, which {engine} does not accept")]
    Algorithm {
        /// The certificate.
        certificate: String,
        /// The key or the signature.
        what: String,
        /// The engine, with the setting that decides.
        engine: String,
    },
    /// A certificate below it needs it to be a CA, and it is none to this engine.
    #[error("{certificate} is not a CA: {why}")]
    NotACa {
        /// The certificate.
        certificate: String,
        /// What is missing.
        why: &'static str,
    },
    /// A critical extension that the engine does not process.
    #[error("{certificate} has the critical extension {oid}, which is not understood")]
    CriticalExtension {
        /// The certificate.
        certificate: String,
        /// In dotted form.
        oid: String,
    },
    /// Its validity has ended.
    #[error("{certificate} expired on {date}")]
    Expired {
        /// The certificate.
        certificate: String,
        /// The day, UTC.
        date: String,
    },
    /// Its key usage or extended key usage does not allow what it is used for.
    #[error("{certificate} may not be used so: {why}")]
    Usage {
        /// The certificate.
        certificate: String,
        /// Which usage.
        why: &'static str,
    },
    /// Something that the engine demands of every certificate of a path.
    #[error("{certificate} {why}")]
    Malformed {
        /// The certificate.
        certificate: String,
        /// What is wrong, as a verb with what belongs to it.
        why: &'static str,
    },
    /// A name constraint forbids a name.
    #[error("{certificate} has a name that the name constraints of {by} do not allow")]
    NameConstraint {
        /// The certificate with the name.
        certificate: String,
        /// The CA with the constraints.
        by: String,
    },
    /// Nothing that could have issued it.
    #[error("{certificate} is signed by {issuer}, which {place}")]
    NoIssuer {
        /// The certificate.
        certificate: String,
        /// Its issuer's name.
        issuer: String,
        /// Where the engine looks.
        place: &'static str,
    },
    /// The server sent no certificate.
    #[error("the server sent no certificate")]
    NothingSent,
    /// Its validity has not begun.
    #[error("{certificate} is not valid before {date}")]
    NotYetValid {
        /// The certificate.
        certificate: String,
        /// The day, UTC.
        date: String,
    },
    /// More CAs below it than it allows, or than the engine follows.
    #[error("too many CAs below {certificate}")]
    PathTooLong {
        /// The certificate.
        certificate: String,
    },
    /// Self-signed, and not itself in the store.
    #[error("the self-signed {certificate} is not in the store")]
    SelfSigned {
        /// The certificate.
        certificate: String,
    },
    /// The issuer's key did not make its signature.
    #[error("the signature of {certificate} is not by {issuer}")]
    Signature {
        /// The certificate.
        certificate: String,
        /// The one with the key.
        issuer: String,
    },
    /// There are more ways to build a path than pgtrust, or the engine, tries.
    #[error("there are too many ways to build a path from {certificate}")]
    TooManyPaths {
        /// The certificate of the server.
        certificate: String,
    },
    /// pgtrust does not know what the engine does with it.
    #[error("pgtrust does not know what {engine} makes of {certificate}: {why}")]
    Unknown {
        /// The certificate.
        certificate: String,
        /// The engine.
        engine: &'static str,
        /// What is not known.
        why: String,
    },
    /// What webpki itself says.
    #[error("webpki refuses {certificate}: {why}")]
    Webpki {
        /// The certificate.
        certificate: String,
        /// The error of the library.
        why: String,
    },
}

/// Why there is no path.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Refused(Reason),
    Unknown(Reason),
}

/// Nothing, or why a path is not good.
pub(super) type Checked = Result<(), Stop>;

impl Reason {
    pub(super) fn expired(certificate: &Certificate) -> Self {
        Self::Expired { certificate: certificate.title(), date: day(certificate.not_after()) }
    }

    pub(super) fn not_yet_valid(certificate: &Certificate) -> Self {
        Self::NotYetValid { certificate: certificate.title(), date: day(certificate.not_before()) }
    }

    pub(super) fn algorithm(facts: &Facts<'_>, what: impl Into<String>, engine: impl Into<String>) -> Self {
        Self::Algorithm { certificate: facts.title(), what: what.into(), engine: engine.into() }
    }

    pub(super) fn not_a_ca(facts: &Facts<'_>, why: &'static str) -> Self {
        Self::NotACa { certificate: facts.title(), why }
    }

    pub(super) fn usage(facts: &Facts<'_>, why: &'static str) -> Self {
        Self::Usage { certificate: facts.title(), why }
    }

    pub(super) fn malformed(facts: &Facts<'_>, why: &'static str) -> Self {
        Self::Malformed { certificate: facts.title(), why }
    }

    pub(super) fn critical(facts: &Facts<'_>, oid: &[u8]) -> Self {
        Self::CriticalExtension { certificate: facts.title(), oid: dotted(oid) }
    }

    pub(super) fn name(facts: &Facts<'_>, by: &Facts<'_>) -> Self {
        Self::NameConstraint { certificate: facts.title(), by: by.title() }
    }

    pub(super) fn no_issuer(facts: &Facts<'_>, place: &'static str) -> Self {
        let issuer = facts.certificate.issuer().to_string();
        Self::NoIssuer { certificate: facts.title(), issuer, place }
    }

    pub(super) fn too_long(facts: &Facts<'_>) -> Self {
        Self::PathTooLong { certificate: facts.title() }
    }

    pub(super) fn signature(facts: &Facts<'_>, issuer: &Facts<'_>) -> Self {
        Self::Signature { certificate: facts.title(), issuer: issuer.title() }
    }

    pub(super) fn unknown(facts: &Facts<'_>, engine: &'static str, why: impl Into<String>) -> Self {
        Self::Unknown { certificate: facts.title(), engine, why: why.into() }
    }

    /// Its signature is of a kind that pgtrust does not verify.
    pub(super) fn unverified(facts: &Facts<'_>, engine: &'static str) -> Self {
        Self::unknown(facts, engine, format!("its signature is {}", facts.certificate.signature_algorithm()))
    }
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

/// What spoke against the paths that an engine tried, of which it found none.
#[derive(Default)]
pub(super) struct Refusals {
    refused: Option<Reason>,
    unknown: Option<Reason>,
}

impl Refusals {
    /// Notes why a path was given up. The first reason is told: it stands nearest to the server's certificate.
    pub(super) fn note(&mut self, stop: Stop) {
        match stop {
            Stop::Refused(reason) => self.refused.get_or_insert(reason),
            Stop::Unknown(reason) => self.unknown.get_or_insert(reason),
        };
    }

    /// Returns why there is no path; `otherwise` where nothing was noted. One that may be good makes it unknown.
    pub(super) fn stop(self, otherwise: Reason) -> Stop {
        let refused = || Stop::Refused(self.refused.unwrap_or(otherwise));
        self.unknown.map_or_else(refused, Stop::Unknown)
    }
}

fn day(time: OffsetDateTime) -> String {
    time.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}
