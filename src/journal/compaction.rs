//! Which records are kept as they are, and how the others become few.
//!
//! What can be undone stands in the newest records of each store. Of older ones only this is still asked: which roots pgtrust
//! added to a store, and whether it made it. So those that stand are drawn together into one for each store, and those that were
//! undone, or failed, go. A journal stays as short as its stores are many, whatever their age.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::record::Record;

/// How a record stands among the others of its store.
pub(super) struct Rank {
    /// Its place, counted from the newest that stands as it does.
    pub(super) nth: usize,
    /// Whether no newer one has older bytes of one of its files.
    pub(super) is_newest: bool,
    pub(super) stands: bool,
}

/// Returns the rank of each record.
pub(super) fn ranks(records: &[Record], standing: &HashSet<u64>) -> Vec<Rank> {
    let (mut newest, mut counts) = (HashSet::new(), HashMap::new());
    let mut ranks = Vec::with_capacity(records.len());
    for record in records.iter().rev() {
        let stands = standing.contains(&record.id);
        let nth: &mut usize = counts.entry((&record.store, stands)).or_default();
        *nth += 1;
        let backed_up = record.files.iter().filter(|change| change.before.is_some());
        let is_newest = backed_up.filter(|change| newest.insert((&change.path, stands))).count() > 0;
        ranks.push(Rank { nth: *nth, is_newest, stands });
    }
    ranks.reverse();
    ranks
}

/// Returns fewer records that say the same; None where that would save little.
pub(super) fn compacted(records: &[Record], standing: &HashSet<u64>) -> Option<Vec<Record>> {
    let ranks = ranks(records, standing);
    let mut kept = HashSet::new();
    let (mut short, mut open): (Vec<Record>, HashMap<&Path, Record>) = (Vec::new(), HashMap::new());
    for (record, rank) in records.iter().zip(&ranks) {
        // What says that a kept one does not stand.
        let speaks_of_kept = [record.undoes, record.failed].iter().flatten().any(|id| kept.contains(id));
        if rank.is_newest || rank.nth <= MAX_CHANGES || speaks_of_kept {
            kept.insert(record.id);
            // What is older and stands is drawn together up to the next one that stands and is kept.
            short.extend(rank.stands.then(|| open.remove(&*record.store)).flatten());
            short.push(record.clone());
        } else if rank.stands {
            match open.remove(&*record.store) {
                Some(earlier) => match earlier.with(record) {
                    Ok(both) => drop(open.insert(&record.store, both)),
                    Err(earlier) => {
                        short.push(*earlier);
                        open.insert(&record.store, record.clone());
                    }
                },
                None => drop(open.insert(&record.store, record.clone())),
            }
        }
    }
    short.extend(open.into_values());
    short.sort_by_key(|record| record.id);
    (records.len() > 2 * short.len() + SLACK).then_some(short)
}

impl Record {
    /// Returns one record for this change of a store and the next. Gives this back where the two do not follow each other: the
    /// store was removed, and others made it anew.
    fn with(mut self, next: &Self) -> Result<Self, Box<Self>> {
        let merged = Some(self.merged.unwrap_or(1) + next.merged.unwrap_or(1));
        if next.of_store().is_some_and(|change| change.before.is_none()) {
            // Nothing of an earlier file is in this one.
            return Ok(Self { merged, ..next.clone() });
        }
        if self.of_store().is_some_and(|change| change.after.is_none()) {
            return Err(Box::new(self));
        }
        for change in &next.files {
            match self.files.iter_mut().find(|known| known.path == change.path) {
                Some(known) => known.after = change.after,
                None => self.files.push(change.clone()),
            }
        }
        let (mut added, mut removed) = (self.added, self.removed);
        let gone = next.removed.iter().filter(|root| !removed.contains(root));
        removed.extend(gone.cloned().collect::<Vec<_>>());
        removed.retain(|root| !next.added.contains(root));
        added.retain(|root| !next.removed.contains(root) && !next.added.contains(root));
        added.extend(next.added.iter().cloned());
        Ok(Self { files: self.files, added, removed, merged, ..next.clone() })
    }
}

/// The number of changes of a store that can be undone; as many again that were undone or undo others.
pub(super) const MAX_CHANGES: usize = 100;
/// The number of records that may be too many, so that not every run writes a journal anew.
const SLACK: usize = 200;

#[cfg(test)]
mod tests {
    use super::super::record::{FileChange, Listed};
    use super::*;
    use crate::x509::Fingerprint;

    fn root(name: &str) -> Listed {
        Listed { sha256: Fingerprint::of(name.as_bytes()), subject: name.to_owned() }
    }

