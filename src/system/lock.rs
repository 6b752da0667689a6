//! Locks between runs of pgtrust. They are advisory: other programs ignore them.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::system::{Error, file};

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: Option<File>,
}

impl Lock {
    /// Locks a file, which is made if it is not there. Waits that long at most. Only its owner can open it, so that no other
    /// user can hold a run off.
    pub(crate) fn file(path: &Path, wait: Duration) -> Result<Self, Error> {
        // Opened for writing only where it must be: whoever watches the folder sees nothing of a run without a change.
        let file = match file::open(path) {
            Ok(file) if cfg!(not(windows)) => file,
            Err(error) if !error.is_absent() => return Err(error),
            _ => file::open_or_make(path, File::options().write(true))?,
        };
        file::make_private(&file, 0o600);
        take(file, path, wait)
    }

    /// Gives the locked file this time, where the system allows it.
    pub(crate) fn stamp(&self, time: OffsetDateTime) {
        if let Some(file) = &self.file {
            let _ = file.set_modified(time.into());
        }
    }

    /// Locks a store for all its users: the lock is on the folder that it is in, or will be in, so that nothing is left
    /// behind. Everyone who can read a folder can hold its lock, so it is waited for no longer than a while. Where there is
    /// none, what is written is compared with what was read all the same.
    pub(crate) fn store(path: &Path, wait: Duration) -> Self {
        let real = file::real(path).unwrap_or_else(|_| path.to_owned());
        let folder = file::folder_of(&real).ancestors().find(|folder| file::is_folder(folder));
        let folder = folder.unwrap_or_else(|| Path::new("."));
        match File::open(folder) {
            Ok(file) => take(file, folder, wait.min(WAIT_FOR_FOLDER)).unwrap_or(Self { file: None }),
            Err(_) => Self { file: None },
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

const WAIT_FOR_FOLDER: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
