//! The machine: files replaced whole, locks, who may write what, folders, text made safe, limits.

pub(crate) mod error;
pub mod file;
pub mod layout;
pub mod limits;
pub mod lock;
pub mod permissions;
pub mod text;
pub(crate) mod toml;

pub use error::{Error, IoError};
