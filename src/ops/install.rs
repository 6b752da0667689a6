//! Merges roots into stores, losing nothing that was there.

use serde::Serialize;

use super::fetch::tenants::{self, KeptTenant};
use super::fetch::{self, Download, Keep, KeptProvider};
use super::hooks::{Changes, with_hooks};
use super::machine::Machine;
use super::managed::is_followed;
use super::note::{self, Failed, Note, OrNote as _};
use super::stores::{Finder, NamedStore, Stores};
use super::{Error, RequestError, change, images, load, modes, names, password};
use crate::bundle::{Bundle, Policy};
use crate::catalog::{Catalog, Selection};
use crate::journal::{Change, Listed, Step};
use crate::manifest::{Manifest, Opening};
use crate::source::Source;
use crate::store::jvm;
use crate::store::known::Advice;
use crate::store::plan::{Outcome, Plan, Store};
use crate::system::file;
use crate::system::permissions::{Guard, check_place, check_writable, refuse_shared};

/// The roots to install, and the stores.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Providers, tenants, files and folders; all that the manifest keeps, when empty.
    pub sources: Vec<String>,
    /// The stores; `root.crt`, when none is named.
    pub stores: Stores,
    /// How they are opened, and what new ones are.
    pub opening: Opening,
    /// The roots of this machine too.
    pub include_system: bool,
    /// The roots of the JDK in use too.
    pub include_jdk_roots: bool,
    /// Intermediates and leaves that are named too.
    pub allow_non_roots: bool,
    /// How what is not kept yet is downloaded.
    pub download: Download,
    /// Write nothing, and tell what would be written.
    pub dry_run: bool,
}

/// The result of an install.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The stores that hold the roots now, or would.
    pub stores: Vec<Installed>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// Installs roots and keeps sources and stores from now on. What is not here is downloaded first; hooks run at the end.
pub fn install(machine: &Machine<'_>, request: &Request) -> Result<Report, Failed> {
    machine.refuse_shared_settings()?;
    let (stores, notes) = with_hooks(machine, |changes, notes| Run::new(machine, request, changes, notes)?.install())?;
    Ok(Report { stores, notes })
}

struct Run<'a> {
    machine: &'a Machine<'a>,
    request: &'a Request,
    catalog: &'a Catalog,
    manifest: Manifest,
    /// The sources that are named.
    named: Vec<String>,
    changes: &'a mut Changes,
    notes: &'a mut Vec<Note>,
}

impl<'a> Run<'a> {
    fn new(
        machine: &'a Machine<'a>,
        request: &'a Request,
        changes: &'a mut Changes,
        notes: &'a mut Vec<Note>,
    ) -> Result<Self, Error> {
        let (manifest, catalog) = (machine.manifest()?, machine.catalog()?);
        let named = names::resolve(&request.sources, catalog, &request.download)?;
        Ok(Self { machine, request, catalog, manifest, named, changes, notes })
    }

    fn install(mut self) -> Result<Vec<Installed>, Error> {
        let found = self.find()?;
        if !self.request.dry_run {
            check_place(&self.machine.layout()?.state)?;
        }
        self.warn_of_shared()?;
        let mut wanted = self.wanted(found)?;
        // What cannot be written comes first, and nothing is downloaded for it: either it says so or has nothing to change.
        let is_writable = |named: &NamedStore| check_writable(&named.store.path).is_ok();
        wanted.sort_by_cached_key(|(named, _)| is_writable(named));
        let first = wanted.iter().position(|(named, _)| is_writable(named)).filter(|_| !self.request.dry_run);
        let (mut stores, mut given) = (Vec::new(), Vec::new());
        let mut built: Option<(&[Source], Bundle)> = None;
        for (index, (named, sources)) in wanted.iter().enumerate() {
            if first == Some(index) {
                self.fetch_missing(wanted[index..].iter().flat_map(|(_, sources)| sources))?;
                built = None;
            }
            // What was named goes into every store alike, and standard input can be read only once.
            let bundle = match built.take() {
                Some((same, bundle)) if same == sources => bundle,
                _ => self.build(sources)?,
            };
            // One store that cannot be written must not keep the others from their roots.
            let installed = change::retry(|| self.install_into(named, sources, &bundle, &mut given));
            stores.extend(installed.or_note(self.notes)?);
            built = Some((sources, bundle));
        }
        // Of what was of no use nothing needs to be said.
        if !stores.is_empty() {
            let secrets = [self.request.download.token_file(), self.request.opening.password_file.as_deref()];
            self.notes.extend(secrets.into_iter().filter_map(Note::of_secret));
        }
        Ok(stores)
    }

