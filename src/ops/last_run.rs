//! What the last `refresh` found, and which of it was said when.
//!
//! The state folder has two files for it. `refresh.json` holds the findings that stand, and is written only when they
//! change. `refresh.lock` keeps two runs apart; the time of its last change is the time of the last run, so that a run with
//! nothing to do writes nothing.

mod limit;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ops::Error;
use crate::ops::finding::{Finding, FindingKind, Reported};
use crate::system::lock::Lock;
use crate::system::text::timestamp;
use crate::system::{self, file, remembered};

/// The findings that still hold since the last run.
#[derive(Debug, Default)]
pub(crate) struct LastRun {
    state: PathBuf,
    contents: Contents,
    lost: Option<system::Error>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Contents {
    /// When nothing failed last, if something does now; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_success: Option<String>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_none")]
    more: usize,
    findings: Vec<Known>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_none(more: &usize) -> bool {
    *more == 0
}

/// A finding that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    #[serde(flatten)]
    finding: Finding,
    /// When it was last said again; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    /// Whether a hook that waits for it failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unheard: bool,
}

impl Known {
    /// Makes a report of it, in its own words.
    fn reported(&self, said: bool) -> Reported {
        Reported { finding: self.finding.clone(), new: false, said, unheard: said || self.unheard }
    }

    /// Tells whether it is to be said again: a day, three days and a week after it was found, then each week.
    fn is_due(&self, now: OffsetDateTime) -> bool {
        let time = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        let Some(since) = time(&self.finding.since) else { return true };
        let said = self.said.as_deref().and_then(time).unwrap_or(since);
        let marks = |at: OffsetDateTime| match (at - since + EARLY).whole_days() {
            days @ ..7 => [1, 3].iter().filter(|mark| **mark <= days).count() as i64,
            days => 2 + days / 7,
        };
        self.finding.kind.is_said_again() && marks(now) > marks(said)
    }
}

/// A nightly run may come earlier than that of the night before.
const EARLY: time::Duration = time::Duration::hours(2);

impl LastRun {
    /// Reads what is known of the last run; nothing when there was none. A file that cannot be read counts as none: what it
    /// said is then told once more.
    pub(crate) fn load(state: &Path) -> Self {
        let (contents, lost) = remembered::read(&findings(state));
        Self { state: state.to_owned(), contents, lost }
    }

    /// Takes why there is nothing though there was a file.
    pub(crate) fn take_lost(&mut self) -> Option<system::Error> {
        self.lost.take()
    }

    /// Returns when the last run ended; None before the first.
    pub(crate) fn time(&self) -> Option<OffsetDateTime> {
        Self::time_of(&self.state)
    }

