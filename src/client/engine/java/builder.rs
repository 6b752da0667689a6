//! How Java builds a path where the certificates did not come in order: depth first, from the server's certificate up, and
//! back where it leads nowhere (`SunCertPathBuilder`, `ForwardBuilder`).

use super::super::Scene;
use super::super::facts::{Facts, usage};
use super::super::reason::{Checked, Reason, Stop};
use super::{Outcomes, validate};
use crate::x509::names::SUBJECT_ALT_NAME;

pub(super) fn build(scene: Scene<'_>) -> Outcomes<'_> {
    let leaf = &scene.chain[0];
    let mut search = Search { scene, outcomes: Outcomes::default(), looked: false, steps: 0 };
    let leaf_fits = validate::dates(leaf, scene.at).and_then(|()| validate::critical(leaf)).and_then(|()| {
        match leaf.path_length() {
            Some(length) if leaf.is_ca() && length < 0 => Err(Reason::too_long(leaf).into()),
            _ => Ok(()),
        }
    });
    match leaf_fits {
        Ok(()) => search.extend(&mut vec![leaf], 0),
        Err(stop) => search.outcomes.refusals.note(stop),
    }
    if search.steps > STEPS {
        let reason = Reason::TooManyPaths { certificate: leaf.title() };
        search.outcomes.refusals.note(Stop::Unknown(reason));
        search.outcomes.good = None;
    }
    search.outcomes
}

struct Search<'a> {
    scene: Scene<'a>,
    outcomes: Outcomes<'a>,
    /// Whether an issuer was looked for. The first time Java does not look at the dates of anchors; the selector keeps the
    /// date from then on.
    looked: bool,
    steps: usize,
}

impl<'a> Search<'a> {
    /// Tries all that may have issued the last. `traversed` counts the CAs so far that are not self-issued.
    fn extend(&mut self, path: &mut Vec<&'a Facts<'a>>, traversed: i64) {
        let child = path[path.len() - 1];
        let candidates = self.candidates(child, traversed);
        self.looked = true;
        if candidates.is_empty() {
            self.outcomes
                .refusals
                .note(Reason::no_issuer(child, "is neither in the store nor sent by the server").into());
        }
        let (before, mut last) = (self.outcomes.complete, None);
        for (rank, candidate) in candidates {
            // The first path that is complete counts. Within a rank it is not known which is first.
            if self.outcomes.complete > before && last != Some(rank) || self.steps > STEPS {
                return;
            }
            last = Some(rank);
            if path.iter().any(|facts| is_same(facts, candidate)) {
                continue;
            }
            self.steps += 1;
            if rank.anchor {
                let judged = validate::path(path, candidate, None);
                self.outcomes.add(path, candidate, judged);
                continue;
            }
            if let Err(stop) = joins(candidate) {
                self.outcomes.refusals.note(stop);
                continue;
            }
            // Two that are self-issued in a row end the search at this place.
            if path.len() > 1 && child.self_issued() && candidate.self_issued() {
                return;
            }
            path.push(candidate);
            self.extend(path, traversed + i64::from(!candidate.self_issued()));
            path.pop();
        }
    }

    /// What bears the issuer's name: of what was sent the CAs that are valid and allow the length, and anchors. Those with
    /// the wanted key identifier come first, then those that an anchor's name signed; of these, what was sent before the
    /// anchors (`PKIXCertComparator`).
    fn candidates(&self, child: &Facts<'_>, traversed: i64) -> Vec<(Rank, &'a Facts<'a>)> {
        let (at, store) = (self.scene.at, self.scene.anchors);
        let dated = |facts: &&Facts<'_>| validate::dates(facts, at).is_ok();
        let fits = |facts: &&Facts<'_>| {
            facts.subject == child.issuer
                && facts.is_ca()
                && facts.certificate.version() == 3
                && facts.path_length().is_none_or(|length| length >= traversed)
                && !store.contains(facts)
        };
        let sent = self.scene.chain.iter().filter(fits).filter(dated);
        let sent = sent.take(if traversed < MOST_CAS { usize::MAX } else { 0 });
        let anchors = store.iter().filter(|anchor| anchor.subject == child.issuer);
        let anchors = anchors.filter(|anchor| covers(anchor, child) && (!self.looked || dated(anchor)));
        let wanted = child.authority_key();
        let rank = |facts: &Facts<'_>, anchor| {
            let other_key = wanted.is_none() || facts.key_id.get().copied() != wanted;
            let far = other_key && !store.iter().any(|anchor| anchor.subject == facts.issuer);
            Rank { other_key, far, anchor }
        };
        let ranked =
            sent.map(|facts| (rank(facts, false), facts)).chain(anchors.map(|facts| (rank(facts, true), facts)));
        let mut ranked: Vec<(Rank, &Facts<'_>)> = ranked.collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked
    }
}

/// What Java tries first is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    other_key: bool,
    far: bool,
    anchor: bool,
}

/// An anchor of version 1 or 2 must be valid as long as what it signed.
fn covers(anchor: &Facts<'_>, child: &Facts<'_>) -> bool {
    let [start, end] = [child.certificate.not_before(), child.certificate.not_after()];
    anchor.certificate.version() > 2 || (validate::dates(anchor, start).is_ok() && validate::dates(anchor, end).is_ok())
}

/// `verifyCert` for a CA that is no anchor.
fn joins(facts: &Facts<'_>) -> Checked {
    validate::critical(facts)?;
    if facts.lacks_usage(usage::KEY_CERT_SIGN) {
        return Err(Reason::usage(facts, "its key usage does not include signing certificates").into());
    }
    Ok(())
}

/// The same certificate, or name, key and alternative names of it: no path has both.
fn is_same(one: &Facts<'_>, other: &Facts<'_>) -> bool {
    let names = |facts: &Facts<'_>| {
        let found = facts.extensions.iter().find(|extension| extension.oid == SUBJECT_ALT_NAME);
        found.map(|extension| extension.value.to_vec())
    };
    one == other
        || (one.subject == other.subject
            && one.certificate.spki() == other.certificate.spki()
            && names(one) == names(other))
}

/// Default of `PKIXBuilderParameters.getMaxPathLength`.
const MOST_CAS: i64 = 5;
/// Java has no limit: it tries as long as it takes. pgtrust does not.
const STEPS: usize = 2_000;
