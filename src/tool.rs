//! Programs of others that pgtrust runs.

#[cfg(feature = "fetch")]
mod within;

use std::ffi::OsStr;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::system::Error;
use crate::system::text::sanitise;
#[cfg(feature = "fetch")]
pub(crate) use within::run_within;

/// The program of this name in the first of these folders that has it, by its absolute path.
pub(crate) fn find(name: &str, folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let found = folders.map(|folder| folder.join(&name)).find(|file| file.is_file())?;
    Some(std::path::absolute(&found).unwrap_or(found))
}

/// Runs a program to its end, without input, and returns what it wrote to standard output. Any other end than success is
/// an error with what it wrote to standard error.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>, Error> {
    finish(command.stdin(Stdio::null()))
}

/// [`run`] with this input.
pub(crate) fn run_with(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, Error> {
    // A file and no pipe, which a program may leave unread.
    let file = tempfile::tempfile().and_then(|mut file| {
        file.write_all(input)?;
        file.rewind()?;
        Ok(file)
    });
    let file = file.map_err(Error::io("write a temporary file for", Path::new(command.get_program())))?;
    finish(command.stdin(file))
}

fn finish(command: &mut Command) -> Result<Vec<u8>, Error> {
    let program = PathBuf::from(command.get_program());
    let output = command.output().map_err(Error::io("run", &program))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(command, &output.stderr, &output.status.to_string()))
    }
}

fn failed(command: &Command, complaints: &[u8], otherwise: &str) -> Error {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words: Vec<_> = std::iter::once(name).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    let said = String::from_utf8_lossy(complaints);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = if said.is_empty() { otherwise.to_owned() } else { said.join("; ") };
    let said = said.trim_end_matches('.').to_owned();
    Error::ToolFailed { command: sanitise(&words.join(" ")).into_owned(), said: sanitise(&said).into_owned() }
}

/// The folders of a search path such as `PATH`.
pub(crate) fn folders(search_path: &OsStr) -> impl Iterator<Item = PathBuf> + '_ {
    std::env::split_paths(search_path).filter(|folder| folder.as_path() != Path::new(""))
}
