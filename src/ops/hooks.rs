//! The hooks of the manifest, after all stores of a run.

use std::path::Path;

use super::Error;
use super::finding::Reported;
use super::machine::Machine;
use super::note::{Failed, Note};
use crate::hook::{HookEvent, Pending};
use crate::journal::{Listed, Record};
use crate::manifest::{self, Hook, HookTrigger, Manifest};
use crate::store::known::Target;
use crate::system::deadline::Deadline;

/// The events that a run has for hooks.
#[derive(Debug, Default)]
pub(super) struct Changes {
    made: Vec<HookEvent>,
    /// What a dry run would do.
    planned: Vec<HookEvent>,
    /// The command lines that ran in an image.
    of_image: Vec<String>,
}

impl Changes {
    /// Adds what the journal has of a change.
    pub(super) fn add_made(&mut self, record: &Record) {
        self.made.extend(HookEvent::of(record));
    }

    /// Adds command lines that ran in an image.
    pub(super) fn add_programs_of_image(&mut self, commands: &[Vec<String>]) {
        self.of_image.extend(commands.iter().map(|words| words.join(" ")));
    }

    /// Takes the notes of what ran in an image.
    pub(super) fn take_notes(&mut self) -> impl Iterator<Item = Note> {
        std::mem::take(&mut self.of_image).into_iter().map(|command| Note::RanInImage { command })
    }

    /// Adds what a dry run would do.
    pub(super) fn add_planned(&mut self, change: Option<HookEvent>) {
        self.planned.extend(change);
    }

    /// Adds a change of a combined PEM, or what a dry run would do to it.
    pub(super) fn add_bundle(
        &mut self,
        machine: &Machine<'_>,
        is_planned: bool,
        path: &Path,
        source: &str,
        roots: (&[Listed], &[Listed]),
    ) {
        let change = HookEvent::new(path, Some(source), &machine.command).with(roots.0, roots.1);
        if is_planned { self.planned.push(change) } else { self.made.push(change) }
    }
}

/// Does some work and then runs what waits for its changes, which happened even if the work failed later. What fails then
/// is run again by the next `refresh`.
pub(super) fn with_hooks<T>(
    machine: &Machine<'_>,
    work: impl FnOnce(&mut Changes, &mut Vec<Note>) -> Result<T, Error>,
) -> Result<(T, Vec<Note>), Failed> {
    let (mut changes, mut notes) = (Changes::default(), Vec::new());
    let done = work(&mut changes, &mut notes);
    notes.extend(changes.take_notes());
    let after = after(machine, &changes, &mut notes);
    match (done, after) {
        (Ok(done), Ok(())) => Ok((done, notes)),
        (Err(error), _) | (Ok(_), Err(error)) => Err(Failed { error: Box::new(error), notes }),
    }
}

fn after(machine: &Machine<'_>, changes: &Changes, notes: &mut Vec<Note>) -> Result<(), Error> {
    if !changes.made.is_empty() || !changes.planned.is_empty() {
        let manifest = machine.manifest()?;
        announce(machine, &manifest, changes, notes);
        let failed = run(machine, &manifest, changes, HookSelection::Concerned, Deadline::default(), notes)?;
        notes.extend(failed.into_iter().map(|(_, error)| Note::Failure(error)));
    }
    Ok(())
}

/// Tells what would run.
pub(super) fn announce(machine: &Machine<'_>, manifest: &Manifest, changes: &Changes, notes: &mut Vec<Note>) {
    let hooks = hooks(machine, manifest, &changes.planned, notes);
    let concerned = hooks.iter().filter(|hook| hook.concerns_any(&changes.planned));
    notes.extend(concerned.map(|hook| Note::HookPlanned { hook: hook.command() }));
}

/// The hooks that are to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HookSelection {
    /// The hooks that wait for one of the changes.
    Concerned,
    /// The hooks too that failed before, or never came to run.
    Pending,
}

