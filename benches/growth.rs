//! How the time of `refresh` grows with what it finds: with four times as much it takes four times as long, and not sixteen.
//!
//! Findings come from a file whose certificates are no roots; held roots from a mirror that serves them beside nothing else.
//! Each time counts without what a run with a single one takes.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rcgen::{CertificateParams, KeyPair, SerialNumber};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let certificates = certificates(4 * MANY)?;
    println!("{:<12} {:>10} {:>10} {:>8}", "", format!("{MANY}, ms"), format!("{}, ms", 4 * MANY), "ratio");
    let measured = [("findings", findings(&certificates)?), ("held roots", held(&certificates)?)];
    let mut grows = false;
    for (what, [one, many, more]) in measured {
        let (many, more) = ((many - one).max(1.0), (more - one).max(1.0));
        println!("{what:<12} {many:>10.1} {more:>10.1} {:>8.2}", more / many);
        grows |= more / many >= 5.0;
    }
    if grows { Err("it grows faster than what it does".into()) } else { Ok(()) }
}

/// Milliseconds for one, some and four times as many findings.
fn findings(certificates: &[String]) -> Result<[f64; 3]> {
    let home = tempfile::tempdir()?;
    let source = home.path().join("source.pem");
    let root = catalogue_root(home.path())?;
    let times = COUNTS.map(|count| {
        fs::write(&source, root.clone() + &certificates[..count].concat())?;
        pgtrust(home.path(), &["install", "source.pem", "--output", "store.pem"])?;
        best(home.path(), &["refresh", "--offline"])
    });
    collected(times)
}

/// The same for held roots.
fn held(certificates: &[String]) -> Result<[f64; 3]> {
    let home = tempfile::tempdir()?;
    let body = Arc::new(Mutex::new(String::new()));
    let mirror = serve(Arc::clone(&body))?;
    pgtrust(home.path(), &["install", "aws-rds", "--offline", "--output", "store.pem"])?;
    let root = pgtrust(home.path(), &["bundle", "aws-rds"])?;
    let times = COUNTS.map(|count| {
        let served = root.clone() + &certificates[..count].concat();
        *body.lock().unwrap_or_else(PoisonError::into_inner) = served;
        best(home.path(), &["refresh", "--mirror", &mirror])
    });
    collected(times)
}

fn collected(times: [Result<f64>; 3]) -> Result<[f64; 3]> {
    let [one, many, more] = times;
    Ok([one?, many?, more?])
}

/// Certificates that are no roots, and differ in their serial number.
fn certificates(count: usize) -> Result<Vec<String>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    let made = (0..count).map(|number| {
        params.serial_number = Some(SerialNumber::from(number as u64 + 1));
        Ok(params.self_signed(&key)?.pem())
    });
    made.collect()
}

fn catalogue_root(home: &Path) -> Result<String> {
    pgtrust(home, &["bundle", "supabase"])
}

/// A server that answers every request with this text. Returns its address.
fn serve(body: Arc<Mutex<String>>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let body = body.lock().unwrap_or_else(PoisonError::into_inner).clone();
            std::thread::spawn(move || answer(stream, &body));
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, body: &str) -> std::io::Result<()> {
    let head = BufReader::new(stream.try_clone()?).lines();
    head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// The best time of some runs, in milliseconds.
fn best(home: &Path, arguments: &[&str]) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        // As on the first night.
        let _ = fs::remove_file(home.join(".local/state/pgtrust/refresh.json"));
        let start = Instant::now();
        pgtrust(home, arguments)?;
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}

/// What a command prints. That it found something is no failure.
fn pgtrust(home: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    let output = command.output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8(output.stdout)?),
        _ => Err(format!("{arguments:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into()),
    }
}

const MANY: usize = 4_000;
const COUNTS: [usize; 3] = [1, MANY, 4 * MANY];
const ROUNDS: usize = 5;
