//! The stores as JSON, written as they are read: all of them may be more than fits into memory.

use std::io::{self, BufWriter, StdoutLock, Write as _};

use pgtrust::Note;
use pgtrust::inspect::{Head, Part};

use crate::ui::{self, Failure};

/// The lists of a store, in their order.
const LISTS: [&str; 3] = ["certificates", "other_entries", "rejected"];

pub(super) struct Json {
    output: BufWriter<StdoutLock<'static>>,
    stores: usize,
    /// Which list is open, and how much is in it.
    list: usize,
    length: usize,
}

impl Json {
    pub(super) fn new() -> Self {
        Self { output: BufWriter::new(io::stdout().lock()), stores: 0, list: 0, length: 0 }
    }

    pub(super) fn show(&mut self, part: Part) -> Result<(), Failure> {
        match part {
            Part::Head(head) => self.head(&head),
            Part::Certificate(certificate) => self.item(0, &certificate),
            Part::Other(other) => self.item(1, &other),
            Part::Rejected(rejected) => self.item(2, &rejected),
            Part::Tail(tail) => {
                self.open(LISTS.len() - 1)?;
                self.close()?;
                if tail.rejected_more > 0 {
                    write!(self.output, ",\n      \"rejected_more\": {}", tail.rejected_more)?;
                }
                Ok(self.output.write_all(b"\n    }")?)
            }
            _ => Ok(()),
        }
    }

    fn head(&mut self, Head { path, format, .. }: &Head) -> Result<(), Failure> {
        let before = if self.stores == 0 { "{\n  \"stores\": [\n" } else { ",\n" };
        let (path, format) = (ui::json_text(path)?, ui::json_text(format)?);
        write!(self.output, "{before}    {{\n      \"path\": {path},\n      \"format\": {format},\n")?;
        self.stores += 1;
        (self.list, self.length) = (0, 0);
        Ok(write!(self.output, "      \"{}\": [", LISTS[0])?)
    }

    fn item(&mut self, list: usize, value: &impl serde::Serialize) -> Result<(), Failure> {
        self.open(list)?;
        let text = ui::json_text(value)?.replace('\n', "\n        ");
        write!(self.output, "{}\n        {text}", if self.length == 0 { "" } else { "," })?;
        self.length += 1;
        Ok(())
    }

    /// Ends the lists before this one.
    fn open(&mut self, list: usize) -> Result<(), Failure> {
        while self.list < list {
            self.close()?;
            self.list += 1;
            self.length = 0;
            write!(self.output, ",\n      \"{}\": [", LISTS[self.list])?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failure> {
        Ok(self.output.write_all(if self.length == 0 { b"]" } else { b"\n      ]" })?)
    }

    /// Ends it with the first of what could not be looked at.
    pub(super) fn end(mut self, notes: &[Note]) -> Result<(), Failure> {
        self.output.write_all(if self.stores == 0 { b"{\n  \"stores\": []" } else { b"\n  ]" })?;
        let mut failures = notes.iter().filter_map(|note| match note {
            Note::Failure(error) => Some(ui::ShownError::of(error)),
            _ => None,
        });
        if let Some(error) = failures.next() {
            write!(self.output, ",\n  \"error\": {}", ui::json_text(&error)?.replace('\n', "\n  "))?;
        }
        self.output.write_all(b"\n}\n")?;
        Ok(self.output.flush()?)
    }
}
