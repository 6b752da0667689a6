//! `~/.postgresql/root.crt`: what libpq reads when nothing else is named, and pgx, pgjdbc, asyncpg and others with it.

use std::path::{Path, PathBuf};

use super::{Advice, StoreSpec, Target, TargetRequest};
use crate::format::Format;
use crate::store::Error;
use crate::system::layout::Environment;
use crate::system::{self, file};

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
    if !file::exists(store) {
        advice.push(Advice::FirstRootCrt { path: store.to_owned(), with_public_roots });
    }
    let path = store.with_file_name("root.crl");
    if file::exists(&path) {
        advice.push(Advice::RevocationList { path });
    }
    advice
}
