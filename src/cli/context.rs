//! The world, read once: environment, clock, folders.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment and the clock")]

use std::cell::{OnceCell, RefCell};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pgtrust::guard::User;
use pgtrust::journal::{Change, Journal, Step};
use pgtrust::layout::{Environment, Layout};
use pgtrust::lock::Lock;
use pgtrust::manifest::{self, Manifest};
use pgtrust::process::Programs;
use pgtrust::{Catalog, Error, guard};
use time::OffsetDateTime;

use super::args::Args;
use super::enforcement;
use super::hooks::Changes;
use super::ui::{self, Failure};

/// What every command needs of the world, each part only when it asks.
pub(crate) struct Context {
    pub(crate) now: OffsetDateTime,
    /// What validity is judged by.
    pub(crate) as_of: OffsetDateTime,
    pub(crate) environment: Environment,
    /// Where programs of this machine are found.
    pub(crate) search_path: OsString,
    pub(crate) system: bool,
    /// Whether files that others can write are used.
    allow_writable: bool,
    pub(crate) wait: Duration,
    pub(crate) no_hooks: bool,
    /// What this command did to stores so far, until hooks are told.
    pub(crate) changes: RefCell<Changes>,
    /// The folder that stands for `/`.
    pub(crate) root: PathBuf,
    layout: OnceCell<Layout>,
    catalog: OnceCell<Catalog>,
    programs: OnceCell<Programs>,
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
            xdg_runtime_dir: path("XDG_RUNTIME_DIR"),
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
        let search_path = env::var_os("PATH").unwrap_or_default();
        let system = args.system || args.root.is_some();
        let as_of = args.as_of.map_or(now, |date| date.midnight().assume_utc());
        let (allow_writable, wait) = (args.allow_writable, Duration::from_secs(args.wait));
        Self {
            now,
            as_of,
            environment,
            search_path,
            system,
            allow_writable,
            wait,
            no_hooks: args.no_hooks,
            changes: RefCell::default(),
            root,
            layout: OnceCell::new(),
            catalog: OnceCell::new(),
            programs: OnceCell::new(),
        }
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

    /// Fails when others can write a store, or put another in its place, and nobody allowed that.
    pub(crate) fn refuse_shared(&self, store: &Path) -> Result<(), Error> {
        if self.allow_writable { Ok(()) } else { guard::refuse_shared(store, &self.root) }
    }

    /// Says whose stores these are, where HOME is not this user's.
    pub(crate) fn say_whose(&self) {
        let Some((home, owner)) = self.environment.home.as_ref().and_then(|home| Some((home, guard::owner_of(home)?)))
        else {
            return;
        };
        let this = User::this();
        if owner != this {
            ui::warning(&format!(
                "HOME is `{}`, which belongs to {owner}: the stores in it are those of {owner}, not of {this}",
                home.display()
            ));
            ui::hint(&format!("run it as {owner}, or set HOME to that of {this}, as `sudo -H` does"));
        }
    }

    /// As [`refuse_shared`](Self::refuse_shared), for what says which roots are trusted.
    pub(crate) fn refuse_shared_settings(&self) -> Result<(), Error> {
        match self.layout() {
            Ok(layout) if !self.allow_writable => guard::refuse_shared_settings(layout, &self.root),
            _ => Ok(()),
        }
    }

    /// The built-in providers, and the user's where there is a place for them, with the catalogues that the manifest
    /// names as they are kept.
    pub(crate) fn catalog(&self) -> Result<Catalog, Error> {
        if let Some(catalog) = self.catalog.get() {
            return Ok(catalog.clone());
        }
        let catalog = match self.layout() {
            Ok(layout) => {
                let named = manifest::catalogues(&layout.manifest)?;
                Catalog::with_folder(&layout.catalogue).with(&named, &layout.catalogues())
            }
            Err(_) => Catalog::built_in(),
        };
        Ok(self.catalog.get_or_init(|| catalog).clone())
    }

    /// The programs of others. Tokens of providers are not for them.
    pub(crate) fn programs(&self) -> &Programs {
        self.programs.get_or_init(|| {
            // A manifest that cannot be read names no catalogue whose APIs could be asked.
            let mut names = self.catalog().unwrap_or_else(|_| Catalog::built_in()).token_variables();
            names.push(enforcement::VARIABLE.to_owned());
            let search_path = self.environment.path.clone().unwrap_or_default();
            Programs::new(search_path).withhold(names, &|name| self.variable(name))
        })
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

    /// The file of this program.
    pub(crate) fn program(&self) -> Result<PathBuf, Failure> {
        env::current_exe().map_err(|error| Failure::Usage {
            message: format!("could not find the file of this program: {error}"),
            hint: "run it by its full path".to_owned(),
        })
    }

    /// The first variable that names a proxy here.
    pub(crate) fn proxy_variable(&self) -> Option<&'static str> {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find(|name| env::var_os(name).is_some())
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
        Step::new(self.now, &self.command(), store, changes)
    }

    /// The command line, without its program name.
    pub(crate) fn command(&self) -> String {
        let words: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }
}
