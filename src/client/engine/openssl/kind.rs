//! What OpenSSL notes about a certificate when it first looks at it (`ossl_x509v3_cache_extensions`).

use std::ops::Deref;

use super::super::facts::{
    BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, CRL_POINTS, EXTENDED_KEY_USAGE, Facts, Field, INHIBIT_ANY_POLICY,
    KEY_USAGE, NAME_CONSTRAINTS, NETSCAPE_TYPE, POLICY_CONSTRAINTS, POLICY_MAPPINGS, usage,
};
use crate::x509::asn1::{Element, Error, Reader, oid, tag};
use crate::x509::names::{GeneralName, SUBJECT_ALT_NAME};
use crate::x509::{Certificate, Key, name_hash};

/// A certificate to OpenSSL.
pub(super) struct Kind<'a> {
    pub(super) facts: &'a Facts<'a>,
    /// `EXFLAG_INVALID`: it issues nothing and was issued by nothing.
    pub(super) invalid: bool,
    /// `EXFLAG_SS`: self-issued, and neither key identifier nor algorithm speaks against it.
    pub(super) self_signed: bool,
}

/// How far it is a CA (`X509_check_ca`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    None,
    /// Its basic constraints say so.
    Full,
    /// They are absent, and something else speaks for it. Enough for the last of a path only.
    Old,
}

impl<'a> Kind<'a> {
    pub(super) fn of(facts: &'a Facts<'a>) -> Self {
        let mut kind = Self { facts, invalid: is_invalid(facts), self_signed: false };
        kind.self_signed = facts.self_issued() && kind.fits(facts) && signs_alike(facts.certificate, facts.certificate);
        kind
    }

    /// Tells whether this may have issued the other one: names, key identifier and kind of signature agree
    /// (`ossl_x509_likely_issued`).
    pub(super) fn may_have_issued(&self, subject: &Kind<'_>) -> bool {
        self.facts.subject == subject.facts.issuer
            && !self.invalid
            && !subject.invalid
            && self.fits(subject.facts)
            && signs_alike(self.facts.certificate, subject.facts.certificate)
    }

    /// Tells whether the authority key identifier of another one does not speak against this (`X509_check_akid`).
    fn fits(&self, subject: &Facts<'_>) -> bool {
        let Some(authority) = subject.authority.get() else { return true };
        let other_key = authority.key_id.zip(self.facts.key_id.get()).is_some_and(|(wanted, key)| wanted != *key);
        let other_serial = authority.serial.is_some_and(|serial| serial != self.facts.certificate.serial_octets());
        let names = authority.issuer.iter();
        let named = names.filter_map(|name| if let GeneralName::Directory(name) = name { Some(name) } else { None });
        let other_issuer =
            named.take(1).any(|name| name_hash::canonical(name.as_bytes()).as_ref() != Some(&self.facts.issuer));
        !(other_key || other_serial || other_issuer)
    }

    pub(super) fn authority(&self) -> Authority {
        let facts = self.facts;
        let old_root = facts.certificate.version() == 1 && self.self_signed;
        if self.invalid || facts.lacks_usage(usage::KEY_CERT_SIGN) {
            return Authority::None;
        }
        match facts.basic_constraints {
            Field::Present(constraints) if constraints.ca => Authority::Full,
            Field::Absent if old_root || facts.key_usage.get().is_some() => Authority::Old,
            // The Netscape type could still make it a CA. No root of this century counts on it.
            _ => Authority::None,
        }
    }

    /// Returns the first critical extension that OpenSSL does not process (`X509_supported_extension`).
    pub(super) fn unsupported(&self) -> Option<&'a [u8]> {
        self.facts.critical_beside(SUPPORTED)
    }
}

impl<'a> Deref for Kind<'a> {
    type Target = Facts<'a>;

    fn deref(&self) -> &Facts<'a> {
        self.facts
    }
}

fn is_invalid(facts: &Facts<'_>) -> bool {
    facts.basic_constraints.is_malformed()
        || facts.path_length().is_some_and(|length| length < 0)
        || facts.key_usage.is_malformed()
        || facts.key_usage.get() == Some(&0)
        || facts.purposes.is_malformed()
        || facts.netscape_type.is_malformed()
        || facts.key_id.is_malformed()
        || facts.authority.is_malformed()
        || facts.alt_names.is_malformed()
        || facts.constraints.is_malformed()
        || facts.extensions.iter().any(|extension| extension.oid == CRL_POINTS && !readable_points(extension.value))
}

/// CRL distribution points, each with a point or an issuer (`setup_crldp`).
fn readable_points(value: &[u8]) -> bool {
    let point = |point: Result<Element<'_>, Error>| {
        let mut fields = point?.reader();
        let place = fields.optional(tag::context_constructed(0))?;
        fields.optional(tag::context(1))?;
        let issuer = fields.optional(tag::context_constructed(2))?.filter(|issuer| !issuer.content.is_empty());
        Ok::<_, Error>(fields.is_empty() && (place.is_some() || issuer.is_some()))
    };
    let mut outer = Reader::new(value);
    let list = outer.expect(tag::SEQUENCE, "the points");
    list.is_ok_and(|list| list.reader().all(tag::SEQUENCE, "a point").all(|one| point(one) == Ok(true)))
        && outer.is_empty()
}

/// Tells whether a key of this kind makes signatures like the other one's (`check_sig_alg_match`).
fn signs_alike(issuer: &Certificate, subject: &Certificate) -> bool {
    let algorithm = subject.signature_algorithm();
    let by = |part: &str| algorithm.contains(part);
    match issuer.key() {
        Key::Rsa(_) => by("RSA") || by("rsa"),
        Key::Ec(_) => by("ecdsa") || by("SM2"),
        Key::Ed25519 => by("ED25519"),
        Key::Ed448 => by("ED448"),
        Key::Other(name) if name == "DSA" => by("dsa-with") && !by("ecdsa"),
        Key::Other(name) => algorithm == name,
    }
}

const SUPPORTED: &[&[u8]] = &[
    NETSCAPE_TYPE,
    KEY_USAGE,
    SUBJECT_ALT_NAME,
    BASIC_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    CRL_POINTS,
    EXTENDED_KEY_USAGE,
    // ipAddrBlocks and autonomousSysIds (RFC 3779), OCSP no check.
    &oid!(raw 1.3.6.1.5.5.7.1.7),
    &oid!(raw 1.3.6.1.5.5.7.1.8),
    &oid!(raw 1.3.6.1.5.5.7.48.1.5),
    POLICY_CONSTRAINTS,
    NAME_CONSTRAINTS,
    POLICY_MAPPINGS,
    INHIBIT_ANY_POLICY,
];
