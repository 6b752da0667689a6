//! Folders that stand for `/`: no path below one leaves it.
//!
//! An image is what somebody else made. A link in it means a place in it, and must not lead to one of the machine that
//! builds it. Which folders are images is known to the process as a whole, so that no function here can be called without:
//! a check that a caller has to ask for is one that a caller forgets.

use std::borrow::Cow;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use crate::system::{Error, limits};

static IMAGES: RwLock<Vec<Image>> = RwLock::new(Vec::new());

#[derive(Clone)]
struct Image {
    /// The path without links.
    root: PathBuf,
    /// The path that somebody used for it.
    named: PathBuf,
}

/// Returns this folder by a path without links. From now on a path below it means one inside it.
pub(crate) fn bound(folder: &Path) -> Result<PathBuf, Error> {
    let none = |_| Error::NoImage { path: folder.to_owned() };
    let root = super::real(folder).map_err(none)?;
    if !root.is_dir() {
        return Err(Error::NoImage { path: folder.to_owned() });
    }
    if root.parent().is_some() && find(|image| image.root == root).is_none() {
        let image = Image { root: root.clone(), named: super::absolute(folder) };
        IMAGES.write().unwrap_or_else(PoisonError::into_inner).push(image);
    }
    Ok(root)
}

fn find(matches: impl Fn(&Image) -> bool) -> Option<Image> {
    let images = IMAGES.read().unwrap_or_else(PoisonError::into_inner);
    images.iter().find(|image| matches(image)).cloned()
}

/// Returns the folder that stands for `/` to a path; None for one of this machine.
pub(super) fn image_of(path: &Path) -> Option<PathBuf> {
    find(|image| path.starts_with(&image.root)).map(|image| image.root)
}

/// Returns the folder that stands for `/` to a path.
pub(crate) fn root_of(path: &Path) -> PathBuf {
    image_of(path).unwrap_or_else(|| PathBuf::from("/"))
}

/// Returns where a path of an image leads, with every link followed inside; another path as it is.
pub(super) fn inside(path: &Path) -> Result<Cow<'_, Path>, Error> {
    Ok(match image_of(path) {
        Some(_) => Cow::Owned(Way::to(path)?.end),
        None => Cow::Borrowed(path),
    })
}

/// Returns where a path stands that is meant in the image at `root`: a relative one begins at its `/`, and one that begins
/// with the folder of the image is taken as it is.
pub(crate) fn place(root: &Path, path: &Path) -> PathBuf {
    if root.parent().is_none() {
        return path.to_owned();
    }
    let there = super::absolute(path);
    let image = find(|image| image.root == *root && (there.starts_with(root) || there.starts_with(&image.named)));
    let relative = match &image {
        Some(image) => there.strip_prefix(root).or_else(|_| there.strip_prefix(&image.named)).unwrap_or(path),
        None => path,
    };
    root.join(parts(relative).into_iter().rev().collect::<PathBuf>())
}

/// Returns a path as the image at `root` has it.
pub(crate) fn seen(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).map_or_else(|_| path.to_owned(), |path| Path::new("/").join(path))
}

/// What a path leads through.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The folders, from the first on. A folder that links lead through twice is there twice.
    pub(crate) folders: Vec<PathBuf>,
    /// The symbolic links.
    pub(crate) links: Vec<PathBuf>,
    /// What is at its end, which need not exist.
    pub(crate) end: PathBuf,
}

impl Way {
    /// Follows an absolute path. One of an image never leaves it, whatever links stand there, and begins there: what leads
    /// to the image is the business of the machine that builds it.
    pub(crate) fn to(path: &Path) -> Result<Self, Error> {
        let top = image_of(path).or_else(|| Some(path.ancestors().last()?.to_owned())).unwrap_or_default();
        let relative = path.strip_prefix(&top).unwrap_or(path);
        let mut way = Self { end: top.clone(), ..Self::default() };
        let mut rest = parts(relative);
        while let Some(part) = rest.pop() {
            way.folders.push(way.end.clone());
            if part.as_os_str() == ".." {
                if way.end != top {
                    way.end.pop();
                }
                continue;
            }
            let next = way.end.join(part);
            let Ok(target) = std::fs::read_link(&next) else {
                way.end = next;
                continue;
            };
            if way.links.len() == limits::LINKS {
                return Err(Error::unread("follow", path)(io::Error::other("too many symbolic links")));
            }
            way.links.push(next);
            if target.has_root() {
                top.clone_into(&mut way.end);
            }
            rest.extend(parts(&target));
        }
        Ok(way)
    }
}

/// The names in a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let named = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().rev().filter(named).map(|part| PathBuf::from(part.as_os_str())).collect()
}
