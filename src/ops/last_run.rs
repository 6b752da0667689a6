//! Findings of `refresh` that a person should look at, and which of them were reported before.
//!
//! The state folder has two files for it. `refresh.json` holds the findings that stand, and is written only when they
//! change. `refresh.lock` keeps two runs apart; the time of its last change is the time of the last run, so that a run with
//! nothing to do writes nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ops::Error;
use crate::system::lock::Lock;
use crate::system::text::timestamp;
use crate::system::{self, file};

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The source, the store or the hook.
    pub about: String,
    /// What tells it from others of its kind: a fingerprint, a URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it was found first; RFC 3339.
    #[serde(default)]
    pub since: String,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A source serves a certificate that no pin knows.
    Held,
    /// A URL serves something else than what is pinned.
    Mismatch,
    /// A URL has moved for good.
    Moved,
    /// There is nothing at a URL any more.
    Gone,
    /// A tenant's CA has changed, which was dealt with. Good to know, and no more.
    Changed,
    /// A CA ends before long, and nothing renews it by itself.
    Ends,
    /// A certificate of a source does not get into stores. Good to know, and no more.
    LeftOut,
    /// A source could not be asked, or not be read.
    Source,
    /// A store could not be brought up to date.
    Store,
    /// A hook failed.
    Hook,
}

impl FindingKind {
    /// Tells whether something could not be done. The others are what was found.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Source | Self::Store | Self::Hook)
    }

    /// Tells whether nobody needs to do anything about it.
    pub fn is_note(self) -> bool {
        matches!(self, Self::Changed | Self::LeftOut)
    }

    fn is_of_source(self) -> bool {
        !matches!(self, Self::LeftOut | Self::Store | Self::Hook)
    }
}

impl Finding {
    /// Makes a finding of this run.
    pub fn new(kind: FindingKind, about: &str, key: &str, message: String, hint: Option<String>) -> Self {
        Self { kind, about: about.to_owned(), key: key.to_owned(), message, hint, since: String::new() }
    }

    /// Makes a failure with its remedy.
    pub(crate) fn of_error(kind: FindingKind, about: &str, error: &Error, hint: Option<String>) -> Self {
        Self::new(kind, about, "", error.to_string(), hint)
    }

    /// Tells whether it is the same thing, even if other words describe it: a server fails in many ways while it is
    /// down.
    pub fn is(&self, other: &Self) -> bool {
        (self.kind, &self.about, &self.key) == (other.kind, &other.about, &other.key)
    }
}

/// The findings that still hold since the last run.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastRun {
    path: PathBuf,
    stamp: PathBuf,
    contents: Contents,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Contents {
    /// When nothing failed last, if something does now; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_success: Option<String>,
    findings: Vec<Finding>,
}

