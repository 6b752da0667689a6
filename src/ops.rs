//! The use cases: values in, values out. Whatever the command line does, it does with these.

pub mod accept;
mod change;
pub mod custom;
mod download;
mod error;
pub mod fetch;
mod findings;
mod hooks;
pub mod inspect;
pub mod install;
pub(crate) mod last_run;
pub mod load;
pub(crate) mod machine;
pub mod managed;
mod names;
pub(crate) mod note;
pub mod password;
pub(crate) mod permissions;
pub mod refresh;
pub mod remove;
pub mod status;
mod stores;
pub mod undo;

pub use error::{Error, RequestError};
pub use machine::Machine;
pub use note::{Failed, Note};
pub use stores::Stores;
