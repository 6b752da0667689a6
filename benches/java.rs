//! Java stores, beside the programs that people make them with: keytool, once per root, and `trust` of p11-kit.
//!
//! All certificates come as files, so pgtrust proves of each that its own key signed it, which the others do not. Where
//! a line says so it is told not to.
//!
//! All times are what a user waits for: whole processes from start to end, all in the same run. The median counts; the
//! loop of keytool runs once, because its many processes level out what else the machine does. What each program made
//! is counted by `keytool -list`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads `PATH` itself and writes what only it reads")]

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use pgtrust::format::Passwords;
use pgtrust::jvm::{self, Jvm};
use pgtrust::{Bundle, CertificateSet, Environment, Policy, Programs, load_path};
use tempfile::TempDir;
use time::macros::datetime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let bench = Bench { folder: tempfile::tempdir()?, java: java() };
    let roots = roots()?;
    let file = bench.path("aws-rds.pem");
    fs::write(&file, pems(&roots))?;

    for format in ["jks", "p12"] {
        println!("the {} roots of AWS RDS into a new .{format}", roots.len());
        match bench.new_store(&file, format) {
            Ok(seconds) => or_left_out("keytool", bench.keytool_loop(&roots, format, &seconds)),
            Err(error) => or_left_out("pgtrust", Err(error)),
        }
        println!();
    }
    println!("the roots of this machine into a new .jks");
    or_left_out("p11-kit", bench.system_roots());
    println!("\nthe {} roots of AWS RDS into a copy of the `cacerts` of this machine's Java", roots.len());
    or_left_out("pgtrust", bench.cacerts(&file));
    println!("\nreading a .jks");
    or_left_out("pgtrust", bench.reading(&roots));
    Ok(())
}

struct Bench {
    folder: TempDir,
    java: Option<Jvm>,
}

impl Bench {
    fn new_store(&self, roots: &Path, format: &str) -> Result<Vec<f64>> {
        let output = self.path(&format!("pgtrust.{format}"));
        let mut medians = Vec::new();
        for command in [["bundle", "-o"], ["install", "--output"]] {
            let [name, flag] = command;
            let seconds = median(ROUNDS, || {
                // A new store each time, and nothing that is kept from the run before.
                remove(fs::remove_file(&output))?;
                remove(fs::remove_dir_all(self.path("home")))?;
                time(self.pgtrust(AS_OF).arg(name).arg(roots).arg(flag).arg(&output))
            })?;
            line(&format!("pgtrust {name}"), seconds, &self.count(&output));
            medians.push(seconds);
        }
        Ok(medians)
    }

    fn keytool_loop(&self, roots: &[Vec<u8>], format: &str, ours: &[f64]) -> Result<()> {
        let keytool = self.keytool()?;
        let (store, file) = (self.path(&format!("keytool.{format}")), self.path("root.der"));
        let kind = if format == "jks" { "JKS" } else { "PKCS12" };
        let mut sum = 0.0;
        for (number, root) in roots.iter().enumerate() {
            fs::write(&file, root)?;
            let mut command = Command::new(&keytool);
            command.args(["-importcert", "-noprompt", "-storepass", "changeit", "-storetype", kind]);
            command.args(["-alias", &format!("root-{number}")]).arg("-file").arg(&file).arg("-keystore").arg(&store);
            sum += time(&mut command)?;
        }
        let ratios: Vec<_> = ours.iter().map(|ours| format!("{:.0} x", sum / ours)).collect();
        line("keytool, once per root", sum, &format!("{}; {}", self.count(&store), ratios.join(" and ")));
        Ok(())
    }

    fn system_roots(&self) -> Result<()> {
        let extract = |format: &str, output: &Path| {
            let mut command = Command::new("trust");
            command.args([
                "extract",
                "--overwrite",
                "--filter=ca-anchors",
                "--purpose=server-auth",
                "--format",
                format,
            ]);
            time(command.arg(output))
        };
        let (roots, theirs, ours) = (self.path("system.pem"), self.path("trust.jks"), self.path("system.jks"));
        extract("pem-bundle", &roots)?;
        let peer = median(ROUNDS, || extract("java-cacerts", &theirs))?;
        let bundle = |options: &[&str]| {
            let command =
                || time(self.pgtrust(BEFORE_ANY_EXPIRED).arg("bundle").args(options).arg(&roots).arg("-o").arg(&ours));
            median(ROUNDS, command)
        };
        let proved = bundle(&[])?;
        line("pgtrust bundle", proved, &self.count(&ours));
        let taken = bundle(&["--allow-non-roots"])?;
        line("pgtrust bundle", taken, &format!("{}, no signature checked", self.count(&ours)));
        let ratios = format!("{:.1} x and {:.1} x", peer / proved, peer / taken);
        line("trust extract", peer, &format!("{}; {ratios}", self.count(&theirs)));
        Ok(())
    }

