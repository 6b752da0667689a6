//! Passwords of stores, from files only: command lines are seen by everyone on the machine.

use std::io::Read as _;
use std::path::Path;

use super::{Error, RequestError};
use crate::system::text::first_line;
use crate::system::{self, file, limits};

/// Returns the first line of a file without its end; nothing when no file is named.
pub fn read(file: Option<&Path>) -> Result<Option<String>, Error> {
    let Some(path) = file else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = file::open(path)?.take(limits::PASSWORD_FILE).read_to_end(&mut bytes);
    read.map_err(system::Error::unread("read", path))?;
    match (std::str::from_utf8(first_line(&bytes)), bytes.len() as u64) {
        (Ok(password), length) if length < limits::PASSWORD_FILE => Ok(Some(password.to_owned())),
        _ => Err(RequestError::NoPassword { path: path.to_owned() }.into()),
    }
}

/// Does the same with a file that every later run must be able to read again.
pub(crate) fn read_kept(file: Option<&Path>) -> Result<Option<String>, Error> {
    match file {
        Some(path) if file::metadata(path).is_some_and(|metadata| !metadata.is_file()) => {
            Err(RequestError::PasswordNotInFile { path: path.to_owned() }.into())
        }
        file => read(file),
    }
}
