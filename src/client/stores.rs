//! The roots that clients read: each store is read once for all of them, as it is or as it is assumed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::plan::{Base, Password, Roots};
use super::store::{self, Dialect, Loaded, Unusable, Who};
use super::surroundings::Surroundings;
use crate::bundle::Pattern;
use crate::format::Format;
use crate::store::jvm;
use crate::system::layout::Environment;
use crate::system::process::Programs;
use crate::system::{file, limits};
use crate::x509::Certificate;

/// The stores of a machine in the eyes of one user.
pub struct Stores {
    who: Who,
    found: store::Surroundings,
    environment: Environment,
    programs: Programs,
    assumed: Assumed,
    /// Which of the certificates that no store is assumed to have were in one.
    left_out: RefCell<BTreeSet<usize>>,
    /// Few: a list is searched faster than it is hashed.
    files: RefCell<Vec<((PathBuf, Dialect), Shared)>>,
    bases: RefCell<Vec<(Base, Shared)>>,
}

/// What is assumed of every store.
#[derive(Clone, Debug, Default)]
pub struct Assumed {
    /// Certificates that each has besides, as of a store that is not installed yet.
    pub with: Vec<Certificate>,
    /// Certificates that none has.
    pub without: Vec<Pattern>,
}

type Shared = Rc<Result<Loaded, Unusable>>;

impl Stores {
    /// The stores that a client in these surroundings reads. Which Java is in use, `environment` and `programs` tell.
    pub fn new(
        surroundings: &Surroundings<'_>,
        who: Who,
        environment: &Environment,
        programs: &Programs,
        assumed: Assumed,
    ) -> Self {
        let (environment, programs) = (environment.clone(), programs.clone());
        let variable = |name: &str| surroundings.variable(name).map(OsString::from);
        let found = store::Surroundings {
            ssl_cert_file: variable("SSL_CERT_FILE"),
            ssl_cert_dir: variable("SSL_CERT_DIR"),
            who: who.clone(),
        };
        Self {
            who,
            found,
            environment,
            programs,
            assumed,
            left_out: RefCell::default(),
            files: RefCell::default(),
            bases: RefCell::default(),
        }
    }

    /// Returns the certificates of a client's roots, in the order in which it tries them. Fails for a file of which it has
    /// nothing.
    pub fn read(&self, roots: &Roots) -> Result<Vec<Certificate>, (PathBuf, Unusable)> {
        let mut certificates = Vec::new();
        if let Some((path, dialect)) = &roots.file {
            match &*self.file(path, *dialect) {
                // An empty text is as no `ca` at all.
                Err(Unusable::Empty) if *dialect == Dialect::Node => return self.read(&Roots::base(Base::Mozilla)),
                Ok(loaded) => certificates.extend(loaded.certificates.iter().cloned()),
                Err(reason) => return Err((path.clone(), reason.clone())),
            }
        }
        if let Some(base) = &roots.base {
            match &*self.base(base) {
                Ok(loaded) => certificates.extend(loaded.certificates.iter().cloned()),
                Err(reason) => return Err((PathBuf::from(base.to_string()), reason.clone())),
            }
        }
        certificates.retain(|certificate| {
            let without = self.assumed.without.iter().position(|pattern| pattern.matches(certificate));
            without.is_none_or(|index| {
                self.left_out.borrow_mut().insert(index);
                false
            })
        });
        certificates.extend(self.assumed.with.iter().cloned());
        Ok(certificates)
    }

    /// Returns the patterns that named no certificate of the stores that were read.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &Pattern> {
        let left_out = self.left_out.borrow().clone();
        let patterns = self.assumed.without.iter().enumerate();
        patterns.filter(move |(index, _)| !left_out.contains(index)).map(|(_, pattern)| pattern)
    }

    /// Whether a client sees a file: one that it may not look at does not exist for it.
    pub(crate) fn sees(&self, path: &Path) -> bool {
        !matches!(self.state(path), Some(Unusable::Missing | Unusable::Closed { .. }))
    }

    /// Whether a file is a trust store of Java's, by its content.
    pub(super) fn is_key_store(&self, path: &Path) -> bool {
        let mut head = Vec::new();
        let read = file::open(path).is_ok_and(|file| file.take(HEAD).read_to_end(&mut head).is_ok());
        read && Format::of(&head).is_some_and(Format::is_key_store)
    }

    /// What keeps a client from a file.
    pub(super) fn state(&self, path: &Path) -> Option<Unusable> {
        store::state(path, &self.who)
    }

    fn file(&self, path: &Path, dialect: Dialect) -> Shared {
        once(&self.files, &(path.to_owned(), dialect), || store::read(path, dialect, &self.who))
    }

    fn base(&self, base: &Base) -> Shared {
        once(&self.bases, base, || self.load(base))
    }

    fn load(&self, base: &Base) -> Result<Loaded, Unusable> {
        match base {
            Base::Mozilla => Ok(mozilla()),
            Base::System(system) => Ok(store::system(system, &self.found)),
            Base::Jvm(named, password) => {
                let jvm = jvm::in_use(&self.environment, &self.programs).ok();
                let read = |password| store::trust_store(named.as_deref(), password, jvm.as_ref(), &self.who);
                match password {
                    Password::Given(password) => read(Some(password)),
                    Password::None => read(None),
                    Password::Usual => read(Some(PASSWORD)).or_else(|_| read(None)),
                }
            }
        }
    }
}

/// Bytes that tell a format.
const HEAD: u64 = limits::HEAD as u64;

/// The usual password of a Java trust store.
const PASSWORD: &str = "changeit";

/// Finds what was read before, or reads it.
fn once<K: Clone + PartialEq>(
    known: &RefCell<Vec<(K, Shared)>>,
    key: &K,
    read: impl FnOnce() -> Result<Loaded, Unusable>,
) -> Shared {
    if let Some((_, loaded)) = known.borrow().iter().find(|(known, _)| known == key) {
        return Rc::clone(loaded);
    }
    let loaded = Rc::new(read());
    known.borrow_mut().push((key.clone(), Rc::clone(&loaded)));
    loaded
}

/// Mozilla's list.
fn mozilla() -> Loaded {
    let list = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    let certificates = list.iter().filter_map(|der| Certificate::from_der(der.as_ref()).ok()).collect();
    Loaded { certificates, passed_over: Vec::new() }
}
