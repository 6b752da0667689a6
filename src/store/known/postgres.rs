//! `~/.postgresql/root.crt`: what libpq reads when nothing else is named, and pgx, pgjdbc, asyncpg and others with it.

use std::path::{Path, PathBuf};

use super::{Advice, StoreSpec, Target, TargetRequest};
use crate::format::Format;
use crate::store::Error;
use crate::system;
use crate::system::layout::Environment;

pub(super) static POSTGRES: Target = Target {
    name: "postgres",
    summary: "the file that libpq, and most drivers with it, read by default",
    formats: &["pem"],
    stores,
};

fn stores(request: &TargetRequest<'_>) -> Result<Vec<StoreSpec>, Error> {
    if request.environment.home.is_none() && request.root.parent().is_some() {
        return Err(Error::TargetOfUser { target: POSTGRES.name, root: request.root.to_owned() });
    }
    let path = root_crt(request.environment)?;
    let advice = advice(&path, request.with_public_roots);
    Ok(vec![StoreSpec { advice, ..StoreSpec::file(path, Some(Format::pem())) }])
}

/// Returns the path of that file, by section 32.19 of the PostgreSQL manual (libpq, SSL support).
pub fn root_crt(environment: &Environment) -> Result<PathBuf, Error> {
    #[cfg(windows)]
    let folder = environment.appdata.as_ref().map(|folder| folder.join("postgresql"));
    #[cfg(not(windows))]
    let folder = environment.home.as_ref().map(|folder| folder.join(".postgresql"));
    Ok(folder.ok_or(system::Error::HomeUnknown)?.join("root.crt"))
}

fn advice(store: &Path, with_public_roots: bool) -> Vec<Advice> {
    let mut advice = Vec::new();
    let name = store.display();
    if !store.exists() {
        advice.push(Advice {
            warning: format!(
                "creating `{name}` makes every `sslmode=require` connection of this user verify the server's CA, \
                 and lets `sslmode=prefer` fall back to plaintext where that fails"
            ),
            hint: if with_public_roots {
                PER_CONNECTION.to_owned()
            } else {
                format!("{INCLUDE_SYSTEM}; or {PER_CONNECTION}")
            },
        });
    }
    let revocation = store.with_file_name("root.crl");
    if revocation.exists() {
        advice.push(Advice {
            warning: format!(
                "`{}` stands beside it: libpq then refuses every chain for which it holds no revocation list",
                revocation.display()
            ),
            hint: "remove it unless it is kept current for every CA in the store".to_owned(),
        });
    }
    advice
}

const INCLUDE_SYSTEM: &str = "`--include-system` adds this machine's own roots";
const PER_CONNECTION: &str = "keep one file per connection: `sslrootcert=` with the path that `pgtrust fetch` prints";
