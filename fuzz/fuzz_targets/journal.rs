//! The journal. Its paths stay unread: they may name any file of this machine.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "nobody's files")]

use std::fs;

use pgtrust::Journal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fs::write(pgtrust_fuzz::folder().join("journal.jsonl"), bytes).expect("a file");
    // What is no journal at all is an error.
    let Ok(history) = Journal::new(pgtrust_fuzz::folder()).history() else { return };
    for record in &history.records {
        let line = serde_json::to_vec(record).expect("JSON");
        fs::write(pgtrust_fuzz::folder().join("journal.jsonl"), line).expect("a file");
        let again = Journal::new(pgtrust_fuzz::folder()).history().expect("a journal");
        assert_eq!(again.records.first().map(|again| again.id), Some(record.id));
    }
});
