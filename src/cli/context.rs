//! The world, read once: environment, clock, folders.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment and the clock")]

use std::cell::OnceCell;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pgtrust::journal::{Change, Journal, Step};
use pgtrust::layout::{Environment, Layout};
use pgtrust::lock::Lock;
use pgtrust::manifest::Manifest;
use pgtrust::{Catalog, Error};
use time::OffsetDateTime;

use super::args::Args;

/// What every command needs of the world, each part only when it asks.
pub(crate) struct Context {
    pub(crate) now: OffsetDateTime,
    /// What validity is judged by.
    pub(crate) as_of: OffsetDateTime,
    pub(crate) environment: Environment,
    pub(crate) system: bool,
    pub(crate) wait: Duration,
    /// The folder that stands for `/`.
    pub(crate) root: PathBuf,
    layout: OnceCell<Layout>,
}

impl Context {
    pub(crate) fn new(args: &Args) -> Self {
        let now = OffsetDateTime::from(SystemTime::now());
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let of_this_machine = || Environment {
            home: path("HOME").or_else(|| path("USERPROFILE")),
            appdata: path("APPDATA"),
            pgtrust_home: path("PGTRUST_HOME"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_data_home: path("XDG_DATA_HOME"),
            xdg_state_home: path("XDG_STATE_HOME"),
            path: env::var_os("PATH"),
            local_appdata: path("LOCALAPPDATA"),
            program_files: ["ProgramFiles", "ProgramFiles(x86)"].into_iter().filter_map(path).collect(),
            java_home: path("JAVA_HOME"),
            asdf_data_dir: path("ASDF_DATA_DIR"),
            gradle_user_home: path("GRADLE_USER_HOME"),
            jabba_home: path("JABBA_HOME"),
            jenv_root: path("JENV_ROOT"),
            mise_data_dir: path("MISE_DATA_DIR"),
            sdkman_dir: path("SDKMAN_DIR"),
        };
        let (root, environment) = match &args.root {
            // Another machine's folders are not those of this user.
            Some(root) => (std::path::absolute(root).unwrap_or_else(|_| root.clone()), Environment::default()),
            None => (PathBuf::from("/"), of_this_machine()),
        };
        let system = args.system || args.root.is_some();
        let as_of = args.as_of.map_or(now, |date| date.midnight().assume_utc());
        Self { now, as_of, environment, system, root, wait: Duration::from_secs(args.wait), layout: OnceCell::new() }
    }

    /// An environment variable, such as one that holds a token.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        env::var_os(name)
    }

    pub(crate) fn layout(&self) -> Result<&Layout, Error> {
        if self.layout.get().is_none() {
            let layout = if self.system { Layout::of_system(&self.root) } else { Layout::of_user(&self.environment)? };
            let _ = self.layout.set(layout);
        }
        self.layout.get().ok_or(Error::HomeUnknown)
    }

    /// The built-in providers, and the user's where there is a place for them.
    pub(crate) fn catalog(&self) -> Catalog {
        self.layout().map_or_else(|_| Catalog::built_in(), |layout| Catalog::with_folder(&layout.catalogue))
    }

    /// What is kept; nothing where there is no place to keep it.
    pub(crate) fn manifest(&self) -> Result<Manifest, Error> {
        self.layout().map_or_else(|_| Ok(Manifest::default()), |layout| Manifest::load(&layout.manifest))
    }

    pub(crate) fn journal(&self) -> Result<Journal, Error> {
        Ok(Journal::new(&self.layout()?.state))
    }

    /// The time by now, for what took a while.
    pub(crate) fn time(&self) -> OffsetDateTime {
        OffsetDateTime::from(SystemTime::now())
    }

    /// Holds off everyone else who works with the same journal.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        self.journal()?.lock(self.wait)
    }

    /// Holds off everyone else who works on the same store.
    pub(crate) fn lock_store(&self, store: &Path) -> Result<Lock, Error> {
        Lock::store(store, self.wait)
    }

    /// What this command does to a store, as the journal takes it.
    pub(crate) fn step<'a>(&self, store: &'a Path, changes: &'a [Change]) -> Step<'a> {
        let words: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        Step::new(self.now, &words.join(" "), store, changes)
    }
}
