//! The bytes that stood in files before: which are kept, and for how long.

use std::collections::{HashMap, HashSet};
use std::fs;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{FileChange, Journal, Record};
use crate::journal::Error;
use crate::system::{self, file};
use crate::x509::Fingerprint;

impl Journal {
    /// Tells whether bytes that an undo of this change needs are no longer kept.
    pub fn lacks_bytes(&self, record: &Record) -> bool {
        digests(record).any(|digest| !self.backup(&digest).exists())
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
        let records = self.records()?;
        let standing: HashSet<u64> = self.standing()?.iter().map(|record| record.id).collect();
        let (mut newest, mut count) = (HashSet::new(), HashMap::new());
        let (mut last, mut to_undo, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for record in records.iter().rev() {
            let stands = standing.contains(&record.id);
            let nth: &mut usize = count.entry((&record.store, stands)).or_default();
            *nth += 1;
            let backed_up = record.files.iter().filter(|change| change.before.is_some());
            let first_seen = backed_up.filter(|change| newest.insert((&change.path, stands))).count() > 0;
            let recent = *nth <= MAX_CHANGES && age(record, now) <= MAX_AGE;
            match (first_seen, recent, stands) {
                (true, ..) => last.push(record),
                (false, true, true) => to_undo.push(record),
                (false, true, false) => others.push(record),
                (false, false, _) => {}
            }
        }
        let mut kept: HashSet<Fingerprint> = last.into_iter().flat_map(digests).collect();
        let size = |digest: &Fingerprint| fs::metadata(self.backup(digest)).map_or(0, |backup| backup.len());
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
            let _ = fs::remove_file(self.backup(digest));
        }
        Ok(())
    }
}

fn digests(record: &Record) -> impl Iterator<Item = Fingerprint> + '_ {
    record.files.iter().filter_map(|change| change.before)
}

/// A time that cannot be read is as good as now.
fn age(record: &Record, now: OffsetDateTime) -> Duration {
    OffsetDateTime::parse(&record.time, &Rfc3339).map_or(Duration::ZERO, |time| now - time)
}

/// The time for which bytes are kept.
const MAX_AGE: Duration = Duration::days(365);
/// The number of changes of a store whose bytes are kept; as many again that were undone or undo others.
const MAX_CHANGES: usize = 100;
/// The size of all kept bytes together.
const MAX_TOTAL: u64 = 512 << 20;
