//! The steps that schedule a job or remove it.

use std::path::PathBuf;

use super::{Error, SCHEDULERS};
use crate::system::process::{self, Programs};
use crate::system::{self, file, limits};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStep {
    /// Make a folder and those above it.
    Folder(PathBuf),
    /// Write a file.
    Write {
        /// The file.
        path: PathBuf,
        /// Its whole content.
        text: String,
    },
    /// Remove a file.
    Remove(PathBuf),
    /// Run a command.
    Run(JobCommand),
}

/// A command of a scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCommand {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// What it reads.
    pub input: Option<Vec<u8>>,
    /// The lines of the input that are new (`+`) or go (`-`).
    pub lines: Vec<(char, String)>,
    /// Whether the other steps go on when it fails.
    pub may_fail: bool,
}

impl JobCommand {
    pub(super) fn new(words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Self { words, input: None, lines: Vec::new(), may_fail: false }
    }

    /// Runs it, with the program that is among these, and returns its output.
    pub fn run(&self, programs: &Programs) -> Result<Vec<u8>, Error> {
        let (name, arguments) = self.words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let program = programs.program(find(name, programs)?, limits::SCHEDULER_TIME).arguments(arguments);
        // What `crontab` says of a missing crontab is compared.
        let program = program.variable("LC_ALL", Some("C"));
        let run = match &self.input {
            None => program.run(),
            Some(input) => program.with_input(input.clone()).run(),
        };
        Ok(run.map_err(system::Error::from)?)
    }
}

impl JobStep {
    /// [`JobStep::Write`], unless the file says it already.
    pub(super) fn write(path: PathBuf, text: String) -> Result<Option<Self>, Error> {
        let there = file::read(&path)?.is_some_and(|bytes| bytes == text.as_bytes());
        Ok((!there).then_some(Self::Write { path, text }))
    }
}

/// Carries out the steps. Returns the failures that did not stop it.
pub fn apply(steps: &[JobStep], programs: &Programs) -> Result<Vec<Error>, Error> {
    let mut failures = Vec::new();
    let mut written = false;
    for (index, step) in steps.iter().enumerate() {
        match step {
            JobStep::Folder(path) => file::create_folders(path)?,
            JobStep::Write { path, text } => file::replace_bytes(path, text.as_bytes())?,
            JobStep::Remove(path) => file::remove_name(path)?,
            JobStep::Run(command) => match command.run(programs) {
                Ok(_) => {}
                Err(error) if command.may_fail => failures.push(error),
                Err(error) if written => {
                    let remaining = steps[index..].iter().filter_map(JobStep::command).collect();
                    return Err(Error::NotTaken { source: Box::new(error), remaining });
                }
                Err(error) => return Err(error),
            },
        }
        written |= matches!(step, JobStep::Write { .. });
    }
    Ok(failures)
}

impl JobStep {
    fn command(&self) -> Option<String> {
        match self {
            Self::Run(command) => Some(command.words.join(" ")),
            _ => None,
        }
    }
}

/// Returns a scheduler's program.
pub(super) fn find(program: &str, programs: &Programs) -> Result<PathBuf, Error> {
    let scheduler = SCHEDULERS.iter().find(|scheduler| scheduler.program == program);
    let (name, packages) = scheduler.map_or(("", ""), |scheduler| (scheduler.program, scheduler.packages));
    let missing = || system::Error::from(process::Error::Missing { name, packages });
    Ok(programs.find(program).ok_or_else(missing)?)
}
