//! An install after some changes of a store, and after four times as many: a journal stays as short as its stores are many.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("{:>8} {:>12} {:>8}", "records", "first, ms", "then, ms");
    let few = measure(10)?;
    let (first, then) = measure(RECORDS)?;
    let (first_of_more, then_of_more) = measure(4 * RECORDS)?;
    let (first, then) = (first_of_more / first, then_of_more / then);
    println!("4n : n   {first:>12.2} {then:>8.2}   and {RECORDS} : 10 {:.2}", then_of_more / few.1);
    if first.max(then) >= 5.0 {
        return Err("four times the records take five times as long".into());
    }
    Ok(())
}

/// Milliseconds of the install that finds so many records, and of those after it.
fn measure(records: u64) -> Result<(f64, f64)> {
    let home = tempfile::tempdir()?;
    run(home.path(), "supabase")?;
    grow(home.path(), records)?;
    let first = run(home.path(), "azure")?;
    let mut then = Vec::new();
    for _ in 0..ROUNDS {
        undo(home.path())?;
        then.push(run(home.path(), "azure")?);
    }
    then.sort_unstable_by(f64::total_cmp);
    let then = then[ROUNDS / 2];
    println!("{records:>8} {first:>12.2} {then:>8.2}");
    Ok((first, then))
}

/// Repeats the record that there is, as if each change had been followed by another.
fn grow(home: &Path, count: u64) -> Result<()> {
    let file = home.join(".local/state/pgtrust/journal.jsonl");
    let mut record: Value = serde_json::from_slice(&fs::read(&file)?)?;
    let mut text = String::new();
    for id in 1..=count {
        record["id"] = json!(id);
        record["files"][0]["before"] = json!(format!("{id:064x}"));
        text += &(record.to_string() + "\n");
    }
    Ok(fs::write(file, text)?)
}

fn run(home: &Path, provider: &str) -> Result<f64> {
    let start = Instant::now();
    pgtrust(home, &["install", provider, "--offline", "--output", "store.pem"])?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn undo(home: &Path) -> Result<()> {
    pgtrust(home, &["undo"])
}

fn pgtrust(home: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{arguments:?}: {status}").into()) }
}

const RECORDS: u64 = 2_500;
const ROUNDS: usize = 21;
