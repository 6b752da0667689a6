//! The hooks of the manifest, after all stores of a command.

use std::path::Path;

use pgtrust::Error;
use pgtrust::hook::{Change, Hook, Owed};
use pgtrust::manifest::Manifest;
use pgtrust::target::Target;

use super::Status;
use super::context::Context;
use super::ui::{self, Failure};

/// What a command does to stores.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) made: Vec<Change>,
    /// What a dry run would do.
    pub(crate) planned: Vec<Change>,
}

/// Runs what waits for the changes of this command, where the command did not do so itself.
pub(crate) fn after(context: &Context) -> Result<Status, Failure> {
    let changes = context.changes.take();
    if changes.made.is_empty() && changes.planned.is_empty() {
        return Ok(Status::Done);
    }
    let manifest = context.manifest()?;
    announce(context, &manifest, &changes.planned);
    let failed = run(context, &manifest, &changes.made, Which::Concerned)?;
    failed.iter().for_each(|(_, error)| ui::problem(error));
    Ok(if failed.is_empty() { Status::Done } else { Status::Failed })
}

/// Says what would run.
pub(crate) fn announce(context: &Context, manifest: &Manifest, planned: &[Change]) {
    for hook in hooks(context, manifest, planned).iter().filter(|hook| hook.concerns_any(planned)) {
        ui::note(&format!("hook `{}` would run", hook.command()));
    }
}

/// Which hooks run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that wait for one of the changes.
    Concerned,
    /// Those too that failed before, or never came to run.
    Owed,
}

/// Runs hooks, one after the other. Returns what failed: the hook, and why.
pub(crate) fn run(
    context: &Context,
    manifest: &Manifest,
    changes: &[Change],
    which: Which,
) -> Result<Vec<(String, Error)>, Failure> {
    let hooks = hooks(context, manifest, changes);
    let state = &context.layout()?.state;
    let mut owed = Owed::load(state)?;
    let mut saved = Ok(());
    if hooks.iter().any(|hook| hook.concerns_any(changes)) {
        let _lock = context.lock()?;
        owed = Owed::load(state)?;
        owed.forget_all_but(hooks);
        hooks.iter().for_each(|hook| owed.add(hook, changes));
        // A disk that is full must not keep them from running.
        saved = owed.save();
    }
    let is_due = |hook: &&Hook| match which {
        Which::Concerned => hook.concerns_any(changes),
        Which::Owed => !owed.of(hook).is_empty(),
    };
    let of_nothing =
        hooks.iter().filter_map(|hook| Some((hook.command(), check_target(context, manifest, hook).err()?)));
    let mut failed: Vec<(String, Error)> = of_nothing.collect();
    for hook in hooks.iter().filter(is_due) {
        let changes = owed.of(hook);
        match manifest.check_owner().and_then(|()| hook.run(changes, folder_of(manifest), context.programs())) {
            Ok(lines) => {
                lines.iter().for_each(|line| ui::note(&format!("`{}`: {line}", hook.command())));
                let _lock = context.lock()?;
                let mut left = Owed::load(state)?;
                left.settle(hook, changes);
                left.save()?;
            }
            Err(error) => failed.push((hook.command(), error)),
        }
    }
    saved?;
    Ok(failed)
}

/// The hooks that may run here.
fn hooks<'a>(context: &Context, manifest: &'a Manifest, changes: &[Change]) -> &'a [Hook] {
    if context.no_hooks {
        return &[];
    }
    if context.root != Path::new("/") {
        if manifest.hooks().iter().any(|hook| hook.concerns_any(changes)) {
            let root = context.root.display();
            ui::hint(&format!("hooks are not run: they are commands of the system in `{root}`, not of this one"));
        }
        return &[];
    }
    manifest.hooks()
}

/// A hook that waits for what is never going to be must not wait in silence.
fn check_target(context: &Context, manifest: &Manifest, hook: &Hook) -> Result<(), Error> {
    let Some(target) = &hook.target else { return Ok(()) };
    let provider = target.split('/').next().unwrap_or(target);
    if Target::named(target).is_some() || Path::new(target).is_absolute() || context.catalog()?.contains(provider) {
        return Ok(());
    }
    let reason = format!("the hook for `{target}`: that is no target, no provider and no absolute path");
    Err(Error::BadManifest { path: manifest.path().to_owned(), reason })
}

fn folder_of(manifest: &Manifest) -> &Path {
    manifest.path().parent().unwrap_or_else(|| Path::new("/"))
}
