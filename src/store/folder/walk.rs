//! The files of a folder that a user names as a source, and of the folders in it.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::Error;
use crate::system::{self, file, limits};

/// What is below a folder.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Walk {
    /// The regular files, with what symbolic links lead to under the name of the link.
    pub files: Vec<PathBuf>,
    /// What was passed over, and why: folders that were not entered, links that lead nowhere, pipes.
    pub passed: Vec<(PathBuf, &'static str)>,
}

/// Lists a folder and the folders in it. A link to a folder is not followed: what is below the same folder is found where
/// it stands, and what is elsewhere was not named.
pub fn walk(folder: &Path) -> Result<Walk, Error> {
    let root = file::real(folder).map_err(system::Error::unread("read", folder))?;
    let mut walk = Walk::default();
    let mut left = limits::FOLDER_ENTRIES;
    enter(&mut walk, folder, &root, limits::FOLDER_DEPTH, &mut left)?;
    Ok(walk)
}

fn enter(walk: &mut Walk, folder: &Path, root: &Path, depth: usize, left: &mut usize) -> Result<(), Error> {
    let entries = file::entries(folder)?;
    let too_many = || io::Error::other(format!("more than {} files are below it", limits::FOLDER_ENTRIES));
    *left = left.checked_sub(entries.len()).ok_or_else(|| system::Error::unread("read", root)(too_many()))?;
    for path in entries {
        if !file::is_folder(&path) {
            match file::stat(&path) {
                Ok(metadata) if !metadata.is_file() => walk.passed.push((path, "it is neither a file nor a folder")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    walk.passed.push((path, "it is a link that leads nowhere"));
                }
                // What may not be looked at cannot be read either, which is an error then.
                Ok(_) | Err(_) => walk.files.push(path),
            }
        } else if path.is_symlink() {
            if !file::real(&path).is_ok_and(|target| target.starts_with(root)) {
                walk.passed.push((path, "a link to a folder elsewhere is not followed"));
            }
        } else if is_bookkeeping(&path) {
            // It holds copies of what stands beside it.
        } else if depth == 0 {
            walk.passed.push((path, "it lies too deep to be entered"));
        } else {
            enter(walk, &path, root, depth - 1, left)?;
        }
    }
    Ok(())
}

/// Tells whether a folder is that of a version control system, or one behind the links of a volume of Kubernetes.
fn is_bookkeeping(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    [".git", ".hg", ".svn"].contains(&&*name) || name.starts_with("..")
}

/// Tells whether a file below this folder is there to be distrusted, by p11-kit's names for such folders.
pub fn is_blocked(folder: &Path, file: &Path) -> bool {
    let within = file.strip_prefix(folder).unwrap_or(file).parent().unwrap_or_else(|| Path::new(""));
    let named = folder.file_name().map(Path::new);
    let mut names = named.iter().copied().chain([within]).flat_map(Path::iter);
    names.any(|name| name == "blocklist" || name == "blacklist")
}

/// What such a folder has against a certificate, in words.
pub const BLOCKED: &str = "its folder is for what is distrusted";