impl LastRun {
    /// Reads what is known of the last run; nothing when there was none. A file that cannot be understood counts as
    /// none: what it said is then told once more.
    pub(crate) fn load(state: &Path) -> Result<Self, Error> {
        let path = state.join(FILE);
        let contents = file::read(&path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Ok(Self { path, stamp: stamp(state), contents })
    }

    /// Returns when the last run ended; None before the first.
    pub(crate) fn time(&self) -> Option<OffsetDateTime> {
        let modified = file::metadata(&self.stamp)?.modified().ok()?;
        Some(OffsetDateTime::from(modified)).filter(|time| *time != OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns when a run last ended without a failure.
    pub(crate) fn last_success(&self) -> Option<OffsetDateTime> {
        if self.contents.findings.iter().any(|finding| finding.kind.is_failure()) {
            OffsetDateTime::parse(self.contents.last_success.as_ref()?, &Rfc3339).ok()
        } else {
            self.time()
        }
    }

    /// Returns what stands.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.contents.findings
    }

    /// Takes in what a run found. Returns what of it was not known before.
    ///
    /// What was found of a source that could not be asked this time is neither confirmed nor gone: it stands. So does
    /// all that was found of a source that the run did not even try, because it is `remote`.
    pub(crate) fn reconcile(
        &mut self,
        mut found: Vec<Finding>,
        remote: &dyn Fn(&str) -> bool,
        now: OffsetDateTime,
    ) -> Vec<Finding> {
        let last_success = self.last_success().map(timestamp);
        let unasked: HashSet<String> = found
            .iter()
            .filter(|finding| finding.kind == FindingKind::Source)
            .map(|finding| finding.about.clone())
            .collect();
        let mut new = Vec::new();
        for finding in &mut found {
            match self.contents.findings.iter().find(|known| known.is(finding)) {
                // The words of the first time, or the file would change with each way in which a server fails.
                Some(known) => *finding = known.clone(),
                None => {
                    finding.since = timestamp(now);
                    new.push(finding.clone());
                }
            }
        }
        let standing = self.contents.findings.iter().filter(|known| {
            let is_unasked = if remote(&known.about) {
                known.kind.is_of_source()
            } else {
                unasked.contains(&known.about) && !known.kind.is_failure()
            };
            is_unasked && !found.iter().any(|finding| finding.is(known))
        });
        let standing: Vec<Finding> = standing.cloned().collect();
        found.extend(standing);
        let failed = found.iter().any(|finding| finding.kind.is_failure());
        self.contents = Contents { last_success: last_success.filter(|_| failed), findings: found };
        new
    }

    /// Writes it, if it is not what stands there.
    pub(crate) fn save(&self) -> Result<(), Error> {
        let there = file::read(&self.path)?;
        let known: Contents = there.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        if known == self.contents {
            return Ok(());
        }
        let mut bytes = serde_json::to_vec_pretty(&self.contents)
            .map_err(|error| system::Error::io("write", &self.path)(error.into()))?;
        bytes.push(b'\n');
        Ok(file::replace_private(&self.path, &bytes)?)
    }
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

    fn finding(kind: FindingKind, key: &str) -> Finding {
        Finding::new(kind, "azure", key, format!("{kind:?} {key}"), None)
    }

    const ASKED: &dyn Fn(&str) -> bool = &|_| false;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn each_thing_is_told_once_as_long_as_it_stands() {
        let mut last = LastRun::default();
        assert_eq!(last.reconcile(vec![finding(FindingKind::Held, "a")], ASKED, at(1)).len(), 1);
        assert_eq!(
            last.reconcile(vec![finding(FindingKind::Held, "a"), finding(FindingKind::Held, "b")], ASKED, at(2)).len(),
            1
        );
        assert_eq!(last.findings().iter().map(|finding| &finding.since[17..19]).collect::<Vec<_>>(), ["01", "02"]);
        assert!(last.reconcile(vec![], ASKED, at(3)).is_empty() && last.findings().is_empty());
        assert_eq!(last.reconcile(vec![finding(FindingKind::Held, "a")], ASKED, at(4)).len(), 1);
    }

    #[test]
    fn what_was_found_stands_while_its_source_cannot_be_asked() {
        let mut last = LastRun::default();
        last.reconcile(vec![finding(FindingKind::Held, "a")], ASKED, at(1));
        assert_eq!(last.reconcile(vec![finding(FindingKind::Source, "")], ASKED, at(2)).len(), 1);
        assert_eq!(last.findings().len(), 2);
        // Down in another way is down all the same.
        let other = Finding { message: "another reason".to_owned(), ..finding(FindingKind::Source, "") };
        assert!(last.reconcile(vec![other], ASKED, at(3)).is_empty());
        assert!(last.reconcile(vec![finding(FindingKind::Held, "a")], ASKED, at(4)).is_empty());
        assert_eq!(last.findings().len(), 1);
        assert!(last.reconcile(vec![], &|about| about == "azure", at(5)).is_empty());
        assert_eq!(last.findings().len(), 1);
        assert!(last.reconcile(vec![], &|about| about != "azure", at(6)).is_empty());
        assert!(last.findings().is_empty());
    }

    #[test]
    fn nothing_is_written_while_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let mut last = LastRun::load(folder.path()).unwrap();
        last.save().unwrap();
        assert!(!last.path.exists());
        last.reconcile(vec![finding(FindingKind::Source, "")], ASKED, at(1));
        last.save().unwrap();
        let mut reloaded = LastRun::load(folder.path()).unwrap();
        let before = fs::metadata(&reloaded.path).unwrap().modified().unwrap();
        reloaded.reconcile(vec![finding(FindingKind::Source, "")], ASKED, at(2));
        reloaded.save().unwrap();
        assert_eq!(fs::metadata(&reloaded.path).unwrap().modified().unwrap(), before);
        assert_eq!(reloaded.findings(), last.findings());
    }

    #[test]
    fn the_time_of_the_last_run_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::begin(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(LastRun::load(folder.path()).unwrap().time(), None);
        assert!(matches!(Run::begin(folder.path(), Duration::ZERO), Err(Error::System(system::Error::Locked { .. }))));
        run.end(at(1_700_000_000));
        Run::begin(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(LastRun::load(folder.path()).unwrap().time(), Some(at(1_700_000_000)));
    }
}
