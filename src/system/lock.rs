//! Locks between runs of pgtrust. They are advisory: other programs ignore them.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::system::Error;
use crate::system::file::{folder_of, open_or_make};

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: Option<File>,
}

impl Lock {
    /// Locks a file, which is made if it is not there. Waits that long at most.
    pub(crate) fn file(path: &Path, wait: Duration) -> Result<Self, Error> {
        // Opened for writing only where it must be: whoever watches the folder sees nothing of a run without a change.
        let file = match File::options().read(true).write(cfg!(windows)).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => open_or_make(path, File::options().write(true)),
            opened => opened,
        };
        take(file.map_err(Error::io("open", path))?, path, wait)
    }

    /// Gives the locked file this time, where the system allows it.
    pub(crate) fn stamp(&self, time: OffsetDateTime) {
        if let Some(file) = &self.file {
            let _ = file.set_modified(time.into());
        }
    }

    /// Locks a store for all its users: the lock is on the folder that it is in, or will be in, so that nothing is left
    /// behind. Where a folder cannot be opened or locked there is no lock: what is written is compared with what was read
    /// all the same.
    pub(crate) fn store(path: &Path, wait: Duration) -> Result<Self, Error> {
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = folder_of(&real).ancestors().find(|folder| folder.is_dir()).unwrap_or_else(|| Path::new("."));
        match File::open(folder) {
            Ok(file) => take(file, folder, wait),
            Err(_) => Ok(Self { file: None }),
        }
    }
}

fn take(file: File, path: &Path, wait: Duration) -> Result<Lock, Error> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { file: Some(file) }),
            Err(TryLockError::WouldBlock) if start.elapsed() < wait => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: path.to_owned(), holder: holder(&file) });
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            // A file system without locks.
            Err(TryLockError::Error(_)) => return Ok(Lock { file: None }),
        }
    }
}

/// The process that holds the lock, by proc_locks(5).
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let fields = locks.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let mut held = fields.filter(|fields| fields.get(1) == Some(&"FLOCK") && fields.len() > 5);
    let process = held.find(|fields| fields[5].ends_with(&inode))?[4].to_owned();
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    Some(format!("process {process} ({})", name.trim()))
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<String> {
    None
}

const PAUSE: Duration = Duration::from_millis(20);
