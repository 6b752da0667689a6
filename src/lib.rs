#![doc = include_str!("../README.md")]

mod asn1;
pub mod certificate;
pub mod format;
mod text;

pub use certificate::{Certificate, Fingerprint};
pub use text::sanitise;
