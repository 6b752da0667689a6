//! `pgtrust bundle` over 100,000 certificates, beside the least that any program must do with them and beside what one
//! would write first.
//!
//! The floor reads the file in chunks, finds the blocks, decodes and hashes them, on one thread, and keeps nothing. Neither
//! it nor the naive program verifies a signature. pgtrust verifies all, on all cores: that takes 20 times as long as all
//! the rest, and with it a bundle takes 130 times the floor. Told to take what is not a root too it verifies none, and
//! takes 5 times the floor.
//!
//! Everything runs as a process of its own, in turn, and counts with its best user and system time, as the `time` of
//! bash tells it to the millisecond: so neither what the disk does nor what else runs decides, and all start equally. The
//! time from start to end stands beside it, for what runs on all cores.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::{GeneralPurposeConfig, Simd};
use memchr::{memchr, memmem};
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [FLOOR, file] => floor(File::open(file)?),
        [NAIVE, file] => naive(file),
        _ => compare(),
    }
}

fn compare() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let memory = Path::new("/dev/shm");
    let in_memory = if memory.is_dir() { Some(tempfile::tempdir_in(memory)?) } else { None };
    let input = folder.path().join("input.pem");
    let output = in_memory.as_ref().unwrap_or(&folder).path().join("output.pem");
    let average = write_input(&input)?;
    let megabytes = fs::metadata(&input)?.len() as f64 / 1e6;
    println!("{CERTIFICATES} certificates of {average} bytes on average, {megabytes:.1} MB of PEM\n");

    let this = std::env::current_exe()?;
    let (this, input) = (text(&this)?, text(&input)?);
    let bundle = [env!("CARGO_BIN_EXE_pgtrust"), "--as-of", "2026-01-01", "bundle", input];
    let to_file = [&bundle[..], &["-o", text(&output)?]].concat();
    let mut contenders = vec![
        ("floor: decode and hash", vec![this, FLOOR, input]),
        ("naive: crate `pem`, HashSet", vec![this, NAIVE, input]),
        ("bundle --allow-non-roots", [&bundle[..], &["--allow-non-roots"]].concat()),
        ("bundle > /dev/null", bundle.to_vec()),
    ];
    if in_memory.is_some() {
        contenders.push(("bundle -o /dev/shm/...", to_file.clone()));
    }
    let mut best = vec![[f64::INFINITY; 2]; contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, command), best) in contenders.iter().zip(&mut best) {
            let seconds = seconds(command)?;
            *best = [0, 1].map(|index| best[index].min(seconds[index]));
        }
    }
    let head = format!("best of {ROUNDS}");
    println!("{head:<28} {:>8} {:>8} {:>8} {:>8}", "CPU ms", "x floor", "wall ms", "x floor");
    for ((name, _), [cpu, wall]) in contenders.iter().zip(&best) {
        let [floor_cpu, floor_wall] = best[0];
        println!(
            "{name:<28} {:>8.0} {:>8.2} {:>8.0} {:>8.2}",
            cpu * 1e3,
            cpu / floor_cpu,
            wall * 1e3,
            wall / floor_wall
        );
    }
    if in_memory.is_none() {
        println!("no {}: writing a file is left out", memory.display());
    }

    println!();
    match peak(&to_file) {
        Ok(peak) => {
            let output = fs::metadata(&output)?.len() as f64 / 1e6;
            let bound = output + 64.0 * CERTIFICATES as f64 / 1e6;
            println!("peak memory of pgtrust bundle: {peak:.1} MB");
            println!("output and 64 bytes per certificate: {output:.1} MB + {:.1} MB = {bound:.1} MB", bound - output);
        }
        Err(error) => println!("peak memory is left out, GNU time at {TIME} does not tell it: {error}"),
    }
    Ok(())
}

