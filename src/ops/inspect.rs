//! Looks into stores and other files.

mod listing;
mod view;

use std::io::{self, Read};
use std::path::Path;

use super::machine::Machine;
use super::note::Note;
use super::{Error, password};
use crate::bundle::Origin;
use crate::catalog::Catalog;
use crate::format::{self, DecodeError, Derivations, Member, Passwords, PrivateKey};
use crate::source::{self, Tally};
use crate::store::folder;
use crate::store::nss::{Certutil, Database};
use crate::system::{self, file};
use crate::x509::Certificate;
use listing::{Found, listings};
pub use listing::{ListedProvider, Listing, OtherEntry, Unreadable};
use view::View;
pub use view::{Head, Part, Tail};

/// Looks at files, folders, NSS databases and standard input (`-`), and refuses nothing. Hands over what it finds, store by store
/// and part by part, so that an input may be larger than what fits into memory. Returns what a person should know besides.
pub fn inspect(
    machine: &Machine<'_>,
    names: &[String],
    password_file: Option<&Path>,
    show: &mut dyn FnMut(Part),
) -> Result<Vec<Note>, Error> {
    let password = password::read(password_file)?;
    let derivations = Derivations::default();
    // Whether that password opens a store is what is asked: others would hide that it does not.
    let passwords = Passwords::only(password.as_deref()).within(&derivations);
    let catalog = machine.catalog()?;
    let mut look = Look { machine, catalog, password_file, passwords, show, notes: Vec::new(), told: Tally::default() };
    for name in names {
        if let Err(error) = look.stores(name) {
            look.notes.push(Note::Failure(error));
        }
        let told = std::mem::take(&mut look.told);
        let origin = if name == "-" { Origin::Stdin } else { Origin::File(name.into()) };
        look.notes.extend(told.problem(&origin).map(Note::Problem));
    }
    Ok(look.notes)
}

/// Returns what is told of these certificates, in their order.
pub(crate) fn listed(certificates: &[Certificate], catalog: &Catalog) -> Result<Vec<Listing>, Error> {
    let found = certificates.iter().map(|certificate| Found {
        alias: None,
        certificate: certificate.clone(),
        position: String::new(),
        flaw: None,
        distrusted: false,
    });
    listings(found.collect(), catalog, "pem")
}

struct Look<'a> {
    machine: &'a Machine<'a>,
    catalog: &'a Catalog,
    password_file: Option<&'a Path>,
    passwords: Passwords<'a>,
    show: &'a mut dyn FnMut(Part),
    notes: Vec<Note>,
    /// What was wrong with the input that is looked at.
    told: Tally,
}

impl Look<'_> {
    /// The store of this name, or those in the folder of this name.
    fn stores(&mut self, name: &str) -> Result<(), Error> {
        if name == "-" {
            return self.store(name.to_owned(), &mut io::stdin().lock(), &Origin::Stdin, false);
        }
        let path = Path::new(name);
        if Database::is_at(path) {
            return self.database(path);
        }
        if !file::is_folder(path) {
            return self.file(path, false);
        }
        let folder::Walk { files, passed, .. } = folder::walk(path)?;
        for (path, reason) in passed {
            self.not_looked(system::Error::unread("read", &path)(io::Error::other(reason)).into());
        }
        for file in files {
            match self.file(&file, folder::is_blocked(path, &file)) {
                Ok(()) => {}
                Err(error) if is_of_a_store(&error) => {
                    if self.told.admits(true) {
                        self.notes.push(Note::Failure(error));
                    }
                }
                // What is not a store is not a part of a folder of stores; it is told all the same.
                Err(error) => self.not_looked(error),
            }
        }
        Ok(())
    }

    fn not_looked(&mut self, error: Error) {
        if self.told.admits(false) {
            self.notes.push(Note::NotLooked(error));
        }
    }

    fn database(&mut self, path: &Path) -> Result<(), Error> {
        let database = Database::read(path, &Certutil::find(self.machine.programs())?, self.password_file)?;
        let mut view = View::new(path.display().to_string(), self.catalog, false, self.show);
        view.format = "nss";
        for entry in database.entries() {
            view.push(Found {
                alias: Some(entry.nickname.clone()),
                certificate: entry.certificate.clone(),
                position: format!("trust flags {}", entry.trust),
                flaw: (!entry.is_trusted_for_servers()).then_some("NSS does not trust it for servers"),
                distrusted: !entry.is_trusted_for_servers(),
            });
        }
        view.end()
    }

    fn file(&mut self, path: &Path, blocked: bool) -> Result<(), Error> {
        let origin = Origin::File(path.to_owned());
        self.store(path.display().to_string(), &mut file::open(path)?, &origin, blocked)
    }

    /// Looks at one store. What stands in a `blocked` one is distrusted.
    fn store(&mut self, path: String, input: &mut dyn Read, origin: &Origin, blocked: bool) -> Result<(), Error> {
        let Self { notes, told, .. } = self;
        let mut view = View::new(path, self.catalog, blocked, self.show);
        let decoded = source::look(input, origin, self.passwords, &mut |format, member| {
            view.format = format.name;
            match member {
                Member::Certificate { alias, certificate, position, flaw } => {
                    let position = position.to_string();
                    view.push(Found { alias, certificate, position, flaw, distrusted: false });
                }
                Member::Distrusted { certificate, position, reason } => {
                    let position = position.to_string();
                    view.push(Found { alias: None, certificate, position, flaw: Some(reason), distrusted: true });
                }
                Member::Other { alias, kind, position } => view.push_other(alias, kind, &position),
                Member::PrivateKey(PrivateKey { alias, position, chain, .. }) => {
                    let (readable, unreadable): (Vec<_>, Vec<_>) = chain.into_iter().partition(Result::is_ok);
                    for reason in unreadable.into_iter().filter_map(Result::err) {
                        view.reject(&position, &format!("in the chain of a private key: {reason}"), told);
                    }
                    view.push_key(alias, &position, readable.into_iter().flatten().collect());
                }
                Member::Rejected { position, reason } => view.reject(&position, &reason, told),
                Member::Unchecked { reason } => {
                    notes.push(Note::Unchecked { origin: origin.to_string(), reason });
                }
            }
        });
        match decoded {
            Ok(decoded) => {
                view.format = decoded.format.name;
                view.end()
            }
            Err(error) => view.fail(error.into()),
        }
    }
}

/// Tells whether it is a store that could not be read, and not a file of another kind.
fn is_of_a_store(error: &Error) -> bool {
    let Error::Decode(DecodeError { source, .. }) = error else { return false };
    matches!(source, format::Error::WrongPassword | format::Error::Limit { .. })
}
