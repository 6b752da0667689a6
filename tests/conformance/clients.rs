//! The real clients, and what each needs to be asked.

use std::path::PathBuf;

use crate::support::tools;

/// A client as the tests ask it, and the model that speaks of it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// `client` and `version` in what `pgtrust check` prints.
    pub(crate) model: (&'static str, &'static str),
    pub(crate) program: Program,
    /// Which of the program's clients it is.
    pub(crate) variant: &'static str,
    pub(crate) modes: &'static [&'static str],
}

/// What runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Psql,
    OpenSsl,
    PgBouncer,
    Python,
    StrictPython,
    Node,
    Java,
    /// One that reads its roots anew.
    NewJava,
    Go,
    Rust(&'static str),
}

/// The only model of a client, whatever its version is called.
pub(crate) const ANY: &str = "";
/// No mode is given.
pub(crate) const UNSET: &str = "-";

/// The modes that verify come more often.
const ALL: &[&str] = &[
    "verify-full",
    "verify-ca",
    "require",
    "verify-full",
    "prefer",
    "verify-ca",
    UNSET,
    "verify-full",
    "allow",
    "disable",
];
const NODE: &[&str] =
    &["verify-full", "verify-ca", "require", "verify-full", "prefer", "no-verify", UNSET, "allow", "disable"];
const PYTHON: &[&str] = &["verify-full", "verify-ca", "verify-full", UNSET, "verify-full", "disable"];
const OPENSSL: &[&str] = &["verify-full", "verify-ca", "verify-full", "require"];
const TOKIO_POSTGRES: &[&str] = &["verify-full", "require", "verify-full", "prefer", UNSET, "verify-full", "disable"];

const PSQL: Client =
    Client { name: "psql", model: ("libpq", "<=15"), program: Program::Psql, variant: "psql", modes: ALL };

pub(crate) const CLIENTS: &[Client] = &[
    PSQL,
    python("psycopg", ("psycopg", "binary")),
    python("psycopg2", ("psycopg", "binary")),
    python("asyncpg", ("asyncpg", ANY)),
    Client { name: "pg8000", model: ("python", "3.12"), program: Program::Python, variant: "pg8000", modes: PYTHON },
    Client {
        name: "pg8000 on 3.13",
        model: ("python", "3.13"),
        program: Program::StrictPython,
        variant: "pg8000",
        modes: PYTHON,
    },
    node("node-postgres", ("node-postgres", "8")),
    node("node-postgres-compat", ("node-postgres", "9")),
    node("postgres.js", ("postgres.js", ANY)),
    Client {
        name: "pgjdbc",
        model: ("pgjdbc", "LibPQFactory"),
        program: Program::Java,
        variant: "LibPQFactory",
        modes: ALL,
    },
    Client {
        name: "pgjdbc, Java's factory",
        model: ("pgjdbc", "DefaultJavaSSLFactory"),
        program: Program::NewJava,
        variant: "DefaultJavaSSLFactory",
        modes: ALL,
    },
    go("lib-pq", ("lib-pq", "<=1.11")),
    go("pgx-4", ("pgx", "5")),
    go("pgx-5", ("pgx", "5")),
    sqlx("sqlx native-tls", "native-tls"),
    sqlx("sqlx rustls-ring", "rustls-ring"),
    sqlx("sqlx rustls-aws-lc", "rustls-aws-lc"),
    tokio_postgres("tokio-postgres native-tls", "native-tls"),
    tokio_postgres("tokio-postgres rustls", "rustls"),
    Client { name: "pgbouncer", model: ("pgbouncer", "<=1.19"), program: Program::PgBouncer, ..PSQL },
    Client { name: "openssl", model: ("openssl", "s_client"), program: Program::OpenSsl, modes: OPENSSL, ..PSQL },
];

const fn python(name: &'static str, model: (&'static str, &'static str)) -> Client {
    Client { name, model, program: Program::Python, variant: name, modes: ALL }
}

const fn node(name: &'static str, model: (&'static str, &'static str)) -> Client {
    Client { name, model, program: Program::Node, variant: name, modes: NODE }
}

const fn go(name: &'static str, model: (&'static str, &'static str)) -> Client {
    Client { name, model, program: Program::Go, variant: name, modes: ALL }
}

const fn sqlx(name: &'static str, tls: &'static str) -> Client {
    Client { name, model: ("sqlx", tls), program: Program::Rust(tls), variant: tls, modes: ALL }
}

const fn tokio_postgres(name: &'static str, tls: &'static str) -> Client {
    Client {
        name,
        model: ("tokio-postgres", tls),
        program: Program::Rust("tokio-postgres"),
        variant: tls,
        modes: TOKIO_POSTGRES,
    }
}

impl Program {
    /// Its command line where it answers cell after cell; nothing where this machine lacks it.
    pub(crate) fn command(self) -> Option<Vec<PathBuf>> {
        match self {
            // Debian's `psql` on PATH is a script that starts this one.
            Self::Psql => Some(vec![tools::postgres_program("psql")?]),
            Self::OpenSsl => Some(vec![tools::program("openssl")?]),
            Self::PgBouncer => Some(vec![tools::pgbouncer()?]),
            Self::Python => Some(vec![tools::python()?, source("cells.py")]),
            Self::StrictPython => Some(vec![tools::strict_python()?, source("cells.py")]),
            Self::Node => Some(vec![tools::program("node")?, source("cells.js")]),
            Self::Java | Self::NewJava => {
                let path = ["-cp".into(), tools::pgjdbc()?, source("Cells.java")];
                Some([vec![tools::program("java")?], path.into()].concat())
            }
            Self::Go => Some(vec![tools::client("go")?]),
            Self::Rust(name) => Some(vec![tools::client(name)?]),
        }
    }
}

fn source(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}
