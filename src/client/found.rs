//! The servers that the surroundings name where a person names none.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::client::surroundings::dotenv::{self, Entry};
use crate::client::surroundings::{BadLine, Surroundings, SurroundingsError};
use crate::client::target::{Target, TargetError};

/// A target that the surroundings name.
#[derive(Debug)]
pub struct Found {
    /// Where.
    pub origin: Origin,
    /// The target, or why there is none.
    pub target: Result<Target, FoundError>,
}

/// Where a target was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A line of a file.
    Line {
        /// The file.
        path: PathBuf,
        /// The line; None where the file as a whole is meant.
        line: Option<usize>,
        /// The variable or the service.
        name: String,
    },
    /// Variables of the process.
    Variables(Vec<&'static str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { path, line: Some(line), name } => write!(f, "{name} in {}, line {line}", path.display()),
            Self::Line { path, line: None, name } => write!(f, "{name} in {}", path.display()),
            Self::Variables(names) => f.write_str(&names.join(", ")),
        }
    }
}

/// What was found cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoundError {
    /// The file cannot be read.
    #[error(transparent)]
    Surroundings(#[from] SurroundingsError),
    /// It is no target.
    #[error(transparent)]
    Target(#[from] TargetError),
}

/// Returns what the first of these names: `PGHOST` and its kind; the service files; `DATABASE_URL` and its kind, of the
/// process or of `.env` in the working folder, where the process counts first; `PGHOST` in `.env`. Of two variables that
/// name the same servers the first is returned.
pub fn targets(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let set: Vec<&'static str> = VARIABLES
        .iter()
        .copied()
        .filter(|name| surroundings.variable(name).is_some_and(|text| !text.is_empty()))
        .collect();
    if set.iter().any(|name| DECISIVE.contains(name)) {
        let target = Target::of_variables(surroundings).map_err(FoundError::from);
        return vec![Found { origin: Origin::Variables(set), target }];
    }
    let services = services(surroundings);
    if services.is_empty() { urls(surroundings) } else { services }
}

/// Every service.
fn services(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let all = match surroundings.services() {
        Ok(all) => all,
        // It is the file that is wrong, not a target: whoever names one service is told.
        Err(error) => {
            let path = surroundings.service_files().into_iter().next().unwrap_or_default();
            let origin = Origin::Line { path, line: None, name: "services".to_owned() };
            return vec![Found { origin, target: Err(error.into()) }];
        }
    };
    let found = |(name, path, line): (String, PathBuf, usize)| {
        let target = Target::of_service(&name, surroundings).map_err(FoundError::from);
        Found { origin: Origin::Line { path, line: Some(line), name }, target }
    };
    all.into_iter().map(found).collect()
}

fn urls(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let path = surroundings.folder.join(dotenv::NAME);
    let entries = match dotenv::read(surroundings) {
        Ok(entries) => entries,
        Err(error) => {
            let origin = Origin::Line { path, line: None, name: dotenv::NAME.to_owned() };
            return vec![Found { origin, target: Err(error.into()) }];
        }
    };
    let mut found: Vec<Found> = Vec::new();
    for name in URLS {
        let of_process = surroundings.variable(name).filter(|text| !text.is_empty());
        let entry = entries.iter().find(|entry| entry.name == *name && of_process.is_none());
        let Some(text) = of_process.as_deref().or_else(|| entry.map(|entry| entry.value.as_str())) else { continue };
        let origin = match entry {
            Some(entry) => Origin::Line { path: path.clone(), line: Some(entry.line), name: (*name).to_owned() },
            None => Origin::Variables(vec![name]),
        };
        let Some(target) = target_of(text, entry, &path, surroundings) else { continue };
        let is_new = |target: &Target| found.iter().all(|other| other.target.as_ref().ok() != Some(target));
        if target.as_ref().map_or(true, is_new) {
            found.push(Found { origin, target });
        }
    }
    if found.is_empty() { variables_of_file(&entries, path, surroundings) } else { found }
}

/// A value that is no connection string is none of ours.
fn target_of(
    text: &str,
    entry: Option<&Entry>,
    path: &Path,
    surroundings: &Surroundings<'_>,
) -> Option<Result<Target, FoundError>> {
    let text = text.trim();
    if let Some(entry) = entry.filter(|_| text.starts_with(dotenv::QUOTES)) {
        let (path, reason) = (path.to_owned(), BadLine::Unclosed);
        return Some(Err(SurroundingsError::Line { path, line: entry.line, reason }.into()));
    }
    let is_one = text.contains("://") || text.contains('=') || text.starts_with("jdbc:");
    let foreign =
        ["mysql", "mariadb", "sqlite", "mongodb", "redis", "file", "http", "jdbc:mysql", "jdbc:h2", "sqlserver"];
    let is_foreign = foreign.iter().any(|scheme| text.starts_with(scheme));
    (is_one && !is_foreign).then(|| Target::parse(text, surroundings).map_err(FoundError::from))
}

/// `PGHOST` and its kind in `.env`.
fn variables_of_file(entries: &[Entry], path: PathBuf, surroundings: &Surroundings<'_>) -> Vec<Found> {
    let of_file = |name: &str| entries.iter().find(|entry| entry.name == name && !entry.value.is_empty());
    let Some(first) = DECISIVE.iter().find_map(|name| of_file(name)) else { return Vec::new() };
    let variable = |name: &str| {
        let of_process = surroundings.variable(name).map(OsString::from);
        of_process.or_else(|| of_file(name).map(|entry| OsString::from(&entry.value)))
    };
    let target = Target::of_variables(&surroundings.with_variables(&variable)).map_err(FoundError::from);
    let origin = Origin::Line { path, line: Some(first.line), name: first.name.clone() };
    vec![Found { origin, target }]
}

/// What libpq reads of where to connect to.
const VARIABLES: &[&str] = &["PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE"];

/// Those of them that name a server.
const DECISIVE: &[&str] = &["PGSERVICE", "PGHOST", "PGHOSTADDR"];

/// Variables that hold a URL or a connection string: of Heroku and all who follow it, Vercel, Prisma, Flask, Spring and
/// ASP.NET.
const URLS: &[&str] = &[
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRESQL_URL",
    "PG_URL",
    "PGURL",
    "DIRECT_URL",
    "DATABASE_URL_UNPOOLED",
    "POSTGRES_URL_NON_POOLING",
    "POSTGRES_PRISMA_URL",
    "POSTGRES_URI",
    "DATABASE_URI",
    "POSTGRES_DSN",
    "DATABASE_DSN",
    "SUPABASE_DB_URL",
    "SQLALCHEMY_DATABASE_URI",
    "JDBC_DATABASE_URL",
    "SPRING_DATASOURCE_URL",
    "ConnectionStrings__DefaultConnection",
    "ConnectionStrings__Default",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::client::target::Server;

    /// What is found in a home with these files and these variables: origins, and hosts or errors.
    fn found(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(home.path().join(name), text).unwrap();
        }
        let variable = |name: &str| match name {
            "HOME" => Some(home.path().into()),
            "PGSYSCONFDIR" => Some("/nonexistent".into()),
            name => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)),
        };
        let all = targets(&Surroundings::of_this_user(&variable, home.path()));
        let shown = |text: String| text.replace(&format!("{}/", home.path().display()), "");
        let host = |server: &Server| match server {
            Server::Network(parameters) => parameters.host.clone(),
            Server::Socket(path) => path.display().to_string(),
        };
        let told = |found: Found| {
            let target = match found.target {
                Ok(target) => target.servers.iter().map(host).collect::<Vec<_>>().join(","),
                Err(error) => error.to_string(),
            };
            (shown(found.origin.to_string()), shown(target))
        };
        all.into_iter().map(told).collect()
    }

    const SERVICES: (&str, &str) = (".pg_service.conf", "[a]\nhost=a.example\n\n[b]\nhost=b.example\nservice=a\n");
    const DOTENV: (&str, &str) =
        (".env", "X=1\nDATABASE_URL=postgres://me:s3cret@url.example/db\nDIRECT_URL=postgres://direct.example/db\n");

    #[track_caller]
    fn assert_found(files: &[(&str, &str)], variables: &[(&str, &str)], expected: &[(&str, &str)]) {
        let found = found(files, variables);
        let found: Vec<_> = found.iter().map(|(origin, target)| (origin.as_str(), target.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_that_names_a_server_is_asked() {
        let both = &[SERVICES, DOTENV];
        let host = [("PGHOST", "env.example"), ("PGPORT", "7")];
        assert_found(both, &host, &[("PGHOST, PGPORT", "env.example")]);
        assert_found(both, &[("PGSERVICE", "a")], &[("PGSERVICE", "a.example")]);
        let nested = "`.pg_service.conf`, line 6: a service cannot name another: libpq refuses `service=` here";
        let services = [
            ("a in .pg_service.conf, line 1", "a.example"),
            ("b in .pg_service.conf, line 4", &format!("`b`: {nested}")),
        ];
        assert_found(both, &[("PGPORT", "7"), ("DATABASE_URL", "postgres://x")], &services);
        let urls = [("DATABASE_URL in .env, line 2", "url.example"), ("DIRECT_URL in .env, line 3", "direct.example")];
        assert_found(&[DOTENV], &[], &urls);
        let same = [("DATABASE_URL", "postgres://direct.example/db")];
        assert_found(&[DOTENV], &same, &[("DATABASE_URL", "direct.example")]);
        assert_found(&[], &[], &[]);
    }

    #[test]
    fn what_is_no_connection_string_is_none_of_ours_and_a_broken_one_is_said() {
        assert_found(&[(".env", "DATABASE_URL=mysql://u:p@h/db\nPOSTGRES_URL=\nPG_URL=none\n")], &[], &[]);
        let broken = [(
            "DATABASE_URL in .env, line 1",
            "`postgres://…`, column 14: a name without `=` behind it: put a value \
            that has spaces between `'`",
        )];
        assert_found(&[(".env", "DATABASE_URL=postgres://h?sslmode\n")], &[], &broken);
        let open = [("DATABASE_URL in .env, line 2", "`.env`, line 2: its quotation mark is never closed")];
        assert_found(&[(".env", "\nDATABASE_URL='postgres://u:s3cret@h\n")], &[], &open);
        assert_found(
            &[(".env", "PGHOST=file.example\nPGPORT=7\n")],
            &[],
            &[("PGHOST in .env, line 1", "file.example")],
        );
    }
}
