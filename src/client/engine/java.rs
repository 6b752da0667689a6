//! Java's PKIX as its TLS uses it (`PKIXValidator`), with the settings that a JDK of 17 or later comes with.
//!
//! What comes in order is validated as it stands, up to the first certificate that the store vouches for. Only otherwise is
//! a path built. Of an anchor, Java uses name and key, and asks in the end whether it is a CA.

mod algorithms;
mod builder;
mod names;
mod parse;
mod validate;

use super::facts::{ANY_PURPOSE, Facts, GATED, NETSCAPE_SERVER, SERVER_AUTH, usage};
use super::reason::{Checked, Reason, Refusals, Stop};
use super::{Path, Scene};
use parse::unreadable;

pub(super) fn build(scene: Scene<'_>) -> Path<'_> {
    // A store with one such certificate does not load.
    let all = scene.chain.iter().chain(scene.anchors);
    if let Some((facts, why)) = all.filter_map(|facts| Some((facts, unreadable(facts)?))).next() {
        return Err(Reason::malformed(facts, why).into());
    }
    let leaf = &scene.chain[0];
    if let Some(anchor) = scene.anchors.iter().find(|anchor| *anchor == leaf) {
        return Ok(vec![anchor]);
    }
    let outcomes = match in_order(scene) {
        Some(end) => validate_sent(scene, end),
        None => builder::build(scene),
    };
    end_entity(leaf)?;
    outcomes.decide(leaf)
}

/// How many certificates of the chain are to be validated as they stand. None where a path must be built.
fn in_order(scene: Scene<'_>) -> Option<usize> {
    for (index, facts) in scene.chain.iter().enumerate().skip(1) {
        if facts.subject != scene.chain[index - 1].issuer {
            return None;
        }
        let vouches = |anchor: &Facts<'_>| {
            anchor == facts
                || (anchor.subject == facts.subject && anchor.certificate.spki() == facts.certificate.spki())
        };
        if scene.anchors.iter().any(vouches) {
            return Some(index);
        }
    }
    let last = scene.chain.last()?;
    scene.anchors.iter().any(|anchor| anchor.subject == last.issuer).then_some(scene.chain.len())
}

/// Validates the first certificates of the chain with every anchor that may have issued the last of them.
fn validate_sent(scene: Scene<'_>, end: usize) -> Outcomes<'_> {
    let path: Vec<&Facts<'_>> = scene.chain[..end].iter().collect();
    let mut outcomes = Outcomes::default();
    for anchor in scene.anchors {
        if may_have_issued(anchor, path[end - 1]) {
            outcomes.add(&path, anchor, validate::path(&path, anchor, Some(scene.at)));
        }
    }
    outcomes
}

/// Names agree, and neither key identifier nor serial number speaks against it (`AdaptableX509CertSelector`).
fn may_have_issued(anchor: &Facts<'_>, facts: &Facts<'_>) -> bool {
    let other_key = facts.authority_key().zip(anchor.key_id.get()).is_some_and(|(wanted, key)| wanted != *key);
    let serial = facts.authority.get().and_then(|authority| authority.serial);
    let other_serial =
        anchor.certificate.version() > 2 && serial.is_some_and(|serial| serial != anchor.certificate.serial_octets());
    anchor.subject == facts.issuer && !other_key && !other_serial
}

/// What became of the paths that were complete. Java takes the first that holds, and then asks whether its anchor is a CA.
/// Which
/// one is first is not known where their certificates come from one `HashSet`.
#[derive(Default)]
struct Outcomes<'a> {
    /// How many hold but for that.
    complete: usize,
    good: Option<Vec<&'a Facts<'a>>>,
    no_ca: Option<Reason>,
    refusals: Refusals,
}

impl<'a> Outcomes<'a> {
    fn add(&mut self, path: &[&'a Facts<'a>], anchor: &'a Facts<'a>, judged: Checked) {
        if let Err(stop) = judged {
            return self.refusals.note(stop);
        }
        self.complete += 1;
        match anchor_is_ca(anchor) {
            Ok(()) if self.good.is_none() => self.good = Some([path, &[anchor]].concat()),
            Ok(()) => {}
            Err(reason) => self.no_ca = Some(reason),
        }
    }

    fn decide(self, leaf: &Facts<'_>) -> Path<'a> {
        match (self.good, self.no_ca) {
            (Some(path), None) => Ok(path),
            (Some(_), Some(_)) => {
                let why = "several certificates of the store end its path, and one of them is no CA";
                Err(Stop::Unknown(Reason::unknown(leaf, "Java", why)))
            }
            (None, Some(reason)) => Err(reason.into()),
            (None, None) => Err(self.refusals.stop(Reason::no_issuer(leaf, "does not lead to the store"))),
        }
    }
}

/// `verifyTrustAnchor`.
fn anchor_is_ca(anchor: &Facts<'_>) -> Result<(), Reason> {
    if anchor.certificate.version() < 3 {
        return Ok(());
    }
    if !anchor.is_ca() {
        return Err(Reason::not_a_ca(anchor, "its basic constraints do not say so"));
    }
    if anchor.lacks_usage(usage::KEY_CERT_SIGN) {
        return Err(Reason::not_a_ca(anchor, "its key usage does not include signing certificates"));
    }
    Ok(())
}

/// `EndEntityChecker`, with a cipher suite of TLS 1.3 or one with (EC)DHE.
fn end_entity(leaf: &Facts<'_>) -> Checked {
    if leaf.lacks_usage(usage::DIGITAL_SIGNATURE) {
        return Err(Reason::usage(leaf, "its key usage does not include signatures").into());
    }
    if leaf.lacks_purpose(&[SERVER_AUTH, ANY_PURPOSE, GATED[0], GATED[1]]) {
        return Err(Reason::usage(leaf, "its extended key usage does not include TLS servers").into());
    }
    if leaf.netscape_type.get().is_some_and(|kinds| kinds & NETSCAPE_SERVER == 0) {
        return Err(Reason::usage(leaf, "its Netscape type does not include TLS servers").into());
    }
    Ok(())
}
