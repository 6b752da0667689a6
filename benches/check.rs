//! `check`: of a local server, of a record, and of many servers from a file, each with some latency,
//! beside a program that does nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark waits for what it runs")]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let home = tempfile::tempdir()?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
    std::fs::create_dir(home.path().join(".postgresql"))?;
    std::fs::write(home.path().join(".postgresql/root.crt"), certificate.pem())?;
    let private = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    let config = Arc::new(config);
    let near = serve(&config, Duration::ZERO)?;
    let far = serve(&config, LATENCY)?;
    // Connections are taken and never answered.
    let silent = TcpListener::bind("127.0.0.1:0")?;

    let one = format!("postgresql://app@localhost:{near}/app");
    let chain = home.path().join("chain.pem");
    std::fs::write(&chain, certificate.pem())?;
    let record = chain.display().to_string();
    let hosts = |count: usize, more: &str| {
        let lines: String = (0..count).map(|_| format!("localhost:{far}\n")).collect();
        std::fs::write(home.path().join("hosts"), lines + more)
    };
    let mut rows = vec![
        ("--version", median(home.path(), &["--version"])?),
        ("check --chain", median(home.path(), &["check", "--chain", &record, "--host", "localhost", "--all"])?),
        ("check, a local server", median(home.path(), &["check", &one, "--all"])?),
    ];
    hosts(1, "")?;
    rows.push(("check --hosts, 1 at 50 ms", median(home.path(), &["check", "--hosts", "hosts", "--client", "libpq"])?));
    hosts(500, "")?;
    rows.push(("check --hosts, 500 at 50 ms", run(home.path(), &["check", "--hosts", "hosts", "--client", "libpq"])?));
    hosts(499, &format!("127.0.0.1:{}\n", silent.local_addr()?.port()))?;
    let asked = ["check", "--hosts", "hosts", "--client", "libpq", "--timeout", "3s"];
    rows.push(("the same, one hangs for 3 s", run(home.path(), &asked)?));
    println!("{:<30} {:>10} {:>14}", "", "ms", "x --version");
    for (name, ms) in &rows {
        println!("{name:<30} {ms:>10.1} {:>14.1}", ms / rows[0].1);
    }
    Ok(())
}

/// A server that waits before each of its two answers.
fn serve(config: &Arc<ServerConfig>, wait: Duration) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let config = Arc::clone(config);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || {
                let mut stream = stream;
                let mut question = [0; 8];
                if stream.read_exact(&mut question).is_err() {
                    return;
                }
                thread::sleep(wait);
                if stream.write_all(b"S").is_err() {
                    return;
                }
                let Ok(mut tls) = ServerConnection::new(config) else { return };
                thread::sleep(wait);
                while tls.is_handshaking() {
                    if tls.complete_io(&mut stream).is_err() {
                        return;
                    }
                }
                let _ = tls.complete_io(&mut stream);
            });
        }
    });
    Ok(port)
}

fn median(home: &Path, arguments: &[&str]) -> Result<f64> {
    let mut times = (0..ROUNDS).map(|_| run(home, arguments)).collect::<Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    Ok(times[ROUNDS / 2])
}

/// Milliseconds that a command takes.
fn run(home: &Path, arguments: &[&str]) -> Result<f64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

const ROUNDS: usize = 15;
const LATENCY: Duration = Duration::from_millis(50);
