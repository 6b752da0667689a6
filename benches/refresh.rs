//! `refresh` on a day on which nothing has changed, without the network's own time, beside a look at the same stores.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use pgtrust::Catalog;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let home = tempfile::tempdir()?;
    let catalog = Catalog::built_in();
    let mut providers = Vec::new();
    for id in catalog.ids()? {
        if !catalog.provider(&id)?.pins.is_empty() && providers.len() < PROVIDERS {
            providers.push(id.into_owned());
        }
    }
    let mut install = vec!["install", "--offline"];
    install.extend(providers.iter().map(String::as_str));
    install.extend(STORES.iter().flat_map(|store| ["--output", *store]));
    run(home.path(), &install)?;
    let mut inspect = vec!["inspect"];
    inspect.extend(STORES);

    let contenders: [(&str, Vec<&str>); 3] =
        [("--version", vec!["--version"]), ("inspect", inspect), ("refresh --offline", vec!["refresh", "--offline"])];
    let mut times = contenders.each_ref().map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for ((_, command), times) in contenders.iter().zip(&mut times) {
            times.push(run(home.path(), command)?);
        }
    }
    let medians = times.map(median);
    println!("{} providers, {} stores, median of {ROUNDS}", providers.len(), STORES.len());
    println!("{:<20} {:>8} {:>12}", "", "ms", "x inspect");
    for ((name, _), ms) in contenders.iter().zip(&medians) {
        println!("{name:<20} {ms:>8.2} {:>12.2}", ms / medians[1]);
    }
    Ok(())
}

/// Milliseconds that a command takes.
fn run(home: &Path, arguments: &[&str]) -> Result<f64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed();
    if !status.success() {
        return Err(format!("{arguments:?}: {status}").into());
    }
    Ok(time.as_secs_f64() * 1e3)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

const PROVIDERS: usize = 20;
const STORES: [&str; 5] = ["one.pem", "two.pem", "three.p12", "four.jks", "five.p7b"];
const ROUNDS: usize = 51;