    /// Returns when the last run with this state folder ended.
    pub(crate) fn time_of(state: &Path) -> Option<OffsetDateTime> {
        let modified = file::metadata(&stamp(state))?.modified().ok()?;
        Some(OffsetDateTime::from(modified)).filter(|time| *time != OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns when a run last ended without a failure.
    pub(crate) fn last_success(&self) -> Option<OffsetDateTime> {
        if self.findings().any(|finding| finding.kind.is_failure()) {
            OffsetDateTime::parse(self.contents.last_success.as_ref()?, &Rfc3339).ok()
        } else {
            self.time()
        }
    }

    /// Returns what stands.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.contents.findings.iter().map(|known| &known.finding)
    }

    /// Returns how many findings are left out.
    pub(crate) fn more(&self) -> usize {
        self.contents.more
    }

    /// Holds what a run found against what was known: its first day, and whether it is said.
    pub(crate) fn compare(&self, found: Vec<Finding>, now: OffsetDateTime) -> Vec<Reported> {
        let known = self.known();
        let mut found: Vec<Reported> = found
            .into_iter()
            .map(|finding| match known.get(&finding.identity()) {
                Some(known) if known.is_due(now) => {
                    let since = known.finding.since.clone();
                    Reported { finding: Finding { since, ..finding }, new: false, said: true, unheard: true }
                }
                // The words of the first time, or the file would change with each way in which a server fails.
                Some(known) => {
                    let reported = known.reported(false);
                    Reported { finding: Finding { said: finding.said.clone(), ..reported.finding }, ..reported }
                }
                None => {
                    let finding = Finding { since: timestamp(now), ..finding };
                    Reported { finding, new: true, said: true, unheard: true }
                }
            })
            .collect();
        let mut seen = HashSet::new();
        found.retain(|found| {
            let (kind, about, key) = found.finding.identity();
            seen.insert((kind, about.to_owned(), key.to_owned()))
        });
        found
    }

    /// Returns what stands beside what a run found.
    ///
    /// What was found of a source that could not be asked this time is neither confirmed nor gone: it stands. So does
    /// all that the run did not even look at, because it is `remote`.
    pub(crate) fn standing(
        &self,
        found: &[Reported],
        remote: &dyn Fn(&Finding) -> bool,
        now: OffsetDateTime,
    ) -> Vec<Reported> {
        let all = || found.iter().map(|found| &found.finding);
        let of_source = all().filter(|finding| finding.kind == FindingKind::Source);
        let unasked: HashSet<&str> = of_source.map(|finding| finding.about.as_str()).collect();
        let again: HashSet<_> = all().map(Finding::identity).collect();
        let stands = |known: &&Known| {
            let finding = &known.finding;
            let is_unasked = if remote(finding) {
                finding.kind.is_of_source()
            } else {
                unasked.contains(&*finding.about) && !finding.kind.is_failure()
            };
            is_unasked && !again.contains(&finding.identity())
        };
        self.contents.findings.iter().filter(stands).map(|known| known.reported(known.is_due(now))).collect()
    }

    /// Takes in all that stands. Returns as much of it as is kept, and how many more there are.
    pub(crate) fn keep(&mut self, found: Vec<Reported>, now: OffsetDateTime) -> (Vec<Reported>, usize) {
        let last_success = self.last_success().map(timestamp);
        let (found, more) = limit::limit(found);
        let known = self.known();
        let findings = found.iter().map(|found| {
            let again = (found.said && !found.new).then(|| timestamp(now));
            let said = again.or_else(|| known.get(&found.finding.identity())?.said.clone());
            Known { finding: found.finding.clone(), said, unheard: found.unheard }
        });
        let findings: Vec<Known> = findings.collect();
        let failed = findings.iter().any(|known| known.finding.kind.is_failure());
        self.contents = Contents { last_success: last_success.filter(|_| failed), more, findings };
        (found, more)
    }

    /// Writes it, if it is not what stands there.
    pub(crate) fn save(&self) -> Result<(), Error> {
        let path = findings(&self.state);
        let (there, lost) = remembered::read::<Contents>(&path);
        if there == self.contents && lost.is_none() {
            return Ok(());
        }
        Ok(remembered::write(&path, &self.contents)?)
    }

    fn known(&self) -> HashMap<(FindingKind, &str, &str), &Known> {
        self.contents.findings.iter().map(|known| (known.finding.identity(), known)).collect()
    }
}

fn findings(state: &Path) -> PathBuf {
    state.join(FILE)
}

/// One run, and no other beside it.
#[derive(Debug)]
pub(crate) struct Run {
    lock: Lock,
}

impl Run {
    /// Begins a run. Waits that long at most for another one to end.
    pub(crate) fn begin(state: &Path, wait: Duration) -> Result<Self, Error> {
        file::create_private_folder(state)?;
        let path = stamp(state);
        let is_first = !file::exists(&path);
        let lock = Lock::file(&path, wait)?;
        if is_first {
            // No run has ended yet.
            lock.stamp(OffsetDateTime::UNIX_EPOCH);
        }
        Ok(Self { lock })
    }

