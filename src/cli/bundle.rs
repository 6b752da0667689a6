//! `pgtrust bundle`

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::Path;

use pgtrust::bundle::{CertificateSet, Origin, SelfSigned};
use pgtrust::catalog::Selection;
use pgtrust::directory::{Directory, HASHED, Naming};
use pgtrust::format::{Format, Passwords};
use pgtrust::manifest::Manifest;
use pgtrust::nss::{Certutil, Database};
use pgtrust::plan::{Access, FileStore};
use pgtrust::source::{self, Problem, Source};
use pgtrust::{Bundle, Catalog, Error, Policy, jvm, limits};

use super::Status;
use super::args;
use super::context::Context;
use super::password;
use super::report;
use super::ui::{self, Failure};

pub(crate) fn run(context: &Context, args: &args::Bundle) -> Result<Status, Failure> {
    let password = password::read(args.password.password_file.as_deref())?;
    let output = Output::new(args, password.as_deref())?;
    let catalog = context.catalog()?;
    let sources: Vec<Source> =
        args.inputs.iter().map(|input| Source::parse(input, &catalog)).collect::<Result<_, _>>()?;
    let mut set = CertificateSet::new();
    let status = load(context, &catalog, &sources, &|kept| kept, Passwords::first(password.as_deref()), &mut set)?;
    let self_signed = if set.len() > limits::SIGNATURES {
        ui::warning(&format!(
            "more than {} certificates: that roots signed themselves is not verified",
            limits::SIGNATURES
        ));
        SelfSigned::Claimed
    } else {
        SelfSigned::Verified
    };
    let policy = Policy {
        self_signed,
        allow_non_roots: args.allow_non_roots,
        only: args.only.clone(),
        exclude: args.exclude.clone(),
        ..Policy::roots(context.as_of)
    };
    let (bundle, rejected) = Bundle::build(set, &policy)?;
    report::rejected(&rejected);
    report::ambiguous(&bundle);
    let protected_by =
        |format: &Format| password.as_deref().or_else(|| format.new_password()).filter(|_| !args.password.no_password);
    match output {
        Output::Folder(path) => {
            Directory::read(path)?.add(Naming::Hashed, &mut bundle.entries())?.write()?;
        }
        Output::File(path, format) => bundle.save(path, format, protected_by(format))?,
        Output::Standard(format) => {
            let mut output = BufWriter::new(io::stdout().lock());
            bundle.write(format, protected_by(format), &mut output).map_err(|error| match error {
                pgtrust::format::Error::Io(error) => error,
                error => io::Error::other(error),
            })?;
            output.flush()?;
        }
    }
    if let Some(path) = &args.output {
        ui::note(&format!("{}: {}", path.display(), ui::count(bundle.len(), "root")));
    }
    Ok(status)
}

