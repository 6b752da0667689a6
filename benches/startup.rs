//! Wall time of short commands, from spawn to exit, beside that of a program which does nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use pgtrust::format::{Format, Passwords};
use pgtrust::{Bundle, Catalog, CertificateSet, Policy, load_path};
use time::macros::datetime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let home = tempfile::tempdir()?;
    let store = home.path().join("store.pem");
    write_store(&store)?;
    let store_name = store.to_string_lossy();
    let pgtrust = env!("CARGO_BIN_EXE_pgtrust");
    let mut contenders = vec![
        vec!["/bin/true"],
        vec![pgtrust, "--version"],
        vec![pgtrust, "--help"],
        vec![pgtrust, "inspect", &store_name],
    ];
    let azure = Catalog::built_in().contains("azure");
    if azure {
        contenders.push(vec![pgtrust, "install", "azure", "--offline"]);
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for (command, times) in contenders.iter().zip(&mut times) {
            times.push(run(command, &store)?);
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    println!("{:<34} {:>8} {:>12}", format!("median of {ROUNDS}"), "ms", "x /bin/true");
    for (command, ms) in contenders.iter().zip(&medians) {
        let name = command.join(" ").replace(pgtrust, "pgtrust").replace(&*store_name, "store.pem");
        println!("{name:<34} {ms:>8.2} {:>12.1}", ms / medians[0]);
    }
    if !azure {
        println!("install azure --offline is left out: the catalogue has no azure");
    }
    Ok(())
}

/// Milliseconds that a command takes in a home folder of its own, with a `root.crt` of one certificate.
fn run(command: &[&str], store: &Path) -> Result<f64> {
    let home = tempfile::tempdir()?;
    let folder: PathBuf = home.path().join(".postgresql");
    fs::create_dir(&folder)?;
    fs::copy(store, folder.join("root.crt"))?;
    let mut child = Command::new(command[0]);
    child.args(&command[1..]).env_clear().env("HOME", home.path());
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = child.status()?;
    let time = start.elapsed();
    if !status.success() {
        return Err(format!("{command:?}: {status}").into());
    }
    Ok(time.as_secs_f64() * 1e3)
}

fn write_store(path: &Path) -> Result<()> {
    let mut set = CertificateSet::new();
    load_path(
        &mut set,
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/isrg-root-x1.der")),
        Passwords::usual(),
    )?;
    let (bundle, _) = Bundle::build(set, &Policy::roots(datetime!(2026-01-01 00:00 UTC)))?;
    Ok(bundle.write(Format::pem(), None, &mut File::create(path)?)?)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

const ROUNDS: usize = 101;
