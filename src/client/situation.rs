//! What a model is asked: the parameters of a connection, and what the client finds around it.

use std::path::PathBuf;

use super::parameters::{Mode, Parameters, Root};
use super::plan::Refused;
use super::stores::Stores;
use super::surroundings::Surroundings;

/// A connection that is to be made.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// What the target says.
    pub parameters: &'a Parameters,
    /// What the client finds: variables, home, working folder.
    pub surroundings: &'a Surroundings<'a>,
    /// The stores that are there.
    pub stores: &'a Stores,
}

/// Decisions, for a person who asks how the client came to them.
#[derive(Default)]
pub(super) struct Steps(Vec<String>);

impl Steps {
    pub(super) fn note(&mut self, step: impl Into<String>) {
        self.0.push(step.into());
    }

    pub(super) fn into_inner(self) -> Vec<String> {
        self.0
    }
}

impl Situation<'_> {
    /// The mode that the target names, else the one of a variable that the client reads, else its default. `no-verify` is a
    /// word of node-postgres alone.
    pub(super) fn mode(&self, variable: Option<&str>, default: Mode, steps: &mut Steps) -> Result<Mode, Refused> {
        match self.any_mode(variable, default, steps)? {
            mode @ Mode::NoVerify => Err(Refused::of(mode, "it knows no sslmode `no-verify`")),
            mode => Ok(mode),
        }
    }

    /// The same, with `no-verify`.
    pub(super) fn any_mode(&self, variable: Option<&str>, default: Mode, steps: &mut Steps) -> Result<Mode, Refused> {
        if let Some(mode) = self.parameters.mode {
            steps.note(format!("the connection asks for sslmode={mode}"));
            return Ok(mode);
        }
        let Some((name, value)) = variable.and_then(|name| Some((name, self.variable(name)?))) else {
            steps.note(format!("no sslmode is given: it takes {default}"));
            return Ok(default);
        };
        steps.note(format!("{name} says sslmode={value}"));
        value.parse().map_err(|error| Refused::of(&value, format!("{name}: {error}")))
    }

    /// The roots that the target names, else those of a variable that the client reads.
    pub(super) fn root(&self, variable: Option<&str>, steps: &mut Steps) -> Option<Root> {
        if let Some(root) = &self.parameters.root {
            steps.note(format!("the connection names sslrootcert={root}"));
            return Some(root.clone());
        }
        let (name, value) = variable.and_then(|name| Some((name, self.variable(name)?)))?;
        steps.note(format!("{name} is {value}"));
        Some(Root::from(value.as_str()))
    }

    /// A file of roots. To a client that does not know `system` that is a file's name.
    pub(super) fn file(&self, root: &Root) -> PathBuf {
        match root {
            Root::System => self.surroundings.folder.join("system"),
            Root::File(path) => self.surroundings.folder.join(path),
        }
    }

    /// A file of the folder in which libpq looks, where the client sees one.
    pub(super) fn seen_in_home(&self, name: &str) -> Option<PathBuf> {
        self.in_home(name).filter(|path| self.stores.sees(path))
    }

    /// A file of the folder in which libpq looks: `~/.postgresql/root.crt`.
    pub(super) fn in_home(&self, name: &str) -> Option<PathBuf> {
        self.surroundings.postgres_folder().map(|folder| folder.join(name))
    }

    /// A variable that is set to something.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.surroundings.variable(name).filter(|value| !value.is_empty())
    }
}