/// Roots that differ in their serial number, signed by three keys in turn. Returns the average size.
fn write_input(path: &Path) -> Result<usize> {
    let keys = [
        KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?,
    ];
    let sign = |number: u32| -> Result<pem::Pem> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(SerialNumber::from(u64::from(number)));
        let certificate = params.self_signed(&keys[number as usize % keys.len()])?;
        Ok(pem::Pem::new("CERTIFICATE", certificate.der().to_vec()))
    };
    let mut output = BufWriter::new(File::create(path)?);
    let mut bytes = 0;
    for number in 1..=CERTIFICATES {
        let block = sign(number)?;
        bytes += block.contents().len();
        output.write_all(pem::encode_config(&block, unix()).as_bytes())?;
    }
    output.flush()?;
    Ok(bytes / CERTIFICATES as usize)
}

/// User and system time of a command, and the time from its start to its end.
fn seconds(command: &[&str]) -> Result<[f64; 2]> {
    let script = r#"TIMEFORMAT="%3U %3S %3R"; time "$@" > /dev/null"#;
    let run = Command::new("bash").args(["-c", script, "bash"]).args(command).env("LC_ALL", "C").output()?;
    let times: Vec<f64> = last_line(run)?.split(' ').map(str::parse).collect::<std::result::Result<_, _>>()?;
    let [user, system, wall] = times[..] else { return Err("`time` printed something else".into()) };
    Ok([user + system, wall])
}

/// The most memory that a command has at one time, in MB.
fn peak(command: &[&str]) -> Result<f64> {
    let run = Command::new(TIME).args(["-f", "%M"]).args(command).stdout(Stdio::null()).output()?;
    Ok(last_line(run)?.parse::<f64>()? * 1024.0 / 1e6)
}

fn last_line(run: std::process::Output) -> Result<String> {
    let text = String::from_utf8(run.stderr)?;
    if !run.status.success() {
        return Err(text.into());
    }
    Ok(text.lines().last().unwrap_or_default().to_owned())
}

/// Blocks are taken as they are: no other line length, no text between them, no mistake is found.
fn floor(mut input: File) -> Result<()> {
    let engine = Simd::standard(GeneralPurposeConfig::new());
    let mut buffer = vec![0; 256 * 1024];
    let mut filled = 0;
    let mut base64 = Vec::new();
    let mut der = Vec::new();
    let mut all = 0u8;
    loop {
        let read = input.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        filled += read;
        let mut done = 0;
        while let Some(end) = memmem::find(&buffer[done..filled], END) {
            let block = &buffer[done + BEGIN.len()..done + end];
            base64.clear();
            let mut lines = block;
            while let Some(end) = memchr(b'\n', lines) {
                base64.extend_from_slice(&lines[..end]);
                lines = &lines[end + 1..];
            }
            der.resize(base64.len() / 4 * 3, 0);
            let length = engine.decode_slice(&base64, &mut der)?;
            all ^= digest(&SHA256, &der[..length]).as_ref()[0];
            done += end + END.len();
        }
        buffer.copy_within(done..filled, 0);
        filled -= done;
    }
    std::hint::black_box(all);
    Ok(())
}

fn naive(path: &str) -> Result<()> {
    let mut seen = HashSet::new();
    let mut output = BufWriter::new(io::stdout().lock());
    for block in pem::parse_many(fs::read(path)?)? {
        if seen.insert(digest(&SHA256, block.contents()).as_ref().to_vec()) {
            output.write_all(pem::encode_config(&block, unix()).as_bytes())?;
        }
    }
    Ok(output.flush()?)
}

fn unix() -> pem::EncodeConfig {
    pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| format!("`{}` is not UTF-8", path.display()).into())
}

const CERTIFICATES: u32 = 100_000;
const ROUNDS: usize = 7;
const FLOOR: &str = "floor";
const NAIVE: &str = "naive";
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
const END: &[u8] = b"-----END CERTIFICATE-----\n";
const TIME: &str = "/usr/bin/time";
