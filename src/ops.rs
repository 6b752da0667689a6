//! The use cases: values in, values out. Whatever the command line does, it does with these.

#[cfg(feature = "fetch")]
pub mod accept;
mod change;
#[cfg(feature = "fetch")]
pub mod check;
#[cfg(feature = "fetch")]
mod clock;
#[cfg(feature = "fetch")]
pub mod custom;
#[cfg(feature = "fetch")]
mod download;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub(crate) mod finding;
#[cfg(feature = "fetch")]
mod findings;
mod hooks;
mod images;
pub mod inspect;
#[cfg(feature = "fetch")]
pub mod install;
pub(crate) mod last_run;
pub mod load;
pub(crate) mod machine;
pub mod managed;
mod metrics;
pub(crate) mod modes;
#[cfg(feature = "fetch")]
mod names;
pub(crate) mod note;
pub mod password;
pub(crate) mod permissions;
pub(crate) mod pins;
#[cfg(feature = "fetch")]
pub mod refresh;
pub mod remove;
pub mod repair;
pub mod status;
mod stores;
pub mod undo;

pub use error::{Error, RequestError};
pub use machine::Machine;
pub use note::{Failed, Note};
pub use stores::Stores;
