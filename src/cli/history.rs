//! `pgtrust history`

use std::collections::HashMap;
use std::path::Path;

use pgtrust::{Listed, Machine, Note, Record};
use serde::Serialize;

use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::History) -> Result<Status, Failure> {
    let journal = machine.journal()?;
    let history = journal.history()?;
    let records = &history.records;
    let store = args.store.as_deref().map(|store| {
        let store = machine.place(store);
        std::path::absolute(&store).unwrap_or(store)
    });
    let undone: HashMap<u64, u64> = records.iter().filter_map(|record| Some((record.undoes?, record.id))).collect();
    let failed: Vec<u64> = records.iter().filter_map(|record| record.failed).collect();
    let of_store = |record: &&Record| store.as_deref().is_none_or(|store| record.store == store);
    let changes = records.iter().filter(|record| record.failed.is_none()).filter(of_store).map(|record| ShownChange {
        id: record.id,
        time: &record.time,
        command: &record.command,
        store: &record.store,
        added: &record.added,
        removed: &record.removed,
        undoes: record.undoes,
        undone_by: undone.get(&record.id).copied(),
        failed: failed.contains(&record.id),
        bytes_gone: journal.lacks_bytes(record),
        merged: record.merged,
    });
    let changes: Vec<ShownChange<'_>> = changes.collect();
    if args.json {
        ui::json(&Shown { changes: &changes })?;
    } else {
        changes.iter().try_for_each(show)?;
    }
    let (torn, damaged) = (history.torn - history.damaged(), history.damaged());
    if torn > 0 {
        ui::warning(&format!("{} of the journal cannot be read, as after a crash", ui::count(torn, "line")));
    }
    if damaged > 0 {
        notes::show(&[Note::JournalDamaged { lines: damaged }]);
    }
    let unknown = store.filter(|_| changes.is_empty());
    if let Some(store) = &unknown {
        let missing = if machine.has(store) { "" } else { "does not exist, and " };
        ui::warning(&format!("`{}` {missing}has no change in the journal", store.display()));
    }
    Ok(if history.torn > 0 || unknown.is_some() { Status::Found } else { Status::Done })
}

#[derive(Serialize)]
struct Shown<'a> {
    changes: &'a [ShownChange<'a>],
}

#[derive(Serialize)]
struct ShownChange<'a> {
    id: u64,
    time: &'a str,
    command: &'a str,
    store: &'a Path,
    added: &'a [Listed],
    removed: &'a [Listed],
    undoes: Option<u64>,
    undone_by: Option<u64>,
    failed: bool,
    /// Whether what it replaced is kept no longer.
    bytes_gone: bool,
    /// How many changes of the store it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<u64>,
}

fn show(change: &ShownChange<'_>) -> Result<(), Failure> {
    let fate = match (change.failed, change.undone_by) {
        (true, _) => ", failed".to_owned(),
        (false, Some(by)) => format!(", put back by {by}"),
        (false, None) if change.bytes_gone && change.undoes.is_none() => {
            ", cannot be undone: its old bytes are kept no longer".to_owned()
        }
        (false, None) => String::new(),
    };
    let merged = change.merged.map_or_else(String::new, |merged| format!(", the last of {merged} changes"));
    let fate = format!("{merged}{fate}");
    ui::data(&format!("{} {} {}: pgtrust {}{fate}", change.id, change.time, change.store.display(), change.command))?;
    for (sign, roots) in [('+', change.added), ('-', change.removed)] {
        roots.iter().try_for_each(|root| ui::data(&format!("  {sign} {} {}", root.sha256, root.subject)))?;
    }
    Ok(())
}
