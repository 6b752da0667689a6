//! Go's `crypto/x509`: `Certificate.Verify` for server authentication, as of Go 1.27.
//!
//! All paths are built first, as far as the budget of signature checks goes, and then judged.

mod names;
mod parse;

use super::facts::{ANY_PURPOSE, Facts, SERVER_AUTH, usage};
use super::reason::{Checked, Reason, Refusals, Stop};
use super::{Path, Scene, policies};
use crate::x509::{Key, Verdict};
use parse::unreadable;

pub(super) fn build(scene: Scene<'_>) -> Path<'_> {
    if let Some((facts, why)) = scene.chain.iter().find_map(|facts| Some((facts, unreadable(facts)?))) {
        return Err(Reason::malformed(facts, why).into());
    }
    // A pool leaves out what it cannot read, and what it has already.
    let mut search = Search {
        scene,
        roots: Vec::new(),
        sent: Vec::new(),
        checks: 0,
        paths: Vec::new(),
        refusals: Refusals::default(),
    };
    for root in scene.anchors.iter().filter(|root| unreadable(root).is_none()) {
        if !search.roots.contains(&root) {
            search.roots.push(root);
        }
    }
    for sent in &scene.chain[1..] {
        if !search.sent.contains(&sent) {
            search.sent.push(sent);
        }
    }
    let leaf = &scene.chain[0];
    search.valid(leaf, &[], Role::Leaf)?;
    if search.roots.contains(&leaf) {
        search.paths.push(vec![leaf]);
    } else {
        search.extend(&mut vec![leaf]);
    }
    search.judge(leaf)
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Intermediate,
    Leaf,
    Root,
}

struct Search<'a> {
    scene: Scene<'a>,
    roots: Vec<&'a Facts<'a>>,
    sent: Vec<&'a Facts<'a>>,
    checks: usize,
    paths: Vec<Vec<&'a Facts<'a>>>,
    refusals: Refusals,
}

impl<'a> Search<'a> {
    /// Follows every candidate for the issuer of the last, roots first (`buildChains`).
    fn extend(&mut self, path: &mut Vec<&'a Facts<'a>>) {
        let child = path[path.len() - 1];
        let candidates =
            [(Role::Root, by_key_id(&self.roots, child)), (Role::Intermediate, by_key_id(&self.sent, child))];
        if candidates.iter().all(|(_, found)| found.is_empty()) {
            self.refusals.note(Reason::no_issuer(child, "is neither in the store nor sent by the server").into());
        }
        for (role, candidates) in candidates {
            for candidate in candidates {
                self.checks += 1;
                if self.checks > SIGNATURE_CHECKS {
                    return;
                }
                if !has_key(candidate) || is_in(candidate, path) {
                    continue;
                }
                if let Err(stop) = signed(child, candidate).and_then(|()| self.valid(candidate, path, role)) {
                    self.refusals.note(stop);
                    continue;
                }
                path.push(candidate);
                match role {
                    Role::Root => self.paths.push(path.clone()),
                    _ => self.extend(path),
                }
                path.pop();
            }
        }
    }

    /// `isValid`: what is asked of a certificate when it joins a path.
    fn valid(&self, facts: &Facts<'_>, path: &[&Facts<'_>], role: Role) -> Checked {
        if let Some(oid) = parse::unhandled(facts) {
            return Err(Reason::critical(facts, oid).into());
        }
        if self.scene.at < facts.certificate.not_before() {
            return Err(Reason::not_yet_valid(facts.certificate).into());
        }
        if self.scene.at > facts.certificate.not_after() {
            return Err(Reason::expired(facts.certificate).into());
        }
        if role == Role::Intermediate && !facts.is_ca() {
            return Err(Reason::not_a_ca(facts, "its basic constraints do not say so").into());
        }
        let between = path.len().saturating_sub(1) as i64;
        if facts.path_length().is_some_and(|length| between > length) {
            return Err(Reason::too_long(facts).into());
        }
        Ok(())
    }

    /// The first path that holds.
    fn judge(mut self, leaf: &Facts<'_>) -> Path<'a> {
        for path in self.paths {
            let below = path.split_last().map_or(&[][..], |(_, below)| below);
            let judged = policies::check(below, "Go").and_then(|()| purposes(&path)).and_then(|()| names::check(&path));
            match judged {
                Ok(()) => return Ok(path),
                Err(stop) => self.refusals.note(stop),
            }
        }
        let otherwise = if self.checks > SIGNATURE_CHECKS {
            Reason::TooManyPaths { certificate: leaf.title() }
        } else {
            Reason::no_issuer(leaf, "does not lead to the store")
        };
        Err(self.refusals.stop(otherwise))
    }
}

