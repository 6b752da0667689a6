//! The machine that use cases run on.

use std::cell::{OnceCell, Ref, RefCell};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::OffsetDateTime;

use super::Error;
use super::finding::{Finding, FindingKind};
use super::permissions::{refuse_shared_entries, refuse_shared_settings};
use crate::catalog::Catalog;
use crate::journal::{Change, Journal, Step};
use crate::manifest::{self, Manifest};
use crate::source::{Progress, Source};
use crate::system::layout::{Environment, Layout};
use crate::system::lock::Lock;
use crate::system::permissions::{Guard, Refusal, refuse_foreign_home, refuse_shared};
use crate::system::process::{Programs, Withheld};
use crate::system::{self, file};

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
    root: PathBuf,
    allowed: RefCell<Vec<Refusal>>,
    layout: OnceCell<Layout>,
    journal: OnceCell<Journal>,
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
            system: false,
            allow_writable: false,
            wait: Duration::ZERO,
            no_hooks: false,
            command: String::new(),
            progress: &|_| {},
            hint: |_| None,
            before_programs: || {},
            withheld: &[],
            root: PathBuf::from("/"),
            allowed: RefCell::default(),
            layout: OnceCell::new(),
            journal: OnceCell::new(),
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
        Ok(self.layout.get().ok_or(system::Error::HomeUnknown)?)
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

    /// Returns the source that the manifest keeps under this name. Fails for a file that others can write: whoever does
    /// decides what is trusted.
    pub(crate) fn kept_source(&self, name: &str) -> Result<Source, Error> {
        let path = self.place(Path::new(name));
        let text = if Path::new(name).has_root() { path.to_str().unwrap_or(name) } else { name };
        if Path::new(name).has_root() {
            file::stat(&path).map_err(system::Error::unread("read", &path))?;
        }
        let source = Source::parse(text, self.catalog()?)?;
        if let Source::Path(path) = &source {
            if !Path::new(name).has_root() {
                let reason = format!("source `{name}`: only a path from the root folder means one file");
                return Err(manifest::Error::BadManifest { path: self.layout()?.manifest.clone(), reason }.into());
            }
            self.refuse_shared(path, Guard::Settings)?;
            self.permit(refuse_shared_entries(path, Guard::Settings))?;
        }
        Ok(source)
    }

    /// Returns the journal of this user, or of the machine. It is read once, as long as nobody else changes it.
    pub fn journal(&self) -> Result<&Journal, Error> {
        let state = &self.layout()?.state;
        Ok(self.journal.get_or_init(|| Journal::new(state)))
    }

    /// Works on the image in this folder, as if that were `/`. Nothing is read or written outside it but the sources that a
    /// request names. No program of it runs but the one that brings the roots of the system into use.
    pub fn in_image(mut self, folder: &Path) -> Result<Self, Error> {
        self.root = file::bound(folder)?;
        self.system = true;
        self.environment = Environment::default();
        Ok(self)
    }

    /// Leaves out what is kept in the home of another user, if root runs this. For what needs no settings.
    #[must_use]
    pub fn without_foreign_home(mut self) -> Self {
        let is_foreign = self.environment.home.as_ref().is_some_and(|home| self.check_home(home).is_err());
        if is_foreign {
            let Environment { path, pgtrust_home, .. } = std::mem::take(&mut self.environment);
            self.environment = Environment { path, pgtrust_home, ..Environment::default() };
        }
        self
    }

    /// Returns the folder that stands for `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Tells whether this is an image, and not the machine that runs this.
    pub fn is_image(&self) -> bool {
        self.root.parent().is_some()
    }

    /// Returns where a path is that a request or the manifest names for a file that pgtrust writes, or keeps: in an image, where
    /// a relative one begins at its `/`, and one that begins with the folder of the image is taken as it is.
    pub fn place(&self, path: &Path) -> PathBuf {
        file::place(&self.root, path)
    }

    /// Tells whether there is something at this path, in an image the one inside it.
    pub fn has(&self, path: &Path) -> bool {
        file::exists(&self.place(path))
    }

    /// Returns a path as programs of this machine, or of the image, name it.
    pub fn seen(&self, path: &Path) -> PathBuf {
        file::seen(&self.root, &file::absolute(path))
    }

    /// Fails when others can write what decides trust on this machine: manifest, journal, held roots, downloads, providers
    /// of one's own. So it does for root in the home of another user, who chose what is there.
    pub fn refuse_shared_settings(&self) -> Result<(), Error> {
        self.permit(self.check_settings())?;
        match self.layout() {
            // Nobody can allow where a link of another user leads.
            Ok(layout) if self.allow_writable => refuse_shared_settings(layout, Guard::Output),
            _ => Ok(()),
        }
    }

    fn check_settings(&self) -> Result<(), Error> {
        let Ok(layout) = self.layout() else { return Ok(()) };
        for place in [&layout.manifest, &layout.catalogue, &layout.bundles, &layout.state] {
            self.check_home(place)?;
        }
        refuse_shared_settings(layout, Guard::Settings)
    }

    /// Fails when others can write something that decides trust, or put another in its place.
    pub(crate) fn refuse_shared(&self, path: &Path, guard: Guard) -> Result<(), Error> {
        self.permit(self.check_home(path))?;
        self.permit(refuse_shared(path, guard).map_err(Error::from))?;
        if self.allow_writable { Ok(refuse_shared(path, Guard::Output)?) } else { Ok(()) }
    }

    /// Fails for root with the HOME of another user, if this is in there.
    fn check_home(&self, path: &Path) -> Result<(), Error> {
        match &self.environment.home {
            Some(home) if !self.system => Ok(refuse_foreign_home(home, path)?),
            _ => Ok(()),
        }
    }

    /// Lets a refusal pass where the user allowed it, and remembers that.
    fn permit(&self, result: Result<(), Error>) -> Result<(), Error> {
        match result {
            Err(Error::System(system::Error::Refused(refusal))) if self.allow_writable => {
                self.allowed.borrow_mut().push(refusal);
                Ok(())
            }
            result => result,
        }
    }

    /// Returns why the run would have ended, did `allow_writable` not let it go on. The programs of hooks and tokens do not run
    /// where others can write the settings that name them.
    pub fn allowed(&self) -> Ref<'_, Vec<Refusal>> {
        self.allowed.borrow()
    }

    /// Holds off everyone else who works with the same journal.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        Ok(self.journal()?.lock(self.wait)?)
    }

    /// Holds off everyone else who works on the same store.
    pub(crate) fn lock_store(&self, store: &Path) -> Lock {
        Lock::store(store, self.wait)
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
            // Whatever is allowed: what others wrote, or an image holds, names no program that runs with the rights of this user.
            let is_ours = !self.is_image() && (!self.allow_writable || self.check_settings().is_ok());
            let search_path = self.environment.path.clone().unwrap_or_default();
            Programs::new(search_path, prepare).with_chosen(is_ours)
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