/// Where a bundle goes.
enum Output<'a> {
    /// A hashed folder.
    Folder(&'a Path),
    File(&'a Path, &'static Format),
    Standard(&'static Format),
}

impl<'a> Output<'a> {
    fn new(args: &'a args::Bundle, password: Option<&str>) -> Result<Self, Failure> {
        let asked = args.format.as_deref();
        let format = asked.and_then(Format::named);
        match &args.output {
            Some(path) if asked == Some(HASHED) => {
                if path.exists() && !(path.is_dir() && Directory::read(path)?.is_empty()) {
                    let message = format!("`{}` exists and is not an empty folder", path.display());
                    let hint = "`pgtrust install --output` adds to a hashed folder and keeps the rest".to_owned();
                    return Err(Failure::Usage { message, hint });
                }
                Ok(Self::Folder(path))
            }
            Some(path) => {
                refuse_other_files(path, password)?;
                let named = || Format::of_name(path).ok_or_else(|| Error::UnknownFormat { path: path.clone() });
                Ok(Self::File(path, format.map_or_else(named, Ok)?))
            }
            None if asked == Some(HASHED) => {
                let message = "a hashed folder needs a name".to_owned();
                Err(Failure::Usage { message, hint: "name it: `-o DIR`".to_owned() })
            }
            None => Ok(Self::Standard(format.unwrap_or_else(Format::pem))),
        }
    }
}

/// Fills a set from sources, from providers what is wanted of them beyond what is kept. Says what cannot be read.
pub(crate) fn load(
    context: &Context,
    catalog: &Catalog,
    sources: &[Source],
    wanted: &dyn Fn(Selection) -> Selection,
    passwords: Passwords<'_>,
    set: &mut CertificateSet,
) -> Result<Status, Failure> {
    let providers = sources.iter().any(|source| matches!(source, Source::Provider(_)));
    let manifest = if providers { context.manifest()? } else { Manifest::default() };
    let mut status = Status::Done;
    for source in sources {
        let loaded = load_one(context, catalog, &manifest, source, wanted, passwords, set);
        let problems = match (source, loaded) {
            // One customer must not keep the others from their roots.
            (Source::Tenant(_), Err(error)) => {
                ui::problem(&error);
                status = Status::Failed;
                continue;
            }
            (_, loaded) => loaded?,
        };
        status = status.max(report::problems(&problems));
    }
    Ok(status)
}

/// Fills a set from one source. Returns what cannot be read.
pub(crate) fn load_one(
    context: &Context,
    catalog: &Catalog,
    manifest: &Manifest,
    source: &Source,
    wanted: &dyn Fn(Selection) -> Selection,
    passwords: Passwords<'_>,
    set: &mut CertificateSet,
) -> Result<Vec<Problem>, Error> {
    match source {
        Source::Path(path) if Database::is_at(path) => {
            let certutil = Certutil::find(context.programs())?;
            source::load_database(set, path, &certutil)?;
        }
        Source::Path(path) => return source::load_path(set, path, passwords),
        Source::Provider(id) => {
            source::load_provider(set, catalog, manifest, id, &wanted(manifest.selection(id)))?;
        }
        Source::Tenant(tenant) => {
            source::load_tenant(set, tenant, &context.layout()?.bundle_of(tenant.name()))?;
        }
        Source::Stdin => return source::load(set, &mut io::stdin().lock(), Origin::Stdin, passwords),
        // Odd certificates in the machine's own store are no finding of ours.
        Source::System => drop(source::load_system(set)),
        Source::Jdk => return source::load_jdk(set, &jvm::in_use(&context.environment, context.programs())?),
        _ => {}
    }
    Ok(Vec::new())
}

/// A slip of the hand after `-o` must not cost a key.
fn refuse_other_files(path: &Path, password: Option<&str>) -> Result<(), Failure> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let mut head = Vec::new();
    // Opening a pipe may wait for ever.
    if metadata.is_file() {
        let _ = File::open(path).and_then(|file| file.take(limits::HEAD as u64).read_to_end(&mut head));
        if Format::of(&head).is_some_and(Format::is_key_store) {
            return refuse_other_entries(path, password);
        }
        let key = head.windows(KEY.len()).any(|text| text == KEY);
        if head.trim_ascii().is_empty() || Format::of(&head).is_some() && !key {
            return Ok(());
        }
    }
    let message = format!("`{}` exists and is not a certificate store", path.display());
    Err(Failure::Usage { message, hint: "remove it first, or write to another file".to_owned() })
}

fn refuse_other_entries(path: &Path, password: Option<&str>) -> Result<(), Failure> {
    let store = FileStore::read(path, None, &Access { password, ..Access::default() })?;
    let Some(other) = store.others().first() else { return Ok(()) };
    let message = format!("`{}` exists and holds more than certificates ({other})", path.display());
    let hint = "`pgtrust install --output` adds to it and keeps the rest".to_owned();
    Err(Failure::Usage { message, hint })
}

const KEY: &[u8] = b"PRIVATE KEY-----";
