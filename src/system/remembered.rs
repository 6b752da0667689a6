//! State that only remembers: what cannot be read counts as absent, is said once and written anew.
//!
//! Manifest, journal and the pins of tenants are none of it: there a file that cannot be read is an error.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, file, limits};

/// Reads a file of JSON; the default when there is none, and beside it why it cannot be read when there is one.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> (T, Option<Error>) {
    let bytes = match file::read_with_metadata(path, limits::REMEMBERED) {
        Ok(Some((bytes, _))) => bytes,
        Ok(None) => return (T::default(), None),
        Err(error) => return (T::default(), Some(error)),
    };
    match serde_json::from_slice(&bytes) {
        Ok(value) => (value, None),
        Err(_) => {
            let damaged = io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
            (T::default(), Some(Error::unread("read", path)(damaged)))
        }
    }
}

/// Writes a file of JSON, whatever stands there.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::io("write", path)(error.into()))?;
    bytes.push(b'\n');
    make_way(path)?;
    file::replace_private(path, &bytes)
}

/// Removes a file, whatever stands there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    make_way(path)?;
    file::remove(path)
}

/// Renames what has the place of a file and is none, or that of the folder above and is none: `refresh.json.1`.
pub(crate) fn make_way(path: &Path) -> Result<(), Error> {
    let folder = file::folder_of(path);
    if file::is_file(folder) {
        move_aside(folder)?;
    }
    if file::exists(path) && !file::is_file(path) { move_aside(path) } else { Ok(()) }
}

fn move_aside(path: &Path) -> Result<(), Error> {
    let numbered = |path: &Path, number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    file::set_aside(path, numbered).map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_absent_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert!(matches!(read::<Vec<u8>>(&path), (value, None) if value.is_empty()));
        let spoil: [&dyn Fn(); 4] = [
            &|| file::replace_bytes(&path, b"[1, 2").unwrap(),
            &|| file::replace_bytes(&path, b"{\"a\": 1}").unwrap(),
            &|| fs::File::create(&path).unwrap().set_len(limits::REMEMBERED + 1).unwrap(),
            &|| fs::create_dir(&path).unwrap(),
        ];
        for spoil in spoil {
            let _ = fs::remove_file(&path);
            spoil();
            assert!(matches!(read::<Vec<u8>>(&path), (value, Some(_)) if value.is_empty()));
            write(&path, &[3_u8]).unwrap();
            assert!(matches!(read::<Vec<u8>>(&path), (value, None) if value == [3]));
        }
        assert!(folder.path().join("state.json.1").is_dir());
    }
}