    fn find(&mut self) -> Result<Vec<NamedStore>, Error> {
        let (machine, request) = (self.machine, self.request);
        let opening = Opening { all_jdks: request.stores.all_jdks, ..request.opening.clone() };
        let with_public_roots = request.include_system || request.include_jdk_roots;
        let finder = Finder { machine, manifest: &self.manifest, given: opening, with_public_roots };
        if request.stores.is_empty() {
            return finder.target("postgres");
        }
        finder.named(&request.stores, self.notes)
    }

    /// What is named is the user's word. A later run has only the manifest's for it.
    fn warn_of_shared(&mut self) -> Result<(), Error> {
        for name in &self.named {
            // An image gets a copy of its own.
            if let Source::Path(path) = Source::parse(name, self.catalog)?
                && !self.machine.is_image()
                && let Err(error) = refuse_shared(&path, Guard::Settings)
            {
                self.notes.push(Note::SharedSource(error.into()));
            }
        }
        Ok(())
    }

    /// The sources of each store that may be written.
    fn wanted(&mut self, found: Vec<NamedStore>) -> Result<Vec<(NamedStore, Vec<Source>)>, Error> {
        let mut wanted = Vec::new();
        for named in found {
            if let Err(error) = self.machine.refuse_shared(&named.store.path, Guard::Store) {
                self.notes.push(Note::Failure(error));
                continue;
            }
            let mut sources: Vec<Source> = Vec::new();
            for source in self.sources(&named)? {
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
            if sources.is_empty() {
                return Err(RequestError::NothingKept.into());
            }
            wanted.push((named, sources));
        }
        Ok(wanted)
    }

    /// What the user named, else what this store has by the manifest and all providers that are kept. A file that is kept
    /// for another store is not for this one.
    fn sources(&self, named: &NamedStore) -> Result<Vec<Source>, Error> {
        let mut sources: Vec<Source> =
            self.named.iter().map(|name| Source::parse(name, self.catalog)).collect::<Result<_, _>>()?;
        if sources.is_empty() {
            let kept = self.manifest.targets().iter().filter(|target| named.is(target));
            let followed = self.manifest.sources().iter().map(|source| &source.name);
            let followed = followed.filter(|name| is_followed(name, self.catalog));
            for name in kept.flat_map(|target| &target.sources).chain(followed) {
                sources.push(self.machine.kept_source(name)?);
            }
        }
        sources.extend(self.request.include_system.then_some(Source::System));
        if self.request.include_jdk_roots {
            sources.extend(self.jdks()?);
        }
        Ok(sources)
    }

    /// The roots of the JDK in use, or of those that the request names for their `cacerts`.
    fn jdks(&self) -> Result<Vec<Source>, Error> {
        let (machine, stores) = (self.machine, &self.request.stores);
        if stores.all_jdks {
            let all = jvm::all(&machine.environment, machine.root());
            return Ok(all.into_iter().map(|cacerts| Source::Path(cacerts.store)).collect());
        }
        if stores.java_homes.is_empty() {
            return Ok(vec![Source::Jdk]);
        }
        let finder = Finder::new(machine, &self.manifest);
        stores.java_homes.iter().map(|home| Ok(Source::Path(finder.jvm(home)?.store))).collect()
    }

    /// Fetches the providers and tenants whose roots are not kept yet, or of which others are wanted now.
    fn fetch_missing<'b>(&mut self, sources: impl Iterator<Item = &'b Source>) -> Result<(), Error> {
        let (layout, download) = (self.machine.layout()?, &self.request.download);
        let narrowed = download.region.is_some() || download.retiring;
        let missing = sources.filter_map(|source| match source {
            Source::Provider(id) if narrowed || !file::exists(&layout.bundle_of(id)) => Some(id.clone()),
            Source::Tenant(tenant) if !file::exists(&layout.bundle_of(tenant.name())) => Some(tenant.name().to_owned()),
            _ => None,
        });
        let missing: Vec<String> = missing.collect();
        if !missing.is_empty() {
            let (mut providers, mut tenants, _) =
                fetch::keep(self.machine, &missing, download, Keep::Roots, self.changes)?;
            self.notes.extend(providers.iter_mut().flat_map(KeptProvider::take_notes));
            self.notes.extend(tenants.iter_mut().flat_map(KeptTenant::take_notes));
        }
        Ok(())
    }

