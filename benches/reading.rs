//! How the time for reading grows with what is read: four times as much may take no more than five times as long.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark writes files and waits for what it runs")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rcgen::{CertificateParams, DnType, KeyPair};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let pem = certificate()?;
    let mut slow = Vec::new();
    println!("{:<42} {:>9} {:>9} {:>6}", "median of 3, ms", "n", "4n", "x");
    for (name, count, write, arguments) in CASES {
        let small = median(name, *count, *write, arguments, &pem)?;
        let large = median(name, 4 * count, *write, arguments, &pem)?;
        println!("{name:<42} {small:>9.1} {large:>9.1} {:>6.2}", large / small);
        if large / small >= LIMIT {
            slow.push(*name);
        }
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("grows faster than what is read: {}", slow.join(", ")).into()) }
}

/// What is read, how many of it, how it is written, and what reads it.
type Case = (&'static str, usize, fn(&Path, usize, &str) -> Result<()>, &'static [&'static str]);

const CASES: &[Case] = &[
    ("certificates in inspect", 5_000, certificates, &["inspect", "input"]),
    ("certificates in inspect --json", 5_000, certificates, &["inspect", "--json", "input"]),
    ("bad blocks in inspect", 100_000, bad_blocks, &["inspect", "input"]),
    ("bad blocks in bundle", 100_000, bad_blocks, &["bundle", "input", "-o", "out.pem"]),
    ("files in a folder in inspect", 2_500, files, &["inspect", "input"]),
    ("files in a folder in bundle", 2_500, files, &["bundle", "input", "-o", "out.pem"]),
    ("empty files in a folder in inspect", 10_000, empty_files, &["inspect", "input"]),
];

fn certificates(input: &Path, count: usize, pem: &str) -> Result<()> {
    Ok(fs::write(input, pem.repeat(count))?)
}

fn bad_blocks(input: &Path, count: usize, pem: &str) -> Result<()> {
    Ok(fs::write(input, "-----BEGIN CERTIFICATE-----x\n".repeat(count) + pem)?)
}

fn files(input: &Path, count: usize, pem: &str) -> Result<()> {
    fs::create_dir(input)?;
    (0..count).try_for_each(|number| Ok(fs::write(input.join(format!("{number}.pem")), pem)?))
}

fn empty_files(input: &Path, count: usize, pem: &str) -> Result<()> {
    files(input, count, "")?;
    Ok(fs::write(input.join("a.pem"), pem)?)
}

/// Milliseconds for so many.
fn median(
    name: &str,
    count: usize,
    write: fn(&Path, usize, &str) -> Result<()>,
    arguments: &[&str],
    pem: &str,
) -> Result<f64> {
    let home = tempfile::tempdir()?;
    write(&home.path().join("input"), count, pem)?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
        command.args(arguments).env_clear().env("HOME", home.path()).current_dir(home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if status.code().is_none_or(|code| code > 1) {
            return Err(format!("{name}: {status}").into());
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(times[1])
}

/// A root.
fn certificate() -> Result<String> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "pgtrust bench");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    Ok(params.self_signed(&KeyPair::generate()?)?.pem())
}

const LIMIT: f64 = 5.0;