/// Certificates of the name that signed, in their order, those first whose key identifier is the wanted one and those last
/// that have another (`findPotentialParents`).
fn by_key_id<'a>(pool: &[&'a Facts<'a>], child: &Facts<'_>) -> Vec<&'a Facts<'a>> {
    let wanted = child.authority_key().unwrap_or_default();
    let issuer = child.certificate.issuer();
    let mut found: Vec<&Facts<'_>> = pool.iter().copied().filter(|one| one.certificate.subject() == issuer).collect();
    found.sort_by_key(|candidate| {
        let own = candidate.key_id.get().copied().unwrap_or_default();
        if own == wanted {
            0
        } else if own.is_empty() || wanted.is_empty() {
            1
        } else {
            2
        }
    });
    found
}

/// The same name, key and alternative names: no path needs both (`alreadyInChain`).
fn is_in(candidate: &Facts<'_>, path: &[&Facts<'_>]) -> bool {
    for facts in path {
        let [one, other] = [candidate.certificate, facts.certificate];
        if one.subject() != other.subject() || one.spki() != other.spki() {
            continue;
        }
        match (alt_names(candidate), alt_names(facts)) {
            (Some(one), Some(other)) if one == other => return true,
            (None, None) => return true,
            (None, _) | (_, None) => return false,
            _ => {}
        }
    }
    false
}

fn alt_names<'a>(facts: &Facts<'a>) -> Option<&'a [u8]> {
    let found = facts.extensions.iter().find(|extension| extension.oid == crate::x509::names::SUBJECT_ALT_NAME);
    found.map(|extension| extension.value)
}

/// `CheckSignatureFrom`.
fn signed(child: &Facts<'_>, parent: &Facts<'_>) -> Checked {
    let basic = parent.basic_constraints.get();
    if parent.certificate.version() == 3 && basic.is_none() || basic.is_some_and(|constraints| !constraints.ca) {
        return Err(Reason::not_a_ca(parent, "its basic constraints do not say so").into());
    }
    if parent.key_usage.get().is_some_and(|bits| *bits != 0 && bits & usage::KEY_CERT_SIGN == 0) {
        return Err(Reason::usage(parent, "its key usage does not include signing certificates").into());
    }
    let algorithm = child.certificate.signature_algorithm();
    if !SIGNATURES.contains(&algorithm.as_str()) {
        return Err(Reason::algorithm(child, algorithm, "Go").into());
    }
    if matches!(parent.certificate.key(), Key::Rsa(..1024)) {
        return Err(Reason::algorithm(parent, format!("the key {}", parent.certificate.key()), "Go").into());
    }
    match child.signature_by(parent) {
        Verdict::Valid => Ok(()),
        Verdict::Invalid => Err(Reason::signature(child, parent).into()),
        Verdict::Unknown => Err(Stop::Unknown(Reason::unverified(child, "Go"))),
    }
}

/// Go leaves certificates with keys of other kinds out of every path.
fn has_key(facts: &Facts<'_>) -> bool {
    match facts.certificate.key() {
        Key::Rsa(_) => !parse::is_pss_key(facts),
        Key::Ec(_) | Key::Ed25519 => true,
        Key::Other(name) => name.starts_with("ML-DSA") || name == "DSA",
        Key::Ed448 => false,
    }
}

/// Each certificate that lists purposes must have that of a server, the root too (`checkChainForKeyUsage`).
fn purposes(path: &[&Facts<'_>]) -> Checked {
    let lacks = |facts: &&&Facts<'_>| {
        let listed = facts.purposes.get().is_some_and(|purposes| !purposes.is_empty());
        listed && facts.lacks_purpose(&[SERVER_AUTH, ANY_PURPOSE])
    };
    match path.iter().find(lacks) {
        Some(facts) => Err(Reason::usage(facts, "its extended key usage does not include TLS servers").into()),
        None => Ok(()),
    }
}

/// `maxChainSignatureChecks`.
const SIGNATURE_CHECKS: usize = 100;

/// What Go verifies. MD5, SHA-1 and SHA-224 are not among them.
const SIGNATURES: &[&str] = &[
    "sha256WithRSAEncryption",
    "sha384WithRSAEncryption",
    "sha512WithRSAEncryption",
    "rsassaPss",
    "ecdsa-with-SHA256",
    "ecdsa-with-SHA384",
    "ecdsa-with-SHA512",
    "ED25519",
    "ML-DSA-44",
    "ML-DSA-65",
    "ML-DSA-87",
];