    fn cacerts(&self, roots: &Path) -> Result<()> {
        let java = self.java.as_ref().ok_or("no Java is on PATH")?;
        let copy = self.path("cacerts");
        let seconds = median(ROUNDS, || {
            fs::copy(&java.store, &copy)?;
            remove(fs::remove_dir_all(self.path("home")))?;
            time(self.pgtrust(AS_OF).arg("install").arg(roots).arg("--output").arg(&copy))
        })?;
        let (before, after) = (self.count(&java.store), self.count(&copy));
        line("pgtrust install", seconds, &format!("{before} before, {after} after"));
        Ok(())
    }

    fn reading(&self, roots: &[Vec<u8>]) -> Result<()> {
        let (input, store, output) = (self.path("many.pem"), self.path("many.jks"), self.path("read.pem"));
        for count in [2_500, 5_000, 10_000_u32] {
            // Each copy has a number of its own where its signature ends.
            let copies = (0..count).zip(roots.iter().cycle()).map(|(number, root)| {
                let mut der = root.clone();
                let end = der.len() - 4;
                der[end..].copy_from_slice(&number.to_be_bytes());
                der
            });
            fs::write(&input, pems(&copies.collect::<Vec<_>>()))?;
            time(self.pgtrust(AS_OF).args(["bundle", "--allow-non-roots"]).arg(&input).arg("-o").arg(&store))?;
            // The only thing that this does with them beside reading is to write them: no signature is checked.
            let bundle = ["bundle", "--allow-non-roots"];
            let seconds = median(5, || time(self.pgtrust(AS_OF).args(bundle).arg(&store).arg("-o").arg(&output)))?;
            let each = |seconds: f64| format!("{:.1} µs each", seconds * 1e6 / f64::from(count));
            line("pgtrust bundle -o .pem", seconds, &format!("{}; {}", self.count(&store), each(seconds)));
            let seconds = median(3, || time(self.pgtrust(AS_OF).arg("inspect").arg(&store)))?;
            line("pgtrust inspect", seconds, &format!("with a check of every signature; {}", each(seconds)));
        }
        Ok(())
    }

    fn pgtrust(&self, as_of: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgtrust"));
        command.args(["--as-of", as_of]).env("HOME", self.folder.path());
        command.env("PGTRUST_HOME", self.path("home"));
        command
    }

    /// How many certificates keytool sees in a store.
    fn count(&self, store: &Path) -> String {
        let list = || -> Result<usize> {
            let mut command = Command::new(self.keytool()?);
            let run = command.args(["-list", "-storepass", "changeit", "-keystore"]).arg(store).output()?;
            Ok(String::from_utf8_lossy(&run.stdout).matches("trustedCertEntry").count())
        };
        list().map_or_else(|_| "not counted".to_owned(), |count| format!("{count} certificates"))
    }

    fn keytool(&self) -> Result<PathBuf> {
        let java = self.java.as_ref().ok_or("no Java is on PATH")?;
        Ok(java.home.join("bin/keytool"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn java() -> Option<Jvm> {
    let path = std::env::var_os("PATH");
    jvm::in_use(&Environment { path, ..Environment::default() }, &Programs::on("")).ok()
}

/// All roots of AWS RDS that the catalogue has and that have not expired, as DER.
fn roots() -> Result<Vec<Vec<u8>>> {
    let mut set = CertificateSet::new();
    load_path(
        &mut set,
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/bundles/aws-rds/roots.pem")),
        Passwords::usual(),
    )?;
    let (bundle, _) = Bundle::build(set, &Policy::roots(datetime!(2026-01-01 00:00 UTC)))?;
    Ok(bundle.certificates().map(|certificate| certificate.der().to_vec()).collect())
}

fn pems(ders: &[Vec<u8>]) -> String {
    ders.iter().map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", der.clone()))).collect()
}

fn median(rounds: usize, mut run: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut seconds: Vec<f64> = (0..rounds).map(|_| run()).collect::<Result<_>>()?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[rounds / 2])
}

fn time(command: &mut Command) -> Result<f64> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let run =
        command.stdin(Stdio::null()).stdout(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into());
    }
    Ok(seconds)
}

/// What is gone already is fine.
fn remove(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn line(name: &str, seconds: f64, rest: &str) {
    println!("{name:<24} {:>10.1} ms  {rest}", seconds * 1e3);
}

fn or_left_out(name: &str, result: Result<()>) {
    if let Err(error) = result {
        println!("{name} is left out: {}", error.to_string().trim_end());
    }
}

/// No root of AWS RDS that is in use has expired.
const AS_OF: &str = "2026-01-01";
/// `trust` takes the roots that it is told to trust, expired or not.
const BEFORE_ANY_EXPIRED: &str = "2015-01-01";
const ROUNDS: usize = 21;
