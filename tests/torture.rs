//! What takes minutes: kills, faults and rewrites by others at every system call, and many processes at once.
//! `scripts/torture` runs these tests and shows what they count; a plain run of the tests leaves them out.

mod disks;
mod faults;
pub(crate) mod kills;
pub(crate) mod material;
mod mirror;
mod races;
pub(crate) mod scene;
pub(crate) mod strace;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::tools::report;

/// What a harness counts, and what it found.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) runs: usize,
    /// Those that said that they could not do it.
    pub(crate) failed: usize,
    pub(crate) findings: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.failed += other.failed;
        self.findings.extend(other.findings);
    }

    /// Prints the count and fails on any finding.
    #[track_caller]
    pub(crate) fn conclude(self, what: &str) {
        let Self { runs, failed, findings } = self;
        let failed = if failed > 0 { format!("; could not do it: {failed}") } else { String::new() };
        report(&format!("{what}: {runs}{failed}; not as promised: {}", findings.len()));
        findings.iter().take(SHOWN).for_each(|finding| report(&format!("  {finding}")));
        assert!(findings.is_empty(), "{what}: {} of {runs} not as promised", findings.len());
    }
}

/// Does these jobs, as many at a time as there are processors.
pub(crate) fn on_all_processors<J: Sync>(jobs: &[J], work: impl Fn(&J) -> Tally + Sync) -> Tally {
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let tally = work(job);
                    total.lock().unwrap().add(tally);
                }
            });
        }
    });
    total.into_inner().unwrap()
}

/// Findings that are printed of each harness.
const SHOWN: usize = 40;
