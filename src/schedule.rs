//! `pgtrust refresh` as a job that the machine runs by itself.
//!
//! To add a scheduler: a file below `schedule/` and its entry in [`SCHEDULERS`].

mod cron;
mod error;
mod job;
mod launchd;
mod plan;
mod systemd;
mod task_scheduler;
mod times;
mod xml;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::manifest::Manifest;
use crate::system::layout::{Environment, Layout};
use crate::system::process::Programs;
use crate::system::{self, file};
pub use error::Error;
pub use job::{Job, JobSettings, UnitName};
pub use plan::{JobCommand, JobStep, apply};
pub use times::{Clock, Every, Fields, Times};

/// Every scheduler, in the order of preference. Cron comes last, because systems with another have it too.
pub static SCHEDULERS: &[&Scheduler] =
    &[&systemd::SYSTEMD, &launchd::LAUNCHD, &task_scheduler::TASK_SCHEDULER, &cron::CRON];

/// A program that runs jobs.
pub struct Scheduler {
    /// The name after `--via`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What speaks with it.
    program: &'static str,
    /// What brings that program.
    packages: &'static str,
    /// Where a run that fails is heard, in words.
    pub failures: &'static str,
    /// Whether this machine has it, running as far as that can be told.
    is_here: fn(&Host<'_>) -> bool,
    /// The text that has the job's [`JobSettings`], where the job is written.
    written: fn(&Host<'_>) -> Result<Option<String>, Error>,
    /// What is left to write until this job is.
    write: fn(&Host<'_>, &Job) -> Result<Vec<JobStep>, Error>,
    /// What brings into use what is written, in place of what was before where there was something.
    start: fn(&Host<'_>, bool) -> Result<Vec<JobCommand>, Error>,
    /// Commands of which one fails when it does not run what is written; none where that needs no asking.
    probe: fn(&Host<'_>) -> Vec<JobCommand>,
    /// What to do so that it runs the job no longer, once that is written.
    disable: fn(&Host<'_>) -> Result<Vec<JobStep>, Error>,
}

/// The host that a job is to run on.
#[derive(Clone, Debug)]
pub struct Host<'a> {
    /// Where the user's folders are.
    pub environment: &'a Environment,
    /// The folder that stands for `/`.
    pub root: &'a Path,
    /// Where pgtrust keeps what it keeps.
    pub layout: &'a Layout,
    /// The number of this user.
    pub user: u32,
    /// Whether the job is the whole machine's, and not this user's.
    pub system: bool,
    /// The programs of others.
    pub programs: &'a Programs,
    /// This program.
    pub program: &'a Path,
}

impl Scheduler {
    /// Finds the scheduler of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCHEDULERS.iter().copied().find(|scheduler| scheduler.name == name)
    }

    /// Finds the scheduler of this machine.
    pub fn of(host: &Host<'_>) -> Result<&'static Self, Error> {
        let found = SCHEDULERS.iter().copied().find(|scheduler| (scheduler.is_here)(host));
        found.ok_or_else(|| {
            let names: Vec<&str> = SCHEDULERS.iter().map(|scheduler| scheduler.name).collect();
            Error::NoScheduler { whom: host.whom(), tried: names.join(", no ") }
        })
    }

    /// Returns the settings of the job; None when it is not scheduled here.
    pub fn settings(&self, host: &Host<'_>) -> Result<Option<JobSettings>, Error> {
        Ok((self.written)(host)?.map(|text| JobSettings::read(&text)))
    }

    /// Returns the steps until it runs the job; none when it does.
    pub fn enable(&self, host: &Host<'_>, manifest: &Manifest, settings: &JobSettings) -> Result<Vec<JobStep>, Error> {
        let is_written = (self.written)(host)?.is_some();
        let mut steps = (self.write)(host, &Job::new(host, manifest, settings)?)?;
        if !steps.is_empty() || self.probe(host).is_err() {
            steps.extend((self.start)(host, is_written)?.into_iter().map(JobStep::Run));
        }
        Ok(steps)
    }

    /// Returns the steps until it no longer runs the job.
    pub fn disable(&self, host: &Host<'_>) -> Result<Vec<JobStep>, Error> {
        if (self.written)(host)?.is_some() { (self.disable)(host) } else { Ok(vec![]) }
    }

    /// Asks it whether it runs what is written.
    pub fn probe(&self, host: &Host<'_>) -> Result<(), Error> {
        (self.probe)(host).iter().try_for_each(|command| command.run(host.programs).map(drop))
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Host<'_> {
    /// Names the owner of the job.
    pub fn whom(&self) -> &'static str {
        if self.system { "the whole machine" } else { "this user" }
    }

    /// Returns the times at which a job runs here.
    pub fn times(&self, every: &Every) -> Times {
        let id = file::read(&self.root.join("etc/machine-id")).ok().flatten().unwrap_or_default();
        every.times(&[id.trim_ascii(), self.layout.state.as_os_str().as_encoded_bytes()].concat())
    }

    /// Tells whether this is the running machine, and not an image of another.
    fn is_this(&self) -> bool {
        self.root == Path::new("/")
    }

    fn home(&self) -> Result<&Path, Error> {
        Ok(self.environment.home.as_deref().ok_or(system::Error::HomeUnknown)?)
    }

    /// Tells whether a scheduler's program is on the search path.
    fn has(&self, program: &str) -> bool {
        plan::find(program, self.programs).is_ok()
    }

    /// A path as the machine itself will see it.
    fn inside(&self, path: &Path) -> PathBuf {
        file::seen(self.root, path)
    }
}

/// Returns the path of the running program that holds longest: one on the search path that leads to it outlives the
/// folder of a release.
pub fn stable_program(running: &Path, programs: &Programs) -> PathBuf {
    let real = |path: &Path| file::real(path).ok();
    let on_path = programs.find("pgtrust");
    on_path.filter(|found| real(found).is_some() && real(found) == real(running)).unwrap_or_else(|| running.to_owned())
}
