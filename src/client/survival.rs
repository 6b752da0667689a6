//! How long a verdict stands: until a certificate ends, a provider goes over to others, or public lists drop a root.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

use super::Client;
use super::engine::Leaf;
use super::judge::{Case, Server};
use super::verdict::{Outcome, Verdict};
use crate::catalog::{Provider, Rotation};
use crate::system::limits;
use crate::x509::{Certificate, Fingerprint};

/// The end of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survival {
    /// The last second before the outcome is another one.
    pub until: OffsetDateTime,
    /// What comes then, in one line.
    pub then: String,
}

/// When a verdict ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// As the server is now. None where nothing that is known ends it.
    pub first: Option<Survival>,
    /// If the server renews its own certificate in time.
    pub renewed: Option<Survival>,
}

/// What is known of a provider's future.
#[derive(Clone, Debug, Default)]
pub struct Future {
    rotations: Vec<(OffsetDateTime, Rotation)>,
    names: Vec<(Fingerprint, String)>,
    /// When public root lists drop a root.
    unlisted: Vec<(Fingerprint, OffsetDateTime)>,
}

impl Future {
    /// The rotations of these providers: that of a server, and the one whose roots it uses.
    pub fn of<'a>(providers: impl IntoIterator<Item = &'a Provider>) -> Self {
        let mut future = Self::default();
        for provider in providers {
            let rotations = provider.rotations.iter();
            future.rotations.extend(rotations.filter_map(|rotation| Some((rotation.begins()?, rotation.clone()))));
            let unlisted = provider.pins.iter();
            future.unlisted.extend(unlisted.filter_map(|root| Some((root.sha256, root.leaves_lists()?))));
            future.names.extend(provider.pins.iter().map(|root| (root.sha256, root.subject.clone())));
        }
        future.rotations.sort_by_key(|(begins, _)| *begins);
        future
    }

    /// When the list of roots that came with the machine or the client drops the root of a verdict, if that is before `ends`.
    fn drops(&self, verdict: &Verdict, at: OffsetDateTime, ends: OffsetDateTime) -> Option<Survival> {
        let root = verdict.path.last().filter(|_| !verdict.by_file)?;
        let (_, day) =
            self.unlisted.iter().find(|(pin, day)| *pin == root.fingerprint() && *day > at && *day <= ends)?;
        let then = format!(
            "Mozilla's list drops {}: roots of the machine that follow it do not verify the server",
            root.title()
        );
        Some(Survival { until: *day - Duration::SECOND, then })
    }

    /// Tells whether the rotation is one of these providers.
    pub fn knows(&self, rotation: &Rotation) -> bool {
        self.rotations.iter().any(|(_, known)| known.id == rotation.id)
    }

    /// What a store lacks for a rotation, in words.
    pub fn lacks(&self, rotation: &Rotation, roots: &[Certificate]) -> Option<String> {
        let has: BTreeSet<Fingerprint> = roots.iter().map(Certificate::fingerprint).collect();
        let lacking: Vec<&str> = rotation
            .needs
            .iter()
            .filter(|needed| !has.contains(needed))
            .map(|needed| self.names.iter().find(|(pin, _)| pin == needed).map_or("a root", |(_, name)| name))
            .collect();
        (!lacking.is_empty()).then(|| lacking.join(", "))
    }
}

impl Client {
    /// Tells when the outcome of a verdict changes, as far as is known: never where it does not hang on certificates.
    pub fn ends(&'static self, case: &Case<'_>, verdict: &Verdict, future: &Future) -> Ends {
        let first = self.survival(case, verdict, future);
        let renewed = match case.server.leaf {
            Leaf::Sent => {
                let server = Server { leaf: Leaf::Renewed, ..case.server };
                let case = Case { server, ..*case };
                self.survival(&case, &self.judge(&case), future)
            }
            Leaf::Renewed | Leaf::Missing => first.clone(),
        };
        Ends { first, renewed }
    }

    fn survival(&'static self, case: &Case<'_>, verdict: &Verdict, future: &Future) -> Option<Survival> {
        if verdict.outcome != Outcome::Verified {
            return None;
        }
        let mut now = verdict.clone();
        let mut at = case.at;
        for _ in 0..limits::EVENTS {
            // A renewed certificate has no end that is known.
            let known = usize::from(case.server.leaf == Leaf::Renewed);
            let ends = now.path.iter().skip(known).map(Certificate::not_after).filter(|end| *end >= at).min()?;
            if let Some(dropped) = future.drops(&now, at, ends) {
                return Some(dropped);
            }
            let rotation = future.rotations.iter().find(|(begins, _)| *begins > at && *begins <= ends);
            let (until, then) = match rotation {
                Some((begins, rotation)) => match future.lacks(rotation, &now.roots) {
                    Some(lacking) => {
                        let then = format!("{} needs {lacking}, which is not there", rotation.id);
                        return Some(Survival { until: *begins - Duration::SECOND, then });
                    }
                    None => {
                        at = *begins;
                        continue;
                    }
                },
                None => (ends, ends + Duration::SECOND),
            };
            let next = self.judge(&Case { at: then, ..*case });
            if next.outcome != Outcome::Verified {
                return Some(Survival { until, then: format!("{}: {}", next.outcome.name(), next.reason) });
            }
            (now, at) = (next, then);
        }
        None
    }
}
