//! Why a file is left alone.

use std::fmt;
use std::path::{Path, PathBuf};

use super::User;
use super::users::group_name;

/// Why a file is left alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Others can write it, or put another file in its place.
    #[error("{writer} can write `{at}` ({}), and so {}", means(.writer, *.mode), done(.path, .at))]
    Shared {
        /// The file.
        path: PathBuf,
        /// The file, or a folder that leads to it.
        at: PathBuf,
        /// The mode of that.
        mode: u32,
        /// Who can.
        writer: Writer,
    },
    /// Another user's link would say which file is meant.
    #[error("`{link}`, which leads to `{path}`, is a link of {owner}, who can so choose the file")]
    Link {
        /// Where it leads.
        path: PathBuf,
        /// The link.
        link: PathBuf,
        /// Whose it is.
        owner: User,
    },
    /// The settings that name a program are not this user's alone.
    #[error("`{name}` is not run: settings that others can write, and those of an image, choose no program")]
    Program {
        /// The program.
        name: String,
    },
    /// Root would act on what another user chose.
    #[error("HOME is `{home}`, which belongs to {owner}: {this} does not act on what {owner} can choose")]
    ForeignHome {
        /// The folder.
        home: PathBuf,
        /// Whose it is.
        owner: User,
        /// Who runs this.
        this: User,
    },
    /// This user cannot write it.
    #[error("could not write `{path}`: {obstacle}")]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        obstacle: Obstacle,
    },
    /// This user cannot write where pgtrust keeps what it keeps.
    #[error("could not write `{path}`, where pgtrust keeps its own: {obstacle}")]
    NoPlace {
        /// The folder.
        path: PathBuf,
        /// Why not.
        obstacle: Obstacle,
    },
}

/// An obstacle to a change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// Not even its owner may change it.
    #[error("it is immutable: `{at}`")]
    Immutable {
        /// The file or folder that has the attribute.
        at: PathBuf,
    },
    /// It is mounted by itself, so that no other file can take its name.
    #[error("it is a mount of its own, so no new file can take its place")]
    Mount,
    /// The modes do not let this user.
    #[error("permission denied: `{at}` belongs to {owner}, mode {mode:04o}")]
    Permission {
        /// The file or folder.
        at: PathBuf,
        /// Whose it is.
        owner: User,
        /// Its mode.
        mode: u32,
    },
    /// The file system is mounted so.
    #[error("`{at}` is on a read-only file system")]
    ReadOnly {
        /// The file or folder.
        at: PathBuf,
    },
}

/// Someone else who can write a file.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Writer {
    /// Everyone, by its mode.
    Everyone,
    /// Its group, by its mode.
    Group(u32),
    /// A group, by its access control list.
    ListedGroup(u32),
    /// A user, by its access control list.
    ListedUser(User),
    /// Its owner.
    Owner(User),
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("every user"),
            Self::Group(group) | Self::ListedGroup(group) => f.write_str(&group_name(*group)),
            Self::ListedUser(user) | Self::Owner(user) => user.fmt(f),
        }
    }
}

/// What lets somebody write.
fn means(writer: &Writer, mode: u32) -> String {
    match writer {
        Writer::ListedGroup(_) | Writer::ListedUser(_) => "by its access control list".to_owned(),
        Writer::Owner(_) => "as its owner".to_owned(),
        _ => format!("mode {mode:04o}"),
    }
}

fn done(path: &Path, at: &Path) -> String {
    if path == at {
        "choose what is trusted".to_owned()
    } else {
        format!("put another file in the place of `{}`", path.display())
    }
}
