//! The bytes that stood in files before: which are kept, and for how long.

use std::collections::HashSet;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::compaction::{MAX_CHANGES, ranks};
use super::undo::standing;
use super::{FileChange, Journal, Record};
use crate::journal::Error;
use crate::system::{self, file};
use crate::x509::Fingerprint;

impl Journal {
    /// Tells whether bytes that an undo of this change needs are no longer kept.
    pub fn lacks_bytes(&self, record: &Record) -> bool {
        digests(record).any(|digest| !file::exists(&self.backup(&digest)))
    }

    /// Returns the bytes of a file before this change.
    pub(super) fn bytes_before(&self, record: &Record, change: &FileChange) -> Result<Option<Vec<u8>>, Error> {
        let Some(digest) = change.before else { return Ok(None) };
        let backup = self.backup(&digest);
        let gone = || Error::BytesGone { id: record.id, path: change.path.clone() };
        let bytes = file::read(&backup)?.ok_or_else(gone)?;
        if Fingerprint::of(&bytes) != digest {
            let damaged = std::io::Error::other("it is not what pgtrust wrote there");
            return Err(system::Error::io("use", &backup)(damaged).into());
        }
        Ok(Some(bytes))
    }

    /// Removes what is beyond the limits. Of every file the newest bytes stay, whatever their age, and those of the last
    /// change that stands. What cannot be removed now is removed next time.
    pub(super) fn prune(&self, now: OffsetDateTime) -> Result<(), Error> {
        let history = self.history()?;
        let records = &history.records;
        let standing = standing(records).iter().map(|record| record.id).collect();
        let until = self.sane_time(records, now);
        let (mut last, mut to_undo, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (record, rank) in records.iter().zip(ranks(records, &standing)).rev() {
            let is_recent = rank.nth <= AGELESS || rank.nth <= MAX_CHANGES && age(record, until) <= MAX_AGE;
            match (rank.is_newest, is_recent, rank.stands) {
                (true, ..) => last.push(record),
                (false, true, true) => to_undo.push(record),
                (false, true, false) => others.push(record),
                (false, false, _) => {}
            }
        }
        let mut kept: HashSet<Fingerprint> = last.into_iter().flat_map(digests).collect();
        let size = |digest: &Fingerprint| file::metadata(&self.backup(digest)).map_or(0, |backup| backup.len());
        let mut total: u64 = kept.iter().map(size).sum();
        for record in to_undo.into_iter().chain(others) {
            let new: HashSet<Fingerprint> = digests(record).filter(|digest| !kept.contains(digest)).collect();
            total = total.saturating_add(new.iter().map(size).sum());
            if total > MAX_TOTAL {
                break;
            }
            kept.extend(new);
        }
        // The folder may be large: what the journal names is tried, and what is gone already costs next to nothing.
        for digest in records.iter().flat_map(digests).collect::<HashSet<_>>().difference(&kept) {
            let _ = file::remove_name(&self.backup(digest));
        }
        Ok(())
    }

    /// The time up to which ages count: as far as this run and the one before it agree. A clock that jumped ahead for one run
    /// makes nothing old.
    fn sane_time(&self, records: &[Record], now: OffsetDateTime) -> OffsetDateTime {
        let is_of_this_run = |record: &Record| self.first_of_run.get().is_some_and(|first| record.id >= first);
        let before = records.iter().rev().filter(|record| !is_of_this_run(record)).find_map(time_of);
        before.map_or(now, |before| before.min(now))
    }
}

fn digests(record: &Record) -> impl Iterator<Item = Fingerprint> + '_ {
    record.files.iter().filter_map(|change| change.before)
}

/// A time that cannot be read is as good as now.
fn age(record: &Record, now: OffsetDateTime) -> Duration {
    time_of(record).map_or(Duration::ZERO, |time| now - time)
}

fn time_of(record: &Record) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&record.time, &Rfc3339).ok()
}

/// The time for which bytes are kept.
const MAX_AGE: Duration = Duration::days(365);
/// The number of changes of a store whose bytes are kept however old they are.
const AGELESS: usize = 3;
/// The size of all kept bytes together.
const MAX_TOTAL: u64 = 512 << 20;
