//! Hooks: programs that the manifest names and that run after stores changed.
//!
//! A hook runs once for all changes of a command, after the last of them. It gets them as JSON on standard input and, in
//! short, in [`VARIABLES`]. One for findings runs once for all that a `refresh` says. What it does is no longer pgtrust's
//! affair: no store goes back because a hook failed.

mod error;
mod pending;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::journal::{Listed, Record};
use crate::manifest::{Hook, HookTrigger};
use crate::system::file;
use crate::system::process::{self, End, Programs};
use crate::system::text::cause;
pub use error::Error;
pub(crate) use pending::{FILE, Pending};

impl Hook {
    /// Tells whether the hook waits for this change.
    pub(crate) fn concerns(&self, change: &HookEvent) -> bool {
        let is_target =
            |target: &String| change.target.as_ref() == Some(target) || Path::new(target) == Path::new(&change.store);
        self.on == HookTrigger::Change && self.target.as_ref().is_none_or(is_target)
    }

    /// Tells whether the hook waits for one of these changes.
    pub(crate) fn concerns_any(&self, changes: &[HookEvent]) -> bool {
        changes.iter().any(|change| self.concerns(change))
    }

    /// Runs it for these changes in this folder, and returns the last lines of what it wrote. What it leaves running when it
    /// ends in time goes on.
    pub(crate) fn run(&self, changes: &[HookEvent], folder: &Path, programs: &Programs) -> Result<Vec<String>, Error> {
        self.run_with(&Input { changes }, variables(changes), folder, programs)
    }

    /// Runs it for findings, in the same way.
    pub(crate) fn run_for(
        &self,
        findings: &[impl Serialize],
        folder: &Path,
        programs: &Programs,
    ) -> Result<Vec<String>, Error> {
        self.run_with(&FindingsInput { findings }, Vec::new(), folder, programs)
    }

    fn run_with(
        &self,
        input: &impl Serialize,
        variables: Vec<(&'static str, Option<String>)>,
        folder: &Path,
        programs: &Programs,
    ) -> Result<Vec<String>, Error> {
        let failed = |reason: String| Error::HookFailed { hook: self.command(), reason };
        let input = serde_json::to_vec(input).map_err(|error| failed(error.to_string()))?;
        let [program, arguments @ ..] = &self.run[..] else { return Err(failed("names no program".to_owned())) };
        let program = programs.chosen(program, folder)?;
        let mut program = programs.program(program, self.timeout).arguments(arguments).in_folder(folder);
        for (name, value) in variables {
            program = program.variable(name, value);
        }
        let ended = program.with_input(input).printing_on(MAX_OUTPUT).may_leave_processes().end();
        let ended = ended.map_err(|error| match error {
            process::Error::NotStarted { source, .. } => failed(format!("could not be started: {}", cause(&source))),
            other => failed(other.reason()),
        })?;
        let lines = last_lines(&ended.output);
        let reason = match ended.end {
            End::Exited(status) if status.success() => return Ok(lines),
            End::Exited(status) => status.to_string(),
            _ => format!("not done after {}, and killed", humantime::format_duration(self.timeout)),
        };
        Err(failed(if lines.is_empty() { reason } else { format!("{reason}: {}", lines.join("; ")) }))
    }
}

/// A change of a store, as hooks get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub(crate) struct HookEvent {
    /// The file or folder that changed.
    pub store: String,
    /// The name of the target, or the provider of a combined PEM; None for a store that has only its path.
    #[serde(default)]
    pub target: Option<String>,
    /// The command that changed it, without its program name.
    pub command: String,
    /// The roots that it gained.
    pub added: Vec<Listed>,
    /// The roots that it lost.
    pub removed: Vec<Listed>,
}

