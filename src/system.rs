//! The machine: files replaced whole, locks, who may write what, folders, text made safe, limits.

pub(crate) mod deadline;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod layout;
pub mod limits;
pub(crate) mod lock;
pub(crate) mod permissions;
pub(crate) mod process;
pub(crate) mod remembered;
pub(crate) mod secrets;
pub(crate) mod text;
pub(crate) mod toml;

pub use error::{Error, IoError};
