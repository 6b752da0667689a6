//! Follows the links of a path.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::system::limits;

/// Returns the path without symbolic links; an absolute link starts at `root`, which `path` then is below. It must
/// exist.
pub(super) fn real(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let Some(relative) = root.parent().and_then(|_| path.strip_prefix(root).ok()) else {
        return fs::canonicalize(path).map(usual);
    };
    let mut real = root.to_owned();
    let mut rest: Vec<PathBuf> = parts(relative);
    let mut links = 0;
    while let Some(part) = rest.pop() {
        if part.as_os_str() == ".." {
            if real != root {
                real.pop();
            }
            continue;
        }
        let next = real.join(part);
        let Ok(target) = fs::read_link(&next) else {
            real = next;
            continue;
        };
        links += 1;
        if links > limits::LINKS {
            return Err(io::Error::other("too many symbolic links"));
        }
        if target.has_root() {
            root.clone_into(&mut real);
        }
        rest.extend(parts(&target));
    }
    fs::metadata(&real)?;
    Ok(real)
}

/// The names in a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let named = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().rev().filter(named).map(|part| PathBuf::from(part.as_os_str())).collect()
}

/// Windows answers `\\?\C:\…`, which is right and which no one writes.
fn usual(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(rest) if !rest.starts_with("UNC") => rest.into(),
        _ => path,
    }
}
