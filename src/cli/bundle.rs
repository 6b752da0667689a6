//! `pgtrust bundle`

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use pgtrust::folder::{Directory, HASHED, Naming};
use pgtrust::format::{self, Format};
use pgtrust::{Machine, Policy, Source, StoreError, load, password};

use super::ui::{self, Failure};
use super::{Status, args, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Bundle) -> Result<Status, Failure> {
    let password = password::read(args.password.password_file.as_deref())?;
    let path = args.output.as_deref().map(|path| machine.place(path));
    let output = Output::new(args, path.as_deref(), password.as_deref())?;
    let catalog = machine.catalog()?;
    let sources: Vec<Source> =
        args.inputs.iter().map(|input| Source::parse(input, catalog)).collect::<Result<_, _>>()?;
    let policy = Policy {
        allow_non_roots: args.allow_non_roots,
        only: args.only.clone(),
        exclude: args.exclude.clone(),
        ..Policy::roots(machine.as_of)
    };
    let (bundle, notes) = load::bundle(machine, &sources, &policy, password.as_deref())?;
    let status = notes::show(&notes);
    let (bundle, notes) = load::readable(bundle, output.name(), output.format())?;
    let status = status.max(notes::show(&notes));
    let protected_by =
        |format: &Format| password.as_deref().or_else(|| format.new_password()).filter(|_| !args.password.no_password);
    match output {
        Output::Folder(path) => {
            Directory::read(path)?.add(Naming::Hashed, &mut bundle.entries())?.write()?;
        }
        Output::File(path, format) => {
            let note = load::save(machine, &bundle, path, format, protected_by(format))?;
            notes::show(note.as_slice());
        }
        Output::Standard(format) => {
            let mut output = BufWriter::new(io::stdout().lock());
            bundle.write(format, protected_by(format), &mut output).map_err(|error| match error {
                format::Error::Io(error) => error,
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

/// The destination of a bundle.
enum Output<'a> {
    /// A hashed folder.
    Folder(&'a Path),
    File(&'a Path, &'static Format),
    Standard(&'static Format),
}

impl<'a> Output<'a> {
    fn name(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File(path, _) => path,
            Self::Standard(_) => Path::new("standard output"),
        }
    }

    fn format(&self) -> &'static str {
        match self {
            Self::Folder(_) => HASHED,
            Self::File(_, format) | Self::Standard(format) => format.name,
        }
    }

    fn new(args: &args::Bundle, path: Option<&'a Path>, password: Option<&str>) -> Result<Self, Failure> {
        let asked = args.format.as_deref();
        let format = asked.and_then(Format::named);
        match path {
            Some(path) if asked == Some(HASHED) => {
                load::refuse_other_folders(path)?;
                Ok(Self::Folder(path))
            }
            Some(path) => {
                load::refuse_other_files(path, password)?;
                let unknown = || StoreError::UnknownFormat { path: path.to_owned() };
                Ok(Self::File(path, format.or_else(|| Format::of_name(path)).ok_or_else(unknown)?))
            }
            None if asked == Some(HASHED) => {
                let message = "a hashed folder needs a name".to_owned();
                Err(Failure::Usage { message, hint: "name it: `-o DIR`".to_owned() })
            }
            None => Ok(Self::Standard(format.unwrap_or_else(Format::pem))),
        }
    }
}