    fn build(&mut self, sources: &[Source]) -> Result<Bundle, Error> {
        let password = password::read(self.request.opening.password_file.as_deref())?;
        let policy =
            Policy { allow_non_roots: self.request.allow_non_roots, ..Policy::roots(self.machine.expires_by()) };
        let wanted = |kept| self.request.download.selection(kept);
        load::bundle_of(self.machine, sources, &wanted, &policy, password.as_deref(), self.notes)
    }

    fn install_into<'b>(
        &mut self,
        named: &'b NamedStore,
        sources: &[Source],
        bundle: &Bundle,
        given: &mut Vec<&'b Advice>,
    ) -> Result<Installed, Error> {
        let (machine, store) = (self.machine, &named.store);
        // A dry run writes nothing at all, the lock's file included.
        let _locks = if self.request.dry_run { None } else { Some((machine.lock()?, machine.lock_store(&store.path))) };
        let plan = Plan::new(&Store::open(store, &named.access(machine))?, bundle)?;
        let changes = plan.outcome() != Outcome::Unchanged;
        let added = plan.added().iter().map(|(root, _)| root);
        self.notes.extend(note::of_readers(added, plan.rejected().to_vec(), &store.path, plan.format()));
        for advice in store.advice.iter().filter(|_| changes) {
            // Several stores of one kind need it once.
            if !given.contains(&advice) {
                given.push(advice);
                self.notes.push(Note::Advice(advice.clone()));
            }
        }
        if self.request.dry_run {
            change::warn_if_blocked(machine, plan.changes(), self.notes);
            if changes {
                change::plan(machine, named, &plan.listed(), &[], self.changes);
            }
        } else {
            self.apply(named, sources, &plan)?;
        }
        self.notes.extend(store.usage.iter().filter(|_| changes).cloned().map(Note::Usage));
        Ok(Installed::new(named, &plan))
    }

    /// Changes the store, and the manifest with it.
    fn apply(&mut self, named: &NamedStore, sources: &[Source], plan: &Plan) -> Result<(), Error> {
        let mut manifest = self.machine.manifest()?;
        let (mut names, mut copies) = (Vec::new(), Vec::new());
        for source in sources {
            let Some((name, copied)) = images::name_of(self.machine, source, &copies)? else { continue };
            let is_new = |copied: &Change| copied.before != copied.after && !copies.contains(copied);
            copies.extend(copied.filter(is_new));
            match source {
                Source::Tenant(_) => {
                    tenants::remember(&mut manifest, self.catalog, &name, &self.request.download)?;
                }
                Source::Provider(id) => {
                    let wanted = self.request.download.selection(manifest.selection(id));
                    manifest.keep_source(&name, &wanted)?;
                }
                _ => manifest.keep_source(&name, &Selection::default())?,
            }
            names.push(name);
        }
        let (key, text) = &named.key;
        manifest.keep_target(key, text, &names)?;
        let password_file = named.opening.password_file.as_deref().map(|file| self.machine.seen(file));
        manifest.keep_opening(key, text, &Opening { password_file, ..named.opening.clone() })?;
        if plan.changes().is_empty() && copies.is_empty() {
            return Ok(manifest.save()?);
        }
        let changes = [plan.changes(), &copies, &change::of_manifest(&manifest)?].concat();
        let step = self.machine.step(&named.store.path, &changes);
        change::make(self.machine, Step { added: plan.listed(), target: named.target(), ..step }, self.changes)?;
        modes::mend(self.machine, &manifest).map(drop)
    }
}

/// The result for one store.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Installed {
    /// The file or folder.
    pub path: String,
    /// Its format.
    pub format: &'static str,
    /// What was done, or would be.
    pub outcome: Outcome,
    /// The roots that it gained, or would.
    pub added: Vec<AddedRoot>,
    /// How many certificates it had before.
    pub kept: usize,
    /// What was put right in it.
    pub repairs: Vec<String>,
}

/// A root that a store gained.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AddedRoot {
    /// The root.
    #[serde(flatten)]
    pub root: Listed,
    /// Its providers and their roles; empty for one of none.
    pub origin: String,
}

impl Installed {
    pub(super) fn new(named: &NamedStore, plan: &Plan) -> Self {
        let added = plan
            .added()
            .iter()
            .map(|(certificate, origin)| AddedRoot { root: Listed::of(certificate), origin: origin.clone() });
        Self {
            path: named.store.path.display().to_string(),
            format: plan.format(),
            outcome: plan.outcome(),
            added: added.collect(),
            kept: plan.kept(),
            repairs: plan.repairs().to_vec(),
        }
    }

    /// Tells whether the store is another than before, or would be.
    pub fn is_change(&self) -> bool {
        self.outcome != Outcome::Unchanged
    }
}
