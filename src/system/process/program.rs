//! One program with its arguments and limits, and how it ended.

mod running;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::Error;
use crate::system::deadline::Deadline;
use crate::system::limits;
use crate::system::text::sanitise;

/// A program that is to be run.
#[derive(Debug)]
pub(crate) struct Program {
    pub(super) command: Command,
    pub(super) time: Duration,
    deadline: Deadline,
    pub(super) input: Option<Vec<u8>>,
    pub(super) kept: Kept,
    pub(super) may_leave: bool,
    pub(super) has_terminal: bool,
}

/// What is kept of what a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// All of both streams. More bytes of one of them are an error.
    All(u64),
    /// The last bytes of both streams together.
    Last(usize),
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    /// What it wrote to standard output.
    pub(crate) output: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) complaints: Vec<u8>,
    command: String,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// Killed after this time.
    TimedOut(Duration),
    /// Killed after so many bytes.
    TooMuchOutput(u64),
}

#[expect(clippy::disallowed_methods, reason = "this is the runner")]
fn command(program: &OsStr) -> Command {
    Command::new(program)
}

impl Program {
    pub(super) fn new(program: &OsStr, time: Duration) -> Self {
        let kept = Kept::All(limits::PRINTED);
        let deadline = Deadline::default();
        Self { command: command(program), time, deadline, input: None, kept, may_leave: false, has_terminal: false }
    }

    /// Ends it then at the latest.
    pub(super) fn until(self, deadline: Deadline) -> Self {
        Self { deadline, ..self }
    }

    /// Gives it the terminal for as long as it runs, where there is one.
    #[cfg(feature = "fetch")]
    pub(super) fn with_terminal(mut self) -> Self {
        self.has_terminal = true;
        self
    }

    pub(crate) fn arguments(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable, or removes it.
    pub(crate) fn variable(mut self, name: impl AsRef<OsStr>, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.command.env(name, value),
            None => self.command.env_remove(name),
        };
        self
    }

    /// Lets it see none of our environment. Variables that it should have are set afterwards.
    pub(crate) fn without_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives it this on standard input, which it need not read.
    pub(crate) fn with_input(mut self, input: Vec<u8>) -> Self {
        self.input = Some(input);
        self
    }

    /// Lets it print so many bytes.
    pub(crate) fn printing(mut self, limit: u64) -> Self {
        self.kept = Kept::All(limit);
        self
    }

    /// Lets it print without limit, of which the last bytes are kept as [`Ended::output`], with what it complains of.
    pub(crate) fn printing_on(mut self, last: usize) -> Self {
        self.kept = Kept::Last(last);
        self
    }

    /// Lets what it leaves behind go on when it ends in time.
    pub(crate) fn may_leave_processes(mut self) -> Self {
        self.may_leave = true;
        self
    }

    /// Runs it to its end, whatever that is.
    pub(crate) fn end(mut self) -> Result<Ended, Error> {
        let program = PathBuf::from(self.command.get_program());
        let name = program.file_name().unwrap_or(program.as_os_str());
        let words: Vec<_> = std::iter::once(name).chain(self.command.get_args()).map(OsStr::to_string_lossy).collect();
        let command = sanitise(&words.join(" ")).into_owned();
        let deadline = self.deadline;
        if deadline.is_over() {
            return Err(Error::NoTime { command });
        }
        self.time = deadline.left(self.time);
        let (end, output, complaints) =
            running::run(self).map_err(|source| Error::NotStarted { program: program.clone(), source })?;
        if matches!(end, End::TimedOut(_)) && deadline.is_over() {
            return Err(Error::NoTime { command });
        }
        Ok(Ended { end, output, complaints, command })
    }

    /// Runs it to its end and returns what it wrote to standard output. Any other end than success is an error with what it
    /// wrote to standard error.
    pub(crate) fn run(self) -> Result<Vec<u8>, Error> {
        let ended = self.end()?;
        ended.failure().map_or(Ok(ended.output), Err)
    }
}

impl Ended {
    /// Returns the error for any end but success.
    pub(crate) fn failure(&self) -> Option<Error> {
        let command = self.command.clone();
        match self.end {
            End::Exited(status) if status.success() => None,
            End::Exited(status) => {
                let words = String::from_utf8_lossy(&self.complaints);
                let words: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                let words = if words.is_empty() { status.to_string() } else { words.join("; ") };
                let words = sanitise(words.trim_end_matches('.')).into_owned();
                Some(Error::Failed { command, status, words })
            }
            End::TimedOut(limit) => Some(Error::TimedOut { command, limit }),
            End::TooMuchOutput(limit) => Some(Error::TooMuchOutput { command, limit }),
        }
    }
}
