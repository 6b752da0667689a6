//! What was seen beside what `pgtrust check` told.

use std::fmt::Write as _;

use super::clients::CLIENTS;
use super::listed;
use super::observed::{Observed, Outcome};

/// How the verdicts on one client fare.
#[derive(Clone, Copy, Default)]
struct Count {
    cells: usize,
    agree: usize,
    undetermined: usize,
    listed: usize,
}

/// The table, and what is neither as told nor listed.
pub(crate) struct Comparison {
    pub(crate) table: String,
    pub(crate) wrong: Vec<String>,
    /// `verified` was told of what is not.
    pub(crate) deceived: usize,
    pub(crate) cells: usize,
    pub(crate) agree: usize,
}

pub(crate) fn compare(observed: &[Observed]) -> Comparison {
    let mut table = format!(
        "{:26} {:>6} {:>6} {:>13} {:>7} {:>6}\n",
        "client", "cells", "agree", "undetermined", "listed", "wrong"
    );
    let (mut wrong, mut total, mut deceived) = (Vec::new(), Count::default(), 0);
    for client in CLIENTS.iter().filter(|client| observed.iter().any(|one| one.cell.client.name == client.name)) {
        let (mut count, before) = (Count::default(), wrong.len());
        for one in observed.iter().filter(|one| one.cell.client.name == client.name) {
            count.cells += 1;
            let seen = one.outcome().name();
            let deceives = one.verdict.outcome == "verified" && one.outcome() != Outcome::Verified;
            deceived += usize::from(deceives && listed::cause(one).is_none());
            if one.verdict.outcome == seen {
                count.agree += 1;
            } else if one.verdict.outcome == "undetermined" {
                count.undetermined += 1;
            } else if listed::cause(one).is_some() {
                count.listed += 1;
            } else {
                wrong.push(format!("{one}"));
            }
        }
        row(&mut table, client.name, count, wrong.len() - before);
        total.cells += count.cells;
        total.agree += count.agree;
        total.undetermined += count.undetermined;
        total.listed += count.listed;
    }
    row(&mut table, "all", total, wrong.len());
    Comparison { table, wrong, deceived, cells: total.cells, agree: total.agree }
}

fn row(table: &mut String, name: &str, count: Count, wrong: usize) {
    let Count { cells, agree, undetermined, listed } = count;
    writeln!(table, "{name:26} {cells:6} {agree:6} {undetermined:13} {listed:7} {wrong:6}").unwrap();
}

impl Comparison {
    /// No verdict deceives, none is wrong without a cause that is known, and 99 of 100 agree.
    #[track_caller]
    pub(crate) fn conclude(&self, report: impl Fn(&str)) {
        report(&self.table);
        self.wrong.iter().for_each(|one| report(one));
        assert_eq!(self.deceived, 0, "told to be verified, and is not");
        assert!(self.wrong.is_empty(), "{} of {} are not as told", self.wrong.len(), self.cells);
        assert!(self.agree * 100 >= self.cells * 99, "only {} of {} agree", self.agree, self.cells);
    }
}