impl HookEvent {
    /// Makes an event of a change that no journal has.
    pub(crate) fn new(store: &Path, target: Option<&str>, command: &str) -> Self {
        Self {
            store: file::absolute(store).to_string_lossy().into_owned(),
            target: target.map(str::to_owned),
            command: command.to_owned(),
            added: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// Adds the roots that came and went.
    #[must_use]
    pub(crate) fn with(self, added: &[Listed], removed: &[Listed]) -> Self {
        Self { added: added.to_vec(), removed: removed.to_vec(), ..self }
    }

    /// Makes an event of a record; None if it changed the manifest only.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let in_store = record.files.iter().any(|file| file.path.starts_with(&record.store));
        let change = || Self::new(&record.store, record.target.as_deref(), &record.command);
        in_store.then(|| change().with(&record.added, &record.removed))
    }
}

#[derive(Serialize)]
struct Input<'a> {
    changes: &'a [HookEvent],
}

#[derive(Serialize)]
struct FindingsInput<'a, F> {
    findings: &'a [F],
}

/// The variables that a hook has beside those of pgtrust. A value has one line for each store, target or fingerprint, each
/// once.
pub const VARIABLES: [&str; 4] = ["PGTRUST_STORE", "PGTRUST_TARGET", "PGTRUST_ADDED", "PGTRUST_REMOVED"];

/// One that would be too long for the system has no value.
fn variables(changes: &[HookEvent]) -> Vec<(&'static str, Option<String>)> {
    let prints = |roots: fn(&HookEvent) -> &Vec<Listed>| {
        changes.iter().flat_map(roots).map(|root| root.sha256.to_string()).collect::<Vec<_>>()
    };
    let values = [
        changes.iter().map(|change| change.store.clone()).collect(),
        changes.iter().filter_map(|change| change.target.clone()).collect(),
        prints(|change| &change.added),
        prints(|change| &change.removed),
    ];
    let lines = |values: Vec<String>| {
        let mut seen = std::collections::HashSet::new();
        let once: Vec<String> = values.into_iter().filter(|value| seen.insert(value.clone())).collect();
        Some(once.join("\n")).filter(|text| text.len() <= LONGEST_VALUE)
    };
    VARIABLES.into_iter().zip(values.map(lines)).collect()
}

fn last_lines(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(MAX_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

/// Windows takes 32,767 characters, Linux 128 KiB.
const LONGEST_VALUE: usize = 32_000;
const MAX_OUTPUT: usize = 4096;
const MAX_LINES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Fingerprint;

    fn hook(text: &str) -> Result<Hook, String> {
        crate::system::toml::read(text)
    }

    fn change(store: &str, target: Option<&str>, added: &[&[u8]]) -> HookEvent {
        let listed = |bytes: &&[u8]| Listed { sha256: Fingerprint::of(bytes), subject: "CN=x".to_owned() };
        HookEvent::new(Path::new(store), target, "refresh").with(&added.iter().map(listed).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn a_target_is_a_name_or_a_path() {
        let changes = [change("/a/root.crt", Some("postgres"), &[]), change("/srv/ca.pem", None, &[])];
        for (target, expected) in [
            ("", [true, true]),
            ("target = \"postgres\"\n", [true, false]),
            ("target = \"/a/root.crt\"\n", [true, false]),
            ("target = \"/srv/ca.pem\"\n", [false, true]),
            ("target = \"/srv\"\n", [false, false]),
        ] {
            let hook = hook(&format!("on = \"change\"\n{target}run = [\"x\"]")).unwrap();
            assert_eq!([hook.concerns(&changes[0]), hook.concerns(&changes[1])], expected, "{target}");
        }
    }

    #[test]
    fn variables_have_each_thing_once_and_are_never_cut_short() {
        let one = change("/a", Some("java"), &[b"1", b"2"]);
        let all = [one.clone(), change("/b", Some("java"), &[b"2"])];
        let value = |changes: &[HookEvent], index: usize| variables(changes)[index].1.clone();
        assert_eq!(value(&all, 0).unwrap(), "/a\n/b");
        assert_eq!(value(&all, 1).unwrap(), "java");
        assert_eq!(value(&all, 2).unwrap(), format!("{}\n{}", Fingerprint::of(b"1"), Fingerprint::of(b"2")));
        assert_eq!(value(&all, 3).unwrap(), "");
        let many: Vec<HookEvent> = (0..5_000).map(|index| change(&format!("/store/{index}"), None, &[])).collect();
        assert_eq!(value(&many, 0), None);
    }
}
