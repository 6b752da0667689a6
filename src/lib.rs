#![doc = include_str!("../README.md")]

mod asn1;
pub mod certificate;
mod text;

pub use certificate::{Certificate, Fingerprint};
pub use text::sanitise;
