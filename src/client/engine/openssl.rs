//! OpenSSL 3.x: `X509_verify_cert` for `sslserver`, with the store looked at first, which is the default since 1.1.
//!
//! The rules are those of `crypto/x509` (x509_vfy.c, v3_purp.c, v3_ncons.c) of 3.0. Later releases have the same.

mod build;
mod checks;
mod kind;
mod names;
mod security;
mod strict;

use super::facts::Facts;
use super::reason::{Checked, Reason, Stop};
use super::{Path, Scene};
use crate::x509::Verdict;
use build::{Chain, chain};
use kind::Kind;

/// The settings of OpenSSL that decide about paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `X509_V_FLAG_X509_STRICT`, as Python sets it from 3.13 on.
    pub strict: bool,
    /// `X509_V_FLAG_PARTIAL_CHAIN`: any certificate of the store ends a path, as Python has it from 3.13 on.
    pub partial_chain: bool,
    /// `SECLEVEL` of the cipher list: 1 in OpenSSL up to 3.1, 2 later and on Debian, 0 for none.
    pub security_level: u8,
}

impl Rules {
    /// As libpq and most others have it, on systems of today.
    pub const PLAIN: Self = Self { strict: false, partial_chain: false, security_level: 2 };
    /// As Python's default context has it from 3.13 on.
    pub const STRICT: Self = Self { strict: true, partial_chain: true, security_level: 2 };

    fn engine(self) -> String {
        format!("OpenSSL at security level {}", self.security_level)
    }
}

pub(super) fn build<'a>(scene: Scene<'a>, rules: Rules) -> Path<'a> {
    let chain_facts: Vec<Kind<'a>> = scene.chain.iter().map(Kind::of).collect();
    let anchors: Vec<Kind<'a>> = scene.anchors.iter().map(Kind::of).collect();
    let leaf = &chain_facts[0];
    let mut doubts = Vec::new();
    security::check_key(leaf, rules, &mut doubts)?;
    let found = chain(&chain_facts, &anchors, scene.at, rules)?;
    checks::extensions(&found, rules)?;
    security::check(&found, rules, &mut doubts)?;
    checks::times(&found, scene.at)?;
    names::check(&found)?;
    signatures(&found, &mut doubts)?;
    match doubts.into_iter().next() {
        Some(doubt) => Err(Stop::Unknown(doubt)),
        None => Ok(found.path().iter().map(|kind| kind.facts).collect()),
    }
}

/// Each signature by the key above it. That of the last is not verified: the store vouches for it.
fn signatures(chain: &Chain<'_, '_>, doubts: &mut Vec<Reason>) -> Checked {
    for pair in chain.certificates.windows(2) {
        let [subject, issuer] = [pair[0].facts, pair[1].facts];
        if !allows_signing(issuer) {
            return Err(Reason::usage(issuer, "its key usage does not include signing certificates").into());
        }
        match subject.signature_by(issuer) {
            Verdict::Valid => {}
            Verdict::Invalid => return Err(Reason::signature(subject, issuer).into()),
            Verdict::Unknown => doubts.push(Reason::unverified(subject, "OpenSSL")),
        }
    }
    Ok(())
}

fn allows_signing(facts: &Facts<'_>) -> bool {
    !facts.lacks_usage(super::facts::usage::KEY_CERT_SIGN)
}