/// Runs hooks, one after the other. Returns what failed: the hook, and why.
pub(super) fn run(
    machine: &Machine<'_>,
    manifest: &Manifest,
    changes: &Changes,
    which: HookSelection,
    deadline: Deadline,
    notes: &mut Vec<Note>,
) -> Result<Vec<(String, Error)>, Error> {
    let changes = &changes.made;
    let hooks = hooks(machine, manifest, changes, notes);
    let (state, programs) = (&machine.layout()?.state, machine.programs().until(deadline));
    let (mut pending, lost) = Pending::load(state);
    if let Some(error) = lost {
        let _lock = machine.lock()?;
        // What it held is not known any more; the next run is not to say so again.
        pending.save()?;
        notes.push(Note::Lost(error.into()));
    }
    let mut saved = Ok(());
    if hooks.iter().any(|hook| hook.concerns_any(changes)) {
        let _lock = machine.lock()?;
        (pending, _) = Pending::load(state);
        pending.retain_of(hooks);
        for hook in hooks {
            let forgotten = pending.add(hook, changes);
            notes.extend((forgotten > 0).then(|| Note::ForgottenChanges { hook: hook.command(), count: forgotten }));
        }
        // A disk that is full must not keep them from running.
        saved = pending.save();
    }
    let is_due = |hook: &&Hook| match which {
        HookSelection::Concerned => hook.concerns_any(changes),
        HookSelection::Pending => !pending.of(hook).is_empty(),
    };
    let of_nothing =
        hooks.iter().filter_map(|hook| Some((hook.command(), check_target(machine, manifest, hook).err()?)));
    let mut failed: Vec<(String, Error)> = of_nothing.collect();
    for hook in hooks.iter().filter(is_due) {
        let changes = pending.of(hook);
        match hook.run(changes, folder_of(manifest), &programs) {
            Ok(lines) => {
                notes.extend(lines.into_iter().map(|line| Note::HookOutput { hook: hook.command(), line }));
                let _lock = machine.lock()?;
                let (mut left, _) = Pending::load(state);
                left.remove_reported(hook, changes);
                left.save()?;
            }
            Err(error) => failed.push((hook.command(), error.into())),
        }
    }
    saved?;
    Ok(failed)
}

/// Runs the hooks that wait for findings with those that a run says. Returns what failed.
pub(super) fn tell(
    machine: &Machine<'_>,
    manifest: &Manifest,
    said: &[&Reported],
    deadline: Deadline,
    notes: &mut Vec<Note>,
) -> Vec<(String, Error)> {
    let mut failed = Vec::new();
    if said.is_empty() {
        return failed;
    }
    let programs = machine.programs().until(deadline);
    for hook in hooks(machine, manifest, &[], notes).iter().filter(|hook| hook.on == HookTrigger::Finding) {
        match hook.run_for(said, folder_of(manifest), &programs) {
            Ok(lines) => notes.extend(lines.into_iter().map(|line| Note::HookOutput { hook: hook.command(), line })),
            Err(error) => failed.push((hook.command(), error.into())),
        }
    }
    failed
}

/// The hooks that may run here.
fn hooks<'a>(
    machine: &Machine<'_>,
    manifest: &'a Manifest,
    changes: &[HookEvent],
    notes: &mut Vec<Note>,
) -> &'a [Hook] {
    if machine.no_hooks {
        return &[];
    }
    if machine.is_image() {
        if manifest.hooks().iter().any(|hook| hook.concerns_any(changes)) {
            notes.push(Note::HooksOfImage { root: machine.root().to_owned() });
        }
        return &[];
    }
    if machine.programs().runs_chosen() { manifest.hooks() } else { &[] }
}

/// A hook that waits for what is never going to be must not wait in silence.
fn check_target(machine: &Machine<'_>, manifest: &Manifest, hook: &Hook) -> Result<(), Error> {
    let Some(target) = &hook.target else { return Ok(()) };
    let provider = target.split('/').next().unwrap_or(target);
    if Target::named(target).is_some() || Path::new(target).is_absolute() || machine.catalog()?.contains(provider) {
        return Ok(());
    }
    let reason = format!("the hook for `{target}`: that is not a target, a provider or an absolute path");
    Err(manifest::Error::BadManifest { path: manifest.path().to_owned(), reason }.into())
}

fn folder_of(manifest: &Manifest) -> &Path {
    manifest.path().parent().unwrap_or_else(|| Path::new("/"))
}
