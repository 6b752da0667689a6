//! Passwords of stores, from files only: command lines are seen by everyone on the machine.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use pgtrust::Error;
use pgtrust::system::limits;

use super::ui::Failure;

/// The first line of a file without its end; nothing when no file is named.
pub(crate) fn read(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = file else { return Ok(None) };
    let failed = |source: io::Error| Error::Io { action: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(limits::PASSWORD_FILE).read_to_end(&mut bytes)).map_err(failed)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match (std::str::from_utf8(line), bytes.len() as u64) {
        (Ok(password), length) if length < limits::PASSWORD_FILE => Ok(Some(password.to_owned())),
        _ => {
            let message = format!("`{}` holds no password", path.display());
            let hint = "its first line is taken, in UTF-8".to_owned();
            Err(Failure::Usage { message, hint })
        }
    }
}

/// The same of a file that every later run must be able to read again.
pub(crate) fn kept(file: Option<&Path>) -> Result<Option<String>, Failure> {
    if let Some(path) = file
        && fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
    {
        let message = format!("`{}` is not a regular file", path.display());
        let hint = "write the password to a file: later runs read it again".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    read(file)
}
