#![doc = include_str!("../README.md")]

mod asn1;
pub mod bundle;
pub mod catalog;
pub mod certificate;
pub mod directory;
#[cfg(feature = "fetch")]
pub mod enforcement;
pub mod env;
mod error;
mod file;
pub mod format;
pub mod guard;
pub mod hook;
pub mod journal;
pub mod jvm;
pub mod layout;
pub mod limits;
pub mod lock;
pub mod manifest;
pub mod nss;
pub mod plan;
pub mod process;
pub mod refresh;
pub mod schedule;
pub mod snippet;
pub mod source;
pub mod status;
pub mod target;
mod text;
mod toml;

pub use bundle::{Bundle, CertificateSet, Policy};
pub use catalog::Catalog;
pub use certificate::{Certificate, Fingerprint};
pub use error::Error;
pub use text::{is_unsafe, sanitise, timestamp};
