//! The machine that use cases run on.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::OffsetDateTime;

use super::Error;
use super::last_run::{Finding, FindingKind};
use super::permissions::refuse_shared_settings;
use crate::catalog::Catalog;
use crate::journal::{Change, Journal, Step};
use crate::manifest::{self, Manifest};
use crate::source::Progress;
use crate::system::layout::{Environment, Layout};
use crate::system::lock::Lock;
use crate::system::permissions::refuse_shared;
use crate::system::process::{Programs, Withheld};

/// A machine, or a folder that stands for one: its clock, its environment, its folders, and how far a use case may go.
///
/// Nothing else reads the clock or the environment. What a command does not ask for is not looked up.
pub struct Machine<'a> {
    /// When the run began.
    pub now: OffsetDateTime,
    /// The time by which validity is judged.
    pub as_of: OffsetDateTime,
    /// The time by now, for what took a while.
    pub clock: &'a dyn Fn() -> OffsetDateTime,
    /// Where the user's folders are.
    pub environment: Environment,
    /// An environment variable, such as one that holds a token.
    pub variable: fn(&str) -> Option<OsString>,
    /// The folder that stands for `/`. Hooks do not run for any other than `/` itself.
    pub root: PathBuf,
    /// Work on what the whole machine keeps, and not on what this user does.
    pub system: bool,
    /// Go on where others than this user can write what decides trust.
    pub allow_writable: bool,
    /// How long to wait for another run that holds a lock.
    pub wait: Duration,
    /// Run no hooks.
    pub no_hooks: bool,
    /// The command, without its program name, as the journal tells it.
    pub command: String,
    /// Is told how far downloads are.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// What to do about an error, in the words of the program that asks: `refresh` keeps it beside what failed.
    pub hint: fn(&Error) -> Option<String>,
    /// Is called before the first program of others runs, as to have it end when this process is told to:
    /// [`end_all`](crate::end_all).
    pub before_programs: fn(),
    /// Variables that programs of others do not get, beside the tokens of the catalogue's providers.
    pub withheld: &'static [&'static str],
    layout: OnceCell<Layout>,
    catalog: OnceCell<Catalog>,
    programs: OnceCell<Programs>,
}

impl<'a> Machine<'a> {
    /// This user's part of the machine. No variable but those of `environment` is read; nothing is waited for.
    pub fn new(environment: Environment, clock: &'a dyn Fn() -> OffsetDateTime) -> Self {
        let now = clock();
        Self {
            now,
            as_of: now,
            clock,
            environment,
            variable: |_| None,
            root: PathBuf::from("/"),
            system: false,
            allow_writable: false,
            wait: Duration::ZERO,
            no_hooks: false,
            command: String::new(),
            progress: &|_| {},
            hint: |_| None,
            before_programs: || {},
            withheld: &[],
            layout: OnceCell::new(),
            catalog: OnceCell::new(),
            programs: OnceCell::new(),
        }
    }

    /// Returns where this user, or the machine, keeps what pgtrust keeps.
    pub fn layout(&self) -> Result<&Layout, Error> {
        if self.layout.get().is_none() {
            let layout = if self.system { Layout::of_system(&self.root) } else { Layout::of_user(&self.environment)? };
            let _ = self.layout.set(layout);
        }
        Ok(self.layout.get().ok_or(crate::system::Error::HomeUnknown)?)
    }

    /// Returns the built-in providers, and the user's where there is a place for them, with the catalogues that the
    /// manifest names as they are kept.
    pub fn catalog(&self) -> Result<&Catalog, Error> {
        if let Some(catalog) = self.catalog.get() {
            return Ok(catalog);
        }
        let catalog = catalog(self.layout().ok())?;
        Ok(self.catalog.get_or_init(|| catalog))
    }

    /// Returns what is kept; nothing where there is no place to keep it.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        Ok(self.layout().map_or_else(|_| Ok(Manifest::default()), |layout| Manifest::load(&layout.manifest))?)
    }

    /// Returns the journal of this user, or of the machine.
    pub fn journal(&self) -> Result<Journal, Error> {
        Ok(Journal::new(&self.layout()?.state))
    }

    /// Fails when others can write a store, or put another in its place, and nobody allowed that.
    pub(crate) fn refuse_shared(&self, store: &Path) -> Result<(), Error> {
        if self.allow_writable { Ok(()) } else { Ok(refuse_shared(store, &self.root)?) }
    }

    /// Does the same for the files that decide which roots are trusted: manifest, journal, the user's own providers.
    pub fn refuse_shared_settings(&self) -> Result<(), Error> {
        match self.layout() {
            Ok(layout) if !self.allow_writable => refuse_shared_settings(layout, &self.root),
            _ => Ok(()),
        }
    }

    /// Holds off everyone else who works with the same journal.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        Ok(self.journal()?.lock(self.wait)?)
    }

    /// Holds off everyone else who works on the same store.
    pub(crate) fn lock_store(&self, store: &Path) -> Result<Lock, Error> {
        Ok(Lock::store(store, self.wait)?)
    }

    /// Returns what this command does to a store, as the journal takes it.
    pub(crate) fn step<'b>(&self, store: &'b Path, changes: &'b [Change]) -> Step<'b> {
        Step::new(self.now, &self.command, store, changes)
    }

    /// Returns the programs of others. Tokens of providers are not for them.
    pub fn programs(&self) -> &Programs {
        self.programs.get_or_init(|| {
            let layout = self.layout().ok().cloned();
            let (variable, withheld, before_programs) = (self.variable, self.withheld, self.before_programs);
            let prepare = move || {
                before_programs();
                // A manifest that cannot be read names no catalogue whose APIs could be asked.
                let catalog = catalog(layout.as_ref()).unwrap_or_else(|_| Catalog::built_in());
                let names = catalog.token_variables().into_iter().chain(withheld.iter().map(|name| (*name).to_owned()));
                Withheld::new(names, &variable)
            };
            Programs::new(self.environment.path.clone().unwrap_or_default(), prepare)
        })
    }

    /// Returns a failure, as `refresh` keeps it.
    pub(crate) fn failure(&self, kind: FindingKind, about: &str, error: &Error) -> Finding {
        Finding::of_error(kind, about, error, (self.hint)(error))
    }
}

fn catalog(layout: Option<&Layout>) -> Result<Catalog, Error> {
    let Some(layout) = layout else { return Ok(Catalog::built_in()) };
    let named = manifest::catalogues(&layout.manifest)?;
    Ok(Catalog::with_folder(&layout.catalogue).with(&named, &layout.catalogues()))
}
