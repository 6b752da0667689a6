//! The machine: files replaced whole, locks, who may write what, folders, text made safe, limits.

pub(crate) mod deadline;
pub(crate) mod error;
#[expect(clippy::disallowed_methods, reason = "the door to all files")]
pub(crate) mod file;
pub(crate) mod layout;
pub mod limits;
#[expect(clippy::disallowed_methods, reason = "a lock is on the file itself")]
pub(crate) mod lock;
#[expect(clippy::disallowed_methods, reason = "it looks at the way to the door")]
pub(crate) mod permissions;
pub(crate) mod process;
pub(crate) mod remembered;
pub(crate) mod secrets;
pub(crate) mod text;
pub(crate) mod toml;

pub use error::{Error, IoError};
