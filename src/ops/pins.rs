//! The age of the pins: when a person last held the built-in catalogue against the providers' pages.

use serde::Serialize;
use time::{Date, Duration, OffsetDateTime};

use super::Error;
use super::finding::{Finding, FindingKind};
use super::machine::Machine;
use crate::catalog::Catalog;
use crate::manifest::Manifest;
use crate::system::limits;

/// When the pins of a provider were last checked: of those that are kept, the provider whose check is the oldest. One that
/// nobody here uses tells nothing of this machine, and the newest check tells nothing of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PinsChecked {
    /// The day.
    pub checked: String,
    /// The provider.
    pub provider: String,
    /// Whether that is more than a year ago.
    pub old: bool,
}

impl PinsChecked {
    /// None where no built-in provider is kept.
    pub(super) fn of(machine: &Machine<'_>, manifest: &Manifest) -> Result<Option<Self>, Error> {
        let (built_in, mut oldest) = (Catalog::built_in(), None);
        let of_targets = manifest.targets().iter().flat_map(|target| &target.sources);
        let names = manifest.sources().iter().map(|source| &source.name).chain(of_targets);
        let mut ids: Vec<&str> = names.filter_map(|name| name.split('/').next()).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids.into_iter().filter(|id| built_in.contains(id)) {
            let checked = built_in.provider(id)?.checked;
            if oldest.as_ref().is_none_or(|(oldest, _)| checked < *oldest) {
                oldest = Some((checked, id));
            }
        }
        Ok(oldest.map(|(checked, id)| {
            let old = is_old(&checked, machine.now);
            Self { checked, provider: id.to_owned(), old }
        }))
    }

    /// Returns what a person should look at.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { checked, provider, old } = self;
        let message = format!(
            "the pins of `{provider}` were last checked on {checked}, more than a year ago: roots that it has announced since are \
             unknown here"
        );
        let hint = "a newer pgtrust has newer pins".to_owned();
        old.then(|| Finding::new(FindingKind::OldPins, provider, "", message, Some(hint)))
    }
}

fn is_old(checked: &str, now: OffsetDateTime) -> bool {
    let day = Date::parse(checked, time::macros::format_description!("[year]-[month]-[day]"));
    day.is_ok_and(|day| now.date() - day > Duration::days(limits::PINS_DAYS))
}
