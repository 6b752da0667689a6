#![doc = include_str!("../README.md")]

pub mod bundle;
pub mod catalog;
pub mod format;
pub mod hook;
pub mod journal;
pub mod manifest;
pub mod ops;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod store;
pub mod system;
mod tool;
pub mod x509;

pub use bundle::{Bundle, CertificateSet, Policy};
pub use catalog::Catalog;
pub use ops::{Error, Machine};
pub use system::text::{is_unsafe, sanitise, timestamp};
pub use x509::{Certificate, Fingerprint};