    /// Notes that it has ended.
    pub(crate) fn end(self, now: OffsetDateTime) {
        self.lock.stamp(now);
    }
}

/// The name of the file of findings in the state folder.
pub(super) const FILE: &str = "refresh.json";

fn stamp(state: &Path) -> PathBuf {
    state.join("refresh.lock")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::system::limits;

    fn finding(kind: FindingKind, key: &str) -> Finding {
        Finding::new(kind, "azure", key, format!("{kind:?} {key}"), None)
    }

    const ASKED: &dyn Fn(&Finding) -> bool = &|_| false;

    /// Takes in what a run found. Returns what of it was not known before.
    fn reconcile(
        last: &mut LastRun,
        found: Vec<Finding>,
        remote: &dyn Fn(&Finding) -> bool,
        now: OffsetDateTime,
    ) -> Vec<Reported> {
        let mut found = last.compare(found, now);
        found.extend(last.standing(&found, remote, now));
        last.keep(found, now).0.into_iter().filter(|found| found.new).collect()
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn each_thing_is_told_once_as_long_as_it_stands() {
        let mut last = LastRun::default();
        assert_eq!(reconcile(&mut last, vec![finding(FindingKind::Held, "a")], ASKED, at(1)).len(), 1);
        assert_eq!(
            reconcile(&mut last, vec![finding(FindingKind::Held, "a"), finding(FindingKind::Held, "b")], ASKED, at(2))
                .len(),
            1
        );
        assert_eq!(last.findings().map(|finding| &finding.since[17..19]).collect::<Vec<_>>(), ["01", "02"]);
        assert!(reconcile(&mut last, vec![], ASKED, at(3)).is_empty() && last.findings().next().is_none());
        assert_eq!(reconcile(&mut last, vec![finding(FindingKind::Held, "a")], ASKED, at(4)).len(), 1);
    }

    #[test]
    fn what_was_found_stands_while_its_source_cannot_be_asked() {
        let mut last = LastRun::default();
        reconcile(&mut last, vec![finding(FindingKind::Held, "a")], ASKED, at(1));
        assert_eq!(reconcile(&mut last, vec![finding(FindingKind::Source, "")], ASKED, at(2)).len(), 1);
        assert_eq!(last.findings().count(), 2);
        // Down in another way is down all the same.
        let other = Finding { message: "another reason".to_owned(), ..finding(FindingKind::Source, "") };
        assert!(reconcile(&mut last, vec![other], ASKED, at(3)).is_empty());
        assert!(reconcile(&mut last, vec![finding(FindingKind::Held, "a")], ASKED, at(4)).is_empty());
        assert_eq!(last.findings().count(), 1);
        assert!(reconcile(&mut last, vec![], &|finding| finding.about == "azure", at(5)).is_empty());
        assert_eq!(last.findings().count(), 1);
        assert!(reconcile(&mut last, vec![], &|finding| finding.about != "azure", at(6)).is_empty());
        assert!(last.findings().next().is_none());
    }

    #[test]
    fn what_still_fails_is_said_again_at_growing_intervals() {
        let mut last = LastRun::default();
        let mut said = Vec::new();
        for day in 0..30 {
            // Now and then a night comes early.
            let now = at(day * 86_400 + if day % 2 == 0 { 7_000 } else { 0 });
            let found = [finding(FindingKind::Store, ""), finding(FindingKind::Held, "")];
            let found = last.compare(found.to_vec(), now);
            said.extend(found.iter().filter(|found| found.said).map(|found| (day, found.finding.kind, found.new)));
            last.keep(found, now);
        }
        let again = |day| (day, FindingKind::Store, false);
        let first = [(0, FindingKind::Store, true), (0, FindingKind::Held, true)];
        assert_eq!(said[..2], first);
        assert_eq!(said[2..], [1, 3, 7, 14, 21, 28].map(again));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let many = |about: &str, count: usize| {
            let finding =
                |number: usize| Finding::new(FindingKind::Held, about, &number.to_string(), "x".repeat(5000), None);
            (0..count).map(finding).collect::<Vec<_>>()
        };
        let mut found: Vec<Finding> = (0..8).flat_map(|about| many(&about.to_string(), 250)).collect();
        found.push(finding(FindingKind::Store, ""));
        let mut last = LastRun::default();
        let found = last.compare(found, at(1));
        let (kept, more) = last.keep(found, at(1));
        assert_eq!((kept.len(), more), (limits::FINDINGS, 2_001 - limits::FINDINGS));
        assert_eq!(kept[0].finding.kind, FindingKind::Store);
        let of_one = kept.iter().filter(|kept| kept.finding.about == "0").count();
        assert_eq!(of_one, limits::FINDINGS_OF_ONE);
        assert!(kept.iter().all(|kept| kept.finding.message.len() < limits::FINDING_TEXT + 50));
    }

    #[test]
    fn nothing_is_written_while_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let mut last = LastRun::load(folder.path());
        last.save().unwrap();
        assert!(!findings(folder.path()).exists());
        reconcile(&mut last, vec![finding(FindingKind::Source, "")], ASKED, at(1));
        last.save().unwrap();
        let mut reloaded = LastRun::load(folder.path());
        let before = fs::metadata(findings(folder.path())).unwrap().modified().unwrap();
        reconcile(&mut reloaded, vec![finding(FindingKind::Source, "")], ASKED, at(2));
        reloaded.save().unwrap();
        assert_eq!(fs::metadata(findings(folder.path())).unwrap().modified().unwrap(), before);
        assert!(reloaded.findings().eq(last.findings()));
    }

    #[test]
    fn the_time_of_the_last_run_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::begin(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(LastRun::load(folder.path()).time(), None);
        assert!(matches!(Run::begin(folder.path(), Duration::ZERO), Err(Error::System(system::Error::Locked { .. }))));
        run.end(at(1_700_000_000));
        Run::begin(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(LastRun::load(folder.path()).time(), Some(at(1_700_000_000)));
    }
}