    fn record(id: u64, before: Option<&str>, after: Option<&str>, added: &[&str], removed: &[&str]) -> Record {
        let digest = |text: Option<&str>| text.map(|text| Fingerprint::of(text.as_bytes()));
        let file = FileChange { path: "/s".into(), before: digest(before), after: digest(after), ownership: None };
        let roots = |names: &[&str]| names.iter().map(|name| root(name)).collect();
        Record {
            id,
            time: String::new(),
            command: String::new(),
            store: "/s".into(),
            target: None,
            files: vec![file],
            added: roots(added),
            removed: roots(removed),
            undoes: None,
            failed: None,
            merged: None,
        }
    }

    fn names(roots: &[Listed]) -> Vec<&str> {
        roots.iter().map(|root| &root.subject[..]).collect()
    }

    #[test]
    fn one_record_says_what_several_did() {
        let first = record(1, Some("a"), Some("b"), &["A", "B"], &["X"]);
        let both = first.with(&record(2, Some("b"), Some("c"), &["C", "X"], &["A", "Y"])).unwrap();
        assert_eq!((both.id, both.merged), (2, Some(2)));
        assert_eq!(
            (both.files[0].before, both.files[0].after),
            (Some(Fingerprint::of(b"a")), Some(Fingerprint::of(b"c")))
        );
        assert_eq!((names(&both.added), names(&both.removed)), (vec!["B", "C", "X"], vec!["A", "Y"]));
        let anew = both.with(&record(3, None, Some("d"), &["D"], &[])).unwrap();
        assert_eq!((anew.merged, names(&anew.added)), (Some(3), vec!["D"]));
        let gone = anew.with(&record(4, Some("d"), None, &[], &["D"])).unwrap();
        assert!(gone.with(&record(5, Some("of others"), Some("e"), &["E"], &[])).is_err());
    }

    #[test]
    fn a_long_journal_becomes_short_and_one_that_is_short_stays() {
        let all: Vec<Record> = (1..=1000).map(|id| record(id, Some("a"), Some("b"), &[&id.to_string()], &[])).collect();
        let standing = |records: &[Record]| records.iter().map(|record| record.id).collect::<HashSet<u64>>();
        let short = compacted(&all, &standing(&all)).unwrap();
        assert_eq!((short.len(), short[0].id, short[0].merged, short[0].added.len()), (101, 900, Some(900), 900));
        assert!(compacted(&short, &standing(&short)).is_none());
    }

    #[test]
    fn what_was_undone_does_not_come_to_stand_again() {
        // The first is kept, as nothing else has bytes of `/m`.
        let mut all = vec![record(1, Some("a"), Some("b"), &[], &[])];
        let other = FileChange { path: "/m".into(), ..all[0].files[0].clone() };
        all[0].files.push(other);
        all.push(Record { undoes: Some(1), ..record(2, Some("b"), Some("a"), &[], &[]) });
        all.extend((0..500).map(|pair| record(3 + 2 * pair, Some("a"), Some("b"), &[], &[])));
        all.extend(
            (0..500).map(|pair| Record {
                undoes: Some(3 + 2 * pair),
                ..record(4 + 2 * pair, Some("b"), Some("a"), &[], &[])
            }),
        );
        all.sort_by_key(|record| record.id);
        let short = compacted(&all, &HashSet::new()).unwrap();
        let ids: HashSet<u64> = short.iter().map(|record| record.id).collect();
        assert!(ids.contains(&1) && ids.contains(&2) && short.len() < 110, "{}", short.len());
        let undone: HashSet<u64> = short.iter().filter_map(|record| record.undoes).collect();
        assert!(short.iter().all(|record| record.undoes.is_some() || undone.contains(&record.id)));
    }

    #[test]
    fn no_root_that_still_stands_is_forgotten() {
        for undone in [250, 400, 401, 499] {
            let mut all: Vec<Record> =
                (1..=500).map(|id| record(id, Some("a"), Some("b"), &[&id.to_string()], &[])).collect();
            // It is kept as it is, among the others that do not stand.
            all.push(Record { undoes: Some(undone), ..record(501, Some("b"), Some("a"), &[], &[]) });
            let standing: HashSet<u64> = (1..=500).filter(|id| *id != undone).collect();
            let short = compacted(&all, &standing).unwrap();
            let roots = |records: &[Record]| -> HashSet<String> {
                let standing = records.iter().filter(|record| standing.contains(&record.id));
                standing.flat_map(|record| names(&record.added)).map(str::to_owned).collect()
            };
            assert!(short.len() < 110 && roots(&short) == roots(&all), "{undone}: {}", roots(&short).len());
        }
    }
}
